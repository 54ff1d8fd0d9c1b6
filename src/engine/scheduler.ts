// Decides when a call goes out: in what order, how many at a time. It is asked and answers; it performs nothing, and what the
// kernel emits is none of its business. While no limit is reached, a call costs a few counters.
import { PRIORITY_MAX, type SchedulingOptions, type SchedulingStatistics, type SchedulingStrategy } from "../model/scheduling.js";
import { AdaptiveLimit } from "./adaptive-limit.js";
import { LaneQueue } from "./lane-queue.js";
import {
  QUEUE_DELAY_FULL_MS,
  QUEUE_DELAY_WEIGHT,
  TASKS_BY_RUN_MAX_DEFAULT,
  TASKS_IN_FLIGHT_MAX_DEFAULT,
  TASKS_QUEUED_MAX_DEFAULT,
} from "./limits.js";
import { type Gate, Lane, RunCalls } from "./run-calls.js";
import { chooseStrategy } from "./strategy.js";
import { isOpen, WaitingLines } from "./waiting-lines.js";

/** A run as the scheduler sees it. */
export interface ScheduledRun<W> {
  readonly runId: string;
  readonly program: { readonly workflow: { readonly name: string } };
  readonly priority: number;
  readonly isPaused: boolean;
  readonly isDropped: boolean;
  calls: RunCalls<W> | undefined;
}

/** A call of a run. */
export interface ScheduledWork<W> {
  readonly run: ScheduledRun<W>;
  readonly open: { isQueued: boolean; readonly isClosed: boolean; readonly serial: number };
}

export interface SchedulerHost<W> {
  readonly taskOf: (work: W) => string;
  /** `RunCalls.isScheduled` of these runs has changed. */
  readonly onScheduled: (run: ScheduledRun<W>) => void;
  readonly now: () => number;
}

const DEFAULTS: Required<SchedulingOptions> = {
  strategy: "auto",
  runsInFlightMax: Infinity,
  tasksInFlightMax: TASKS_IN_FLIGHT_MAX_DEFAULT,
  tasksInFlightMaxByRun: TASKS_BY_RUN_MAX_DEFAULT,
  tasksInFlightMaxByWorkflow: {},
  tasksInFlightMaxByTask: {},
  adaptive: false,
  queueMax: TASKS_QUEUED_MAX_DEFAULT,
};

export class Scheduler<W extends ScheduledWork<W>> {
  readonly #host: SchedulerHost<W>;
  #settings = DEFAULTS;
  /** Runs that may have a task in flight. */
  #placeCount = 0;
  /** Lanes of runs that wait for a place. */
  #placeless = new LaneQueue<Lane<W>>();
  /** Lanes of runs that have one. */
  #lines = new WaitingLines<W>({}, {});
  #adaptive: AdaptiveLimit | undefined;
  #taskMax = DEFAULTS.tasksInFlightMax;
  #inFlight = 0;
  #queued = 0;
  /** Calls that have left the queues. */
  #tick = 0;
  #delayMs = 0;
  /** Runs with lanes. */
  readonly #waiting = new Set<RunCalls<W>>();
  /** All are to line up before one gets a place. */
  #isLiningUp = false;
  /** In flight, but not counted: aborted, and they do not end. */
  readonly #givenUp = new Set<W>();

  constructor(host: SchedulerHost<W>) {
    this.#host = host;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get queued(): number {
    return this.#queued;
  }

  get load(): number {
    return this.#inFlight / this.#taskMax + this.#delayMs / QUEUE_DELAY_FULL_MS;
  }

  /** Are runs in flight limited at all? */
  get hasPlaces(): boolean {
    return this.#settings.runsInFlightMax !== Infinity;
  }

  /** Would one more run have to wait for a place? */
  get arePlacesTaken(): boolean {
    return this.#placeCount >= this.#settings.runsInFlightMax;
  }

