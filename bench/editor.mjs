// `node bench/editor.mjs`: how long the expression editor's functions take on about 1 KB of source, in a headless Chromium.
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";
import { findBrowser, readBrowser } from "../scripts/browser.mjs";
import { serveFolders } from "../scripts/static-server.mjs";

const { module } = await runnerImport(fileURLToPath(new URL("./editor.ts", import.meta.url)), { configFile: false, logLevel: "error" });
process.exitCode = await module.measureEditor(
  async () => readBrowser() ?? (await findBrowser()),
  (folder, pages) => serveFolders({ folders: { "/dist/": folder, "/": pages } }),
);
