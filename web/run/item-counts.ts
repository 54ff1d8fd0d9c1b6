// How far the items of tasks are: counted as a run's events come, since a line for each of ten thousand tells nobody anything. Pure.
import type { RunEvent } from "../millrace.js";

export interface ItemCounts {
  readonly state: string;
  readonly total: number;
  /** Ended, those that failed included. */
  readonly done: number;
  readonly failed: number;
  readonly atWork: number;
}

/** So many items of one visit have a line each in the history's short forms; more are counted. */
export const listedItemCountMax = 20;
/** Visits whose counts are kept, the newest. */
export const visitCountMax = 1_000;

/** Counts items by visit. */
export class ItemTally {
  readonly #visits = new Map<string, { -readonly [Name in keyof ItemCounts]: ItemCounts[Name] }>();
  /** By task: the newest visit. */
  readonly #newest = new Map<string, string>();

  /** Takes an event in; gives the visit that it was about if that has items. */
  take(event: RunEvent): string | undefined {
    if (event.type === "itemsStarted") {
      this.#visits.set(event.visit, { state: event.state, total: event.count, done: 0, failed: 0, atWork: 0 });
      this.#newest.set(event.state, event.visit);
      for (const oldest of this.#visits.keys()) {
        if (this.#visits.size <= visitCountMax) break;
        this.#visits.delete(oldest);
      }
      return event.visit;
    }
    if (!("item" in event) || event.item === undefined) return undefined;
    const counts = this.#visits.get(event.visit);
    if (counts === undefined) return undefined;
    if (event.type === "taskStarted") {
      counts.atWork += 1;
      // Tried again: what was told as failed is not done yet.
      if ((event.attempt ?? 1) > 1) {
        counts.failed = Math.max(0, counts.failed - 1);
        counts.done = Math.max(0, counts.done - 1);
      }
      return event.visit;
    }
    counts.atWork = Math.max(0, counts.atWork - 1);
    if (event.type !== "taskCanceled") counts.done += 1;
    if (event.type === "taskFailed") counts.failed += 1;
    return event.visit;
  }

  /** The counts of a visit, as they are now. */
  countsOf(visit: string): ItemCounts | undefined {
    const counts = this.#visits.get(visit);
    return counts && { ...counts };
  }

  /** By task with items: the counts of its newest visit. */
  listNewest(): ReadonlyMap<string, ItemCounts> {
    const newest = new Map<string, ItemCounts>();
    for (const [state, visit] of this.#newest) {
      const counts = this.countsOf(visit);
      if (counts !== undefined) newest.set(state, counts);
    }
    return newest;
  }

  /** Is an event of an item told by its count, and not by a line of its own? A failure always has its line. */
  isCounted(event: RunEvent): boolean {
    if (event.type !== "taskStarted" && event.type !== "taskSucceeded" && event.type !== "taskCanceled") return false;
    return event.item !== undefined && (this.#visits.get(event.visit)?.total ?? 0) > listedItemCountMax;
  }
}

/** `3,204 of 10,000 done, 2 failed`. */
export function sayCounts({ done, total, failed }: ItemCounts): string {
  const failures = failed > 0 ? `, ${failed.toLocaleString("en")} failed` : "";
  return `${done.toLocaleString("en")} of ${total.toLocaleString("en")} done${failures}`;
}

/** Says how far items are, to be read out: not each of them, but each tenth, and not more often than a person can hear. */
export class SpokenProgress {
  readonly #intervalMs: number;
  readonly #said = new Map<string, number>();
  #saidAt = Number.NEGATIVE_INFINITY;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** What to say now, if anything. The end of a task's items is always said. */
  say(progress: ReadonlyMap<string, ItemCounts>, now: number, nameOf: (state: string) => string): string | undefined {
    const news: string[] = [];
    let isEnd = false;
    for (const [state, counts] of progress) {
      const tenth = counts.total === 0 ? 10 : Math.floor((counts.done / counts.total) * 10);
      if (tenth === (this.#said.get(state) ?? 0)) continue;
      news.push(`${nameOf(state)}: ${sayCounts(counts)}`);
      isEnd ||= tenth === 10;
    }
    if (news.length === 0 || (!isEnd && now - this.#saidAt < this.#intervalMs)) return undefined;
    for (const [state, { done, total }] of progress) this.#said.set(state, total === 0 ? 10 : Math.floor((done / total) * 10));
    this.#saidAt = now;
    return news.join("; ");
  }
}
