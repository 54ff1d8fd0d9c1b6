// Who takes part in the transition scenarios. Each is a module of its own, fetched when it is opened.
import type { EngineDoor } from "../ours/engine-loop.js";
import type { LoadOf, Subject, SubjectTable } from "../subject.js";

type TransitionLoad = LoadOf<"transition">;

export const TRANSITION_SUBJECTS: SubjectTable<TransitionLoad> = {
  kernel: async (load) => (await import("../ours/kernel-loop.js")).openKernelLoop(load),
  engine: async (load) => openEngine(await openLocalDoor(), load, "reused"),
  "engine, packing": async (load) => openEngine(await openLocalDoor(), load, "rebuilt"),
  "engine, 10,000 a batch": async (load) => openEngine(await openLocalDoor(), { ...load, batchCount: 10_000 }, "reused"),
  worker: async (load) => openEngine(await openWorkerDoor(), load, "reused"),
  "worker, packing": async (load) => openEngine(await openWorkerDoor(), load, "rebuilt"),
  "worker, 4 in flight": async (load) => (await import("../ours/engine-loop.js")).openPipelinedLoop(await openWorkerDoor(), load, 4),
  "worker, 10,000 a batch": async (load) => openEngine(await openWorkerDoor(), { ...load, batchCount: 10_000 }, "reused"),
  "hand-written JS": async (load) => (await import("../peers/hand-written-loop.js")).openHandWrittenLoop(load),
  "JS closure table": async (load) => (await import("../peers/closure-table-loop.js")).openClosureTableLoop(load),
  robot3: async (load) => (await import("../peers/robot-loop.js")).openRobotLoop(load),
  "XState 5": async (load) => (await import("../peers/xstate-loop.js")).openXStateLoop(load),
};

async function openEngine(door: EngineDoor, load: TransitionLoad, packing: "reused" | "rebuilt"): Promise<Subject> {
  return (await import("../ours/engine-loop.js")).openEngineLoop(door, load, packing);
}

/** An engine in this thread that stores nothing. */
async function openLocalDoor(): Promise<EngineDoor> {
  const { createBatch, createEngine } = await import("../../src/doors/local.js");
  return { createBatch, createEngine: () => createEngine({ store: "memory", durability: "none" }) };
}

/** An engine in a worker that stores nothing. */
async function openWorkerDoor(): Promise<EngineDoor> {
  const { createBatch, createEngine } = await import("../../src/doors/index.js");
  return { createBatch, createEngine: () => createEngine({ store: "memory", durability: "none" }) };
}

