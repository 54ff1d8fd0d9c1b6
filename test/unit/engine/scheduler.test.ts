// The scheduler by itself: random asks, ends, pauses and limits, each decision looked at by a plain model of what may go.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WaitList } from "../../../src/engine/lane-queue.js";
import { OVERDUE_CALLS, PRIORITY_AGE_CALLS, TASKS_IN_FLIGHT_MAX_DEFAULT, TASKS_QUEUED_MAX_DEFAULT } from "../../../src/engine/limits.js";
import type { RunCalls } from "../../../src/engine/run-calls.js";
import { Scheduler } from "../../../src/engine/scheduler.js";
import { PRIORITY_MAX, type SchedulingOptions } from "../../../src/model/scheduling.js";

interface FakeRun {
  readonly runId: string;
  readonly program: { readonly workflow: { readonly name: string } };
  readonly priority: number;
  isPaused: boolean;
  isDropped: boolean;
  calls: RunCalls<FakeWork> | undefined;
}
interface FakeWork {
  readonly run: FakeRun;
  readonly task: string;
  readonly open: { isQueued: boolean; isClosed: boolean; readonly serial: number };
}

let serial = 0;

function makeRun(runId: string, workflow = "w", priority = 5): FakeRun {
  return { runId, program: { workflow: { name: workflow } }, priority, isPaused: false, isDropped: false, calls: undefined };
}

function makeWork(run: FakeRun, task = "t"): FakeWork {
  return { run, task, open: { isQueued: false, isClosed: false, serial: ++serial } };
}

/** A scheduler, and beside it all that is asked for and in flight. */
class Stage {
  readonly scheduled: string[] = [];
  readonly scheduler = new Scheduler<FakeWork>({
    now: () => this.now,
    taskOf: ({ task }) => task,
    onScheduled: ({ runId }) => void this.scheduled.push(runId),
  });
  readonly inFlight: FakeWork[] = [];
  readonly queued: FakeWork[] = [];
  /** Everything that went out, in order. */
  readonly gone: FakeWork[] = [];
  readonly givenUp = new Set<FakeWork>();
  now = 0;
  options: SchedulingOptions = {};

  constructor(options: SchedulingOptions = {}) {
    this.configure(options);
  }

  configure(options: SchedulingOptions): void {
    this.options = { ...this.options, ...options };
    this.scheduler.configure(options, this.inFlight);
    this.drain();
  }

  ask(...works: readonly FakeWork[]): void {
    for (const work of works) {
      if (this.scheduler.ask(work, this.now)) this.#go(work);
      else this.queued.push(work);
    }
    this.drain();
  }

  end(work: FakeWork): void {
    this.inFlight.splice(this.inFlight.indexOf(work), 1);
    this.scheduler.end(work, this.now);
    this.givenUp.delete(work);
    this.settle(work.run);
  }

  cancel(work: FakeWork): void {
    this.queued.splice(this.queued.indexOf(work), 1);
    work.open.isClosed = true;
    this.scheduler.cancel({ ...work }, this.now);
    this.settle(work.run);
  }

  giveUp(work: FakeWork): void {
    work.open.isClosed = true;
    this.givenUp.add(work);
    this.scheduler.giveUp(work, this.now);
    this.settle(work.run);
  }

  settle(run: FakeRun): void {
    this.scheduler.settle(run);
    this.drain();
  }

  get counted(): readonly FakeWork[] {
    return this.inFlight.filter((work) => !this.givenUp.has(work));
  }

  forget(run: FakeRun): void {
    run.isDropped = true;
    this.queued.splice(0, Infinity, ...this.queued.filter((work) => work.run !== run));
    this.scheduler.forget(run, this.now);
    this.drain();
  }

  drain(): void {
    for (let work = this.scheduler.next(this.now); work !== undefined; work = this.scheduler.next(this.now)) {
      this.queued.splice(this.queued.indexOf(work), 1);
      this.#go(work);
    }
  }

  #go(work: FakeWork): void {
    this.inFlight.push(work);
    this.gone.push(work);
  }
}

