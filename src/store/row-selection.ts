// Which rows of a segment pass a few conditions: plain loops over typed arrays. Rows are selected into one list, condition after condition, so
// that each looks only at what those before it left.
import { SEGMENT_RUN_COUNT_MAX } from "./columns.js";
import type { OrderBudget, Segment } from "./segment.js";

/** One condition that has to be looked at row by row. `codeCount`: of different codes. */
export type Narrowing =
  | { readonly type: "codes"; readonly codes: Uint16Array; readonly codeCount: number; readonly low: number; readonly high: number }
  | { readonly type: "table"; readonly codes: Uint16Array; readonly codeCount: number; readonly table: Uint8Array }
  | { readonly type: "range"; readonly values: Float64Array; readonly min: number; readonly max: number }
  | { readonly type: "distance"; readonly values: Float64Array; readonly since: Float64Array; readonly min: number; readonly max: number }
  | { readonly type: "rows"; readonly accepts: (row: number) => boolean };

/** Which rows of one segment fulfil a query: those from `from` up to `to` that pass every narrowing. Removed rows are not told apart. */
export interface SegmentPlan {
  readonly from: number;
  readonly to: number;
  readonly narrowings: readonly Narrowing[];
}

/** Columns of so few different codes are counted once for all conditions. */
const HISTOGRAM_SIZE_MAX = 256;

const ALL_ROWS = Uint16Array.from({ length: SEGMENT_RUN_COUNT_MAX }, (_, row) => row);
/** The rows that were selected last; one place more, for the one that is being looked at. */
export const selectedRows = new Uint16Array(SEGMENT_RUN_COUNT_MAX + 1);

/** A range of values so small a part of the rows is taken from their order, instead of looking at all rows. */
const ORDERED_SHARE_MAX = 1 / 4;

/** How many rows fulfil `plan` and are not removed. */
export function countRows(segment: Segment, plan: SegmentPlan, budget: OrderBudget): number {
  const { from, to, narrowings } = plan;
  const [only] = narrowings;
  if (only === undefined) return to - from - segment.countRemoved(from, to);
  if (narrowings.length === 1 && from === 0 && to === segment.columns.count) {
    const count = countWhole(segment, only, budget);
    if (count !== undefined) return count;
  }
  if (narrowings.length === 1 && !segment.hasRemoved) return countNarrowed(only, from, to);
  return selectRows(segment, plan, budget);
}

/** Writes the rows that fulfil `plan` and are not removed to `selectedRows`, ascending; gives their number. */
export function selectRows(segment: Segment, { from, to, narrowings }: SegmentPlan, budget: OrderBudget): number {
  if (from >= to) return 0;
  const rest = takeOrdered(segment, from, to, narrowings, budget);
  if (rest !== undefined) return keepRows(segment, rest.narrowings, rest.count);
  selectedRows.set(ALL_ROWS.subarray(from, to));
  return keepRows(segment, narrowings, to - from);
}

/** Keeps, of the first `count` selected rows, those that pass and are not removed, in the order they have; gives their number. */
export function keepRows(segment: Segment, narrowings: readonly Narrowing[], count: number): number {
  let kept = count;
  for (const narrowing of narrowings) kept = narrow(narrowing, kept);
  return segment.hasRemoved ? narrow({ type: "rows", accepts: (row) => !segment.isRemoved(row) }, kept) : kept;
}

/** Selects the rows of the narrowest range of values, if that is narrow; what is left to be looked at. */
function takeOrdered(
  segment: Segment,
  from: number,
  to: number,
  narrowings: readonly Narrowing[],
  budget: OrderBudget,
): { readonly count: number; readonly narrowings: readonly Narrowing[] } | undefined {
  let best: { readonly narrowing: Narrowing; readonly rows: Uint16Array } | undefined;
  let countMax = (to - from) * ORDERED_SHARE_MAX;
  for (const narrowing of narrowings) {
    if (narrowing.type !== "range" && narrowing.type !== "distance") continue;
    const order = segment.order(narrowing.values, narrowing.type === "distance" ? narrowing.since : undefined, budget);
    if (order === undefined) continue;
    const [low, high] = order.range(narrowing.min, narrowing.max);
    if (high - low > countMax) continue;
    countMax = high - low;
    best = { narrowing, rows: order.rows.subarray(low, high) };
  }
  if (best === undefined) return undefined;
  const { narrowing, rows } = best;
  let count = 0;
  for (let at = 0; at < rows.length; at += 1) {
    const row = rows[at] as number;
    selectedRows[count] = row;
    count += Number(row >= from) & Number(row < to);
  }
  selectedRows.subarray(0, count).sort();
  return { count, narrowings: narrowings.filter((other) => other !== narrowing) };
}

/** How many rows of the whole segment pass, if that is known without looking at them. */
function countWhole(segment: Segment, narrowing: Narrowing, budget: OrderBudget): number | undefined {
  if (narrowing.type === "codes" || narrowing.type === "table") return countByHistogram(segment, narrowing);
  if (narrowing.type === "rows") return undefined;
  const order = segment.order(narrowing.values, narrowing.type === "distance" ? narrowing.since : undefined, budget);
  if (order === undefined) return undefined;
  const [low, high] = order.range(narrowing.min, narrowing.max);
  let count = high - low;
  if (segment.hasRemoved) for (let at = low; at < high; at += 1) if (segment.isRemoved(order.rows[at] as number)) count -= 1;
  return count;
}

