// Plays one random task graph on the kernel and on the reference model side by side, with seeded answers, and says where they part.
import { CommandKind, EventKind, RunEnd, VISIT_SCALE } from "../../../assembly/abi.js";
import { compileWorkflow } from "../../../src/compile/compile-workflow.js";
import type { KernelPort, StepOutput } from "../../../src/model/ports.js";
import type { Program } from "../../../src/model/program.js";
import { decodeValue } from "../../../src/model/value.js";
import type { Value } from "../../reference/expression.js";
import { ReferenceTaskRun } from "../../reference/task-graph.js";
import { NotSaid, type TaskEffect, TooMuch } from "../../reference/task-instance.js";
import { ChartRun } from "../../unit/kernel/chart.js";
import { type GraphSource, buildGraph } from "../../unit/task-graph/graph.js";
import type { Random } from "../statecharts/random.js";
import { EVENTS, INPUT } from "./generate.js";

/** What can be seen of a run after something happened to it. */
export interface Sight {
  readonly answer: string;
  readonly active: readonly string[];
  /** What it did, in order. */
  readonly effects: readonly string[];
}

export interface Moment {
  readonly stimulus: string;
  readonly model: Sight;
  readonly kernel: Sight;
}

export interface Play {
  readonly moments: readonly Moment[];
  readonly isEqual: boolean;
  /** What was done, for those who count. */
  readonly seen: ReadonlySet<string>;
}

const STEP_COUNT_MAX = 40;

export function play(kernel: KernelPort, source: GraphSource, random: Random): Play {
  const definition = buildGraph(source);
  const { program, findings } = compileWorkflow(definition, "0".repeat(64));
  if (program === undefined) throw new Error(`the graph does not compile: ${findings.map(({ message }) => message).join("; ")}`);
  const loaded = kernel.loadProgram(program);
  try {
    const model = new ReferenceTaskRun(definition, INPUT as unknown as Value);
    return new Player(kernel, program, loaded, model, random).play();
  } finally {
    kernel.unloadProgram(loaded);
  }
}

class Player {
  private run: ChartRun;
  private readonly moments: Moment[] = [];
  private readonly seen = new Set<string>();
  /** By the model's serials. */
  private readonly open = new Map<number, { readonly kind: "call" | "timer"; readonly due: number }>();
  private readonly closed: { readonly serial: number; readonly kind: "call" | "timer" }[] = [];
  private readonly kernelSerials = new Map<number, number>();
  private readonly modelSerials = new Map<number, number>();

  constructor(
    private readonly kernel: KernelPort,
    private readonly program: Program,
    private readonly loaded: number,
    private readonly model: ReferenceTaskRun,
    private readonly random: Random,
  ) {
    this.run = new ChartRun(kernel, program, loaded);
  }

  play(): Play {
    let isEqual = true;
    try {
      isEqual = this.happen("start", () => this.model.start(), [EventKind.START, 0, INPUT]);
      for (let count = 0; count < STEP_COUNT_MAX && isEqual && !this.model.isEnded; count += 1) isEqual = this.stimulate();
    } catch (error) {
      if (!(error instanceof TooMuch || error instanceof NotSaid)) throw error;
      this.seen.add(error instanceof TooMuch ? "too much" : "not said");
    } finally {
      this.kernel.destroyRun(this.run.handle);
    }
    for (const what of this.model.seen) this.seen.add(what);
    return { moments: this.moments, isEqual, seen: this.seen };
  }

