// `npm run prove-size -- [--items N] [--tasks N] [--context BYTES]`: large runs to their end, in bounded memory.
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const entry = fileURLToPath(new URL("../test/size/run-proof.ts", import.meta.url));
const { module } = await runnerImport(entry, { configFile: false, logLevel: "error" });
process.exitCode = await module.proveSizes(process.argv.slice(2));
