// `npm run prove-kills -- [--count N] [--seed N] [--tabs 1-4]`: real tabs and browsers are killed and frozen in the middle of runs.
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const entry = fileURLToPath(new URL("../test/browser/kills/run-proof.ts", import.meta.url));
const { module } = await runnerImport(entry, { configFile: false, logLevel: "error" });
process.exitCode = await module.proveKills(process.argv.slice(2));
