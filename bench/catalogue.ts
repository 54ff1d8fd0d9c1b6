// The scenarios, as data: what is measured, who takes part, and how far ahead we mean to be. The code behind each
// subject stands in ours/ and peers/ and is loaded by the page only when its turn comes.

import { EXPRESSION_IDS, EXPRESSIONS, type ExpressionId } from "./contexts.js";

export type Load =
  /** A guarded three-way loop (workflows/guarded-loop.md): `runCount` instances take the event in turn, `batchCount` events a call. */
  | { readonly family: "transition"; readonly runCount: number; readonly batchCount: number }
  /** One expression over contexts that are in place before the clock starts. */
  | { readonly family: "expression"; readonly expression: ExpressionId }
  /** Text to a compiled expression, nothing remembered: one text, all of EXPRESSIONS, or so many distinct conditions. */
  | { readonly family: "compile"; readonly texts: ExpressionId | "all" | { readonly conditionCount: number } }
  /** A text that was compiled before. */
  | { readonly family: "compile-again" }
  /** One generated state diagram. */
  | { readonly family: "parse"; readonly stateCount: number }
  /** Whole runs of three steps each, recorded in the browser's database. */
  | { readonly family: "run"; readonly runCount: number };

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
  | { readonly ours: string; readonly bytesMax: number };

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
const MACHINES = peers("hand-written JS", "JS closure table", "robot3", "XState 5");

export const SCENARIOS: readonly Scenario[] = [
  {
    id: "transition-single",
    title: "Guarded transition, one event a call, one run",
    operation: "event",
    operationStep: 1,
    load: { family: "transition", runCount: 1, batchCount: 1 },
    subjects: [...ours("kernel", "engine"), ...MACHINES],
    targets: [],
  },
  {
    id: "transition-batch",
    title: "Guarded transition, batches of 1,000 events for 1,000 runs",
    operation: "event",
    operationStep: 1_000,
    load: { family: "transition", runCount: 1_000, batchCount: 1_000 },
    subjects: [...ours("kernel", "engine", "engine, packing"), ...MACHINES],
    targets: [{ ours: "kernel", peer: "XState 5", ratioMin: 200 }],
  },
  {
    id: "transition-worker",
    title: "Guarded transition through the worker, batches of 1,000 and 10,000 events for 1,000 runs",
    operation: "event",
    operationStep: 10_000,
    load: { family: "transition", runCount: 1_000, batchCount: 1_000 },
    subjects: [...ours("worker", "worker, packing", "worker, 4 in flight", "worker, 10,000 a batch"), ...MACHINES],
    targets: [{ ours: "worker", peer: "XState 5", ratioMin: 30 }],
  },
  ...(["x-gt-10", "user-age-country"] as const).map(
    (expression): Scenario => ({
      id: expression,
      title: `Expression ${EXPRESSIONS[expression].text}`,
      operation: "evaluation",
      operationStep: 1_024,
      load: { family: "expression", expression },
      subjects: [...ours("resident", "batch"), ...peers("hand-written JS", "cel-js dynamic", "cel-js typed")],
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
