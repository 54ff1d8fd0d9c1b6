// The conditions of a query, held against the columns of segments. For each segment they become a range of rows and a few narrowings: plain
// loops over typed arrays. What a segment's summary decides needs no loop at all.
import { toSet, readFieldConditions, type FieldCondition } from "../model/run-filter.js";
import type { RunQuery } from "../model/run-record.js";
import { CODE_FALSE, CODE_PARENT_BY_NAME, CODE_TRUE, type FieldColumn, fieldValue, isEmptyColumn } from "./columns.js";
import type { KindRegistry } from "./kind-registry.js";
import { KEY_WORD_COUNT, keyPrefix, parseRunKey, type RunKey } from "./run-key.js";
import { countRows, type Narrowing, type SegmentPlan } from "./row-selection.js";
import { type Bounds, OrderBudget, type Segment } from "./segment.js";
import type { TextTable } from "./text-table.js";

/** A segment's share in one condition: all of its rows, none, or those that pass. */
type Share = "all" | "none" | Narrowing;

export class SegmentFilter {
  readonly #startedFrom: number;
  readonly #startedTo: number;
  readonly budget: OrderBudget;
  readonly #shares: ((segment: Segment) => Share)[] = [];

  /** Throws `store/bad-query`. The condition in CEL is not among what is held against columns. */
  constructor(query: RunQuery, kinds: KindRegistry, ordersMadeMax: number) {
    this.budget = new OrderBudget(ordersMadeMax);
    const { workflow, status, endedFrom, endedTo, durationMin, durationMax, tag, parentRunId, errorCode } = query;
    this.#startedFrom = query.startedFrom ?? Number.NEGATIVE_INFINITY;
    this.#startedTo = query.startedTo ?? Number.POSITIVE_INFINITY;
    // What is quick to look at and leaves few rows comes first.
    if (workflow !== undefined || status !== undefined) this.#shares.push(shareOfKinds(query, kinds));
    if (errorCode !== undefined) this.#shares.push(({ columns: { parts } }) => shareOfText(parts.errorCodes, parts.errors, errorCode));
    if (tag !== undefined) this.#shares.push((segment) => shareOfTag(segment, tag));
    for (const condition of readFieldConditions(query.fields)) this.#shares.push((segment) => shareOfField(segment, condition));
    if (endedFrom !== undefined || endedTo !== undefined) this.#shares.push(shareOfTimes("ended", endedFrom, endedTo));
    if (durationMin !== undefined || durationMax !== undefined) this.#shares.push(shareOfTimes("duration", durationMin, durationMax));
    if (parentRunId !== undefined) this.#shares.push(shareOfParent(parentRunId));
  }

