// `npm run prove-soak -- [--minutes 30] [--slots 300] [--kept 5000]`: full load for a long time, in memory that does not grow.
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const entry = fileURLToPath(new URL("../test/soak/run-soak.ts", import.meta.url));
const { module } = await runnerImport(entry, { configFile: false, logLevel: "error" });
process.exitCode = await module.proveSoak(process.argv.slice(2));
