// Bounded exhaustive exploration: steps the workflow in the kernel from its start by every event, outcome and timer, breadth
// first, over values that are unknown unless they are given, until no new configuration is found or a bound is met. So a
// witness is as short as there is one, and an exploration that ended without a bound has seen every configuration there is.
import type { Ast } from "../expression/ast.js";
import { compileWorkflow } from "../compile/compile-workflow.js";
import { CustomSet } from "../expression/custom/custom-set.js";
import { parseExpression } from "../expression/parser.js";
import type { Definition } from "../model/definition.js";
import { WorkflowError } from "../model/errors.js";
import { CommandKind, EventKind, EventOutcome, RunEnd } from "../model/kernel-words.js";
import type { Configuration, ConfigurationReader, KernelPort } from "../model/ports.js";
import type { Program } from "../model/program.js";
import { decodeExact, encodeValue, type ExactValue } from "../model/value.js";
import { type Abstraction, DECIDE, makeAbstract, UNKNOWN } from "./abstraction.js";
import { toConstant } from "./constant.js";
import type { AnalysisFinding } from "./finding.js";
import { evaluatePart } from "./partial.js";

/** Configurations that are kept, unless the caller says otherwise. */
export const CONFIGURATION_COUNT_MAX = 100_000;
/** Bytes of all configurations together. */
export const CONFIGURATION_SIZE_MAX = 268_435_456;
/** Steps from the start. */
export const EXPLORATION_DEPTH_MAX = 10_000;
/** Unknown guards that one step may ask. */
export const DECISION_COUNT_MAX = 12;
/** Times that a step is continued where the kernel yields; a step that goes on is given up. */
export const CONTINUE_COUNT_MAX = 3;
/** Findings of one exploration. */
export const EXPLORATION_FINDING_COUNT_MAX = 50;
/** The thread is given free after so long. */
const BREATH_MS = 12;

export interface ExplorationOptions {
  /** Values that runs start with. Everything else that has no first value is unknown: anything. */
  readonly input?: Readonly<Record<string, unknown>>;
  /** At most CONFIGURATION_COUNT_MAX by default. */
  readonly configurationCountMax?: number;
  readonly sizeMax?: number;
  readonly depthMax?: number;
  readonly signal?: AbortSignal;
  /** Called now and then. */
  readonly onProgress?: (progress: { readonly configurationCount: number; readonly pendingCount: number; readonly depth: number }) => void;
}

/** One step of a witness, for replay: what happened, and the active states after it. */
export interface WitnessStep {
  readonly kind: "start" | "event" | "outcome" | "timer";
  /** The event; the task with `success` or `failure`; the state whose time is over. */
  readonly name: string;
  readonly states: readonly string[];
  /** Guards that were unknown, and how they came out. */
  readonly guards: readonly { readonly guard: string; readonly holds: boolean }[];
}

export interface ExplorationFinding extends Omit<AnalysisFinding, "code"> {
  readonly code: "analysis/deadlock" | "analysis/invariant-violated";
  /** A shortest way there. */
  readonly witness: readonly WitnessStep[];
}

/** What kept an exploration from its end. */
export type ExplorationBound = "configurations" | "size" | "depth" | "decisions" | "endless-step" | "aborted" | "findings";

export interface Exploration {
  readonly findings: readonly ExplorationFinding[];
  /** Has every configuration been seen? Only then is what was not found not there. */
  readonly isComplete: boolean;
  /** Why not. */
  readonly bounds: readonly ExplorationBound[];
  readonly configurationCount: number;
  /** Kernel steps. */
  readonly stepCount: number;
  /** Ids of the states that were active somewhere, in the order of the text. */
  readonly states: readonly string[];
}

/** What an exploration needs of others. */
export interface ExplorationParts {
  readonly kernel: KernelPort;
  readonly reader: ConfigurationReader;
}

interface Visited {
  readonly configuration: Configuration;
  readonly parent: number;
  readonly depth: number;
  readonly step: Omit<WitnessStep, "states">;
  readonly states: readonly number[];
}

