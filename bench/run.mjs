// `npm run bench`: starts the benchmark's main program, which is TypeScript, through Vite's module runner.
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";
import { findBrowser, readBrowser } from "../scripts/browser.mjs";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));
const { module } = await runnerImport(main, { configFile: false, logLevel: "error" });
process.exitCode = await module.runBenchmarks(process.argv.slice(2), async () => readBrowser() ?? (await findBrowser()));