  /** Undefined: no row of this segment can fulfil the query. */
  plan(segment: Segment): SegmentPlan | undefined {
    if (segment.liveCount === 0 || Number.isNaN(this.#startedFrom)) return undefined;
    const { started } = segment.columns.parts;
    const from = this.#startedFrom === Number.NEGATIVE_INFINITY ? 0 : lowerBound(started, this.#startedFrom);
    const to = this.#startedTo === Number.POSITIVE_INFINITY ? started.length : upperBound(started, this.#startedTo);
    if (!(from < to)) return undefined;
    const narrowings: Narrowing[] = [];
    for (const shareOf of this.#shares) {
      const share = shareOf(segment);
      if (share === "none") return undefined;
      if (share !== "all") narrowings.push(share);
    }
    return { from, to, narrowings };
  }

  count(segment: Segment): number {
    const plan = this.plan(segment);
    return plan === undefined ? 0 : countRows(segment, plan, this.budget);
  }
}

/** Index of the first of the ascending `values` that is at least `value`. */
export function lowerBound(values: Float64Array, value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index of the first of the ascending `values` that is greater than `value`. NaN: 0. */
export function upperBound(values: Float64Array, value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

// --- what of a segment fulfils one condition --------------------------------------------------------------------------

function shareOfKinds({ workflow, status }: RunQuery, kinds: KindRegistry): (segment: Segment) => Share {
  const workflows = toSet(workflow);
  const statuses = toSet(status);
  const wanted = kinds.select((kind) => workflows?.has(kind.workflow) !== false && statuses?.has(kind.status) !== false);
  return ({ kindNumbers, columns: { parts } }) => {
    const table = new Uint8Array(kindNumbers.length);
    let count = 0;
    for (let kind = 0; kind < table.length; kind += 1) count += table[kind] = wanted[kindNumbers[kind] as number] as number;
    if (count === 0) return "none";
    return count === table.length ? "all" : { type: "table", codes: parts.kindCodes, codeCount: table.length, table };
  };
}

function shareOfTimes(column: "ended" | "duration", from: number | undefined, to: number | undefined): (segment: Segment) => Share {
  const [min, max] = [from ?? Number.NEGATIVE_INFINITY, to ?? Number.POSITIVE_INFINITY];
  return ({ bounds, columns: { parts } }) => {
    const share = shareOfBounds(bounds[column], min, max);
    if (share !== undefined) return share;
    if (column === "ended") return { type: "range", values: parts.ended, min, max };
    return { type: "distance", values: parts.ended, since: parts.started, min, max };
  };
}

/** What the bounds of a column decide. */
function shareOfBounds(bounds: Bounds, min: number, max: number): "all" | "none" | undefined {
  if (!(bounds.max >= min && bounds.min <= max)) return "none";
  return bounds.min >= min && bounds.max <= max && !bounds.hasAbsent ? "all" : undefined;
}

/** Of a column whose codes are 1 + index into `texts`. */
function shareOfText(codes: Uint16Array, texts: TextTable, wanted: string): Share {
  const code = texts.find(wanted) + 1;
  return code === 0 ? "none" : { type: "codes", codes, codeCount: texts.count + 1, low: code, high: code };
}

function shareOfTag({ columns: { parts } }: Segment, wanted: string): Share {
  const { texts, offsets, tags } = parts.tagLists;
  const index = texts.find(wanted);
  if (index < 0) return "none";
  const table = new Uint8Array(offsets.length - 1);
  let list = 0;
  for (let at = 0; at < tags.length; at += 1) {
    while (at >= (offsets[list + 1] as number)) list += 1;
    if (tags[at] === index) table[list] = 1;
  }
  return { type: "table", codes: parts.tagCodes, codeCount: table.length, table };
}

function shareOfParent(parentRunId: string): (segment: Segment) => Share {
  const key = parseRunKey(parentRunId);
  const prefix = keyPrefix(key.words, 0);
  return (segment) => {
    const { parentCodes, parents } = segment.columns.parts;
    if (isEmptyColumn(parentCodes)) return "none";
    const index = parents.find(parentRunId);
    const code = index < 0 ? -1 : CODE_PARENT_BY_NAME + 1 + index;
    // A child that is named after its parent begins with the same UUID.
    const mayBeByName = key.isWhole || segment.mayHold(key, prefix);
    if (code < 0 && !mayBeByName) return "none";
    return { type: "rows", accepts: (row) => parentCodes[row] === code || (parentCodes[row] === CODE_PARENT_BY_NAME && isNamedAfter(segment, row, key, parentRunId)) };
  };
}

function isNamedAfter({ columns }: Segment, row: number, { words, isWhole }: RunKey, parentRunId: string): boolean {
  const at = row * KEY_WORD_COUNT;
  if (!isWhole && (columns.parts.words[at + 3] !== words[3] || columns.parts.words[at + 2] !== words[2])) return false;
  return columns.parentRunId(row) === parentRunId;
}

function shareOfField(segment: Segment, condition: FieldCondition): Share {
  const { name, type } = condition;
  const columns = segment.columns.parts.fields.filter((column) => column.name === name && (type === undefined || column.type === type));
  const [only] = columns;
  if (only === undefined) return "none";
  if (columns.length === 1) return shareOfColumn(segment, only, condition);
  // Runs of one segment have this field with several types, and the query asks only whether it is there.
  return { type: "rows", accepts: (row) => columns.some((column) => fieldValue(column, row) !== undefined) };
}

function shareOfColumn(segment: Segment, column: FieldColumn, { from, to }: FieldCondition): Share {
  if (column.type === "number") {
    const [min, max] = [(from as number | undefined) ?? Number.NEGATIVE_INFINITY, (to as number | undefined) ?? Number.POSITIVE_INFINITY];
    return shareOfBounds(segment.fieldBounds(column), min, max) ?? { type: "range", values: column.values, min, max };
  }
  if (column.type === "boolean") return shareOfCodes(column.codes, CODE_TRUE + 1, from === true ? CODE_TRUE : CODE_FALSE, to === false ? CODE_FALSE : CODE_TRUE);
  if (from !== undefined && from === to) return shareOfText(column.codes, column.texts, from as string);
  const low = from === undefined ? 0 : column.texts.lowerBound(from as string);
  const end = to === undefined ? column.texts.count : column.texts.upperBound(to as string);
  return shareOfCodes(column.codes, column.texts.count + 1, low + 1, end);
}

function shareOfCodes(codes: Uint16Array, codeCount: number, low: number, high: number): Share {
  return low > high ? "none" : { type: "codes", codes, codeCount, low, high };
}
