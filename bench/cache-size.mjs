// `node bench/cache-size.mjs`: hit rates and memory of the expression cache by its size, in Node.
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { runnerImport } from "vite";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");
const { module } = await runnerImport(fileURLToPath(new URL("./cache-size.ts", import.meta.url)), { configFile: false, logLevel: "error" });
module.printCacheSizes(collect, () => process.memoryUsage().heapUsed);
