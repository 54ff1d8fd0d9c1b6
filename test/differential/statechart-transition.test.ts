// The pure `transition` against the kernel that keeps its runs, and against the engine: random charts and scripts, and after every step the
// same configuration, the same commands, the same answer. Snapshots go through JSON or a structured clone between the steps.
// MILLRACE_SEEDS plays more seeds, MILLRACE_SEED one alone.
import { beforeAll, expect, test } from "vitest";
import { CommandKind, EventKind, LogLevel, RunEnd } from "../../assembly/abi.js";
import type { Engine, Run, RunEvent } from "../../src/model/engine.js";
import { readBase64 } from "../../src/base/base64.js";
import { decodeCheckpoint } from "../../src/engine/checkpoint.js";
import { type LoadedProgram, ProgramTable } from "../../src/engine/program-table.js";
import { Stepper } from "../../src/engine/transition.js";
import { createConfigurationReader } from "../../src/kernel/configuration.js";
import { CANCEL_TIMEOUT_MS_DEFAULT, TRANSITION_COMMANDS_MAX } from "../../src/engine/limits.js";
import { WorkflowError } from "../../src/model/errors.js";
import type { KernelCommand, KernelPort } from "../../src/model/ports.js";
import type { Program } from "../../src/model/program.js";
import type { RunCommand, RunSnapshot, StepEvent } from "../../src/model/transition.js";
import { decodeValue } from "../../src/model/value.js";
import { SimulatedClock } from "../../src/testing/simulated-clock.js";
import { type HeldTask, holdTask, openBench, readEvents } from "../unit/engine/harness.js";
import { ChartRun, newKernel } from "../unit/kernel/chart.js";
import { printChart } from "./statecharts/chart.js";
import { ALL_DECORATIONS } from "./statecharts/decorate.js";
import { ALL_FEATURES, generateChart } from "./statecharts/generate.js";
import { parseChart } from "./statecharts/play.js";
import { Random } from "./statecharts/random.js";
import { generateScript, likelyEvent, type Stimulus } from "./statecharts/script.js";

const SEED_COUNT = Number(process.env.MILLRACE_SEEDS ?? 300);
const ENGINE_SEED_COUNT = Math.ceil(SEED_COUNT / 5);
const ONE_SEED = process.env.MILLRACE_SEED;
const SCRIPT_LENGTH = 15;
const RUN_ID = "the-run";
const START = 1_700_000_000_000;

/** The kernel of `transition`, and the one whose runs stay. */
let own: KernelPort;
let other: KernelPort;
beforeAll(async () => {
  [own, other] = [await newKernel(), await newKernel()];
});

type Open = Extract<RunCommand, { type: "startTask" | "setTimer" }>;

/** A run by `transition` alone. */
class PureRun {
  readonly stepper: Stepper;
  snapshot: RunSnapshot;
  commands: readonly RunCommand[];
  readonly open = new Map<number, Open>();
  readonly #random: Random;
  readonly #loaded: LoadedProgram;