const limit = fc.constantFrom(1, 2, 3, 5, Infinity);
const options: fc.Arbitrary<SchedulingOptions> = fc.record(
  {
    strategy: fc.constantFrom("auto", "sequential", "parallel", "hybrid"),
    tasksInFlightMaxByRun: fc.constantFrom(2, 3),
    runsInFlightMax: limit,
    tasksInFlightMax: fc.constantFrom(1, 2, 4, 8, Infinity),
    tasksInFlightMaxByWorkflow: fc.constantFrom({}, { a: 1 }, { a: 2, b: 3 }),
    tasksInFlightMaxByTask: fc.constantFrom({}, { x: 1 }, { x: 2, y: 1 }),
  },
  { requiredKeys: [] },
);
const act = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant("ask" as const), run: fc.nat(5), tasks: fc.array(fc.constantFrom("x", "y", "z"), { minLength: 1, maxLength: 5 }) }) },
  { weight: 14, arbitrary: fc.record({ kind: fc.constant("end" as const), at: fc.nat(1_000) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("cancel" as const), at: fc.nat(1_000) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("pause" as const, "resume" as const), run: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("forget" as const), run: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("giveUp" as const), at: fc.nat(1_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("configure" as const), options }) },
);
type Act = typeof act extends fc.Arbitrary<infer A> ? A : never;

function strategyBound({ strategy = "auto", tasksInFlightMaxByRun = 8 }: SchedulingOptions): number {
  return strategy === "sequential" ? 1 : strategy === "hybrid" ? tasksInFlightMaxByRun : Infinity;
}

/** The limits that keep a call back, by the plain meaning of the words. `counted`: what is in flight and not given up. */
function findLimits(stage: Stage, work: FakeWork, counted: readonly FakeWork[]): string[] {
  const { options: set } = stage;
  const count = (isCounted: (other: FakeWork) => boolean): number => counted.filter(isCounted).length;
  const workflow = work.run.program.workflow.name;
  const found: string[] = [];
  if (counted.length >= (set.tasksInFlightMax ?? 262_144)) found.push("all");
  if (count(({ run }) => run.program.workflow.name === workflow) >= (set.tasksInFlightMaxByWorkflow?.[workflow] ?? Infinity)) found.push("workflow");
  if (count(({ task }) => task === work.task) >= (set.tasksInFlightMaxByTask?.[work.task] ?? Infinity)) found.push("task");
  if (count(({ run }) => run === work.run) >= strategyBound(set)) found.push("run");
  if (work.run.isPaused) found.push("paused");
  if (work.run.calls?.hasPlace !== true) found.push("runs");
  return found;
}

function play(script: readonly Act[], first: SchedulingOptions): Stage {
  const stage = new Stage(first);
  const makeRunAt = (at: number, round = 0): FakeRun => makeRun(`${at}.${round}`, at % 2 === 0 ? "a" : "b", at * 2 - 1 < 0 ? 0 : at * 2 - 1);
  const runs = [0, 1, 2, 3, 4, 5].map((at) => makeRunAt(at));
  for (const [round, step] of script.entries()) {
    const goneBefore = stage.gone.length;
    const hadPlace = new Set(runs.filter(({ calls }) => calls?.hasPlace));
    stage.now += round % 3;
    if (step.kind === "ask") stage.ask(...step.tasks.map((task) => makeWork(runs[step.run] as FakeRun, task)));
    else if (step.kind === "end" && stage.inFlight.length > 0) stage.end(stage.inFlight[step.at % stage.inFlight.length] as FakeWork);
    else if (step.kind === "cancel" && stage.queued.length > 0) stage.cancel(stage.queued[step.at % stage.queued.length] as FakeWork);
    else if (step.kind === "pause") {
      (runs[step.run] as FakeRun).isPaused = true;
      stage.settle(runs[step.run] as FakeRun);
    } else if (step.kind === "resume") {
      (runs[step.run] as FakeRun).isPaused = false;
      stage.scheduler.resume(runs[step.run] as FakeRun);
      stage.drain();
    } else if (step.kind === "forget") {
      stage.forget(runs[step.run] as FakeRun);
      runs[step.run] = makeRunAt(step.run, round);
    } else if (step.kind === "giveUp" && stage.counted.length > 0) stage.giveUp(stage.counted[step.at % stage.counted.length] as FakeWork);
    else if (step.kind === "configure") stage.configure(step.options);
    check(stage, goneBefore);
    checkPlaces(stage, runs, hadPlace);
  }
  for (const run of runs) {
    run.isPaused = false;
    stage.scheduler.resume(run);
  }
  stage.drain();
  while (stage.inFlight.length > 0) stage.end(stage.inFlight[0] as FakeWork);
  return stage;
}

