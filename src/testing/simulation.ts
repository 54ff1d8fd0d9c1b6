// Plays whole runs of a workflow in virtual time, one after the other in one kernel: calls take as long as they are said to
// take, fail as often, and crashes interrupt them. Nothing is performed, stored or awaited.
import { createClock } from "../base/clock.js";
import { createPrng, seedAt } from "../base/prng.js";
import { checkInput, encodeStart } from "../engine/input-check.js";
import { findTaker, fitPayload } from "../engine/payload-check.js";
import { decodePayload } from "../engine/payload.js";
import { type LoadedProgram, ProgramTable } from "../engine/program-table.js";
import { decodeError } from "../engine/run-events.js";
import { createKernelFactory } from "../kernel/kernel-factory.js";
import { createLibrary } from "../library/library.js";
import { argumentError } from "../model/arguments.js";
import type { AwaitAction } from "../model/definition.js";
import { toErrorRecord } from "../model/errors.js";
import { CommandKind, EventKind, RunEnd, VISIT_SCALE } from "../model/kernel-words.js";
import type { KernelAwait, KernelCommand, KernelPort } from "../model/ports.js";
import type { Program } from "../model/program.js";
import { encodeValue } from "../model/value.js";
import { Agenda } from "./agenda.js";
import { answerForm } from "./form-answers.js";
import { summarize } from "./simulation-report.js";
import type { SimulatedAnswer, SimulatedHandler, SimulatedRun, SimulatedTime, SimulationOptions, SimulationReport, TaskTally } from "./simulation-words.js";

export const SIMULATION_RUN_COUNT_MAX = 1_000_000;
const RUN_COUNT_DEFAULT = 100;
const TIME_MAX_DEFAULT = 30 * 86_400_000;
const START = Date.UTC(2026, 0, 1);
const RESTART_DEFAULT_MS = 1_000;
const MEDIAN_DEFAULT_MS = 100;
const ANSWER_MEDIAN_DEFAULT_MS = 3_600_000;
const SPREAD_DEFAULT = 0.5;
/** Steps of one run before it is given up: virtual time may stand still. */
const STEP_COUNT_MAX = 1_000_000;
/** Real time that runs are played for before the thread has a turn. */
const SLICE_MS = 12;

/** What `workflow.id` is in a simulated run. */
const SIMULATED_RUN_ID = "simulated";

/**
 * Simulates `runCount` runs of a workflow. Rejects with `parse/invalid` (its findings), `run/invalid-input`,
 * `run/invalid-payload` (an event or an answer does not fit the form of the task that waits for it) and `engine/invalid-argument`. A thousand runs of ten calls
 * take about a tenth of a second.
 * @param source the workflow's text
 */
export async function simulate(source: string, options: SimulationOptions = {}): Promise<SimulationReport> {
  const { seed = 1, runCount = RUN_COUNT_DEFAULT, signal, onProgress } = options;
  if (!Number.isInteger(runCount) || runCount < 1 || runCount > SIMULATION_RUN_COUNT_MAX)
    throw argumentError("engine/invalid-argument", "runCount", runCount, `a whole number from 1 to ${SIMULATION_RUN_COUNT_MAX}`);
  const workflow = await createLibrary().load(source);
  const { program, name } = workflow;
  const entry = new ProgramTable().add(workflow);
  const input = encodeStart(program, SIMULATED_RUN_ID, checkInput(name, program.definition.parameters, options.input));
  const kernel = await createKernelFactory()({});
  const loaded = kernel.loadProgram(program);
  const runs: SimulatedRun[] = [];
  const tallies = new Map<string, TaskTally>();
  const clock = createClock();
  for (let sliceEnd = clock.now() + SLICE_MS; runs.length < runCount && signal?.aborted !== true; ) {
    const play = new Play({ kernel, loaded, program, entry, input, options, tallies, seed: seedAt(seed, runs.length) });
    runs.push(play.run());
    if (clock.now() < sliceEnd) continue;
    onProgress?.(runs.length, runCount);
    await new Promise<void>((resolve) => clock.defer(resolve));
    sliceEnd = clock.now() + SLICE_MS;
  }
  onProgress?.(runs.length, runCount);
  return summarize(runs, tallies);
}

