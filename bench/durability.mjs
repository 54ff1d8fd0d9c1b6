// `node bench/durability.mjs`: what durability costs, in a Chromium on a profile on disk.
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";
import { findBrowser, readBrowser } from "../scripts/browser.mjs";

const main = fileURLToPath(new URL("./durability.ts", import.meta.url));
const { module } = await runnerImport(main, { configFile: false, logLevel: "error" });
process.exitCode = await module.measureDurability(process.argv.slice(2), async () => readBrowser() ?? (await findBrowser()));