/** A run has a place while it has something in flight, or waiting while it is not paused; others wait for one only where all are taken. */
function checkPlaces(stage: Stage, runs: readonly FakeRun[], hadPlace: ReadonlySet<FakeRun>): void {
  const placesMax = stage.options.runsInFlightMax ?? Infinity;
  const placed = runs.filter(({ calls }) => calls?.hasPlace);
  for (const run of runs) {
    const isBusy = stage.counted.some((work) => work.run === run);
    const isWaiting = !run.isPaused && stage.queued.some((work) => work.run === run);
    const hasPlace = run.calls?.hasPlace === true;
    if (isBusy || (isWaiting && placed.length < placesMax)) expect(hasPlace).toBe(true);
    if (!isBusy && !isWaiting) expect(hasPlace).toBe(false);
    if (isWaiting) expect(run.calls?.isScheduled).toBe(!hasPlace);
  }
  if (placed.some((run) => !hadPlace.has(run))) expect(placed.length).toBeLessThanOrEqual(placesMax);
  expect(stage.scheduler.statistics(stage.now).runsInFlight).toBe(placed.length);
}

function check(stage: Stage, goneBefore: number): void {
  const { counted } = stage;
  expect(stage.scheduler.inFlight).toBe(counted.length);
  expect(stage.scheduler.queued).toBe(stage.queued.length);
  const { queues, tasksQueued } = stage.scheduler.statistics(stage.now);
  expect(tasksQueued).toBe(stage.queued.length);
  expect(queues.byPriority.reduce((sum, count) => sum + count, 0)).toBe(stage.queued.length);
  // What went out was within the limits when it went.
  for (let at = goneBefore; at < stage.gone.length; at += 1) {
    const later = new Set(stage.gone.slice(at));
    expect(findLimits(stage, stage.gone[at] as FakeWork, counted.filter((work) => !later.has(work)))).toEqual([]);
  }
  // What waits does so for a reason. Where a run goes one by one its first call alone has to have one.
  const isOneByOne = stage.options.strategy === "sequential";
  const seen = new Set<FakeRun>();
  for (const work of stage.queued) {
    if (!(isOneByOne && seen.has(work.run))) expect(findLimits(stage, work, counted)).not.toEqual([]);
    seen.add(work.run);
  }
}

describe("limits", () => {
  test("are never exceeded, and nothing waits without one; everything goes out once, in order", () => {
    fc.assert(
      fc.property(fc.array(act, { minLength: 5, maxLength: 80 }), options, (script, first) => {
        const stage = play(script, first);
        expect(stage.queued).toEqual([]);
        expect(new Set(stage.gone).size).toBe(stage.gone.length);
        const lines = new Map<string, number>();
        for (const { run, task, open } of stage.gone) {
          const line = `${run.runId} ${task}`;
          expect(open.serial).toBeGreaterThan(lines.get(line) ?? 0);
          lines.set(line, open.serial);
        }
      }),
      { numRuns: 600 },
    );
  });

  test("one by one means in the order of the asks, whatever limits the tasks have", () => {
    fc.assert(
      fc.property(fc.array(act, { minLength: 5, maxLength: 60 }), options, (script, first) => {
        const { strategy: _, ...rest } = first;
        const steps = script.filter(({ kind }) => kind !== "configure");
        const { gone } = play(steps, { ...rest, strategy: "sequential" });
        const last = new Map<FakeRun, number>();
        for (const { run, open } of gone) {
          expect(open.serial).toBeGreaterThan(last.get(run) ?? 0);
          last.set(run, open.serial);
        }
      }),
      { numRuns: 200 },
    );
  });

  test("runs beyond their limit are told as scheduled until they have a place", () => {
    const stage = new Stage({ runsInFlightMax: 1 });
    const [first, second] = [makeRun("first"), makeRun("second")];
    const works = [makeWork(first), makeWork(second), makeWork(first)];
    stage.ask(...works);
    expect(stage.gone.map(({ run }) => run.runId)).toEqual(["first", "first"]);
    expect(second.calls?.isScheduled).toBe(true);
    expect(stage.scheduler.statistics(0)).toMatchObject({ runsInFlight: 1, runsScheduled: 1, tasksQueued: 1 });
    stage.end(works[0] as FakeWork);
    expect(stage.gone).toHaveLength(2);
    stage.end(works[2] as FakeWork);
    expect(stage.gone.map(({ run }) => run.runId)).toEqual(["first", "first", "second"]);
    expect(stage.scheduled).toEqual(["second", "second"]);
  });
});