  private stimulate(): boolean {
    const { random } = this;
    const calls = [...this.open].filter(([, { kind }]) => kind === "call");
    const timers = [...this.open].filter(([, { kind }]) => kind === "timer").sort(([a, x], [b, y]) => x.due - y.due || a - b);
    const choice = random.below(100);
    if (choice < 1) return this.happen("cancel", () => this.model.cancel(), [EventKind.CANCEL, 0]);
    if (choice < 2) return this.happen("cancel and undo", () => this.model.cancel(true), [EventKind.CANCEL, 0, true]);
    if (choice < 6 && this.closed.length > 0) {
      const { serial, kind } = random.pick(this.closed);
      return kind === "call" ? this.answer(serial, true) : this.fire(serial, this.run.now);
    }
    if (choice < 30 && timers.length > 0) {
      const [serial, { due }] = timers[0] as [number, { due: number }];
      return this.fire(serial, due);
    }
    if (choice < 45 || this.open.size === 0) return this.send(random.pick(EVENTS));
    if (calls.length === 0) return timers.length === 0 ? this.send(random.pick(EVENTS)) : this.fire(timers[0]?.[0] as number, timers[0]?.[1].due as number);
    return this.answer(random.pick(calls)[0], random.chance(0.75));
  }

  private send(event: string): boolean {
    const id = this.program.eventNames.indexOf(event);
    const payload = this.random.below(4);
    if (id < 0) return true;
    return this.happen(`event ${event} with ${payload}`, () => this.model.send(event, payload), [EventKind.EVENT, id, payload]);
  }

  private fire(serial: number, due: number): boolean {
    this.run.now = Math.max(this.run.now, due);
    this.close(serial);
    return this.happen(`timer ${serial}`, () => this.model.fireTimer(serial), [EventKind.TIMER, this.kernelSerials.get(serial) ?? 0]);
  }

  private answer(serial: number, isSuccess: boolean): boolean {
    const kernelSerial = this.kernelSerials.get(serial) ?? 0;
    const result = this.random.below(4);
    this.close(serial);
    if (isSuccess)
      return this.happen(`${serial} gives ${result}`, () => this.model.answer(serial, true, result), [EventKind.TASK_SUCCEEDED, kernelSerial, result]);
    const error = { code: this.random.pick(["work/failed", "work/other"]), message: "no" };
    return this.happen(`${serial} fails, ${error.code}`, () => this.model.answer(serial, false, error), [EventKind.TASK_FAILED, kernelSerial, error]);
  }

  /** Lets it happen to both; false where they differ. */
  private happen(stimulus: string, toModel: () => string, [kind, id, payload]: readonly [EventKind, number, unknown?]): boolean {
    this.model.now = this.run.now;
    const answer = toModel();
    if (this.moments.length > 0 && this.random.chance(0.3)) this.replaceRun();
    const outcome = this.run.step(kind, id, payload);
    const commands = [...this.run.commands];
    while (this.run.commands.some((command) => command.kind === CommandKind.CONTINUE)) {
      this.run.step(EventKind.CONTINUE);
      commands.push(...this.run.commands);
    }
    return this.compare(stimulus, answer, outcome, withoutMoot(commands));
  }

  private compare(stimulus: string, answer: string, outcome: string, commands: StepOutput["commands"]): boolean {
    const { model: run } = this;
    this.pairSerials(commands);
    const model = { answer, active: run.isEnded ? [] : run.active, effects: withoutMootTimers(run.effects).map(describe) };
    const active = run.isEnded ? [] : this.run.states();
    const kernel = { answer: outcome, active, effects: commands.flatMap((command) => this.describeCommand(command)) };
    this.moments.push({ stimulus, model, kernel });
    this.keepOpen();
    this.seen.add(answer);
    return JSON.stringify(sorted(model)) === JSON.stringify(sorted(kernel));
  }

  /** Tasks and timers are asked for in the same order. */
  private pairSerials(commands: StepOutput["commands"]): void {
    const asked = commands.filter(({ kind }) => kind === CommandKind.CALL_TASK || kind === CommandKind.SET_TIMER);
    const effects = withoutMootTimers(this.model.effects).flatMap((effect) => (effect.kind === "call" || effect.kind === "timer" ? [effect.serial] : []));
    asked.forEach(({ b }, index) => {
      const serial = effects[index] ?? -b;
      this.modelSerials.set(b, serial);
      this.kernelSerials.set(serial, b);
    });
  }

