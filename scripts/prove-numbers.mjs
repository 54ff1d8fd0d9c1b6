// `npm run prove-numbers -- [--count N] [--seed N]`: the text of doubles against V8's, both ways.
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const entry = fileURLToPath(new URL("../test/fuzz/run-numbers.ts", import.meta.url));
const { module } = await runnerImport(entry, { configFile: false, logLevel: "error" });
process.exitCode = await module.proveNumbers(process.argv.slice(2));
