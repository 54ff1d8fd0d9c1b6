// Who takes part in the scenarios of task graphs. Each is a module of its own, fetched when it is opened.
import { CHAIN_TASK_COUNTS, nameChain } from "../catalogue.js";
import type { EnginePlace } from "../ours/task-graphs.js";
import type { LoadOf, SubjectTable } from "../subject.js";
import { TEN_TASKS, type TaskKind, writeLevels, writeTaskChain } from "../task-graphs.js";

const LEVEL_RUN_COUNT = 100;
const TEN_RUN_COUNT = 10_000;

const openTaskRuns = async (...args: Parameters<typeof import("../ours/task-graphs.js").openTaskRuns>) =>
  (await import("../ours/task-graphs.js")).openTaskRuns(...args);

export const ITEMS_SUBJECTS: SubjectTable<LoadOf<"items">> = {
  "built in": async (load) => (await import("../ours/task-graphs.js")).openItems(load, "built in"),
  handler: async (load) => (await import("../ours/task-graphs.js")).openItems(load, "handler"),
  "hand-written JS": async (load) => (await import("../peers/task-peers.js")).openHandWrittenItems(load, false),
  "hand-written JS, async": async (load) => (await import("../peers/task-peers.js")).openHandWrittenItems(load, true),
  "XState 5, async": async (load) => (await import("../peers/task-peers.js")).openXStateItems(load),
};

/** An operation of the levels is a task, one of the ten tasks a run. */
export const TASKS_SUBJECTS: Readonly<Record<"levels" | "ten", SubjectTable<LoadOf<"tasks">>>> = {
  levels: {
    "built in": () => openTaskRuns(writeLevels("built in", 10, 10), LEVEL_RUN_COUNT, 100),
    handler: () => openTaskRuns(writeLevels("handler", 10, 10), LEVEL_RUN_COUNT, 100),
    "hand-written JS, async": async () => (await import("../peers/task-peers.js")).openHandWrittenLevels(10, 10),
  },
  ten: {
    engine: () => openTaskRuns(TEN_TASKS, TEN_RUN_COUNT, 1),
    worker: () => openTaskRuns(TEN_TASKS, TEN_RUN_COUNT, 1, "worker"),
    "engine, blocked": () => gaugeTen("thread"),
    "worker, blocked": () => gaugeTen("worker"),
  },
};

const gaugeTen = async (place: EnginePlace) =>
  (await import("../blocking.js")).gaugeBlocking(await openTaskRuns(TEN_TASKS, TEN_RUN_COUNT, 1, place), { runCount: TEN_RUN_COUNT });

const openChain = (kind: TaskKind, count: number) => openTaskRuns(writeTaskChain(kind, count), 2_000 / count, count);

export const TASK_CHAIN_SUBJECTS: SubjectTable<LoadOf<"task-chain">> = Object.fromEntries(
  CHAIN_TASK_COUNTS.flatMap((count) => (["built in", "handler"] as const).map((kind) => [nameChain(kind, count), () => openChain(kind, count)])),
);