  /** So many calls can be asked for before `queueMax` wait. Not below 0. */
  get room(): number {
    const free = this.#queued > 0 ? 0 : Math.min(this.#taskMax - this.#inFlight, this.#settings.runsInFlightMax - this.#placeCount);
    return Math.max(0, this.#settings.queueMax - this.#queued + Math.max(0, free));
  }

  get queueMax(): number {
    return this.#settings.queueMax;
  }

  /** What suits a workflow of this width now; without one, any. */
  strategy(width = Infinity): SchedulingStrategy {
    const { strategy } = this.#settings;
    return strategy === "auto" ? chooseStrategy(width, this.load) : strategy;
  }

  /** True: the call goes out now, and counts. False: it waits for its turn; `next` hands it out. */
  ask(work: W, now: number): boolean {
    const { run } = work;
    const calls = (run.calls ??= new RunCalls(run.priority));
    calls.note(now);
    if (this.#queued > 0 || !this.#mayBegin(work, calls)) {
      this.#lineUp(work, calls, now, now);
      return false;
    }
    if (this.#delayMs > 0) this.#noteDelay(0);
    this.#begin(work, calls, now);
    return true;
  }

  /** The call whose turn it is, or undefined where none may go. It counts as in flight. O(1), and a look at each limit that has room. */
  next(now: number): W | undefined {
    while (this.#queued > 0 && this.#inFlight < this.#taskMax) {
      const lane = this.#lines.findBest(this.#tick);
      if (lane === undefined) return undefined;
      const isFull = lane.calls.inFlight >= this.#bound;
      const isAuto = this.#settings.strategy === "auto";
      if (lane.works.first.run.isPaused || (isFull && !isAuto)) this.#lines.remove(lane);
      else if (isFull && lane.queue !== lane.line?.spare) this.#lines.putAside(lane);
      else return this.#take(lane, now);
    }
    return undefined;
  }

  /** These will be asked for when their commit is done: until then, runs are told as what they will be. */
  foresee(works: readonly W[]): void {
    let free = this.#settings.runsInFlightMax - this.#placeCount;
    for (const { run } of works) {
      const calls = (run.calls ??= new RunCalls(run.priority));
      if (!calls.hasPlace && calls.foreseen === 0 && calls.queued === 0 && --free < 0) calls.isScheduled = true;
      calls.foreseen += 1;
    }
  }

  /** The call is in flight no longer. */
  end(work: W, now: number): void {
    if (this.#givenUp.size > 0 && this.#givenUp.delete(work)) return;
    const { run } = work;
    const { calls } = run;
    if (calls === undefined) return;
    this.#adaptive?.note(this.#inFlight, now);
    calls.note(now);
    calls.inFlight -= 1;
    this.#inFlight -= 1;
    this.#countGates(work, -1);
    if (this.#adaptive?.noteEnd() === true) this.#taskMax = this.#adaptive.value;
    if (calls.lanes !== undefined) this.resume(run);
    // The others keep their place until what they do next is known.
    if (!this.hasPlaces || work.open.isClosed || run.isDropped) this.settle(run);
  }

  /** The call was aborted and does not end: it counts no longer. */
  giveUp(work: W, now: number): void {
    this.end(work, now);
    this.#givenUp.add(work);
  }

  /** A call that is in flight was asked for again, by its run as it was taken up anew. */
  adopt(before: W, work: W, now: number): void {
    const calls = (work.run.calls ??= new RunCalls(work.run.priority));
    if (this.#givenUp.delete(before)) {
      this.#inFlight += 1;
      this.#countGates(before, 1);
    } else if (before.run.calls !== undefined) {
      before.run.calls.note(now);
      before.run.calls.inFlight -= 1;
    }
    calls.note(now);
    calls.begin();
    this.#takePlace(work.run, calls);
  }

  /** The call was taken back. Nothing is done where it does not wait. */
  cancel(work: W, now: number): void {
    const { calls } = work.run;
    const key = this.#findKey(work);
    const lane = work.open.isQueued ? calls?.lanes?.find(({ gate }) => gate === key) : undefined;
    if (calls === undefined || lane === undefined) return;
    calls.note(now);
    work.open.isQueued = false;
    calls.queued -= 1;
    this.#queued -= 1;
    const { first } = lane.works;
    lane.works.drop();
    if (lane.works.count === 0) this.#removeLane(lane);
    else if (first.open === work.open && lane.line !== undefined) {
      // What comes next may call another task, and be subject to another limit.
      this.#lines.remove(lane);
      this.#enter(lane);
    }
    if (calls.queued === 0) calls.isScheduled = false;
    if (!this.hasPlaces) this.settle(work.run);
  }

  /** The run may have nothing in flight any more, and nothing waiting that may go: then its place is free. */
  settle({ calls, isPaused }: ScheduledRun<W>): void {
    if (calls === undefined || !calls.hasPlace || calls.inFlight > 0 || (calls.queued > 0 && !isPaused)) return;
    this.#freePlace(calls);
  }

  /** Lanes of the run that waited for it itself (it was paused, or had enough in flight) line up again. */
  resume({ calls, isPaused }: ScheduledRun<W>): void {
    if (calls?.lanes === undefined || isPaused) return;
    const hasRoom = calls.inFlight < this.#bound;
    for (const lane of calls.lanes) {
      const isAside = lane.line !== undefined && lane.queue === lane.line.spare;
      const isLost = lane.line !== undefined && !calls.hasPlace;
      if (lane.queue !== undefined && !(isAside && hasRoom) && !isLost) continue;
      this.#lines.remove(lane);
      lane.since = this.#tick;
      this.#enter(lane);
    }
  }

  /** The run leaves: what waits of it is forgotten. O(its lanes). */
  forget({ calls }: ScheduledRun<W>, now: number): void {
    if (calls === undefined) return;
    calls.note(now);
    for (const lane of [...(calls.lanes ?? [])]) this.#removeLane(lane);
    this.#queued -= calls.queued;
    calls.queued = 0;
    calls.isScheduled = false;
    if (calls.hasPlace) this.#freePlace(calls);
  }

  /** Forgets everything. `runs`: all that there are. */
  clear(runs: Iterable<ScheduledRun<W>>): void {
    for (const run of runs) run.calls = undefined;
    this.#inFlight = 0;
    this.#queued = 0;
    this.#givenUp.clear();
    this.#placeCount = 0;
    this.#makeLines([]);
  }

  /**
   * Other limits from now on; what is not given stays. What waits is lined up anew, in order for each run. `inFlight`: all calls
   * that are. O(calls in flight and waiting).
   */
  configure(options: SchedulingOptions, inFlight: Iterable<W>): void {
    const now = this.#host.now();
    this.#settings = { ...this.#settings, ...withoutAbsent(options) };
    const { adaptive, tasksInFlightMax } = this.#settings;
    if (options.adaptive !== undefined) this.#adaptive = adaptive === false ? undefined : new AdaptiveLimit(adaptive.min, adaptive.max, now);
    this.#taskMax = this.#adaptive?.value ?? tasksInFlightMax;
    const waits: { readonly work: W; readonly time: number }[] = [];
    for (const calls of this.#waiting) {
      const first = waits.length;
      for (const lane of calls.lanes ?? []) for (const wait of lane.works) waits.push(wait);
      if ((calls.lanes?.length ?? 0) > 1) sortByOrder(waits, first);
      calls.lanes = undefined;
      this.#queued -= calls.queued;
      calls.queued = 0;
    }
    this.#makeLines(inFlight);
    this.#isLiningUp = true;
    for (const { work, time } of waits) if (work.run.calls !== undefined) this.#lineUp(work, work.run.calls, time, now);
    this.#isLiningUp = false;
    this.#fillPlaces();
    for (const { work } of waits) this.#schedule(work.run);
  }

  statistics(now: number): SchedulingStatistics {
    const byPriority = new Array<number>(PRIORITY_MAX + 1).fill(0);
    const byWorkflow: Record<string, number> = {};
    const byTask: Record<string, number> = {};
    let runsScheduled = 0;
    let oldest = now;
    for (const { lanes = [], priority, queued, isScheduled } of this.#waiting) {
      byPriority[priority] = (byPriority[priority] ?? 0) + queued;
      if (isScheduled) runsScheduled += 1;
      for (const { works, gate } of lanes) {
        const { name } = works.first.run.program.workflow;
        byWorkflow[name] = (byWorkflow[name] ?? 0) + works.count;
        if (gate !== undefined) byTask[gate.name] = (byTask[gate.name] ?? 0) + works.count;
        oldest = Math.min(oldest, works.firstTime);
      }
    }
    return {
      strategy: this.strategy(),
      load: this.load,
      tasksInFlightMax: this.#taskMax,
      runsInFlight: this.#placeCount,
      runsScheduled,
      tasksQueued: this.#queued,
      queueDelayMs: now - oldest,
      isOverloaded: this.room === 0,
      queues: { byPriority, byWorkflow, byTask },
    };
  }

  // --- going out --------------------------------------------------------------------------------------------------

  /** May a call go that nobody waits before? */
  #mayBegin(work: W, calls: RunCalls<W>): boolean {
    if (this.#inFlight >= this.#taskMax || work.run.isPaused) return false;
    if (!calls.hasPlace && this.arePlacesTaken) return false;
    if (this.#settings.strategy !== "auto" && calls.inFlight >= this.#bound) return false;
    return isOpen(this.#workflowGateOf(work)) && isOpen(this.#taskGateOf(work));
  }

  #begin(work: W, calls: RunCalls<W>, now: number): void {
    this.#adaptive?.note(this.#inFlight, now);
    calls.begin();
    this.#inFlight += 1;
    if (!calls.hasPlace) this.#takePlace(work.run, calls);
    this.#countGates(work, 1);
  }

  // --- places among the runs in flight -----------------------------------------------------------------------------

  #takePlace(run: ScheduledRun<W>, calls: RunCalls<W>): void {
    if (calls.hasPlace) return;
    calls.hasPlace = true;
    this.#placeCount += 1;
    if (calls.isScheduled) {
      calls.isScheduled = false;
      this.#host.onScheduled(run);
    }
    for (const lane of calls.lanes ?? []) {
      if (lane.line !== undefined || lane.queue === undefined) continue;
      lane.queue.remove(lane);
      this.#enter(lane);
    }
  }

  #freePlace(calls: RunCalls<W>): void {
    calls.hasPlace = false;
    this.#placeCount -= 1;
    this.#fillPlaces();
  }

  #fillPlaces(): void {
    while (!this.arePlacesTaken) {
      const lane = this.#placeless.best;
      if (lane === undefined) return;
      const { run } = lane.works.first;
      if (run.isPaused) this.#placeless.remove(lane);
      else this.#takePlace(run, lane.calls);
    }
  }

  #take(lane: Lane<W>, now: number): W {
    const { calls, works } = lane;
    this.#noteDelay(now - works.firstTime);
    calls.note(now);
    const work = works.shift();
    work.open.isQueued = false;
    calls.queued -= 1;
    this.#queued -= 1;
    this.#tick += 1;
    if (lane.line !== undefined) this.#lines.noteTurn(lane.line);
    if (works.count === 0) this.#removeLane(lane);
    else {
      this.#lines.remove(lane);
      lane.since = this.#tick;
      lane.turnAt = this.#tick;
      this.#enter(lane);
    }
    this.#begin(work, calls, now);
    return work;
  }

  #noteDelay(delayMs: number): void {
    this.#delayMs += (delayMs - this.#delayMs) / QUEUE_DELAY_WEIGHT;
    if (this.#delayMs < 1) this.#delayMs = 0;
  }

  /** So many calls of one run may be in flight. */
  get #bound(): number {
    const strategy = this.strategy();
    return strategy === "parallel" ? Infinity : strategy === "hybrid" ? this.#settings.tasksInFlightMaxByRun : 1;
  }

