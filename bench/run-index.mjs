// `node bench/run-index.mjs [run count …]`: what pages, counts and changes of the run index cost, in Node.
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { runnerImport } from "vite";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");
const { module } = await runnerImport(fileURLToPath(new URL("./run-index.ts", import.meta.url)), { configFile: false, logLevel: "error" });
const counts = process.argv.slice(2).map(Number);
for (const count of counts.length === 0 ? [100_000, 1_000_000] : counts) {
  module.printRunIndex(count, () => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  });
}
