// `node bench/compare.mjs A.json B.json`: prints how two saved results differ.
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const main = fileURLToPath(new URL("./comparison.ts", import.meta.url));
const { module } = await runnerImport(main, { configFile: false, logLevel: "error" });
process.exitCode = await module.compareFiles(process.argv.slice(2));
