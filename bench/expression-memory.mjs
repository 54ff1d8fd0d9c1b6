// `node bench/expression-memory.mjs [evaluations]`: does memory stay flat over 100 million evaluations, by steps and by generated functions? In Node.
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runnerImport } from "vite";

setFlagsFromString("--expose-gc");
// What is loaded on the way is loaded while the module runs: it does its work at once.
const { module } = await runnerImport(fileURLToPath(new URL("./expression-memory.ts", import.meta.url)), { configFile: false, logLevel: "error" });
process.exitCode = module.isFlat ? 0 : 1;
