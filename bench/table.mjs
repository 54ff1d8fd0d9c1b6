// `node bench/table.mjs RESULTS.json`: writes the figures of saved results into docs/benchmarks.md.
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const main = fileURLToPath(new URL("./markdown.ts", import.meta.url));
const { module } = await runnerImport(main, { configFile: false, logLevel: "error" });
process.exitCode = await module.writeFigures(process.argv.slice(2));