describe("whose turn it is", () => {
  test("the higher priority first, runs of one priority by turns", () => {
    const stage = new Stage({ tasksInFlightMax: 1 });
    const busy = makeWork(makeRun("busy"));
    stage.ask(busy);
    const [low, high, other] = [makeRun("low", "w", 2), makeRun("high", "w", 7), makeRun("other", "w", 7)];
    for (const run of [low, high, other]) stage.ask(makeWork(run), makeWork(run), makeWork(run));
    while (stage.inFlight.length > 0) stage.end(stage.inFlight[0] as FakeWork);
    expect(stage.gone.slice(1).map(({ run }) => run.runId)).toEqual(["high", "other", "high", "other", "high", "other", "low", "low", "low"]);
  });

  test("no run starves: whoever waits goes after a bounded number of others, however much is asked for meanwhile", () => {
    const flood = fc.record({ places: fc.integer({ min: 1, max: 4 }), floods: fc.integer({ min: 1, max: 12 }), priority: fc.nat(PRIORITY_MAX), asks: fc.array(fc.nat(PRIORITY_MAX), { minLength: 1, maxLength: 12 }) });
    fc.assert(
      fc.property(flood, ({ places, floods, priority, asks }) => {
        const stage = new Stage({ tasksInFlightMax: places, strategy: "parallel" });
        const runs = Array.from({ length: floods }, (_, at) => makeRun(`flood ${at}`, "w", asks[at % asks.length]));
        for (const run of runs) stage.ask(makeWork(run), makeWork(run), makeWork(run));
        for (let at = 0; at < places; at += 1) stage.ask(makeWork(makeRun("busy")));
        const poor = makeWork(makeRun("poor", "w", priority));
        stage.ask(poor);
        const bound = (PRIORITY_MAX - priority) * PRIORITY_AGE_CALLS + floods + places + 2;
        const goneBefore = stage.gone.length;
        while (!stage.gone.includes(poor) && stage.gone.length - goneBefore <= bound + 10) {
          const ended = stage.inFlight[0] as FakeWork;
          stage.end(ended);
          stage.ask(makeWork(ended.run), makeWork(runs[stage.gone.length % floods] as FakeRun));
        }
        expect(stage.gone.length - goneBefore).toBeLessThanOrEqual(bound);
      }),
      { numRuns: 300 },
    );
  });

  test("a call that needs two limits at once is not for ever too late for one of them", () => {
    const stage = new Stage({ strategy: "parallel", tasksInFlightMaxByWorkflow: { a: 1 }, tasksInFlightMaxByTask: { x: 1 } });
    // Of each limit somebody else always has the place: the two never have room in the same moment.
    const [ofWorkflow, ofTask, poor] = [makeRun("of the workflow", "a", 9), makeRun("of the task", "b", 9), makeRun("poor", "a", 9)];
    const askEach = (): void => {
      stage.ask(makeWork(ofWorkflow, "z"));
      stage.ask(makeWork(ofTask, "x"));
    };
    askEach();
    askEach();
    const work = makeWork(poor, "x");
    stage.ask(work);
    let rounds = 0;
    while (!stage.gone.includes(work) && rounds < OVERDUE_CALLS * 4) {
      rounds += 1;
      const ended = stage.inFlight[rounds % stage.inFlight.length] as FakeWork;
      stage.end(ended);
      stage.ask(makeWork(ended.run, ended.task));
    }
    expect(stage.gone).toContain(work);
    expect(rounds).toBeGreaterThan(4);
  });
});

