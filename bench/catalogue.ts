// The scenarios, as data: what is measured, who takes part, and how far ahead we mean to be. The code behind each
// subject stands in ours/ and peers/ and is loaded by the page only when its turn comes.

import { EXPRESSION_IDS, EXPRESSIONS, type ExpressionId } from "./contexts.js";
import type { MachineId } from "./machines.js";
import { countBatch, describeWay, identifyWay, WAY_LOADS, WAY_SUBJECT_PLANS, type WayLoad } from "./ways.js";

export type Load =
  /** A machine (default `flat`, the guarded three-way loop of workflows/guarded-loop.md): `runCount` instances take the event in turn, `batchCount` events a call. */
  | { readonly family: "transition"; readonly machine?: MachineId; readonly runCount: number; readonly batchCount: number }
  /** One expression over contexts that are in place before the clock starts. */
  | { readonly family: "expression"; readonly expression: ExpressionId }
  /** The same in every way: in batches, one call each, over plain objects; see ways.ts. */
  | WayLoad
  /** Nested loops over 200 elements that the limit of their cost stops. */
  | { readonly family: "stop" }
  /** Text to a compiled expression, nothing remembered: one text, all of EXPRESSIONS, or so many distinct conditions. */
  | { readonly family: "compile"; readonly texts: ExpressionId | "all" | { readonly conditionCount: number } }
  /** A text that was compiled before. */
  | { readonly family: "compile-again" }
  /** One generated state diagram. */
  | { readonly family: "parse"; readonly stateCount: number }
  /** Whole runs of three steps each, recorded in the browser's database. */
  | { readonly family: "run"; readonly runCount: number }
  /** Whole runs of so many guarded transitions each, one event a step, nothing recorded. */
  | { readonly family: "steps"; readonly runCount: number; readonly stepCount: number }
  /** Runs that rest. */
  | { readonly family: "idle"; readonly runCount: number }
  /** A machine made out of what its author's text was read to, and one run of it started. */
  | { readonly family: "create"; readonly stateCount: number }
  /** Every configuration of a chart. */
  | { readonly family: "explore"; readonly chart: "regions" | "flat" | "nested" }
  /** What can be proved of one generated state diagram. */
  | { readonly family: "analyse"; readonly stateCount: number }
  /** A task is done for each of so many items, over a context of so many characters as JSON. */
  | { readonly family: "items"; readonly itemCount: number; readonly contextSize: number }
  /** The same over lists of several lengths: the subjects name how many items. */
  | { readonly family: "items-growth"; readonly contextSize: number }
  /** Items that are put where expressions see them: the time, or the bytes that all of them take while they are out. */
  | { readonly family: "item-view"; readonly itemCount: number }
  /** After so many tasks that left results, a task for each of so many items. */
  | { readonly family: "field"; readonly story: FieldStory; readonly itemCount: number; readonly taskCount: number }
  /** A run is paused and goes on. */
  | { readonly family: "pause"; readonly openTaskCount: number }
  /** Whole runs of a task graph. */
  | { readonly family: "tasks"; readonly graph: "levels" | "ten" }
  /** Whole runs of a chain of tasks: the subjects name how many. */
  | { readonly family: "task-chain" }
  /** A ring of states: the subjects name how many. */
  | { readonly family: "growth" };

export interface SubjectPlan {
  readonly name: string;
  readonly isOurs: boolean;
}

export type Target =
  /** The peer takes at least `ratioMin` times as long as ours. */
  | { readonly ours: string; readonly peer: string; readonly ratioMin: number }
  /** One operation takes at most so many ns. */
  | { readonly ours: string; readonly timeNsMax: number }
  /** At least so many operations a second. */
  | { readonly ours: string; readonly perSecondMin: number }
  /** One operation keeps at most so many bytes (a scenario whose unit is bytes). */
  | { readonly ours: string; readonly bytesMax: number }
  /** One operation takes at most so many times as long as one of another subject of ours: it does not grow. */
  | { readonly ours: string; readonly against: string; readonly growthMax: number };

/** What is measured of an operation: nanoseconds, or bytes that stay in use. */
export type Unit = "ns" | "bytes";

export interface Scenario {
  readonly id: string;
  readonly title: string;
  /** What one operation is, in the singular. */
  readonly operation: string;
  /** Operations are run in multiples of this. */
  readonly operationStep: number;
  /** Default: ns. */
  readonly unit?: Unit;
  readonly load: Load;
  readonly subjects: readonly SubjectPlan[];
  readonly targets: readonly Target[];
}

