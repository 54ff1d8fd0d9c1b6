// Finds out what a policy lets go. Whole segments go first: they are dropped without looking at a run in them. What has to be looked at run by
// run is asked of the index, a page at a time, with turns for others between.
import { makeRunFilter } from "../model/run-filter.js";
import type { RetentionPlan, RetentionPolicy, RetentionRule } from "../model/retention.js";
import type { RunQuery, RunRecord } from "../model/run-record.js";
import { isEnded, RUN_STATUSES, type RunStatus } from "../model/status.js";
import type { SegmentEntry } from "./meta-codec.js";
import type { RunIndex } from "./run-index.js";

/** Runs looked at in one go. */
const PAGE_RUNS = 1_000;
const ENDED_STATUSES: readonly RunStatus[] = RUN_STATUSES.filter(isEnded);

/** A segment of any journal. */
export interface KnownSegment {
  readonly journal: number;
  readonly entry: SegmentEntry;
  /** Runs of it that are not removed. */
  readonly liveCount: number;
}

export interface RetentionParts {
  readonly index: RunIndex;
  /** Of all journals, in any order. */
  readonly segments: readonly KnownSegment[];
  /** Journal and, of an archived run, segment. */
  place(runId: string): { readonly journal: number; readonly segment: number | undefined } | undefined;
  turn(): Promise<void>;
}

export async function planRetention({ rules }: RetentionPolicy, now: number, parts: RetentionParts): Promise<readonly RetentionPlan[]> {
  const plan = new Planner(parts);
  for (const rule of rules) await plan.apply(rule, now);
  return plan.finish();
}

class Planner {
  readonly #parts: RetentionParts;
  /** By the ends of their last runs. */
  readonly #segments: readonly KnownSegment[];
  readonly #dropped = new Set<KnownSegment>();
  readonly #taken = new Map<string, RunRecord>();

  constructor(parts: RetentionParts) {
    this.#parts = parts;
    this.#segments = [...parts.segments].sort((a, b) => a.entry.endedTo - b.entry.endedTo);
  }

  async apply(rule: RetentionRule, now: number): Promise<void> {
    const isForAll = rule.workflow === undefined && rule.status === undefined;
    if (rule.ageMax !== undefined) {
      const endedTo = now - rule.ageMax;
      if (isForAll) for (const segment of this.#segments) if (segment.entry.endedTo <= endedTo) this.#dropped.add(segment);
      await this.#take({ ...conditions(rule), endedTo }, Number.POSITIVE_INFINITY);
    }
    if (rule.countMax !== undefined) {
      let excess = this.#count(rule) - rule.countMax;
      if (isForAll) excess = this.#drop((segment) => segment.liveCount <= excess, (segment) => (excess -= segment.liveCount)) ?? excess;
      if (excess > 0) await this.#take(conditions(rule), excess);
    }
    if (rule.sizeMax !== undefined) {
      const { sizeMax } = rule;
      let size = this.#segments.reduce((sum, segment) => sum + (this.#dropped.has(segment) ? 0 : segment.entry.sizeBytes), 0);
      this.#drop(() => size > sizeMax, (segment) => (size -= segment.entry.sizeBytes));
    }
  }

  finish(): readonly RetentionPlan[] {
    const plans = new Map<number, { segments: number[]; runIds: string[]; runCount: number; sizeBytes: number }>();
    const planOf = (journal: number) => {
      const plan = plans.get(journal) ?? { segments: [], runIds: [], runCount: 0, sizeBytes: 0 };
      plans.set(journal, plan);
      return plan;
    };
    for (const { journal, entry, liveCount } of this.#dropped) {
      const plan = planOf(journal);
      plan.segments.push(entry.id);
      plan.runCount += liveCount;
      plan.sizeBytes += entry.sizeBytes;
    }
    const dropped = this.#droppedNames();
    for (const runId of this.#taken.keys()) {
      const place = this.#parts.place(runId);
      if (place === undefined || dropped.has(this.#nameOf(runId))) continue;
      const plan = planOf(place.journal);
      plan.runIds.push(runId);
      plan.runCount += 1;
    }
    return [...plans].map(([journal, plan]) => ({ journal, ...plan }));
  }

  /** Ended runs that the rule is about and that no rule has let go. */
  #count(rule: RetentionRule): number {
    const query = conditions(rule);
    const isForAll = rule.workflow === undefined && rule.status === undefined;
    // Of all, counters know; of some, it has to be asked whose segment is dropped.
    let count = isForAll || this.#dropped.size === 0 ? this.#parts.index.count(query) : this.#parts.index.count(query, this.#isLeft());
    if (isForAll) for (const { liveCount } of this.#dropped) count -= liveCount;
    const [isConcerned, isLeft] = [makeRunFilter(query), this.#isLeft()];
    for (const record of this.#taken.values()) if (isConcerned(record) && isLeft(record)) count -= 1;
    return count;
  }

  /** Drops segments, those that ended first, as long as `isExcess`. */
  #drop(isExcess: (segment: KnownSegment) => boolean, note: (segment: KnownSegment) => number): number | undefined {
    let left: number | undefined;
    for (const segment of this.#segments) {
      if (this.#dropped.has(segment)) continue;
      if (!isExcess(segment)) break;
      this.#dropped.add(segment);
      left = note(segment);
    }
    return left;
  }

  /** The first `countMax` of these runs by their ends. */
  async #take(query: RunQuery, countMax: number): Promise<void> {
    const isLeft = this.#dropped.size === 0 ? undefined : this.#isLeft();
    let left = countMax;
    let cursor: string | undefined;
    do {
      const page = this.#parts.index.query({ ...query, sort: "ended", order: "oldest", limit: PAGE_RUNS, ...(cursor !== undefined && { cursor }) }, isLeft);
      for (const record of page.records) {
        if (left <= 0) return;
        if (this.#taken.has(record.runId) || this.#isNeeded(record)) continue;
        this.#taken.set(record.runId, record);
        left -= 1;
      }
      cursor = page.cursor;
      await this.#parts.turn();
    } while (cursor !== undefined && left > 0);
  }

  /** Is its segment not dropped? */
  #isLeft(): (record: RunRecord) => boolean {
    const dropped = this.#droppedNames();
    return (record) => dropped.size === 0 || !dropped.has(this.#nameOf(record.runId));
  }

  #droppedNames(): ReadonlySet<string> {
    return new Set([...this.#dropped].map(({ journal, entry }) => `${journal}/${entry.id}`));
  }

  /** Of the segment that a run is in. */
  #nameOf(runId: string): string {
    const place = this.#parts.place(runId);
    return `${place?.journal}/${place?.segment}`;
  }

  /** A parent that goes on may ask how its child ended. */
  #isNeeded({ parentRunId }: RunRecord): boolean {
    if (parentRunId === undefined) return false;
    const parent = this.#parts.index.get(parentRunId);
    return parent !== undefined && !isEnded(parent.status);
  }
}

function conditions({ workflow, status }: RetentionRule): RunQuery {
  const wanted = status === undefined ? ENDED_STATUSES : [status].flat().filter(isEnded);
  return { status: wanted, ...(workflow !== undefined && { workflow }) };
}
