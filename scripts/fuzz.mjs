// `npm run fuzz -- [--target NAME] [--seconds N] [--seed N] [--round N [--input N]]`: fuzzes in a worker thread, and ends it where one input
// takes too long: then it says which.
import { fileURLToPath } from "node:url";
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { runnerImport } from "vite";

/** One input may take so long, ms; a busy machine is no hang. */
const inputMsMax = 60_000;

if (isMainThread) {
  const progress = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { argv: process.argv.slice(2), progress } });
  let last = "";
  let since = Date.now();
  const watch = setInterval(() => {
    const now = `round ${progress[0]}, input ${progress[1]}`;
    if (now !== last) since = Date.now();
    last = now;
    if (Date.now() - since < inputMsMax) return;
    console.error(`FAILED ${now}: not finished after ${inputMsMax / 1_000} s`);
    clearInterval(watch);
    process.exitCode = 1;
    worker.terminate();
  }, 1_000);
  worker.on("message", (code) => {
    process.exitCode = code;
  });
  worker.on("error", (error) => {
    console.error(error);
    process.exitCode = 1;
  });
  worker.on("exit", () => clearInterval(watch));
} else {
  const { parentPort } = await import("node:worker_threads");
  const entry = fileURLToPath(new URL("../test/fuzz/run.ts", import.meta.url));
  const { module } = await runnerImport(entry, { configFile: false, logLevel: "error" });
  parentPort.postMessage(await module.runFuzz(workerData.argv, workerData.progress));
}