interface PlayParts {
  readonly kernel: KernelPort;
  readonly loaded: number;
  readonly program: Program;
  readonly entry: LoadedProgram;
  readonly input: Uint8Array;
  readonly options: SimulationOptions;
  readonly tallies: Map<string, TaskTally>;
  readonly seed: number;
}

/** Something that is out: its answer stands in the agenda. */
interface Out {
  readonly serial: number;
  readonly isTimer: boolean;
  readonly name: string;
  readonly input: unknown;
  readonly attempt: number;
  readonly item: number | undefined;
  /** When it will be answered. */
  due: number;
  beganAt: number;
}

class Play {
  readonly #parts: PlayParts;
  readonly #agenda = new Agenda<() => void>();
  readonly #out = new Map<number, Out>();
  readonly #next: () => number;
  #handle: number;
  #now = START;
  #end: { status: SimulatedRun["status"]; errorCode?: string } | undefined;
  #callCount = 0;
  #failureCount = 0;
  #retryCount = 0;
  #crashCount = 0;
  #cost = 0;
  #stepCount = 0;

  constructor(parts: PlayParts) {
    this.#parts = parts;
    this.#next = createPrng(parts.seed);
    this.#handle = parts.kernel.createRun(parts.loaded);
  }

  run(): SimulatedRun {
    const { kernel, input, options } = this.#parts;
    const timeMax = START + (options.timeMax ?? TIME_MAX_DEFAULT);
    this.#step(EventKind.START, 0, input);
    for (const event of options.events ?? []) this.#send(event);
    if (options.faults !== undefined) this.#planCrash(options.faults);
    while (this.#end === undefined && this.#stepCount < STEP_COUNT_MAX) {
      const due = this.#agenda.nextTime;
      if (due === undefined || due > timeMax || (this.#out.size === 0 && !this.#hasEvents())) break;
      this.#now = due;
      this.#agenda.take()?.();
    }
    kernel.destroyRun(this.#handle);
    const end = this.#end ?? { status: "waiting" as const };
    return {
      ...end,
      durationMs: this.#now - START,
      callCount: this.#callCount,
      failureCount: this.#failureCount,
      retryCount: this.#retryCount,
      crashCount: this.#crashCount,
      cost: this.#cost,
    };
  }

  #eventCount = 0;

  #hasEvents(): boolean {
    return this.#eventCount > 0;
  }

  #chance(): number {
    return this.#next() / 2 ** 32;
  }

  #lengthOf(time: SimulatedTime | undefined): number {
    if (typeof time === "number") return Math.max(0, time);
    if (time !== undefined && "min" in time) return time.min + (time.max - time.min) * this.#chance();
    const { median, spread = SPREAD_DEFAULT } = time ?? { median: MEDIAN_DEFAULT_MS };
    // Box and Muller: a normal number of two equally spread ones.
    const normal = Math.sqrt(-2 * Math.log(1 - this.#chance())) * Math.cos(2 * Math.PI * this.#chance());
    return median * Math.exp(spread * normal);
  }

  #send({ name, payload, after }: NonNullable<SimulationOptions["events"]>[number]): void {
    const index = this.#parts.program.eventNames.indexOf(name);
    if (index < 0) throw argumentError("engine/invalid-argument", "events", name, "the name of an event of the workflow");
    this.#eventCount += 1;
    this.#agenda.add(this.#now + Math.round(this.#lengthOf(after)), () => {
      this.#eventCount -= 1;
      this.#tell(index, payload);
    });
  }

  /** Sends an event as an engine would; what nothing is said of is drawn by chance. */
  #tell(event: number, payload: unknown): void {
    const { kernel, entry } = this.#parts;
    const isAsked = payload === undefined && entry.forms?.has(event) === true;
    const taker = isAsked ? findTaker(kernel.awaits(this.#handle), event) : undefined;
    const form = taker && this.#questionOf(taker)?.form;
    const said = form === undefined ? payload : answerForm(form, () => this.#chance(), this.#now);
    const bytes = said === undefined ? undefined : encodeValue(said, "payload");
    this.#step(EventKind.EVENT, event, fitPayload(kernel, { runId: SIMULATED_RUN_ID, program: entry, handle: this.#handle, isPaused: false }, event, bytes));
  }

  // --- people -----------------------------------------------------------------------------------------------------

  /** Serials of waits that somebody, or nobody, has been asked to answer. */
  readonly #asked = new Set<number>();

  #questionOf({ node }: KernelAwait): (AwaitAction & { readonly task: string }) | undefined {
    const { definition, nodeStates } = this.#parts.program;
    const state = definition.states[nodeStates[node] ?? -1];
    return state?.task?.action.kind === "await" ? { ...state.task.action, task: state.id } : undefined;
  }

  #answererOf({ event, form }: AwaitAction): SimulatedAnswer | undefined {
    const { answers = {} } = this.#parts.options;
    return (Object.hasOwn(answers, event) ? answers[event] : undefined) ?? (form === undefined ? undefined : (answers["default"] ?? {}));
  }

  /** Somebody begins to think about each question that is new. */
  #askPeople(): void {
    const { kernel, entry, options } = this.#parts;
    if (this.#end !== undefined || (entry.forms === undefined && options.answers === undefined)) return;
    for (const wait of kernel.awaits(this.#handle)) {
      const question = wait.serial === 0 || this.#asked.has(wait.serial) ? undefined : this.#questionOf(wait);
      const answerer = question && this.#answererOf(question);
      this.#asked.add(wait.serial);
      if (question === undefined || answerer === undefined || this.#chance() < (answerer.missRate ?? 0)) continue;
      const due = this.#now + Math.round(this.#lengthOf(answerer.takes ?? { median: ANSWER_MEDIAN_DEFAULT_MS }));
      this.#eventCount += 1;
      this.#agenda.add(due, () => {
        this.#eventCount -= 1;
        // Of two tasks that wait for it the longest waiting takes it, whichever was thought of.
        if (findTaker(kernel.awaits(this.#handle), wait.event) !== undefined)
          this.#tell(wait.event, answerer.payload?.({ task: question.task, event: question.event, chance: () => this.#chance() }));
      });
    }
  }

  #step(kind: EventKind, id: number, payload?: Uint8Array): void {
    const { kernel } = this.#parts;
    kernel.add(this.#handle, kind, id, this.#now, this.#next(), payload);
    for (let isYielded = this.#take(kernel.step().commands); isYielded; ) {
      kernel.add(this.#handle, EventKind.CONTINUE, 0, this.#now, 0);
      isYielded = this.#take(kernel.step().commands);
    }
    this.#askPeople();
  }

  /** Does what a step asks for. True: fuel ran out. */
  #take(commands: readonly KernelCommand[]): boolean {
    this.#stepCount += 1;
    let isYielded = false;
    for (const command of commands) {
      const { kind, b: serial } = command;
      if (kind === CommandKind.CALL_TASK || kind === CommandKind.START_WORKFLOW) this.#call(command);
      else if (kind === CommandKind.SET_TIMER) this.#plan({ serial, isTimer: true, name: "", input: undefined, attempt: 1, item: undefined, due: command.time, beganAt: this.#now });
      else if (kind === CommandKind.CANCEL_TASK || kind === CommandKind.CANCEL_TIMER || kind === CommandKind.CANCEL_WORKFLOW) this.#out.delete(serial);
      else if (kind === CommandKind.CONTINUE) isYielded = true;
      else if (kind === CommandKind.RUN_ENDED) this.#noteEnd(command);
    }
    return isYielded && this.#stepCount < STEP_COUNT_MAX;
  }

  #noteEnd({ a, payload }: KernelCommand): void {
    this.#end = a === RunEnd.SUCCEEDED ? { status: "succeeded" } : { status: "failed", errorCode: decodeError(payload).code };
  }

  #call({ a, b: serial, flags, time, payload }: KernelCommand): void {
    const name = this.#parts.program.actions[a]?.name ?? "";
    const item = flags > 0 ? (time % VISIT_SCALE) - 1 : -1;
    const call = { serial, isTimer: false, name, input: decodePayload(payload), attempt: Math.max(1, flags), item: item < 0 ? undefined : item };
    if (call.attempt > 1) this.#retryCount += 1;
    this.#begin({ ...call, due: 0, beganAt: this.#now });
  }

  #handlerOf(name: string): SimulatedHandler {
    const { handlers = {} } = this.#parts.options;
    return (Object.hasOwn(handlers, name) ? handlers[name] : undefined) ?? handlers["default"] ?? {};
  }

  #begin(out: Out): void {
    out.beganAt = this.#now;
    out.due = this.#now + Math.round(this.#lengthOf(this.#handlerOf(out.name).takes));
    this.#plan(out);
  }

  #plan(out: Out): void {
    this.#out.set(out.serial, out);
    this.#agenda.add(out.due, () => {
      // Taken back, or begun anew after a crash.
      if (this.#out.get(out.serial) !== out) return;
      this.#out.delete(out.serial);
      if (out.isTimer) this.#step(EventKind.TIMER, out.serial);
      else this.#answer(out);
    });
  }

  #answer(out: Out): void {
    const { failureRate = 0, result, cost = 0 } = this.#handlerOf(out.name);
    const tally = this.#tallyOf(out.name);
    this.#callCount += 1;
    this.#cost += cost;
    tally.calls += 1;
    tally.timeMs += this.#now - out.beganAt;
    if (out.attempt > 1) tally.retries += 1;
    try {
      if (this.#chance() < failureRate) throw Object.assign(new Error(`A simulated failure of "${out.name}"`), { code: "task/failed" });
      const { name: task, input, attempt, item } = out;
      const value = encodeValue(result?.({ task, input, attempt, item, chance: () => this.#chance() }) ?? null, "result");
      this.#step(EventKind.TASK_SUCCEEDED, out.serial, value);
    } catch (error) {
      this.#failureCount += 1;
      tally.failures += 1;
      const { code, message } = toErrorRecord(error);
      this.#step(EventKind.TASK_FAILED, out.serial, encodeValue({ code, message }));
    }
  }

  #tallyOf(name: string): TaskTally {
    const known = this.#parts.tallies.get(name);
    if (known !== undefined) return known;
    const tally = { calls: 0, failures: 0, retries: 0, timeMs: 0 };
    this.#parts.tallies.set(name, tally);
    return tally;
  }

  /** Crashes come independently of each other: exponential times between them. */
  #planCrash({ crashesPerHour, restartMs = RESTART_DEFAULT_MS }: NonNullable<SimulationOptions["faults"]>): void {
    if (!(crashesPerHour > 0)) return;
    const pause = (-Math.log(1 - this.#chance()) * 3_600_000) / crashesPerHour;
    this.#agenda.add(this.#now + pause, () => {
      this.#crash(restartMs);
      this.#planCrash({ crashesPerHour, restartMs });
    });
  }

  /** The run goes on from its snapshot; calls that were out begin anew, timers that came due meanwhile fire at once. */
  #crash(restartMs: number): void {
    const { kernel, loaded } = this.#parts;
    const handle = kernel.restore(loaded, kernel.snapshot(this.#handle));
    kernel.destroyRun(this.#handle);
    this.#handle = handle;
    this.#crashCount += 1;
    const restart = this.#now + restartMs;
    for (const out of [...this.#out.values()]) {
      if (out.isTimer) this.#plan({ ...out, due: Math.max(out.due, restart) });
      else {
        const again = { ...out };
        this.#out.set(out.serial, again);
        this.#agenda.add(restart, () => {
          if (this.#out.get(again.serial) === again) this.#begin({ ...again });
        });
      }
    }
  }
}