const ours = (...names: readonly string[]): readonly SubjectPlan[] => names.map((name) => ({ name, isOurs: true }));
const peers = (...names: readonly string[]): readonly SubjectPlan[] => names.map((name) => ({ name, isOurs: false }));
const COMPILERS = [...ours("compile", "compile, typed"), ...peers("cel-js parse", "cel-js parse and check", "cel-js typed")];
/** Configurations of the charts that are explored. */
export const EXPLORED_CONFIGURATION_COUNTS = { regions: 624, flat: 453_961, nested: 250_000 } as const;
/** States of the growth curve's rings. */
export const GROWTH_STATE_COUNTS: readonly number[] = [1, 10, 100, 1_000, 10_000, 100_000];
export const nameRing = (stateCount: number): string => `${stateCount.toLocaleString("en")} ${stateCount === 1 ? "state" : "states"}`;
/** Lengths of the lists whose items are done. */
export const ITEM_COUNTS: readonly number[] = [100, 1_000, 10_000, 100_000];
export const nameItems = (kind: string, itemCount: number): string => `${kind}, ${itemCount.toLocaleString("en")} items`;
/** How much longer an item or a task may take where there are many. */
const GROWTH_MAX = 1.2;
/** What task-graph engines are shown with: servers that are looked at, lines that are read, people who are told. */
export type FieldStory = "health" | "logs" | "notifications";
const FIELD_ITEM_COUNTS: Readonly<Record<FieldStory, number>> = { health: 1_000, logs: 10_000, notifications: 5_000 };
const FIELD_TITLES: Readonly<Record<FieldStory, string>> = { health: "A health check of 1,000 servers", logs: "10,000 lines of logs", notifications: "5,000 notifications" };
/** Tasks that left results before the items begin. */
const FIELD_TASK_COUNT = 100;
/** Tasks of the chains. */
export const CHAIN_TASK_COUNTS: readonly number[] = [25, 200, 2_000];
export const nameChain = (kind: string, taskCount: number): string => `${kind}, ${taskCount.toLocaleString("en")} tasks`;
const CHARTS = peers("hand-written JS", "XState 5");
const MACHINES = peers("hand-written JS", "JS closure table", "robot3", "XState 5");

