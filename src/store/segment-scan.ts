// Looks through segments for the first runs of an order, best ones first, and leaves out what cannot be among them: whole segments by their
// bounds, rows by the key of the last run that is kept.
import { absentKey, type RunOrder, type RunPosition } from "../model/run-filter.js";
import type { RunRecord, RunSort } from "../model/run-record.js";
import { SEGMENT_RUN_COUNT_MAX } from "./columns.js";
import { keepRows, type Narrowing, type SegmentPlan, selectedRows, selectRows } from "./row-selection.js";
import type { Segment } from "./segment.js";
import { lowerBound, type SegmentFilter } from "./segment-filter.js";
import type { TopRuns } from "./top-runs.js";
import type { ValueOrder } from "./value-order.js";

/** What a search goes by: the same condition for loose records and for columns. */
export interface Search {
  readonly sort: RunSort;
  readonly order: RunOrder;
  readonly isWanted: (record: RunRecord) => boolean;
  readonly filter: SegmentFilter;
}

/** A segment by the first place that a run of it could have. */
interface Ranked {
  readonly segment: Segment;
  readonly index: number;
  readonly key: number;
  readonly startedAt: number;
}

/** Offers to `top` the rows that are wanted and stand after `after`. `segments` are those that `top` was made with. */
export function offerSegments(segments: readonly Segment[], search: Search, after: RunPosition | undefined, top: TopRuns): void {
  const { sort, order, filter } = search;
  for (const { segment, index, key, startedAt } of rank(segments, sort, order, after)) {
    if (top.isBehind(key, startedAt)) return;
    const plan = filter.plan(segment);
    if (plan === undefined) continue;
    if (sort === "started") offerByStart(segment, index, plan, filter, after, top);
    else offerByKey(segment, index, plan, search, after, top);
  }
}

/** The segments that reach beyond `after`, the best first. */
function rank(segments: readonly Segment[], sort: RunSort, order: RunOrder, after: RunPosition | undefined): Ranked[] {
  const direction = order === "oldest" ? 1 : -1;
  const ranked: Ranked[] = [];
  segments.forEach((segment, index) => {
    const { min, max, hasAbsent } = segment.bounds[sort];
    const last = hasAbsent ? absentKey(order) : direction > 0 ? max : min;
    if (after !== undefined && (last - after.key) * direction < 0) return;
    const { started } = segment.bounds;
    ranked.push({ segment, index, key: direction > 0 ? min : max, startedAt: direction > 0 ? started.min : started.max });
  });
  return ranked.sort((a, b) => (a.key === b.key ? a.startedAt - b.startedAt : a.key < b.key ? -1 : 1) * direction);
}

/** Rows stand in this order already: from the first that is after `after` until `top` wants no more. */
function offerByStart(segment: Segment, index: number, plan: SegmentPlan, { budget }: SegmentFilter, after: RunPosition | undefined, top: TopRuns): void {
  const { direction } = top;
  const { started } = segment.columns.parts;
  let { from, to } = plan;
  if (after !== undefined) {
    const border = findBorder(segment, after, direction);
    if (direction > 0) from = Math.max(from, border);
    else to = Math.min(to, border);
  }
  const isSelecting = plan.narrowings.length > 0 || segment.hasRemoved;
  const count = isSelecting ? selectRows(segment, { ...plan, from, to }, budget) : to - from;
  for (let at = direction > 0 ? 0 : count - 1; at >= 0 && at < count; at += direction) {
    const row = isSelecting ? (selectedRows[at] as number) : from + at;
    const startedAt = started[row] as number;
    if (!top.offerRow(startedAt, startedAt, index, row)) return;
  }
}

function offerByKey(segment: Segment, index: number, plan: SegmentPlan, search: Search, after: RunPosition | undefined, top: TopRuns): void {
  const { sort, filter } = search;
  const { started, ended, updated } = segment.columns.parts;
  const border = after === undefined ? 0 : findBorder(segment, after, top.direction);
  const isWhole = plan.from === 0 && plan.to === segment.columns.count;
  // Who has no key is in no order.
  const canOrder = isWhole && !segment.bounds[sort].hasAbsent;
  const [values, since] = [sort === "updated" ? updated : ended, sort === "duration" ? started : undefined];
  const order = canOrder ? segment.order(values, since, filter.budget) : undefined;
  if (order === undefined) {
    offerUnordered(segment, index, plan, search, after, border, top);
    return;
  }
  // A condition on the key itself is a range of places.
  const own = plan.narrowings.find((one) => (one.type === "range" && since === undefined && one.values === values) || (one.type === "distance" && one.values === values && one.since === since));
  const range = own?.type === "range" || own?.type === "distance" ? order.range(own.min, own.max) : ([0, order.rows.length] as const);
  offerOrdered(segment, index, { range, order, narrowings: plan.narrowings.filter((one) => one !== own) }, after, border, top);
}

