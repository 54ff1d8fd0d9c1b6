// `npm run prove-tabs -- [--seeds N] [--from N] [--seed N] [--replay FILE]`: simulated tabs under any number of seeds, on all cores.
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { runnerImport } from "vite";

const entry = fileURLToPath(new URL("../test/simulation/tabs/run-proof.ts", import.meta.url));
const { module } = await runnerImport(entry, { configFile: false, logLevel: "error" });

/** Resolves with what failed in the thread. */
function openThread(share) {
  return new Promise((resolve) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: share });
    let failure = "a thread ended by itself";
    worker.on("message", (told) => {
      failure = told;
    });
    worker.on("error", (error) => {
      failure = error.stack;
    });
    worker.on("exit", () => resolve(failure));
  });
}

if (isMainThread) process.exitCode = await module.proveTabs(process.argv.slice(2), openThread);
else parentPort.postMessage(await module.playShare(workerData));
