// Exploration led from outside, step by step over snapshots: for workflows of which guards or invariants read what is not known.
// Such a guard asks, and the step is taken again for every way in which it may answer.
import { createDefer } from "../base/clock.js";
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
import { type Abstraction, DECIDE, UNKNOWN } from "./abstraction.js";
import { toConstant } from "./constant.js";
import { ExplorationReport, type Found } from "./exploration-report.js";
import {
  BREATH_MS,
  CONFIGURATION_COUNT_MAX,
  CONFIGURATION_SIZE_MAX,
  CONTINUE_COUNT_MAX,
  DECISION_COUNT_MAX,
  EXPLORATION_DEPTH_MAX,
  type Exploration,
  type ExplorationBound,
  type ExplorationOptions,
  type WitnessStep,
} from "./exploration-words.js";
import { evaluatePart } from "./partial.js";

/** What it needs of others. */
interface ExplorationParts {
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

/** Explores over an abstraction of the definition. Throws `parse/invalid`, and the kernel's errors. */
export function exploreBySteps(definition: Definition, abstraction: Abstraction, parts: ExplorationParts, options: ExplorationOptions): Promise<Exploration> {
  return new Explorer(definition, abstraction, parts, options).run();
}

class Explorer {
  private readonly program: Program;
  private readonly handle: number;
  private readonly known = new Map<string, number>();
  private readonly visited: Visited[] = [];
  private readonly report: ExplorationReport;
  private readonly defer = createDefer();
  private readonly bounds = new Set<ExplorationBound>();
  private readonly active = new Set<number>();
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
    private readonly abstraction: Abstraction,
    private readonly parts: ExplorationParts,
    private readonly options: ExplorationOptions,
  ) {
    this.report = new ExplorationReport(definition);
    const functions = {
      [`${DECIDE}(int, list(dyn)) -> bool`]: (number: number, values: readonly unknown[]) => this.decide(number, values),
    };
    const { program, findings } = compileWorkflow(abstraction.definition, "", new CustomSet({ functions }));
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
    if (this.report.isFull) this.bounds.add("findings");
    return {
      findings: this.report.findings,
      isComplete: this.bounds.size === 0,
      bounds: [...this.bounds],
      configurationCount: this.visited.length,
      stepCount: this.stepCount,
      states: [...this.active].sort((a, b) => a - b).map((state) => this.report.idOf(state)),
      way: "steps",
    };
  }

  private async breathe(at: number): Promise<void> {
    const { onProgress, signal } = this.options;
    onProgress?.({ configurationCount: this.visited.length, pendingCount: this.visited.length - at, depth: this.visited[at]?.depth ?? 0 });
    await new Promise<void>((resolve) => this.defer(resolve));
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
    if (!isMoving) this.report.addDeadlock(this.found(at));
  }

  private listStimuli({ actions, timers }: Configuration): readonly Stimulus[] {
    const found: Stimulus[] = this.events.slice();
    for (const { serial, action } of actions) {
      const { name, state } = this.program.actions[action] ?? { name: "", state: -1 };
      if (name === "") found.push({ eventKind: EventKind.TIMER, id: serial, kind: "timer", name: this.report.idOf(state) });
      else {
        found.push({ eventKind: EventKind.TASK_SUCCEEDED, id: serial, kind: "outcome", name: `${name} success`, payload: this.unknown });
        found.push({ eventKind: EventKind.TASK_FAILED, id: serial, kind: "outcome", name: `${name} failure`, payload: this.unknown });
      }
    }
    for (const { serial, transition } of timers) {
      const source = this.definition.transitions[this.program.transitionSources[transition] ?? 0]?.source ?? -1;
      found.push({ eventKind: EventKind.TIMER, id: serial, kind: "timer", name: this.report.idOf(source) });
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
    // A timer whose guard does not hold is gone: the run has changed though nothing was taken.
    const isChanged = eventKind === EventKind.TIMER || (outcome !== EventOutcome.IGNORED && outcome !== EventOutcome.STALE);
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

  private found(at: number): Found {
    return { states: this.visited[at]?.states ?? [], trace: () => this.trace(at) };
  }

  private trace(at: number): readonly WitnessStep[] {
    const steps: WitnessStep[] = [];
    for (let index = at; index !== -1; ) {
      const { step, states, parent } = this.visited[index] as Visited;
      steps.push({ ...step, states: states.map((state) => this.report.idOf(state)) });
      index = parent;
    }
    return steps.reverse();
  }

  private checkInvariants(run: number, at: number): void {
    if (this.definition.invariants.length === 0) return;
    const context = decodeExact(this.parts.kernel.context(run));
    const states = (this.visited[at]?.states ?? []).map((state) => this.report.idOf(state));
    const values = new Map<string, ExactValue>([["states", toConstant(states)]]);
    if ("map" in context)
      for (const [key, value] of context.map)
        if ("string" in key && !("string" in value && value.string === UNKNOWN)) values.set(key.string, value);
    this.definition.invariants.forEach(({ expression }, index) => {
      const part = evaluatePart(parseExpression(expression.text).ast, { valueOf: (variable) => values.get(variable) });
      if (part.kind === "open" || (part.kind === "known" && "bool" in part.value && part.value.bool)) return;
      this.report.addViolation(index, part.kind === "failed" ? part.error : undefined, this.found(at));
    });
  }
}