// --- loops --------------------------------------------------------------------------------------------------------------
// None of them branches on what a row holds: guessed wrongly half of the time, a branch costs ten times as much (bench/run-index.ts).

/** Keeps, of the first `count` selected rows, those that pass; gives their number. */
function narrow(narrowing: Narrowing, count: number): number {
  switch (narrowing.type) {
    case "codes":
      return narrowByCodes(narrowing.codes, narrowing.low, narrowing.high, count);
    case "table":
      return narrowByTable(narrowing.codes, narrowing.table, count);
    case "range":
      return narrowByRange(narrowing.values, narrowing.min, narrowing.max, count);
    case "distance":
      return narrowByDistance(narrowing.values, narrowing.since, narrowing.min, narrowing.max, count);
    case "rows": {
      let kept = 0;
      for (let at = 0; at < count; at += 1) {
        const row = selectedRows[at] as number;
        if (narrowing.accepts(row)) selectedRows[kept++] = row;
      }
      return kept;
    }
  }
}

function narrowByCodes(codes: Uint16Array, low: number, high: number, count: number): number {
  const span = high - low;
  let kept = 0;
  for (let at = 0; at < count; at += 1) {
    const row = selectedRows[at] as number;
    selectedRows[kept] = row;
    kept += Number(((codes[row] as number) - low) >>> 0 <= span);
  }
  return kept;
}

function narrowByTable(codes: Uint16Array, table: Uint8Array, count: number): number {
  let kept = 0;
  for (let at = 0; at < count; at += 1) {
    const row = selectedRows[at] as number;
    selectedRows[kept] = row;
    kept += table[codes[row] as number] as number;
  }
  return kept;
}

function narrowByRange(values: Float64Array, min: number, max: number, count: number): number {
  let kept = 0;
  for (let at = 0; at < count; at += 1) {
    const row = selectedRows[at] as number;
    const value = values[row] as number;
    selectedRows[kept] = row;
    kept += Number(value >= min) & Number(value <= max);
  }
  return kept;
}

function narrowByDistance(values: Float64Array, since: Float64Array, min: number, max: number, count: number): number {
  let kept = 0;
  for (let at = 0; at < count; at += 1) {
    const row = selectedRows[at] as number;
    const value = (values[row] as number) - (since[row] as number);
    selectedRows[kept] = row;
    kept += Number(value >= min) & Number(value <= max);
  }
  return kept;
}

/** From how many living runs have each code, counted once for many questions; undefined where that would not pay. */
function countByHistogram(segment: Segment, narrowing: Extract<Narrowing, { readonly codeCount: number }>): number | undefined {
  if (narrowing.codeCount > HISTOGRAM_SIZE_MAX) return undefined;
  const histogram = segment.histogram(narrowing.codes, narrowing.codeCount);
  const [low, high] = narrowing.type === "codes" ? [narrowing.low, narrowing.high] : [0, histogram.length - 1];
  let count = 0;
  for (let code = low; code <= high; code += 1) if (narrowing.type === "codes" || narrowing.table[code] === 1) count += histogram[code] as number;
  return count;
}

function countNarrowed(narrowing: Narrowing, from: number, to: number): number {
  switch (narrowing.type) {
    case "codes":
      return countByCodes(narrowing.codes, narrowing.low, narrowing.high, from, to);
    case "table":
      return countByTable(narrowing.codes, narrowing.table, from, to);
    case "range":
      return countByRange(narrowing.values, narrowing.min, narrowing.max, from, to);
    case "distance":
      return countByDistance(narrowing.values, narrowing.since, narrowing.min, narrowing.max, from, to);
    case "rows": {
      let count = 0;
      for (let row = from; row < to; row += 1) if (narrowing.accepts(row)) count += 1;
      return count;
    }
  }
}

function countByCodes(codes: Uint16Array, low: number, high: number, from: number, to: number): number {
  const span = high - low;
  let count = 0;
  for (let row = from; row < to; row += 1) count += Number(((codes[row] as number) - low) >>> 0 <= span);
  return count;
}

function countByTable(codes: Uint16Array, table: Uint8Array, from: number, to: number): number {
  let count = 0;
  for (let row = from; row < to; row += 1) count += table[codes[row] as number] as number;
  return count;
}

function countByRange(values: Float64Array, min: number, max: number, from: number, to: number): number {
  let count = 0;
  for (let row = from; row < to; row += 1) {
    const value = values[row] as number;
    count += Number(value >= min) & Number(value <= max);
  }
  return count;
}

function countByDistance(values: Float64Array, since: Float64Array, min: number, max: number, from: number, to: number): number {
  let count = 0;
  for (let row = from; row < to; row += 1) {
    const value = (values[row] as number) - (since[row] as number);
    count += Number(value >= min) & Number(value <= max);
  }
  return count;
}
