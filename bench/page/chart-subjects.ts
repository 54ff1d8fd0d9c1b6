// Who takes part in the scenarios of making, keeping and growing machines, and of whole runs without tasks. Each is a
// module of its own, fetched when it is opened.
import { GROWTH_STATE_COUNTS, nameRing } from "../catalogue.js";
import type { LoadOf, SubjectTable } from "../subject.js";

export const GROWTH_SUBJECTS: SubjectTable<LoadOf<"growth">> = Object.fromEntries(
  GROWTH_STATE_COUNTS.map((count) => [nameRing(count), async () => (await import("../ours/kernel-ring.js")).openKernelRing(count)]),
);

export const CREATE_SUBJECTS: SubjectTable<LoadOf<"create">> = {
  kernel: async (load) => (await import("../ours/machine-making.js")).openMachineMaking(load, "definition"),
  "kernel, with parsing": async (load) => (await import("../ours/machine-making.js")).openMachineMaking(load, "text"),
  "XState 5": async (load) => (await import("../peers/xstate-making.js")).openXStateMaking(load),
};

export const IDLE_SUBJECTS: SubjectTable<LoadOf<"idle">> = {
  engine: async (load) => (await import("../ours/idle-runs.js")).openIdleRuns(load),
  robot3: async (load) => (await import("../peers/idle-peers.js")).openRobotIdle(load),
  "XState 5": async (load) => (await import("../peers/idle-peers.js")).openXStateIdle(load),
};

export const STEPS_SUBJECTS: SubjectTable<LoadOf<"steps">> = {
  engine: async (load) => (await import("../ours/step-runs.js")).openStepRuns(load, "outcomes"),
  "engine, results": async (load) => (await import("../ours/step-runs.js")).openStepRuns(load, "results"),
  "hand-written JS": async (load) => (await import("../peers/step-peers.js")).openHandWrittenSteps(load),
  robot3: async (load) => (await import("../peers/step-peers.js")).openRobotSteps(load),
  "XState 5": async (load) => (await import("../peers/step-peers.js")).openXStateSteps(load),
  "engine, blocked": async (load) => gaugeBlocking(await (await import("../ours/step-runs.js")).openStepRuns(load, "outcomes"), load),
  "robot3, blocked": async (load) => gaugeBlocking((await import("../peers/step-peers.js")).openRobotSteps(load), load),
  "XState 5, blocked": async (load) => gaugeBlocking((await import("../peers/step-peers.js")).openXStateSteps(load), load),
};

const gaugeBlocking = async (...args: Parameters<typeof import("../blocking.js").gaugeBlocking>) =>
  (await import("../blocking.js")).gaugeBlocking(...args);
