// Every expression in every way that it can be evaluated, ours and others': the scenarios as data, and what all subjects
// share. A case is an expression over lists of one length; each case comes over contexts of one shape and of sixteen.
import { type Context, type ContextOptions, EXPRESSION_IDS, EXPRESSIONS, type ExpressionId, makeContexts } from "./contexts.js";

/** One expression over lists of so many items, over contexts of so many shapes. */
export interface WayLoad {
  readonly family: "way";
  readonly expression: ExpressionId;
  readonly itemCount: number;
  readonly shapeCount: number;
}

/** Lists that are looped over come in these lengths. */
const ITEM_COUNTS = [10, 1_000] as const;
const LOOPED: ReadonlySet<ExpressionId> = new Set(["exists", "filter-map"]);
export const SHAPE_COUNTS = [1, 16] as const;

export const HAND_WRITTEN = "hand-written JS";
export const CEL_JS_TYPED = "@marcbachmann/cel-js, typed";
export const BATCH = "batch, tier 0";
export const BATCH_COMPILED = "batch, tier 1";
export const RESIDENT = "resident";
export const RESIDENT_COMPILED = "resident, tier 1";
export const PLAIN_OBJECT = "plain object";
const OURS = [BATCH, BATCH_COMPILED, RESIDENT, RESIDENT_COMPILED, PLAIN_OBJECT];
const PEERS = [
  HAND_WRITTEN,
  "new Function",
  "@marcbachmann/cel-js, dynamic",
  CEL_JS_TYPED,
  "@bufbuild/cel",
  "cel-js",
  "json-logic-engine",
  "json-logic-engine, compiled",
  "jexl",
  "jsonata",
  "filtrex",
];

export const WAY_SUBJECT_PLANS: readonly { readonly name: string; readonly isOurs: boolean }[] = [...OURS.map((name) => ({ name, isOurs: true })), ...PEERS.map((name) => ({ name, isOurs: false }))];

/** What a case is called: the expression, and the length of its lists where that varies. */
export function nameCase({ expression, itemCount }: Pick<WayLoad, "expression" | "itemCount">): string {
  return LOOPED.has(expression) ? `${expression}-${itemCount}` : expression;
}

export const WAY_LOADS: readonly WayLoad[] = SHAPE_COUNTS.flatMap((shapeCount) =>
  EXPRESSION_IDS.flatMap((expression) =>
    (LOOPED.has(expression) ? ITEM_COUNTS : [ITEM_COUNTS[0]]).map((itemCount): WayLoad => ({ family: "way", expression, itemCount, shapeCount })),
  ),
);

/** The id of a load's scenario. */
export function identifyWay(load: WayLoad): string {
  return `way-${nameCase(load)}-${load.shapeCount === 1 ? "one-shape" : "16-shapes"}`;
}

export function describeWay({ expression, itemCount, shapeCount }: WayLoad): string {
  const items = LOOPED.has(expression) ? ` over ${itemCount.toLocaleString("en")} items` : "";
  return `${cutText(EXPRESSIONS[expression].text)}${items}, ${shapeCount === 1 ? "objects of one shape" : "objects of 16 shapes"}`;
}

/** Evaluations of one batch, a multiple of the sixteen contexts; runs are of a multiple of it. */
export function countBatch({ itemCount }: Pick<WayLoad, "itemCount">): number {
  return itemCount > 100 ? 64 : 1_024;
}

/** The sixteen contexts of a load. */
export function makeWayContexts({ expression, itemCount, shapeCount }: WayLoad, options: Pick<ContextOptions, "integer"> = {}): Context[] {
  return makeContexts(expression, { itemCount, shapeCount, ...options });
}

/** A subject that takes no part in a case; the message says why. */
export class LeftOut extends Error {
  override readonly name = "LeftOut";
}

/** A number made of a result: results are summed, so that no compiler may drop what gives them. */
export function weigh(value: unknown): number {
  if (typeof value === "number") return value | 0;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "string") return value.length;
  if (typeof value === "bigint") return Number(value);
  return Array.isArray(value) ? value.length : -1;
}

/** Throws where `sum`, over `count` evaluations, is not what the sixteen answers give. */
export function checkSum(sum: number, count: number, answers: readonly unknown[]): void {
  const expected = answers.reduce<number>((total, answer) => total + weigh(answer), 0) * (count / answers.length);
  if (sum !== expected) throw new Error(`${count} results weigh ${sum}, not ${expected}`);
}

/** Results as they are compared: an integer is a number. */
export function readAnswer(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  return Array.isArray(value) ? Array.from(value, readAnswer) : value;
}

function cutText(text: string): string {
  return text.length > 70 ? `${text.slice(0, 70)}…` : text;
}
