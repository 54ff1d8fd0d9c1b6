// Plays one random script on the kernel and on the reference model side by side and says where they part.
import { CommandKind, EventKind, LogLevel, RunEnd } from "../../../assembly/abi.js";
import { compileWorkflow } from "../../../src/compile/compile-workflow.js";
import { parseWorkflow } from "../../../src/format/parse-workflow.js";
import type { Definition } from "../../../src/model/definition.js";
import type { KernelPort } from "../../../src/model/ports.js";
import type { Program } from "../../../src/model/program.js";
import { decodeValue } from "../../../src/model/value.js";
import { ReferenceRun, TooMuch } from "../../reference/statechart.js";
import type { Effect } from "../../reference/token.js";
import { ChartRun } from "../../unit/kernel/chart.js";
import { type Decoration, decorate } from "./decorate.js";
import { type Stimulus, likelyEvent } from "./script.js";

/** What can be seen of a run after something happened to it. */
export interface Sight {
  readonly answer: string;
  readonly states: readonly string[];
  readonly variables: Readonly<Record<string, unknown>>;
  /** What it did, in order. */
  readonly effects: readonly string[];
  /** What it canceled, in no order. */
  readonly canceled: readonly number[];
}

export interface Moment {
  readonly stimulus: string;
  readonly model: Sight;
  /** The kernel, or another machine. */
  readonly other: Sight;
}

export interface PlayOptions {
  readonly isTraced: boolean;
  /** Snapshot, restore and compare after each stimulus. */
  readonly isRestored: boolean;
  /** What the chart has besides its text. */
  readonly decoration?: Decoration;
}

/**
 * A play is over at the first moment that differs (`isEqual` false), or when the script or the run ends. A play of a decorated chart is also
 * over (`shared`) once two tokens stand in one state: which of them is first is nowhere said, and exits, entries and logs show it.
 */
export interface Play {
  readonly moments: readonly Moment[];
  readonly isEqual: boolean;
  readonly ending: "open" | "succeeded" | "failed" | "endless" | "too much" | "shared";
}

export function parseChart(text: string, decoration?: Decoration): { definition: Definition; program: Program } {
  const { definition: plain, findings } = parseWorkflow(text);
  const definition = decoration === undefined ? plain : decorate(plain, decoration);
  const errors = findings.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(`the chart does not load: ${errors[0]?.message}\n${text}`);
  const { program, findings: faults } = compileWorkflow(definition, "0".repeat(64));
  if (program === undefined) throw new Error(`the chart does not compile: ${faults[0]?.message}\n${text}`);
  return { definition, program };
}

const ENDLESS = "run/endless-loop";

export function play(kernel: KernelPort, text: string, script: readonly Stimulus[], options: PlayOptions): Play {
  const { definition, program } = parseChart(text, options.decoration);
  const handle = kernel.loadProgram(program);
  try {
    return new Player(kernel, definition, program, handle, options).play(script);
  } finally {
    kernel.unloadProgram(handle);
  }
}

class Player {
  private readonly model: ReferenceRun;
  private run: ChartRun;
  private readonly moments: Moment[] = [];
  /** Serials of tasks and timers that wait, with the time at which a timer is due. */
  private readonly open = new Map<number, { readonly due: number | undefined }>();
  private readonly closed: number[] = [];
  /** The kernel numbers tasks and timers with gaps: its serials by the model's, and the other way round. */
  private readonly kernelSerials = new Map<number, number>();
  private readonly modelSerials = new Map<number, number>();

  constructor(
    private readonly kernel: KernelPort,
    private readonly definition: Definition,
    private readonly program: Program,
    private readonly loaded: number,
    private readonly options: PlayOptions,
  ) {
    this.model = new ReferenceRun(definition);
    this.run = new ChartRun(kernel, program, loaded);
    kernel.setTraced(this.run.handle, options.isTraced);
  }

  play(script: readonly Stimulus[]): Play {
    try {
      let isEqual = this.happen(
        "start",
        (model) => model.start(),
        () => [EventKind.START, 0],
      );
      for (const stimulus of script) {
        if (!isEqual || this.model.isEnded) break;
        if (this.options.decoration !== undefined && this.model.hasSharedState) return { moments: this.moments, isEqual, ending: "shared" };
        isEqual = this.stimulate(stimulus);
      }
      return { moments: this.moments, isEqual, ending: this.ending() };
    } catch (error) {
      if (!(error instanceof TooMuch)) throw error;
      return { moments: this.moments, isEqual: true, ending: "too much" };
    } finally {
      this.kernel.destroyRun(this.run.handle);
    }
  }

  private ending(): Play["ending"] {
    const end = this.model.effects.find((effect) => effect.kind === "end");
    if (end === undefined) return "open";
    return isEndless(this.model.effects) ? "endless" : end.how;
  }

