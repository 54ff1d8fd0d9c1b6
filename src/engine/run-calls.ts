// What the scheduler keeps of one run: how many of its calls are in flight and how many wait, in which lanes, and how it used
// its time. Times are sums over changes, so that nothing is kept for a call.
import type { RunMetrics, SchedulingStrategy } from "../model/scheduling.js";
import { LaneLink, type LaneQueue, WaitList } from "./lane-queue.js";

/** A limit that calls of many runs share. */
export interface Gate<W> {
  readonly name: string;
  readonly countMax: number;
  /** In flight. */
  count: number;
  readonly lines: Line<W>[];
}

export interface Line<W> {
  readonly gates: readonly Gate<W>[];
  readonly queue: LaneQueue<Lane<W>>;
  /** Lanes of runs that have as many in flight as the load permits: they go when nobody else can. */
  readonly spare: LaneQueue<Lane<W>>;
}

/** Calls of one run that wait for the same: in order, behind one another. */
export class Lane<W> extends LaneLink {
  readonly calls: RunCalls<W>;
  readonly works: WaitList<W>;
  /** The limit of the task that all of them call; undefined: of different tasks, or without a limit. */
  readonly gate: Gate<W> | undefined;
  /** Where it stands; undefined: it waits for its run, or for a place. */
  line: Line<W> | undefined;
  /** As `since`, but never moved: the true length of its wait. */
  turnAt = 0;

  constructor(calls: RunCalls<W>, gate: Gate<W> | undefined, isHole: (work: W) => boolean) {
    super(calls.priority);
    this.calls = calls;
    this.gate = gate;
    this.works = new WaitList(isHole);
  }
}

export class RunCalls<W> {
  readonly priority: number;
  inFlight = 0;
  queued = 0;
  /** It counts among the runs in flight. */
  hasPlace = false;
  /** It waits to be counted there. */
  isScheduled = false;
  /** Asked for in the step that is being committed, while it waits for a place. */
  foreseen = 0;
  /** Few: one, and one more for each task with a limit that it waits for. */
  lanes: Lane<W>[] | undefined;
  #taskCount = 0;
  #width = 0;
  #taskTimeMs = 0;
  #queueTimeMs = 0;
  #activeTimeMs = 0;
  #notedAt = 0;

  constructor(priority: number) {
    this.priority = priority;
  }

  get taskCount(): number {
    return this.#taskCount;
  }

  /** Before a count changes: what has passed is added up. `now`: ms since 1970. */
  note(now: number): void {
    const passedMs = now - this.#notedAt;
    this.#notedAt = now;
    if (passedMs <= 0 || this.inFlight + this.queued === 0) return;
    this.#taskTimeMs += this.inFlight * passedMs;
    this.#queueTimeMs += this.queued * passedMs;
    this.#activeTimeMs += passedMs;
  }

  begin(): void {
    this.inFlight += 1;
    this.#taskCount += 1;
    if (this.inFlight > this.#width) this.#width = this.inFlight;
  }

  metrics(strategy: SchedulingStrategy): RunMetrics {
    const spanMs = this.#activeTimeMs * this.#width;
    return {
      strategy,
      taskCount: this.#taskCount,
      taskTimeMs: this.#taskTimeMs,
      queueTimeMs: this.#queueTimeMs,
      activeTimeMs: this.#activeTimeMs,
      width: this.#width,
      parallelEfficiency: spanMs === 0 ? 1 : this.#taskTimeMs / spanMs,
    };
  }
}