describe("what it costs", () => {
  const settings: readonly SchedulingOptions[] = [
    { tasksInFlightMax: 20 },
    { tasksInFlightMax: 20, strategy: "hybrid", tasksInFlightMaxByRun: 2 },
    { tasksInFlightMax: 40, tasksInFlightMaxByTask: { x: 20, y: 5 }, tasksInFlightMaxByWorkflow: { a: 10, b: 25 } },
    { tasksInFlightMax: 40, tasksInFlightMaxByTask: { x: 20, y: 5 }, tasksInFlightMaxByWorkflow: { a: 10 }, runsInFlightMax: 30, strategy: "sequential" },
    { tasksInFlightMax: 40, tasksInFlightMaxByTask: { x: 30 }, runsInFlightMax: 25 },
  ];

  /** Looks at runs per call that goes out, while `runCount` runs wait with several calls each. */
  function countLooks(options: SchedulingOptions, runCount: number): number {
    const stage = new Stage(options);
    let lookCount = 0;
    const runs = Array.from({ length: runCount }, (_, at) => {
      const run = makeRun(`${at}`, at % 3 === 0 ? "a" : "b", at % 10);
      return Object.defineProperty(run, "isPaused", { get: () => (lookCount += 1) < 0 });
    });
    const out: FakeWork[] = [];
    for (const run of runs) {
      for (const task of ["x", "y", "z", "x"]) {
        const work = makeWork(run, task);
        if (stage.scheduler.ask(work, 0)) out.push(work);
      }
    }
    const drain = (): void => {
      for (let work = stage.scheduler.next(0); work !== undefined; work = stage.scheduler.next(0)) out.push(work);
    };
    drain();
    lookCount = 0;
    const from = out.length;
    for (let at = 0; at < out.length && out.length - from < 400; at += 1) {
      stage.scheduler.end(out[at] as FakeWork, 0);
      stage.scheduler.settle((out[at] as FakeWork).run);
      drain();
    }
    return lookCount / (out.length - from);
  }

  test.each(settings)("a call costs the same however much waits: %j", (options) => {
    expect(countLooks(options, 2_000)).toBeLessThan(countLooks(options, 300) * 1.5 + 2);
    expect(countLooks(options, 2_000)).toBeLessThan(14);
  });

  test("limits by default: so many in flight, so many waiting", () => {
    const scheduler = new Scheduler<FakeWork>({ now: () => 0, taskOf: ({ task }) => task, onScheduled: () => undefined });
    const run = makeRun("run");
    let goneCount = 0;
    while (scheduler.ask(makeWork(run), 0)) goneCount += 1;
    expect([goneCount, scheduler.queued]).toEqual([TASKS_IN_FLIGHT_MAX_DEFAULT, 1]);
    for (let count = 0; count < TASKS_QUEUED_MAX_DEFAULT - 2; count += 1) scheduler.ask(makeWork(run), 0);
    expect([scheduler.inFlight, scheduler.queued, scheduler.room]).toEqual([TASKS_IN_FLIGHT_MAX_DEFAULT, TASKS_QUEUED_MAX_DEFAULT - 1, 1]);
    scheduler.ask(makeWork(run), 0);
    expect(scheduler.room).toBe(0);
  });
});