  private stimulate(stimulus: Stimulus): boolean {
    const timers = [...this.open]
      .filter(([, { due }]) => due !== undefined)
      .sort(([a, x], [b, y]) => (x.due as number) - (y.due as number) || a - b);
    const tasks = [...this.open].filter(([, { due }]) => due === undefined);
    if (stimulus.kind === "timer" && timers.length > 0) {
      const [serial, { due }] = timers[stimulus.pick % 4 === 0 ? stimulus.pick % timers.length : 0] as [number, { due: number }];
      this.now = Math.max(this.now, due);
      return this.happen(
        `timer ${serial}`,
        (model) => model.fireTimer(serial),
        () => [EventKind.TIMER, serial],
      );
    }
    if (stimulus.kind === "task" && tasks.length > 0)
      return this.endTask(stimulus, (tasks[stimulus.pick % tasks.length] as [number, unknown])[0]);
    if (stimulus.kind === "stale" && this.closed.length > 0) {
      const serial = this.closed[stimulus.pick % this.closed.length] as number;
      if (!stimulus.isTimer) return this.endTask({ kind: "task", pick: 0, isSuccess: true, result: 1 }, serial);
      return this.happen(
        `timer ${serial}, too late`,
        (model) => model.fireTimer(serial),
        () => [EventKind.TIMER, serial],
      );
    }
    return this.sendEvent(
      (stimulus.kind === "send" ? stimulus.event : undefined) ?? likelyEvent(this.definition, this.model.states, stimulus.pick),
    );
  }

  private sendEvent(event: string): boolean {
    this.now += 1;
    return this.happen(
      `event ${event}`,
      (model) => model.send(event),
      (program) => [EventKind.EVENT, program.eventNames.indexOf(event)],
    );
  }

  private endTask({ isSuccess, result }: Stimulus & { kind: "task" }, serial: number): boolean {
    if (isSuccess)
      return this.happen(
        `task ${serial} gives ${result}`,
        (model) => model.endTask(serial, result),
        () => [EventKind.TASK_SUCCEEDED, serial, result],
      );
    const error = { code: "work/failed", message: "no" };
    return this.happen(
      `task ${serial} fails`,
      (model) => model.endTask(serial, null, error.code),
      () => [EventKind.TASK_FAILED, serial, error],
    );
  }

  private get now(): number {
    return this.run.now;
  }

  private set now(now: number) {
    this.run.now = now;
  }

  /** Lets it happen to both; false where they differ. */
  private happen(
    stimulus: string,
    toModel: (model: ReferenceRun) => string,
    toKernel: (program: Program) => readonly [EventKind, number, unknown?],
  ): boolean {
    this.model.now = this.now;
    const answer = toModel(this.model);
    const [kind, id, payload] = toKernel(this.program);
    if (isEndless(this.model.effects)) return this.runEndless(stimulus, answer, kind, id, payload);
    if (this.options.isRestored) this.replaceRun();
    const outcome = this.run.step(kind, kind === EventKind.EVENT ? id : (this.kernelSerials.get(id) ?? id), payload);
    this.pairSerials();
    const model = this.sightOfModel(answer);
    const kernel = this.sightOfKernel(this.run, outcome);
    this.moments.push({ stimulus, model, other: kernel });
    this.keepOpen(stimulus);
    return isSame(model, kernel);
  }

  /** Tasks and timers are asked for in the same order. */
  private pairSerials(): void {
    const asked = this.run.commands.filter(({ kind }) => kind === CommandKind.CALL_TASK || kind === CommandKind.SET_TIMER);
    const effects = this.model.effects.flatMap((effect) => (effect.kind === "task" || effect.kind === "timer" ? [effect.serial] : []));
    asked.forEach(({ b }, index) => {
      const serial = effects[index] ?? -b;
      this.modelSerials.set(b, serial);
      this.kernelSerials.set(serial, b);
    });
  }

  /** What the kernel did before it found the loop is no matter. */
  private runEndless(stimulus: string, answer: string, kind: EventKind, id: number, payload: unknown): boolean {
    this.run.step(kind, kind === EventKind.EVENT ? id : (this.kernelSerials.get(id) ?? id), payload);
    const isYielded = this.run.commands.some((command) => command.kind === CommandKind.CONTINUE);
    const sight = { answer, states: [], variables: {}, effects: [ENDLESS], canceled: [] };
    this.moments.push({ stimulus, model: sight, other: isYielded ? sight : this.sightOfKernel(this.run, answer) });
    return isYielded;
  }

  /** Goes on with a run that was restored from a snapshot. */
  private replaceRun(): void {
    if (this.moments.length === 0) return;
    const bytes = this.kernel.snapshot(this.run.handle);
    const twin = this.kernel.restore(this.loaded, bytes);
    this.kernel.setTraced(twin, this.options.isTraced);
    if (!isSameList(this.kernel.snapshot(twin), bytes)) throw new Error("a snapshot of a restored run has other bytes");
    this.kernel.destroyRun(this.run.handle);
    const { now } = this;
    this.run = new ChartRun(this.kernel, this.program, this.loaded, twin);
    this.run.now = now;
  }

