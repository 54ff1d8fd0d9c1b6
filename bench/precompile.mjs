// `node bench/precompile.mjs`: what it takes to make 100 expressions into one generated module, in a headless Chromium (after `npm run build`).
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";
import { findBrowser, readBrowser } from "../scripts/browser.mjs";
import { serveFolders } from "../scripts/static-server.mjs";

const { module } = await runnerImport(fileURLToPath(new URL("./precompile.ts", import.meta.url)), { configFile: false, logLevel: "error" });
process.exitCode = await module.measurePrecompile(
  async () => readBrowser() ?? (await findBrowser()),
  (folder, pages) => serveFolders({ folders: { "/dist/": folder, "/": pages } }),
);