  /** Goes on with a run that was restored from a snapshot. */
  private replaceRun(): void {
    const bytes = this.kernel.snapshot(this.run.handle).slice();
    const twin = this.kernel.restore(this.loaded, bytes);
    this.kernel.destroyRun(this.run.handle);
    const { now } = this.run;
    this.run = new ChartRun(this.kernel, this.program, this.loaded, twin);
    this.run.now = now;
    this.seen.add("restored");
  }

  private close(serial: number): void {
    const found = this.open.get(serial);
    this.open.delete(serial);
    if (found !== undefined) this.closed.push({ serial, kind: found.kind });
  }

  private keepOpen(): void {
    for (const effect of this.model.effects) {
      this.seen.add(effect.kind === "end" ? effect.how : effect.kind);
      if (effect.kind === "end" && effect.how === "failed") this.seen.add((effect.value as { code: string }).code);
      if (effect.kind === "call") this.open.set(effect.serial, { kind: "call", due: 0 });
      if (effect.kind === "timer") this.open.set(effect.serial, { kind: "timer", due: effect.due });
      if (effect.kind === "cancel") this.close(effect.serial);
    }
  }

  private describeCommand({ kind, a, b, time, payload, flags }: StepOutput["commands"][number]): string[] {
    const content = payload === undefined ? null : (decodeValue(payload) as Value);
    const serial = this.modelSerials.get(b) ?? -b;
    switch (kind) {
      case CommandKind.CALL_TASK:
        return [describe({ kind: "call", serial, task: this.program.actions[a]?.name ?? "?", input: content, attempt: flags, item: (time % VISIT_SCALE) - 1 })];
      case CommandKind.SET_TIMER:
        return [describe({ kind: "timer", serial, due: time })];
      case CommandKind.CANCEL_TASK:
      case CommandKind.CANCEL_TIMER:
        return [describe({ kind: "cancel", serial })];
      case CommandKind.RUN_ENDED:
        return [describe({ kind: "end", how: (RunEnd[a] ?? "?").toLowerCase() as "failed", value: content })];
      default:
        return [];
    }
  }
}

function describe(effect: TaskEffect): string {
  switch (effect.kind) {
    case "call":
      return `call ${effect.serial} ${effect.task}${effect.item < 0 ? "" : `[${effect.item}]`} ${JSON.stringify(effect.input)} attempt ${effect.attempt}`;
    case "timer":
      return `timer ${effect.serial} at ${effect.due}`;
    case "cancel":
      return `cancel ${effect.serial}`;
    default:
      // What could not be undone is told in details, which the model does not have.
      if (effect.how === "canceled") return "canceled";
      return effect.how === "failed" ? `failed with ${(effect.value as { code: string }).code}` : `${effect.how} with ${JSON.stringify(effect.value)}`;
  }
}

/** A timer that is set and canceled within one step is no matter. */
function withoutMoot(commands: StepOutput["commands"]): StepOutput["commands"] {
  const of = (wanted: CommandKind) => new Set(commands.filter(({ kind }) => kind === wanted).map(({ b }) => b));
  const [set, canceled] = [of(CommandKind.SET_TIMER), of(CommandKind.CANCEL_TIMER)];
  const isTimer = (kind: number) => kind === CommandKind.SET_TIMER || kind === CommandKind.CANCEL_TIMER;
  return commands.filter(({ kind, b }) => !(isTimer(kind) && set.has(b) && canceled.has(b)));
}

function withoutMootTimers(effects: readonly TaskEffect[]): readonly TaskEffect[] {
  const of = (wanted: string) => new Set(effects.flatMap((effect) => (effect.kind === wanted && "serial" in effect ? [effect.serial] : [])));
  const [set, canceled] = [of("timer"), of("cancel")];
  return effects.filter((effect) => !("serial" in effect && set.has(effect.serial) && canceled.has(effect.serial)));
}

/** Active tasks stand in no order, and each once; nor is there an order of what is given up. */
function sorted(sight: Sight): Sight {
  const isCancel = (effect: string) => effect.startsWith("cancel ");
  const effects = [...sight.effects.filter(isCancel).sort(), ...sight.effects.filter((effect) => !isCancel(effect))];
  return { ...sight, active: [...new Set(sight.active)].sort(), effects };
}