  private keepOpen(stimulus: string): void {
    const close = (serial: number) => {
      if (this.open.delete(serial)) this.closed.push(serial);
    };
    const serial = /^t\S+ (\d+)/.exec(stimulus)?.[1];
    if (serial !== undefined) close(Number(serial));
    for (const effect of this.model.effects) {
      if (effect.kind === "task") this.open.set(effect.serial, { due: undefined });
      if (effect.kind === "timer") this.open.set(effect.serial, { due: effect.due });
      if (effect.kind === "cancel") close(effect.serial);
    }
  }

  private sightOfModel(answer: string): Sight {
    const { model } = this;
    const lines = model.effects.map((effect) => this.describe(effect));
    const canceled = model.effects.flatMap((effect) => (effect.kind === "cancel" ? [effect.serial] : []));
    return {
      answer,
      states: model.states,
      variables: model.isEnded ? {} : model.variables,
      effects: lines.filter((line) => line !== ""),
      canceled: canceled.sort((a, b) => a - b),
    };
  }

  private describe(effect: Effect): string {
    switch (effect.kind) {
      case "entered":
      case "exited":
        return this.options.isTraced ? this.describeState(effect.kind, effect.state) : "";
      case "taken":
        return this.options.isTraced ? `taken ${this.describeTransition(effect.transition)}` : "";
      case "log":
        return `log ${effect.level} ${effect.message} in ${this.definition.states[effect.state]?.id}`;
      case "task":
        return `task ${effect.serial} ${effect.task} ${JSON.stringify(effect.input)}`;
      case "timer":
        return `timer ${effect.serial} at ${effect.due}`;
      case "cancel":
        return "";
      default:
        return describeEnd(effect.how, effect.value);
    }
  }

  private describeState(what: string, state: number): string {
    const { kind, id } = this.definition.states[state] ?? { kind: "", id: "" };
    return ["state", "composite", "parallel"].includes(kind) ? `${what} ${id}` : "";
  }

  private describeTransition(transition: number): string {
    const { source, target } = this.definition.transitions[transition] as { source: number; target: number };
    return `${this.definition.states[source]?.id} -> ${this.definition.states[target]?.id} (${transition})`;
  }

  private sightOfKernel(run: ChartRun, answer: string): Sight {
    const lines = run.commands.map((command) => this.describeCommand(command));
    const isCancel = (kind: number) => kind === CommandKind.CANCEL_TASK || kind === CommandKind.CANCEL_TIMER;
    const hasEnded = this.model.isEnded;
    return {
      answer,
      states: run.states(),
      variables: hasEnded ? {} : (run.context() as Record<string, unknown>),
      effects: lines.filter((line) => line !== ""),
      canceled: run.commands
        .filter(({ kind }) => isCancel(kind))
        .map(({ b }) => this.modelSerials.get(b) ?? -b)
        .sort((a, b) => a - b),
    };
  }

  private describeCommand({ kind, a, b, time, payload }: ChartRun["commands"][number]): string {
    const value = payload === undefined ? undefined : decodeValue(payload);
    switch (kind) {
      case CommandKind.STATE_ENTERED:
      case CommandKind.STATE_EXITED:
        return this.describeState(kind === CommandKind.STATE_ENTERED ? "entered" : "exited", this.program.nodeStates[a] as number);
      case CommandKind.TRANSITION_TAKEN:
        return `taken ${this.describeTransition(this.program.transitionSources[a] as number)}`;
      case CommandKind.LOG:
        return `log ${LogLevel[a]?.toLowerCase()} ${value} in ${this.definition.states[this.program.nodeStates[b] as number]?.id}`;
      case CommandKind.CALL_TASK:
        return `task ${this.modelSerials.get(b)} ${this.program.actions[a]?.name} ${JSON.stringify(value)}`;
      case CommandKind.SET_TIMER:
        return `timer ${this.modelSerials.get(b)} at ${time}`;
      case CommandKind.RUN_ENDED:
        return describeEnd(a === RunEnd.SUCCEEDED ? "succeeded" : "failed", value);
      case CommandKind.CONTINUE:
        return "yields";
      default:
        return "";
    }
  }
}

function describeEnd(how: string, value: unknown): string {
  if (how === "succeeded") return `succeeded with ${JSON.stringify(sortKeys(value))}`;
  return `failed with ${(value as { code: string }).code}`;
}

function sortKeys(value: unknown): unknown {
  return Object.fromEntries(Object.entries(value as object).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isEndless(effects: readonly Effect[]): boolean {
  return effects.some((effect) => effect.kind === "end" && (effect.value as { code?: string }).code === ENDLESS);
}

export function isSame(a: Sight, b: Sight): boolean {
  if (a.answer !== b.answer) return false;
  if (!isSameList(a.states, b.states) || !isSameList(a.effects, b.effects) || !isSameList(a.canceled, b.canceled)) return false;
  const [left, right] = [Object.entries(a.variables), Object.entries(b.variables)];
  return left.length === right.length && left.every(([name, value]) => b.variables[name] === value);
}

function isSameList(a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false;
  return true;
}