/** Rows of a segment in the order of their keys, of which those in a range of places and past some narrowings are wanted. */
interface OrderedPlan {
  readonly order: ValueOrder;
  readonly range: readonly [from: number, to: number];
  readonly narrowings: readonly Narrowing[];
}

/** As by start: the rows whose keys can be among the first, in their order, until one is not wanted. */
function offerOrdered(segment: Segment, index: number, { order, range, narrowings }: OrderedPlan, after: RunPosition | undefined, border: number, top: TopRuns): void {
  const { direction } = top;
  const { started } = segment.columns.parts;
  let [from, to] = range;
  if (after !== undefined) {
    if (direction > 0) from = Math.max(from, order.placeOf(after.key, border));
    else to = Math.min(to, order.placeOf(after.key, border));
  }
  if (top.isFull) {
    if (direction > 0) to = Math.min(to, order.placeOf(top.worstKey, SEGMENT_RUN_COUNT_MAX));
    else from = Math.max(from, order.placeOf(top.worstKey, 0));
  }
  if (from >= to) return;
  const isSelecting = narrowings.length > 0 || segment.hasRemoved;
  const rows = order.rows.subarray(from, to);
  if (isSelecting) selectedRows.set(rows);
  const count = isSelecting ? keepRows(segment, narrowings, rows.length) : rows.length;
  const kept = isSelecting ? selectedRows : rows;
  for (let at = direction > 0 ? 0 : count - 1; at >= 0 && at < count; at += direction) {
    const row = kept[at] as number;
    if (!top.offerRow(order.valueOf(row), started[row] as number, index, row)) return;
  }
}

function offerUnordered(segment: Segment, index: number, plan: SegmentPlan, { sort, order, filter }: Search, after: RunPosition | undefined, border: number, top: TopRuns): void {
  const { direction } = top;
  const { started, ended, updated } = segment.columns.parts;
  const keys = sort === "updated" ? updated : ended;
  const absent = absentKey(order);
  const count = selectRows(segment, { ...plan, narrowings: narrowByKey(segment, plan.narrowings, sort, after, top) }, filter.budget);
  for (let at = direction > 0 ? 0 : count - 1; at >= 0 && at < count; at += direction) {
    const row = selectedRows[at] as number;
    const startedAt = started[row] as number;
    const value = sort === "duration" ? (keys[row] as number) - startedAt : (keys[row] as number);
    const key = Number.isNaN(value) ? absent : value;
    if (after !== undefined && (key === after.key ? (direction > 0 ? row < border : row >= border) : key < after.key === direction > 0)) continue;
    if (!top.isBehind(key, startedAt)) top.offerRow(key, startedAt, index, row);
  }
}

/**
 * The narrowings, and one by the keys that can still be among the first. Once `top` is full that one comes first: it leaves next to nothing of
 * most segments.
 */
function narrowByKey(segment: Segment, narrowings: readonly Narrowing[], sort: RunSort, after: RunPosition | undefined, top: TopRuns): readonly Narrowing[] {
  const { started, ended, updated } = segment.columns.parts;
  const { min, max, hasAbsent } = segment.bounds[sort];
  const worst = top.worstKey;
  // A comparison leaves out those without a key, which might still be wanted.
  if (hasAbsent && !Number.isFinite(worst)) return narrowings;
  const from = after?.key ?? -top.direction * Number.POSITIVE_INFINITY;
  const [low, high] = top.direction > 0 ? [from, worst] : [worst, from];
  if (low <= min && high >= max && !hasAbsent) return narrowings;
  const narrowing: Narrowing = sort === "duration" ? { type: "distance", values: ended, since: started, min: low, max: high } : { type: "range", values: sort === "updated" ? updated : ended, min: low, max: high };
  return top.isFull ? [narrowing, ...narrowings] : [...narrowings, narrowing];
}

/** Of the rows with the key of `after`, in ascending order, those from this one on stand after it; in descending order those before this one. */
function findBorder({ columns }: Segment, { startedAt, runId }: RunPosition, direction: 1 | -1): number {
  const { started } = columns.parts;
  let low = lowerBound(started, startedAt);
  let high = started.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const isBefore = (started[middle] as number) === startedAt && (direction > 0 ? columns.runId(middle) <= runId : columns.runId(middle) < runId);
    if (isBefore) low = middle + 1;
    else high = middle;
  }
  return low;
}