export const SCENARIOS: readonly Scenario[] = [
  {
    id: "transition-single",
    title: "Guarded transition, one event a call, one run",
    operation: "event",
    operationStep: 1,
    load: { family: "transition", runCount: 1, batchCount: 1 },
    subjects: [...ours("kernel", "engine"), ...MACHINES],
    targets: [
      { ours: "kernel", perSecondMin: 30e6 },
      { ours: "engine", perSecondMin: 1.5e6 },
    ],
  },
  {
    id: "transition-batch",
    title: "Guarded transition, batches of 1,000 and 10,000 events for 1,000 runs",
    operation: "event",
    operationStep: 10_000,
    load: { family: "transition", runCount: 1_000, batchCount: 1_000 },
    subjects: [...ours("kernel", "engine", "engine, packing", "engine, 10,000 a batch"), ...MACHINES],
    targets: [
      { ours: "kernel", peer: "XState 5", ratioMin: 200 },
      { ours: "engine, 10,000 a batch", perSecondMin: 100e6 },
    ],
  },
  {
    id: "transition-nested",
    title: "Transition with entry and exit actions between two composites, batches of 1,000 and 10,000 events for 1,000 runs",
    operation: "event",
    operationStep: 10_000,
    load: { family: "transition", machine: "nested", runCount: 1_000, batchCount: 1_000 },
    subjects: [...ours("kernel", "engine", "engine, 10,000 a batch"), ...CHARTS],
    targets: [{ ours: "engine, 10,000 a batch", perSecondMin: 30e6 }],
  },
  {
    id: "regions-10",
    title: "One event to ten parallel regions, one event a call, one run",
    operation: "event",
    operationStep: 1,
    load: { family: "transition", machine: "regions", runCount: 1, batchCount: 1 },
    subjects: [...ours("kernel", "engine"), ...CHARTS],
    targets: [{ ours: "kernel", perSecondMin: 5e6 }],
  },
  {
    id: "transition-worker",
    title: "Guarded transition through the worker, batches of 1,000 and 10,000 events for 1,000 runs",
    operation: "event",
    operationStep: 10_000,
    load: { family: "transition", runCount: 1_000, batchCount: 1_000 },
    subjects: [...ours("worker", "worker, packing", "worker, 4 in flight", "worker, 10,000 a batch"), ...MACHINES],
    targets: [
      { ours: "worker", peer: "XState 5", ratioMin: 30 },
      { ours: "worker, 10,000 a batch", perSecondMin: 30e6 },
    ],
  },
  {
    id: "event-to-100000",
    title: "One event to each of 100,000 runs, guard and counter included, in one packed call",
    operation: "event",
    operationStep: 100_000,
    load: { family: "transition", runCount: 100_000, batchCount: 100_000 },
    subjects: [...ours("kernel", "engine"), ...peers("hand-written JS")],
    targets: [{ ours: "kernel", timeNsMax: 0.5 }],
  },
  {
    id: "growth",
    title: "One event in a ring of so many states, batches of 1,000 events for one run in the kernel",
    operation: "event",
    operationStep: 100_000,
    load: { family: "growth" },
    subjects: ours(...GROWTH_STATE_COUNTS.map(nameRing)),
    targets: [],
  },
  {
    id: "create-1000",
    title: "A machine of 1,000 states made and started, out of a definition that is already parsed",
    operation: "machine",
    operationStep: 1,
    load: { family: "create", stateCount: 1_000 },
    subjects: [...ours("kernel", "kernel, with parsing"), ...peers("XState 5")],
    targets: [{ ours: "kernel", timeNsMax: 1e6 }],
  },
  {
    id: "idle-run",
    title: "What a run of the guarded loop keeps in memory while it rests, its handle included",
    operation: "run",
    operationStep: 1,
    unit: "bytes",
    load: { family: "idle", runCount: 100_000 },
    subjects: [...ours("engine"), ...peers("robot3", "XState 5")],
    targets: [{ ours: "engine", bytesMax: 300 }],
  },
  {
    id: "run-10-step",
    title: "Whole runs of ten guarded transitions, 1,000 at a time, one event a step",
    operation: "run",
    operationStep: 1_000,
    load: { family: "steps", runCount: 1_000, stepCount: 10 },
    subjects: [...ours("engine", "engine, results"), ...peers("hand-written JS", "robot3", "XState 5")],
    targets: [{ ours: "engine", perSecondMin: 300e3 }],
  },
  {
    id: "run-10-step-blocked",
    title: "The longest time that the page was blocked meanwhile",
    operation: "1,000 runs",
    operationStep: 1_000,
    load: { family: "steps", runCount: 1_000, stepCount: 10 },
    subjects: [...ours("engine, blocked"), ...peers("robot3, blocked", "XState 5, blocked")],
    targets: [{ ours: "engine, blocked", timeNsMax: 5e6 }],
  },
  {
    id: "items-1000",
    title: "A task for each of 1,000 items, over a context of 1 MB",
    operation: "item",
    operationStep: 1_000,
    load: { family: "items", itemCount: 1_000, contextSize: 1_000_000 },
    subjects: [...ours("built in", "handler"), ...peers("hand-written JS", "hand-written JS, async", "XState 5, async", "dataflow-wasm")],
    targets: [
      { ours: "built in", perSecondMin: 5e6 },
      { ours: "handler", perSecondMin: 300e3 },
    ],
  },
  {
    id: "items-growth",
    title: "The same for 100 to 100,000 items",
    operation: "item",
    operationStep: 100_000,
    load: { family: "items-growth", contextSize: 1_000_000 },
    subjects: ours(...ITEM_COUNTS.flatMap((count) => [nameItems("built in", count), nameItems("handler", count)])),
    targets: ["built in", "handler"].map((kind) => ({ ours: nameItems(kind, 100_000), against: nameItems(kind, 100), growthMax: GROWTH_MAX })),
  },
  {
    id: "item-view",
    title: "An item put where expressions see it, in batches of 1,000 a call",
    operation: "item",
    operationStep: 100_000,
    load: { family: "item-view", itemCount: 100_000 },
    subjects: ours("kernel"),
    targets: [{ ours: "kernel", timeNsMax: 2 }],
  },
  {
    id: "item-view-size",
    title: "What an item of 100,000 keeps in the kernel while they are under way, the list left out",
    operation: "item",
    operationStep: 1,
    unit: "bytes",
    load: { family: "item-view", itemCount: 100_000 },
    subjects: ours("kernel, bytes"),
    targets: [{ ours: "kernel, bytes", bytesMax: 64 }],
  },
  ...(["health", "logs", "notifications"] as const).map(
    (story): Scenario => ({
      id: `field-${story}`,
      title: `${FIELD_TITLES[story]}, after ${FIELD_TASK_COUNT} tasks that left results`,
      operation: "item",
      operationStep: FIELD_ITEM_COUNTS[story],
      load: { family: "field", story, itemCount: FIELD_ITEM_COUNTS[story], taskCount: FIELD_TASK_COUNT },
      subjects: [...ours("built in", "handler", "handler, nothing before"), ...peers("hand-written JS, async", ...(story === "health" ? ["XState 5, async"] : []), "dataflow-wasm")],
      targets: [
        { ours: "handler", against: "handler, nothing before", growthMax: GROWTH_MAX },
        { ours: "handler", perSecondMin: 300e3 },
      ],
    }),
  ),
  {
    id: "levels-10x10",
    title: "Whole runs of ten levels of ten tasks, each of which waits for the level before, 100 at a time",
    operation: "task",
    operationStep: 10_000,
    load: { family: "tasks", graph: "levels" },
    subjects: [...ours("built in", "handler"), ...peers("hand-written JS, async", "XState 5, async", "dataflow-wasm, in order")],
    targets: [
      { ours: "built in", perSecondMin: 1e6 },
      { ours: "handler", perSecondMin: 300e3 },
    ],
  },
  {
    id: "dag-10000",
    title: "10,000 runs of ten tasks at a time, with handlers",
    operation: "run",
    operationStep: 10_000,
    load: { family: "tasks", graph: "ten" },
    subjects: ours("engine", "worker"),
    targets: [{ ours: "engine", perSecondMin: 50e3 }],
  },
  {
    id: "dag-10000-blocked",
    title: "The longest time that the page was blocked meanwhile",
    operation: "10,000 runs",
    operationStep: 10_000,
    load: { family: "tasks", graph: "ten" },
    subjects: ours("engine, blocked", "worker, blocked"),
    targets: [{ ours: "worker, blocked", timeNsMax: 5e6 }],
  },
  {
    id: "chain-growth",
    title: "Whole runs of a chain of so many tasks",
    operation: "task",
    operationStep: 2_000,
    load: { family: "task-chain" },
    subjects: ours(...CHAIN_TASK_COUNTS.flatMap((count) => [nameChain("built in", count), nameChain("handler", count)])),
    targets: ["built in", "handler"].map((kind) => ({ ours: nameChain(kind, 2_000), against: nameChain(kind, 25), growthMax: GROWTH_MAX })),
  },
  ...[0, 100].map(
    (openTaskCount): Scenario => ({
      id: openTaskCount === 0 ? "pause-resume" : "pause-resume-busy",
      title: openTaskCount === 0 ? "A run that awaits an event is paused and goes on" : `The same while ${openTaskCount} tasks of it are under way`,
      operation: "pause and resume",
      operationStep: 1,
      load: { family: "pause", openTaskCount },
      subjects: ours("engine", "worker"),
      targets: [],
    }),
  ),
  ...(["x-gt-10", "user-age-country"] as const).map(
    (expression): Scenario => ({
      id: expression,
      title: `Expression ${EXPRESSIONS[expression].text}`,
      operation: "evaluation",
      operationStep: 1_024,
      load: { family: "expression", expression },
      subjects: [...ours("resident", "resident, cost limited", "batch"), ...peers("hand-written JS", "cel-js dynamic", "cel-js typed")],
      targets: [],
    }),
  ),
  {
    id: "exists-cost",
    title: `Expression ${EXPRESSIONS.exists.text}, with and without a limit of its cost`,
    operation: "evaluation",
    operationStep: 1_024,
    load: { family: "expression", expression: "exists" },
    subjects: ours("resident", "resident, cost limited"),
    targets: [],
  },
  {
    id: "cost-stop",
    title: "Loops of 200 x 200 x 200 turns, stopped at 100,000 cost units",
    operation: "evaluation",
    operationStep: 1,
    load: { family: "stop" },
    subjects: ours("cost limited"),
    targets: [{ ours: "cost limited", timeNsMax: 5_000_000 }],
  },
  // Their targets are of all of them together: way-summary.ts.
  ...WAY_LOADS.map(
    (load): Scenario => ({
      id: identifyWay(load),
      title: describeWay(load),
      operation: "evaluation",
      operationStep: countBatch(load),
      load,
      subjects: WAY_SUBJECT_PLANS,
      targets: [],
    }),
  ),
  {
    id: "compile-14",
    title: "Compile 14 expressions",
    operation: "round of 14",
    operationStep: 1,
    load: { family: "compile", texts: "all" },
    subjects: COMPILERS,
    targets: [{ ours: "compile", peer: "cel-js parse", ratioMin: 1 }],
  },
  ...EXPRESSION_IDS.map(
    (expression): Scenario => ({
      id: `compile-${expression}`,
      title: `Compile ${cutText(EXPRESSIONS[expression].text)}`,
      operation: "compilation",
      operationStep: 1,
      load: { family: "compile", texts: expression },
      subjects: COMPILERS,
      targets: [{ ours: "compile", peer: "cel-js parse", ratioMin: 1 }],
    }),
  ),
  {
    id: "compile-1000",
    title: "Compile 1,000 distinct conditions",
    operation: "round of 1,000",
    operationStep: 1,
    load: { family: "compile", texts: { conditionCount: 1_000 } },
    subjects: COMPILERS,
    targets: [{ ours: "compile", timeNsMax: 15e6 }],
  },
  {
    id: "cache-hit",
    title: "Compile a condition whose program is cached, 1,000 in turn",
    operation: "hit",
    operationStep: 1_000,
    load: { family: "compile-again" },
    subjects: ours("compileExpression", "compileExpression, typed"),
    targets: [{ ours: "compileExpression", timeNsMax: 100 }],
  },
  ...[5, 50, 1_000].map(
    (stateCount): Scenario => ({
      id: `parse-${stateCount}`,
      title: `Parse a state diagram of ${stateCount.toLocaleString("en")} states`,
      operation: "parse",
      operationStep: 1,
      load: { family: "parse", stateCount },
      subjects: [...ours("parseWorkflow"), ...peers("mermaid.parse")],
      targets: [{ ours: "parseWorkflow", peer: "mermaid.parse", ratioMin: 300 }],
    }),
  ),
  {
    id: "analyse-1000",
    title: "What can be proved of a state diagram of 1,000 states",
    operation: "analysis",
    operationStep: 1,
    load: { family: "analyse", stateCount: 1_000 },
    subjects: ours("analyseWorkflow", "analyseWorkflow, with parsing"),
    targets: [],
  },
  {
    id: "explore",
    title: "Every configuration of a chart of four regions, the kernel made anew",
    operation: "configuration",
    operationStep: EXPLORED_CONFIGURATION_COUNTS.regions,
    load: { family: "explore", chart: "regions" },
    subjects: ours("exploreWorkflow"),
    targets: [{ ours: "exploreWorkflow", perSecondMin: 1e6 }],
  },
  {
    id: "explore-flat",
    title: "Every configuration of two states with three counters: five transitions from each",
    operation: "configuration",
    operationStep: EXPLORED_CONFIGURATION_COUNTS.flat,
    load: { family: "explore", chart: "flat" },
    subjects: ours("exploreWorkflow"),
    targets: [{ ours: "exploreWorkflow", perSecondMin: 1e6 }],
  },
  {
    id: "explore-nested",
    title: "250,000 configurations of composites in three levels, with regions, entry actions, a history and an invariant",
    operation: "configuration",
    operationStep: EXPLORED_CONFIGURATION_COUNTS.nested,
    load: { family: "explore", chart: "nested" },
    subjects: ours("exploreWorkflow"),
    targets: [{ ours: "exploreWorkflow", perSecondMin: 1e6 }],
  },
  {
    id: "run-3-step-durable",
    title: "Whole runs of three tasks, 1,000 at a time, stored in IndexedDB",
    operation: "run",
    operationStep: 1_000,
    load: { family: "run", runCount: 1_000 },
    subjects: [...ours("worker, relaxed", "worker, none", "engine, relaxed")],
    targets: [],
  },
];

function cutText(text: string): string {
  return text.length > 70 ? `${text.slice(0, 70)}…` : text;
}
