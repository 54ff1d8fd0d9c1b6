// Who takes part in the scenarios of task graphs. Each is a module of its own, fetched when it is opened.
import { CHAIN_TASK_COUNTS, ITEM_COUNTS, nameChain, nameItems } from "../catalogue.js";
import type { EnginePlace } from "../ours/task-graphs.js";
import type { LoadOf, Subject, SubjectTable } from "../subject.js";
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
  "dataflow-wasm": async (load) => (await import("../peers/dataflow-wasm.js")).openDataflowItems(load),
};

export const ITEMS_GROWTH_SUBJECTS: SubjectTable<LoadOf<"items-growth">> = Object.fromEntries(
  ITEM_COUNTS.flatMap((itemCount) =>
    (["built in", "handler"] as const).map((kind) => [
      nameItems(kind, itemCount),
      async ({ contextSize }) => withSameAnswer(await (await import("../ours/task-graphs.js")).openItems({ family: "items", itemCount, contextSize }, kind), itemCount),
    ]),
  ),
);

/** Subjects with loads of several sizes agree where each has done all of its own. */
function withSameAnswer(subject: Subject, count: number): Subject {
  return { ...subject, answer: async () => ((await subject.answer()) === count ? "all" : "not all") };
}

export const ITEM_VIEW_SUBJECTS: SubjectTable<LoadOf<"item-view">> = {
  kernel: async (load) => (await import("../ours/item-views.js")).openItemViews(load),
  "kernel, bytes": async (load) => (await import("../ours/item-views.js")).openItemSizes(load),
};

export const FIELD_SUBJECTS: SubjectTable<LoadOf<"field">> = {
  "built in": async (load) => (await import("../ours/field.js")).openField(load, "built in"),
  handler: async (load) => (await import("../ours/field.js")).openField(load, "handler"),
  "handler, nothing before": async (load) => (await import("../ours/field.js")).openField({ ...load, taskCount: 0 }, "handler"),
  "hand-written JS, async": async (load) => (await import("../peers/field-peers.js")).openHandWrittenField(load),
  "XState 5, async": async (load) => (await import("../peers/field-peers.js")).openXStateField(load),
  "dataflow-wasm": async (load) => (await import("../peers/dataflow-wasm.js")).openDataflowField(load),
};

export const PAUSE_SUBJECTS: SubjectTable<LoadOf<"pause">> = {
  engine: async (load) => (await import("../ours/pauses.js")).openPauses(load, "thread"),
  worker: async (load) => (await import("../ours/pauses.js")).openPauses(load, "worker"),
};

/** An operation of the levels is a task, one of the ten tasks a run. */
export const TASKS_SUBJECTS: Readonly<Record<"levels" | "ten", SubjectTable<LoadOf<"tasks">>>> = {
  levels: {
    "built in": () => openTaskRuns(writeLevels("built in", 10, 10), LEVEL_RUN_COUNT, 100),
    handler: () => openTaskRuns(writeLevels("handler", 10, 10), LEVEL_RUN_COUNT, 100),
    "hand-written JS, async": async () => (await import("../peers/task-peers.js")).openHandWrittenLevels(10, 10),
    "XState 5, async": async () => (await import("../peers/task-peers.js")).openXStateLevels(10, 10),
    "dataflow-wasm, in order": async () => (await import("../peers/dataflow-wasm.js")).openDataflowTasks(100),
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