describe("what waits in a lane", () => {
  test("is first in, first out, with holes where something was taken back", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof({ weight: 5, arbitrary: fc.constant(-1) }, { weight: 3, arbitrary: fc.constant(-2) }, fc.nat(1_000)), { maxLength: 400 }), (script) => {
        const list = new WaitList<{ readonly at: number; isGone: boolean }>(({ isGone }) => isGone);
        const model: { readonly at: number; isGone: boolean }[] = [];
        for (const [at, step] of script.entries()) {
          if (step === -1) {
            const work = { at, isGone: false };
            model.push(work);
            list.push(work, at);
          } else if (model.length > 0 && step === -2) {
            expect(list.firstTime).toBe(model[0]?.at);
            expect(list.shift()).toBe(model.shift());
          } else if (model.length > 0) {
            const [work] = model.splice(step % model.length, 1);
            if (work !== undefined) work.isGone = true;
            list.drop();
          }
          expect(list.count).toBe(model.length);
          expect([...list].map(({ work, time }) => [work.at, time])).toEqual(model.map((work) => [work.at, work.at]));
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("auto", () => {
  test("goes from parallel to hybrid to sequential as the load grows", () => {
    const stage = new Stage({ tasksInFlightMax: 10 });
    const strategies: string[] = [];
    for (let count = 0; count < 10; count += 1) {
      strategies.push(stage.scheduler.strategy());
      stage.ask(makeWork(makeRun(`${count}`)));
    }
    expect(strategies).toEqual([...Array<string>(5).fill("parallel"), ...Array<string>(3).fill("hybrid"), "sequential", "sequential"]);
    expect(stage.scheduler.strategy(1)).toBe("sequential");
  });

  test("leaves no place empty: a run alone gets all of them; with others waiting, those with less in flight go first", () => {
    const stage = new Stage({ tasksInFlightMax: 10, tasksInFlightMaxByRun: 3 });
    const alone = makeRun("alone");
    stage.ask(...Array.from({ length: 20 }, () => makeWork(alone)));
    expect(stage.inFlight).toHaveLength(10);
    const late = makeRun("late");
    stage.ask(makeWork(late), makeWork(late));
    stage.end(stage.inFlight[0] as FakeWork);
    expect(stage.gone.at(-1)?.run).toBe(late);
  });

  test("waiting counts as load", () => {
    const stage = new Stage({ tasksInFlightMax: 1 });
    const run = makeRun("run");
    stage.ask(makeWork(run), makeWork(run));
    stage.now = 16_000;
    stage.end(stage.inFlight[0] as FakeWork);
    expect(stage.scheduler.load).toBeCloseTo(2);
    stage.end(stage.inFlight[0] as FakeWork);
    expect(stage.scheduler.strategy()).toBe("sequential");
    for (let count = 0; count < 200; count += 1) {
      stage.ask(makeWork(run));
      stage.end(stage.inFlight[0] as FakeWork);
    }
    expect(stage.scheduler.load).toBe(0);
  });
});

describe("an adaptive limit", () => {
  /** Tasks take `timeMs` each while at most `capacity` are in flight, and longer beyond it; there is always more to do. */
  function run(capacity: number, ends: number, limits: { min: number; max: number }): Stage {
    const stage = new Stage({ adaptive: limits, strategy: "parallel" });
    const flood = makeRun("flood");
    stage.ask(...Array.from({ length: limits.max * 2 }, () => makeWork(flood)));
    for (let count = 0; count < ends; count += 1) {
      // Whoever serves them ends `capacity` in 10 ms.
      if (count % Math.min(capacity, stage.inFlight.length) === 0) stage.now += 10;
      stage.end(stage.inFlight[0] as FakeWork);
      stage.ask(makeWork(flood));
    }
    return stage;
  }

  test("grows while tasks take no longer, never beyond its bounds", () => {
    const stage = run(1_000, 20_000, { min: 4, max: 60 });
    expect(stage.scheduler.statistics(0).tasksInFlightMax).toBe(60);
  });

  test("falls when they take longer", () => {
    const stage = run(1_000, 5_000, { min: 4, max: 60 });
    const before = stage.scheduler.statistics(0).tasksInFlightMax;
    for (let count = 0; count < 600; count += 1) {
      stage.now += 40;
      const ended = stage.inFlight[0] as FakeWork;
      stage.end(ended);
      stage.ask(makeWork(ended.run));
    }
    const { tasksInFlightMax } = stage.scheduler.statistics(0);
    expect(tasksInFlightMax).toBeLessThan(before);
    expect(tasksInFlightMax).toBeGreaterThanOrEqual(4);
  });
});

test("how a run used its time", () => {
  const stage = new Stage({ strategy: "sequential" });
  const run = makeRun("run");
  const [first, second] = [makeWork(run), makeWork(run)];
  stage.ask(first, second);
  stage.now = 10;
  stage.end(first);
  stage.now = 15;
  stage.end(second);
  stage.now = 100;
  const third = makeWork(run);
  stage.ask(third);
  stage.configure({ strategy: "parallel" });
  const fourth = makeWork(run);
  stage.ask(fourth);
  stage.now = 110;
  stage.end(third);
  stage.now = 120;
  stage.end(fourth);
  expect(run.calls?.metrics("parallel")).toEqual({
    strategy: "parallel",
    taskCount: 4,
    taskTimeMs: 10 + 5 + 10 + 20,
    queueTimeMs: 10,
    activeTimeMs: 15 + 20,
    width: 2,
    parallelEfficiency: 45 / 70,
  });
});
