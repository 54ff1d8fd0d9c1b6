// The latest pages and counts, by what was asked. A change of a run is only noted; when an answer is asked for again, the changes since are
// held against its condition, and it goes if one of them could have changed it. So a change costs next to nothing, and nothing while the
// cache is empty.
import { comparePositions, makeRunFilter, type RunPosition, readPaging, toPosition } from "../model/run-filter.js";
import type { RunPage, RunQuery, RunRecord } from "../model/run-record.js";

/** The latest answers that are kept. */
export const CACHED_ANSWER_COUNT_MAX = 64;
/** Noted changes; when there are more, answers that nobody asked for since the first of them go, the others are held against all. */
export const NOTED_CHANGE_COUNT_MAX = 4_096;

interface Change {
  readonly before: RunRecord | undefined;
  readonly after: RunRecord | undefined;
}

interface Answer {
  readonly value: RunPage | number;
  /** Would the change make this another answer? */
  readonly isTouchedBy: (change: Change) => boolean;
  /** So many of the noted changes were looked at. */
  seenCount: number;
  isUsed: boolean;
}

/** Where a page begins and ends: after the run before it, up to the run that begins the next page; undefined: without bounds. */
export interface PageRange {
  readonly after: RunPosition | undefined;
  readonly last: RunPosition | undefined;
}

export class QueryCache {
  /** By use, the latest last. */
  readonly #answers = new Map<string, Answer>();
  #changes: Change[] = [];

  get size(): number {
    return this.#answers.size;
  }

  page(key: string): RunPage | undefined {
    return this.#get(key) as RunPage | undefined;
  }

  count(key: string): number | undefined {
    return this.#get(key) as number | undefined;
  }

  keepPage(key: string, query: RunQuery, page: RunPage, range: PageRange): void {
    const isWanted = makeRunFilter(query);
    const { sort, order } = readPaging(query);
    const direction = order === "oldest" ? 1 : -1;
    const isOnPage = (record: RunRecord | undefined): boolean => {
      if (record === undefined || !isWanted(record)) return false;
      const position = toPosition(record, sort, order);
      if (range.after !== undefined && direction * comparePositions(position, range.after) <= 0) return false;
      return range.last === undefined || direction * comparePositions(position, range.last) <= 0;
    };
    this.#keep(key, page, ({ before, after }) => isOnPage(before) || isOnPage(after));
  }

  keepCount(key: string, query: RunQuery, count: number): void {
    const isWanted = makeRunFilter(query);
    const weigh = (record: RunRecord | undefined): boolean => record !== undefined && isWanted(record);
    this.#keep(key, count, ({ before, after }) => weigh(before) !== weigh(after));
  }

  /** A run is another now; undefined: it is not there. */
  note(before: RunRecord | undefined, after: RunRecord | undefined): void {
    if (this.#answers.size === 0) return;
    if (this.#changes.length === NOTED_CHANGE_COUNT_MAX) this.#settle();
    this.#changes.push({ before, after });
  }

  clear(): void {
    this.#answers.clear();
    this.#changes = [];
  }

  #get(key: string): RunPage | number | undefined {
    const answer = this.#answers.get(key);
    if (answer === undefined) return undefined;
    this.#answers.delete(key);
    if (!this.#catchUp(answer)) return undefined;
    answer.isUsed = true;
    this.#answers.set(key, answer);
    return answer.value;
  }

  #keep(key: string, value: RunPage | number, isTouchedBy: Answer["isTouchedBy"]): void {
    if (this.#answers.size === 0) this.#changes = [];
    this.#answers.delete(key);
    this.#answers.set(key, { value, isTouchedBy, seenCount: this.#changes.length, isUsed: true });
    if (this.#answers.size > CACHED_ANSWER_COUNT_MAX) this.#answers.delete(this.#answers.keys().next().value as string);
  }

  /** Does the answer hold after all changes that were noted? */
  #catchUp(answer: Answer): boolean {
    for (; answer.seenCount < this.#changes.length; answer.seenCount += 1) if (answer.isTouchedBy(this.#changes[answer.seenCount] as Change)) return false;
    return true;
  }

  #settle(): void {
    for (const [key, answer] of this.#answers) {
      if (!answer.isUsed || !this.#catchUp(answer)) this.#answers.delete(key);
      answer.isUsed = false;
      answer.seenCount = 0;
    }
    this.#changes = [];
  }
}

/** The same text for queries that ask for the same page. */
export function pageKey(query: RunQuery): string {
  return `page ${JSON.stringify(query, sortParts)}`;
}

/** The same text for queries that count the same. */
export function countKey({ sort, order, limit, cursor, ...conditions }: RunQuery): string {
  return `count ${JSON.stringify(conditions, sortParts)}`;
}

function sortParts(key: string, value: unknown): unknown {
  // JSON has no words for these.
  if (typeof value === "number" && !Number.isFinite(value)) return { number: String(value) };
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return key === "workflow" || key === "status" ? [...new Set(value)].sort() : value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
