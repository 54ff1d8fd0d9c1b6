// Lanes in the order in which they may go: by priority and by how long they have waited, each step O(1). A lane is what one
// run waits with; it knows neither limits nor tasks.
import { PRIORITY_MAX } from "../model/scheduling.js";
import { LANE_COMPACTION_MIN, PRIORITY_AGE_CALLS } from "./limits.js";

/** A lane as the queue sees it. */
export class LaneLink {
  /** 0 to PRIORITY_MAX. */
  readonly priority: number;
  /** The count of calls that had left all queues when it began to wait, or last had its turn. */
  since = 0;
  /** The queue that it stands in. */
  queue: LaneQueue<LaneLink> | undefined;
  before: LaneLink | undefined;
  after: LaneLink | undefined;

  constructor(priority: number) {
    this.priority = priority;
  }

  /**
   * The least goes first. One level of priority is worth a wait of PRIORITY_AGE_CALLS calls, so that whoever comes later than
   * that many calls per level cannot overtake: no lane waits for ever.
   */
  get rank(): number {
    return this.since - this.priority * PRIORITY_AGE_CALLS;
  }
}

export class LaneQueue<L extends LaneLink> {
  readonly #first: (LaneLink | undefined)[] = new Array<LaneLink | undefined>(PRIORITY_MAX + 1).fill(undefined);
  readonly #last: (LaneLink | undefined)[] = new Array<LaneLink | undefined>(PRIORITY_MAX + 1).fill(undefined);
  #count = 0;

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** The lane whose turn it is. Within a level the first has waited longest, so the heads of the levels are enough. */
  get best(): L | undefined {
    if (this.#count === 0) return undefined;
    let best: LaneLink | undefined;
    for (let level = PRIORITY_MAX; level >= 0; level -= 1) {
      const lane = this.#first[level];
      if (lane !== undefined && (best === undefined || lane.rank < best.rank)) best = lane;
    }
    return best as L | undefined;
  }

  /** Puts the lane behind those of its level. One that comes from another queue keeps its wait, but overtakes nobody. */
  push(lane: L): void {
    const { priority } = lane;
    const last = this.#last[priority];
    if (last === undefined) this.#first[priority] = lane;
    else {
      last.after = lane;
      lane.since = Math.max(lane.since, last.since);
    }
    lane.before = last;
    lane.queue = this as unknown as LaneQueue<LaneLink>;
    this.#last[priority] = lane;
    this.#count += 1;
  }

  remove(lane: L): void {
    const { before, after, priority } = lane;
    if (before === undefined) this.#first[priority] = after;
    else before.after = after;
    if (after === undefined) this.#last[priority] = before;
    else after.before = before;
    lane.before = undefined;
    lane.after = undefined;
    lane.queue = undefined;
    this.#count -= 1;
  }
}

/** What waits in a lane, first in, first out, with the time since when. What was taken back stays as a hole until its turn comes. */
export class WaitList<W> {
  readonly #isHole: (work: W) => boolean;
  #works: (W | undefined)[] = [];
  #times: number[] = [];
  #head = 0;
  #count = 0;

  /** `isHole`: was it taken back? */
  constructor(isHole: (work: W) => boolean) {
    this.#isHole = isHole;
  }

  /** Without the holes. */
  get count(): number {
    return this.#count;
  }

  /** The first one; the list must not be empty. */
  get first(): W {
    return this.#works[this.#head] as W;
  }

  /** Since when it waits, ms since 1970. */
  get firstTime(): number {
    return this.#times[this.#head] ?? 0;
  }

  push(work: W, time: number): void {
    this.#works.push(work);
    this.#times.push(time);
    this.#count += 1;
  }

  shift(): W {
    const work = this.first;
    this.#works[this.#head] = undefined;
    this.#count -= 1;
    this.#trim();
    return work;
  }

  /** One of them was taken back: it is a hole from now on. O(1), amortised. */
  drop(): void {
    this.#count -= 1;
    this.#trim();
  }

  *[Symbol.iterator](): Iterator<{ readonly work: W; readonly time: number }> {
    for (let at = this.#head; at < this.#works.length; at += 1) {
      const work = this.#works[at];
      if (work !== undefined && !this.#isHole(work)) yield { work, time: this.#times[at] ?? 0 };
    }
  }

  /** The head is no hole, and at most half of the list are holes. */
  #trim(): void {
    for (; this.#head < this.#works.length; this.#head += 1) {
      const work = this.#works[this.#head];
      if (work !== undefined && !this.#isHole(work)) break;
      this.#works[this.#head] = undefined;
    }
    if (this.#works.length < LANE_COMPACTION_MIN || this.#count * 2 > this.#works.length) return;
    const times: number[] = [];
    const works: W[] = [];
    for (let at = this.#head; at < this.#works.length; at += 1) {
      const work = this.#works[at];
      if (work === undefined || this.#isHole(work)) continue;
      works.push(work);
      times.push(this.#times[at] ?? 0);
    }
    this.#works = works;
    this.#times = times;
    this.#head = 0;
  }
}
