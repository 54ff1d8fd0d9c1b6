// `node bench/frames.mjs`: how smooth the built playground stays while large runs go on in it.
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";
import { findBrowser, readBrowser } from "../scripts/browser.mjs";
import { serveFolders } from "../scripts/static-server.mjs";

const main = fileURLToPath(new URL("./frames.ts", import.meta.url));
const { module } = await runnerImport(main, { configFile: false, logLevel: "error" });
const serve = (folder) => serveFolders({ folders: { "/": folder }, hasStyleNonce: true });
process.exitCode = await module.measureFrames(process.argv.slice(2), async () => readBrowser() ?? (await findBrowser()), serve);