interface Stimulus {
  readonly eventKind: number;
  readonly id: number;
  readonly kind: WitnessStep["kind"];
  readonly name: string;
  readonly payload?: Uint8Array;
}

const LATIN = new TextDecoder("latin1");

/**
 * Explores. Rejects with `parse/invalid` for a definition that does not compile, and with the kernel's errors. Time and memory
 * are those of the bounds: a configuration takes some 200 bytes and one kernel step for every event, outcome and timer.
 */
export async function exploreDefinition(
  definition: Definition,
  parts: ExplorationParts,
  options: ExplorationOptions = {},
): Promise<Exploration> {
  return new Explorer(definition, parts, options).run();
}

class Explorer {
  private readonly abstraction: Abstraction;
  private readonly program: Program;
  private readonly handle: number;
  private readonly known = new Map<string, number>();
  private readonly visited: Visited[] = [];
  private readonly findings: ExplorationFinding[] = [];
  private readonly bounds = new Set<ExplorationBound>();
  private readonly active = new Set<number>();
  private readonly told = new Set<string>();
  private readonly unknown = encodeValue(UNKNOWN);
  private readonly events: readonly Stimulus[];
  private openRun: number | undefined;
  private size = 0;
  private stepCount = 0;
  /** How unknown guards come out in the step in hand; what is asked beyond is false. */
  private decisions: readonly boolean[] = [];
  private asked: { readonly guard: string; readonly holds: boolean }[] = [];

  constructor(
    private readonly definition: Definition,
    private readonly parts: ExplorationParts,
    private readonly options: ExplorationOptions,
  ) {
    this.abstraction = makeAbstract(definition, options.input ?? {});
    const functions = {
      [`${DECIDE}(int, list(dyn)) -> bool`]: (number: number, values: readonly unknown[]) => this.decide(number, values),
    };
    const { program, findings } = compileWorkflow(this.abstraction.definition, "", new CustomSet({ functions }));
    if (program === undefined) throw new WorkflowError("parse/invalid", "The workflow does not compile", { findings });
    this.program = program;
    this.handle = parts.kernel.loadProgram(program);
    // A payload that nobody reads is not worth carrying.
    const payload = program.slotNames.includes("event") ? { payload: this.unknown } : {};
    this.events = program.eventNames.map((name, id) => ({ eventKind: EventKind.EVENT, id, kind: "event", name, ...payload }));
  }

  async run(): Promise<Exploration> {
    const { kernel } = this.parts;
    try {
      const start: Stimulus = {
        eventKind: EventKind.START,
        id: 0,
        kind: "start",
        name: "start",
        payload: encodeValue(this.abstraction.input),
      };
      this.branch(undefined, start, -1, 0);
      this.closeRun();
      let before = Date.now();
      for (let at = 0; at < this.visited.length && !this.bounds.has("aborted"); at += 1) {
        this.expand(at);
        if (Date.now() - before > BREATH_MS) {
          await this.breathe(at);
          before = Date.now();
        }
      }
    } finally {
      kernel.unloadProgram(this.handle);
    }
    return {
      findings: this.findings,
      isComplete: this.bounds.size === 0,
      bounds: [...this.bounds],
      configurationCount: this.visited.length,
      stepCount: this.stepCount,
      states: [...this.active].sort((a, b) => a - b).map((state) => this.idOf(state)),
    };
  }

  private async breathe(at: number): Promise<void> {
    const { onProgress, signal } = this.options;
    onProgress?.({ configurationCount: this.visited.length, pendingCount: this.visited.length - at, depth: this.visited[at]?.depth ?? 0 });
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    if (signal?.aborted === true) this.bounds.add("aborted");
  }

  /** Steps a configuration by everything that may happen there. */
  private expand(at: number): void {
    const { configuration, depth } = this.visited[at] as Visited;
    if (depth >= (this.options.depthMax ?? EXPLORATION_DEPTH_MAX)) {
      this.bounds.add("depth");
      return;
    }
    let isMoving = false;
    for (const stimulus of this.listStimuli(configuration)) if (this.branch(configuration, stimulus, at, depth + 1)) isMoving = true;
    this.closeRun();
    if (!isMoving) this.reportDeadlock(at);
  }

