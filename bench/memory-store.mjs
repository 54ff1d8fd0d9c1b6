// `node bench/memory-store.mjs`: what saving and getting a finished run costs in the store in memory, in Node.
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const { module } = await runnerImport(fileURLToPath(new URL("./memory-store.ts", import.meta.url)), { configFile: false, logLevel: "error" });
await module.printMemoryStore();