  constructor(program: Program, random: Random) {
    this.#random = random;
    const workflow = { identity: "0".repeat(64), name: "chart", source: "", program, findings: [], customs: [] };
    this.#loaded = new ProgramTable().add(workflow);
    this.stepper = new Stepper(own, this.#loaded);
    [this.snapshot, this.commands] = this.stepper.begin({}, { runId: RUN_ID, now: START, seed: 7 });
    this.#keepOpen();
  }

  close(): void {
    own.unloadProgram(this.#loaded.kernelProgram);
  }

  happen(event: StepEvent): void {
    const before = Object.freeze(this.#carry());
    const told = JSON.stringify(before);
    [this.snapshot, this.commands] = this.stepper.step(before, { ...event, seed: 7 });
    // Pure: the snapshot stays as it was, and the step can be taken again.
    expect(JSON.stringify(before)).toBe(told);
    if (this.#random.below(4) === 0) expect(this.stepper.step(before, { ...event, seed: 7 })).toEqual([this.snapshot, this.commands]);
    if ("id" in event && this.snapshot.outcome !== "unknown") this.open.delete(event.id);
    this.#keepOpen();
  }

  #carry(): RunSnapshot {
    const roll = this.#random.below(3);
    if (roll === 0) return JSON.parse(JSON.stringify(this.snapshot)) as RunSnapshot;
    return roll === 1 ? structuredClone(this.snapshot) : this.snapshot;
  }

  #keepOpen(): void {
    for (const command of this.commands) {
      if (command.type === "startTask" || command.type === "setTimer") this.open.set(command.id, command);
      if (command.type === "cancelTask" || command.type === "cancelTimer") this.open.delete(command.id);
    }
  }
}

/** Something that may happen to the run now. */
function choose(run: PureRun, program: Program, stimulus: Stimulus, now: number): StepEvent & { readonly now: number } {
  const timers = [...run.open.values()].flatMap((open) => (open.type === "setTimer" ? [open] : [])).sort((a, b) => a.due - b.due || a.id - b.id);
  const tasks = [...run.open.values()].flatMap((open) => (open.type === "startTask" ? [open] : []));
  const timer = timers[0];
  if (stimulus.kind === "timer" && timer !== undefined) return { type: "timerFired", id: timer.id, now: Math.max(now, timer.due) };
  const task = stimulus.kind === "task" ? tasks[stimulus.pick % tasks.length] : undefined;
  if (stimulus.kind === "task" && task !== undefined)
    return stimulus.isSuccess
      ? { type: "taskSucceeded", id: task.id, result: stimulus.result, now }
      : { type: "taskFailed", id: task.id, error: { code: "work/failed", message: "no" }, now };
  if (stimulus.kind === "stale") return stimulus.pick % 10 === 0 ? { type: "canceled", now } : { type: "timerFired", id: 1_000_000, now };
  const name = (stimulus.kind === "send" ? stimulus.event : undefined) ?? likelyEvent(program.definition, run.snapshot.states, stimulus.pick);
  return { type: "event", name, payload: stimulus.pick, now };
}

// --- against a kernel that keeps the run ------------------------------------------------------------------------------------

/** What the kernel's commands are to who performs them; the cancels at the end are for `transition` to add. */
function readCommands(program: Program, commands: readonly KernelCommand[]): unknown[] {
  return commands.flatMap(({ kind, a, b, time, payload }): unknown[] => {
    const value = payload === undefined ? null : decodeValue(payload);
    switch (kind) {
      case CommandKind.CALL_TASK:
        return [{ type: "startTask", id: b, task: program.actions[a]?.name, input: value }];
      case CommandKind.CANCEL_TASK:
        return [{ type: "cancelTask", id: b }];
      case CommandKind.SET_TIMER:
        return [{ type: "setTimer", id: b, due: time }];
      case CommandKind.CANCEL_TIMER:
        return [{ type: "cancelTimer", id: b }];
      case CommandKind.LOG:
        return [{ type: "log", level: LogLevel[a]?.toLowerCase(), message: value, state: program.definition.states[program.nodeStates[b] as number]?.id }];
      case CommandKind.RUN_ENDED:
        if (a === RunEnd.SUCCEEDED) return [{ type: "end", status: "succeeded", output: value }];
        return a === RunEnd.FAILED ? [{ type: "end", status: "failed", error: value }] : [{ type: "end", status: "canceled" }];
      default:
        return [];
    }
  });
}

function toKernel(program: Program, event: StepEvent): readonly [EventKind, number, unknown?] {
  switch (event.type) {
    case "event":
      return [EventKind.EVENT, program.eventNames.indexOf(event.name), event.payload];
    case "taskSucceeded":
      return [EventKind.TASK_SUCCEEDED, event.id, event.result];
    case "taskFailed":
      return [EventKind.TASK_FAILED, event.id, event.error];
    case "timerFired":
      return [EventKind.TIMER, event.id];
    default:
      return [EventKind.CANCEL, 0];
  }
}

/** A command without what only the run loop knows. */
function plain(command: RunCommand): unknown {
  if (command.type === "startTask") {
    const { idempotencyKey, ...rest } = command;
    expect(idempotencyKey).toMatch(/^the-run\/\d+\.\d+\/0$/);
    return rest;
  }
  if (command.type !== "end" || command.status !== "failed") return command;
  const { code, message, details, place } = command.error;
  return { ...command, error: { code, message, ...(details && { details }), ...(place && { place }) } };
}

const ANSWERS: Readonly<Record<string, string>> = { stale: "unknown", queue_full: "refused" };
const reader = createConfigurationReader();

function isCancel(command: unknown): boolean {
  return (command as RunCommand).type.startsWith("cancel");
}

function configure(snapshot: Uint8Array): Uint8Array {
  return reader.read(snapshot).bytes.slice();
}

class Comparison {
  readonly run: PureRun;
  readonly #loaded: number;
  readonly #kept: ChartRun;
  readonly #program: Program;
  #answer: string;
  #commands: readonly KernelCommand[] = [];

  constructor(program: Program, random: Random) {
    this.#program = program;
    this.run = new PureRun(program, random);
    this.#loaded = other.loadProgram(program);
    this.#kept = new ChartRun(other, program, this.#loaded);
    this.#answer = this.#kept.start();
    this.#goOn();
    this.compare();
  }

  get isOpen(): boolean {
    return this.run.snapshot.status === "running" || this.run.snapshot.status === "waiting";
  }

  happen(event: StepEvent & { readonly now: number }): void {
    this.#kept.now = event.now;
    const [kind, id, payload] = toKernel(this.#program, event);
    this.#answer = this.#kept.step(kind, id, payload);
    this.#goOn();
    this.run.happen(event);
    this.compare();
  }

  /** Where the kernel yields. A loop that starts and cancels a task each turn changes each turn, and never ends. */
  #goOn(): void {
    this.#commands = this.#kept.commands;
    while (this.#commands.length <= TRANSITION_COMMANDS_MAX && this.#kept.commands.some(({ kind }) => kind === CommandKind.CONTINUE)) {
      this.#kept.step(EventKind.CONTINUE);
      this.#commands = [...this.#commands, ...this.#kept.commands];
    }
  }

  compare(): void {
    const { snapshot, commands, stepper, open } = this.run;
    const expected = readCommands(this.#program, this.#commands);
    expect(commands.filter((command) => !isCancel(command)).map(plain)).toEqual(expected.filter((command) => !isCancel(command)));
    expect(snapshot.outcome).toBe(ANSWERS[this.#answer] ?? this.#answer);
    const context = this.#kept.context();
    if (!this.isOpen) {
      // Whatever is still open is given up.
      expect(open.size).toBe(0);
      expect(stepper.read(snapshot)).toEqual({ context, open: [] });
      expect(snapshot.states).toEqual([]);
      return;
    }
    expect(commands.filter(isCancel)).toEqual(expected.filter(isCancel));
    expect(snapshot.states).toEqual(this.#kept.states());
    expect(stepper.read(snapshot)).toEqual({ context, open: [...open.values()] });
    expect(configure(decodeCheckpoint(readBase64(snapshot.state)).kernel)).toEqual(configure(other.snapshot(this.#kept.handle)));
  }

  close(): void {
    this.run.close();
    other.destroyRun(this.#kept.handle);
    other.unloadProgram(this.#loaded);
  }
}

function isStepLimit(error: unknown): boolean {
  return error instanceof WorkflowError && error.code === "run/step-limit";
}

function compareWithKernel(seed: number): Comparison {
  const random = new Random(seed ^ 0x7a45);
  const chart = generateChart(seed, ALL_FEATURES);
  const { program } = parseChart(printChart(chart), seed % 2 === 0 ? { seed, ...ALL_DECORATIONS } : undefined);
  const comparison = new Comparison(program, random);
  let now = START;
  for (const stimulus of generateScript(random, chart.events, SCRIPT_LENGTH)) {
    if (!comparison.isOpen) break;
    now += random.below(3);
    const event = choose(comparison.run, program, stimulus, now);
    now = event.now;
    comparison.happen(event);
  }
  comparison.close();
  return comparison;
}

const seeds = ONE_SEED === undefined ? Array.from({ length: SEED_COUNT }, (_, index) => index) : [Number(ONE_SEED)];

test("transition does what a kernel does that keeps its runs", { timeout: 600_000 }, () => {
  const endings = new Map<string, number>();
  for (const seed of seeds) {
    try {
      const { status } = compareWithKernel(seed).run.snapshot;
      endings.set(status, (endings.get(status) ?? 0) + 1);
    } catch (error) {
      if (isStepLimit(error)) continue;
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}\n${printChart(generateChart(seed, ALL_FEATURES))}`, { cause: error });
    }
  }
  if (ONE_SEED === undefined) for (const status of ["waiting", "running", "succeeded", "failed", "canceled"]) expect(endings.get(status)).toBeGreaterThan(0);
  expect(own.statistics().runCount).toBe(0);
});

// --- against the engine -----------------------------------------------------------------------------------------------------

/** What the engine tells that commands say as well, in the words of both. */
function tellEvents(events: readonly RunEvent[]): string[] {
  return events.flatMap((event) => {
    switch (event.type) {
      case "taskStarted":
        return [`task ${event.task} ${event.visit} ${JSON.stringify(event.input)}`];
      case "timerSet":
        return [`timer at ${event.due}`];
      case "log":
        return [`log ${event.level} ${event.message} in ${event.state}`];
      case "ended":
        return [`${event.status} ${JSON.stringify(event.output ?? event.error?.code ?? null)}`];
      default:
        return [];
    }
  });
}

function tellCommands(commands: readonly RunCommand[]): string[] {
  return commands.flatMap((command) => {
    switch (command.type) {
      case "startTask":
        return [`task ${command.task} ${command.idempotencyKey.split("/")[1]} ${JSON.stringify(command.input)}`];
      case "setTimer":
        return [`timer at ${command.due}`];
      case "log":
        return [`log ${command.level} ${command.message} in ${command.state}`];
      case "end":
        return [`${command.status} ${JSON.stringify(command.status === "succeeded" ? command.output : command.status === "failed" ? command.error.code : null)}`];
      default:
        return [];
    }
  });
}

/** The same events at the same times: an engine with its timers and handlers, and `transition` with those of the test. */
async function compareWithEngine(seed: number): Promise<void> {
  const random = new Random(seed ^ 0x2b1);
  const chart = generateChart(seed, ALL_FEATURES);
  const text = printChart(chart);
  const { program } = parseChart(text);
  // It goes first everywhere: an endless step is its error, and the engine's for ever.
  const pure = new PureRun(program, random);
  const work = holdTask();
  const durability = random.below(2) === 0 ? "none" : "relaxed";
  const { engine, clock } = await openBench({ simulatedClock: new SimulatedClock(START), tasks: { work: work.handler }, durability });
  try {
    const live = await engine.start(await engine.load(text), {}, { runId: RUN_ID });
    await playBoth({ pure, live, engine, clock, work, script: generateScript(random, chart.events, SCRIPT_LENGTH), program });
  } finally {
    await engine.close();
    pure.close();
  }
}

interface Pair {
  readonly pure: PureRun;
  readonly live: Run;
  readonly engine: Engine;
  readonly clock: SimulatedClock;
  readonly work: HeldTask;
  readonly script: readonly Stimulus[];
  readonly program: Program;
}

async function playBoth({ pure, live, engine, clock, work, script, program }: Pair): Promise<void> {
  const told = tellCommands(pure.commands);
  for (const stimulus of script) {
    await clock.settle();
    if (pure.snapshot.status !== "running" && pure.snapshot.status !== "waiting") break;
    const event = choose(pure, program, stimulus, clock.now());
    if (event.type === "timerFired" && !pure.open.has(event.id)) continue;
    // The engine fires what is due by itself, all that is due at one time in one turn.
    const due = [...pure.open.values()].flatMap((open) => (open.type === "setTimer" ? [open] : [])).sort((a, b) => a.due - b.due || a.id - b.id);
    if (event.type === "timerFired") {
      for (const { id, due: now } of due.filter((timer) => timer.due === due[0]?.due)) {
        if (!pure.open.has(id)) continue;
        pure.happen({ type: "timerFired", id, now });
        told.push(...tellCommands(pure.commands));
      }
      await clock.advance((due[0]?.due ?? 0) - clock.now());
    } else {
      const open = "id" in event ? pure.open.get(event.id) : undefined;
      pure.happen(event);
      told.push(...tellCommands(pure.commands));
      await tellEngine(engine, event, open, work);
    }
    await clock.settle();
    if (pure.snapshot.status === "running" || pure.snapshot.status === "waiting") {
      expect(await live.states()).toEqual(pure.snapshot.states);
      expect(await live.status()).toBe(pure.snapshot.status);
      expect(await live.context()).toEqual(pure.stepper.read(pure.snapshot).context);
    }
  }
  if (pure.snapshot.status === "running" || pure.snapshot.status === "waiting") {
    pure.happen({ type: "canceled", now: clock.now() });
    told.push(...tellCommands(pure.commands));
    await engine.cancel(RUN_ID);
  }
  // The handlers of what was canceled never end by themselves.
  await clock.advance(CANCEL_TIMEOUT_MS_DEFAULT);
  expect(tellEvents(await readEvents(live))).toEqual(told);
  expect((await live.record()).seq).toBe(pure.snapshot.seq);
}

async function tellEngine(engine: Engine, event: StepEvent, open: RunCommand | undefined, work: HeldTask): Promise<void> {
  if (event.type === "event") await engine.send(RUN_ID, event.name, event.payload);
  if (event.type === "canceled") await engine.cancel(RUN_ID);
  if (open?.type !== "startTask") return;
  const index = work.calls.findIndex(({ key }) => key === open.idempotencyKey);
  expect(index).toBeGreaterThanOrEqual(0);
  if (event.type === "taskSucceeded") work.succeed(event.result, index);
  if (event.type === "taskFailed") work.fail(Object.assign(new Error(event.error.message), { code: event.error.code }), index);
}

const engineSeeds = ONE_SEED === undefined ? Array.from({ length: ENGINE_SEED_COUNT }, (_, index) => index) : [Number(ONE_SEED)];

test("transition answers as the engine does", { timeout: 600_000 }, async () => {
  for (const seed of engineSeeds) {
    try {
      await compareWithEngine(seed);
    } catch (error) {
      if (isStepLimit(error)) continue;
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}\n${printChart(generateChart(seed, ALL_FEATURES))}`, { cause: error });
    }
  }
});