  private listStimuli({ actions, timers }: Configuration): readonly Stimulus[] {
    const found: Stimulus[] = this.events.slice();
    for (const { serial, action } of actions) {
      const { name, state } = this.program.actions[action] ?? { name: "", state: -1 };
      if (name === "") found.push({ eventKind: EventKind.TIMER, id: serial, kind: "timer", name: this.idOf(state) });
      else {
        found.push({ eventKind: EventKind.TASK_SUCCEEDED, id: serial, kind: "outcome", name: `${name} success`, payload: this.unknown });
        found.push({ eventKind: EventKind.TASK_FAILED, id: serial, kind: "outcome", name: `${name} failure`, payload: this.unknown });
      }
    }
    for (const { serial, transition } of timers) {
      const source = this.definition.transitions[this.program.transitionSources[transition] ?? 0]?.source ?? -1;
      found.push({ eventKind: EventKind.TIMER, id: serial, kind: "timer", name: this.idOf(source) });
    }
    return found;
  }

  /** One stimulus with every answer of the guards that it asks. True: some answer changes the run. */
  private branch(configuration: Configuration | undefined, stimulus: Stimulus, parent: number, depth: number): boolean {
    const { kernel } = this.parts;
    let isMoving = false;
    const pending: (readonly boolean[])[] = [[]];
    for (let decisions = pending.pop(); decisions !== undefined; decisions = pending.pop()) {
      this.decisions = decisions;
      if (this.asked.length > 0) this.asked = [];
      this.openRun ??= configuration === undefined ? kernel.createRun(this.handle) : kernel.restore(this.handle, configuration.bytes);
      // A run that nothing has changed serves for the next stimulus as well.
      if (this.step(this.openRun, stimulus, parent, depth)) {
        isMoving = true;
        this.closeRun();
      }
      const count = this.asked.length;
      if (count > DECISION_COUNT_MAX) this.bounds.add("decisions");
      const answers = this.asked.map(({ holds }) => holds);
      for (let index = decisions.length; index < Math.min(count, DECISION_COUNT_MAX); index += 1)
        pending.push([...answers.slice(0, index), true]);
    }
    return isMoving;
  }

  private closeRun(): void {
    if (this.openRun !== undefined) this.parts.kernel.destroyRun(this.openRun);
    this.openRun = undefined;
  }

  private step(run: number, { eventKind, id, kind, name, payload }: Stimulus, parent: number, depth: number): boolean {
    const { kernel, reader } = this.parts;
    kernel.add(run, eventKind, id, 0, 0, payload);
    let output = kernel.step();
    this.stepCount += 1;
    const outcome = output.outcomes[0];
    const isChanged = outcome !== EventOutcome.IGNORED && outcome !== EventOutcome.STALE;
    let end = output.commands.find((command) => command.kind === CommandKind.RUN_ENDED);
    for (let count = 0; output.commands.some((command) => command.kind === CommandKind.CONTINUE); count += 1) {
      if (count === CONTINUE_COUNT_MAX) {
        this.bounds.add("endless-step");
        return true;
      }
      kernel.add(run, EventKind.CONTINUE, 0, 0, 0);
      output = kernel.step();
      end = output.commands.find((command) => command.kind === CommandKind.RUN_ENDED);
    }
    if (!isChanged || end !== undefined) return isChanged || end?.a === RunEnd.FAILED;
    const configuration = reader.read(kernel.snapshot(run));
    const key = LATIN.decode(configuration.bytes);
    if (this.known.has(key) || !this.hasRoom(configuration)) return true;
    this.known.set(key, this.visited.length);
    const states = kernel.activeNodes(run).flatMap((node) => this.program.nodeStates[node] ?? []);
    for (const state of states) this.active.add(state);
    this.visited.push({
      configuration: { ...configuration, bytes: configuration.bytes.slice() },
      parent,
      depth,
      states,
      step: { kind, name, guards: this.asked },
    });
    this.checkInvariants(run, this.visited.length - 1);
    return true;
  }