  // --- waiting ----------------------------------------------------------------------------------------------------

  /** `time`: since when it waits. */
  #lineUp(work: W, calls: RunCalls<W>, time: number, now: number): void {
    calls.note(now);
    const key = this.#findKey(work);
    let lane = calls.lanes?.find(({ gate }) => gate === key);
    if (lane === undefined) {
      lane = new Lane<W>(calls, key, isTakenBack);
      lane.since = this.#tick;
      lane.turnAt = this.#tick;
      (calls.lanes ??= []).push(lane);
      this.#waiting.add(calls);
    }
    lane.works.push(work, time);
    work.open.isQueued = true;
    calls.queued += 1;
    this.#queued += 1;
    if (lane.works.count === 1) this.#enter(lane);
  }

  /** Calls of a run that wait for one task's limit do not keep back its others; where they go one by one, the order is kept. */
  #findKey(work: W): Gate<W> | undefined {
    return this.#settings.strategy === "sequential" ? undefined : this.#taskGateOf(work);
  }

  /** Lines the lane up for the limits of its first call, or among those that wait for a place. A paused run's waits for its run. */
  #enter(lane: Lane<W>): void {
    const { calls } = lane;
    const work = lane.works.first;
    const { run } = work;
    if (run.isPaused) return;
    if (!calls.hasPlace && !this.arePlacesTaken && !this.#isLiningUp) this.#takePlace(run, calls);
    if (calls.hasPlace) {
      this.#lines.push(lane, this.#lines.line(this.#workflowGateOf(work), this.#taskGateOf(work)));
      return;
    }
    this.#placeless.push(lane);
    if (!this.#isLiningUp) this.#schedule(run);
  }

  /** The run waits for a place, where it has none. */
  #schedule(run: ScheduledRun<W>): void {
    const { calls } = run;
    if (calls === undefined || calls.isScheduled || calls.hasPlace || run.isPaused) return;
    calls.isScheduled = true;
    this.#host.onScheduled(run);
  }

  #removeLane(lane: Lane<W>): void {
    const { calls } = lane;
    this.#lines.remove(lane);
    calls.lanes = calls.lanes?.filter((other) => other !== lane);
    if (calls.lanes?.length !== 0) return;
    calls.lanes = undefined;
    this.#waiting.delete(calls);
  }

  // --- limits -----------------------------------------------------------------------------------------------------

  #workflowGateOf(work: W): Gate<W> | undefined {
    return this.#lines.hasGates ? this.#lines.workflowGate(work.run.program.workflow.name) : undefined;
  }

  #taskGateOf(work: W): Gate<W> | undefined {
    return this.#lines.hasTaskGates ? this.#lines.taskGate(this.#host.taskOf(work)) : undefined;
  }

  #countGates(work: W, change: 1 | -1): void {
    if (!this.#lines.hasGates) return;
    for (const gate of [this.#workflowGateOf(work), this.#taskGateOf(work)]) if (gate !== undefined) this.#lines.count(gate, change);
  }

  /** Empty lines for the limits that are set, with what is in flight counted. */
  #makeLines(inFlight: Iterable<W>): void {
    const { tasksInFlightMaxByWorkflow, tasksInFlightMaxByTask } = this.#settings;
    this.#lines = new WaitingLines(tasksInFlightMaxByWorkflow, tasksInFlightMaxByTask);
    this.#placeless = new LaneQueue();
    this.#waiting.clear();
    for (const work of inFlight) if (!this.#givenUp.has(work)) this.#countGates(work, 1);
  }
}

function isTakenBack({ open }: { readonly open: { readonly isQueued: boolean } }): boolean {
  return !open.isQueued;
}

/** What one run asked for, from index `first` on, by the order of its asks. */
function sortByOrder<W extends ScheduledWork<W>>(waits: { readonly work: W; readonly time: number }[], first: number): void {
  const part = waits.splice(first).sort((a, b) => a.work.open.serial - b.work.open.serial);
  for (const wait of part) waits.push(wait);
}

/** Without entries that are undefined. */
function withoutAbsent<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