  private hasRoom({ bytes }: Configuration): boolean {
    const { configurationCountMax = CONFIGURATION_COUNT_MAX, sizeMax = CONFIGURATION_SIZE_MAX } = this.options;
    if (this.visited.length >= configurationCountMax) this.bounds.add("configurations");
    else if (this.size + bytes.length > sizeMax) this.bounds.add("size");
    else {
      this.size += bytes.length;
      return true;
    }
    return false;
  }

  /** Called by the kernel where a guard reads something unknown. */
  private decide(number: number, values: readonly unknown[]): boolean {
    const guard = this.abstraction.guards[number];
    if (guard === undefined) return false;
    const decided = guard.ast === undefined ? undefined : this.evaluateGuard(guard.ast, guard.names, values);
    if (decided !== undefined) return decided;
    const holds = this.decisions[this.asked.length] ?? false;
    this.asked.push({ guard: guard.text, holds });
    return holds;
  }

  /** What the known values decide, whatever the others are. */
  private evaluateGuard(ast: Ast, names: readonly string[], values: readonly unknown[]): boolean | undefined {
    const valueOf = (name: string) => {
      const value = values[names.indexOf(name)];
      return value === undefined || value === UNKNOWN ? undefined : toConstant(value);
    };
    const part = evaluatePart(ast, { valueOf, isVariable: (name) => names.includes(name) });
    return part.kind === "known" && "bool" in part.value ? part.value.bool : undefined;
  }

  // --- telling -------------------------------------------------------------------------------------------------------

  private idOf(state: number): string {
    return this.definition.states[state]?.id ?? "";
  }

  private report(code: ExplorationFinding["code"], message: string, at: number, place = this.placeOf(at)): void {
    const states = (this.visited[at]?.states ?? []).map((state) => this.idOf(state));
    // An invariant is told where it is violated first, a deadlock for every set of states.
    const key = code === "analysis/deadlock" ? states.join(" ") : `invariant ${place.start}`;
    if (this.told.has(key)) return;
    this.told.add(key);
    if (this.findings.length >= EXPLORATION_FINDING_COUNT_MAX) this.bounds.add("findings");
    else {
      const witness = this.trace(at);
      // A way on which a guard was taken one way or the other is only there if some values make it so.
      const certainty = witness.every(({ guards }) => guards.length === 0) ? "certain" : "possible";
      this.findings.push({ severity: "warning", certainty, code, message, place, states, witness });
    }
  }

  private placeOf(at: number) {
    const leaf = this.visited[at]?.states.at(-1) ?? 0;
    return this.definition.states[leaf]?.place ?? { start: 0, end: 0, line: 1, column: 1 };
  }

  private trace(at: number): readonly WitnessStep[] {
    const steps: WitnessStep[] = [];
    for (let index = at; index !== -1; ) {
      const { step, states, parent } = this.visited[index] as Visited;
      steps.push({ ...step, states: states.map((state) => this.idOf(state)) });
      index = parent;
    }
    return steps.reverse();
  }

  private reportDeadlock(at: number): void {
    const names = (this.visited[at]?.states ?? []).map((state) => this.idOf(state)).join(", ");
    this.report("analysis/deadlock", `Nothing that can happen changes a run that rests in ${names}: no event, no outcome, no timer`, at);
  }

  private checkInvariants(run: number, at: number): void {
    if (this.definition.invariants.length === 0) return;
    const context = decodeExact(this.parts.kernel.context(run));
    const states = (this.visited[at]?.states ?? []).map((state) => this.idOf(state));
    const values = new Map<string, ExactValue>([["states", toConstant(states)]]);
    if ("map" in context)
      for (const [key, value] of context.map)
        if ("string" in key && !("string" in value && value.string === UNKNOWN)) values.set(key.string, value);
    for (const { name, expression, place } of this.definition.invariants) {
      const part = evaluatePart(parseExpression(expression.text).ast, { valueOf: (variable) => values.get(variable) });
      if (part.kind === "open" || (part.kind === "known" && "bool" in part.value && part.value.bool)) continue;
      const why = part.kind === "failed" ? `fails (${part.error})` : "does not hold";
      this.report("analysis/invariant-violated", `The invariant ${name} ${why} in ${states.join(", ")}`, at, place);
    }
  }
}
