// A small notation for task graphs in the kernel's tests, and a driver that answers their calls.
import { expect } from "vitest";
import { CommandKind, EventKind, SCOPE_LIMIT_FIRST, VISIT_SCALE } from "../../../assembly/abi.js";
import { compileWorkflow } from "../../../src/compile/compile-workflow.js";
import type {
  ActionDefinition,
  Definition,
  StateDefinition,
  TaskDefinition,
  TransitionDefinition,
  ValueSource,
} from "../../../src/model/definition.js";
import type { KernelPort } from "../../../src/model/ports.js";
import type { Program } from "../../../src/model/program.js";
import { decodeValue } from "../../../src/model/value.js";
import { ChartRun, PLACE, cel } from "../kernel/chart.js";

/** Without an action of its own a task calls the handler of its name with null. */
export interface TaskSource extends Partial<Omit<TaskDefinition, "condition">> {
  readonly if?: string;
  /** `[failed|completed|if GUARD] [publish x = value; y = value] [cancel scope] [undo scope|all] [-> task task]`, or `… -> retry`. */
  readonly next?: readonly string[];
}

export interface ScopeSource {
  readonly tasks: readonly string[];
  /** The scope around it, which stands before it. */
  readonly in?: string;
  /** Like `next` of a task: `[if GUARD] [publish …] [-> task]`. Every entry takes failures. */
  readonly catch?: readonly string[];
  readonly timeout?: ValueSource;
}

export interface GraphSource {
  readonly vars?: Readonly<Record<string, unknown>>;
  readonly tasks: Readonly<Record<string, TaskSource>>;
  readonly scopes?: Readonly<Record<string, ScopeSource>>;
  readonly output?: ValueSource;
  readonly timeout?: ValueSource;
  readonly onFailure?: "abort" | "finish";
  readonly hasOneNamespace?: boolean;
}

export function value(text: string): TaskDefinition["action"] {
  return { kind: "value", value: cel(text), place: PLACE };
}

export function call(task: string, input = "null"): TaskDefinition["action"] {
  return { kind: "call", task, input: cel(input), place: PLACE };
}

export function literal(constant: unknown): ValueSource {
  return { kind: "literal", value: constant, place: PLACE };
}

export function items(list: string, more: Partial<NonNullable<TaskDefinition["items"]>> = {}): NonNullable<TaskDefinition["items"]> {
  return { lists: [{ value: cel(list) }], combination: "zip", onFailure: "abort", ...more };
}

const NEXT =
  /^(failed|completed|if (?:(?! publish | cancel | undo | -> ).)+)?\s*(?:publish ((?:(?! cancel | undo | -> ).)+))?\s*(?:cancel (\w+))?\s*(?:undo (\w+))?\s*(?:-> (.+))?$/;
const BARE = { descriptions: [], notes: [], classes: [], entry: [], exit: [], place: PLACE } as const;

export function buildGraph({ vars = {}, tasks, scopes = {}, output, timeout, onFailure = "abort", hasOneNamespace = false }: GraphSource): Definition {
  const groups = Object.entries(scopes);
  const names = [...Object.keys(scopes), ...Object.keys(tasks)];
  const outer = groups.map(([id, { in: parent = "", timeout }]): StateDefinition => ({ ...BARE, id, kind: "composite", parent: names.indexOf(parent), ...(timeout && { timeout }) }));
  const inner = Object.entries(tasks).map(([id, { next: _, if: condition, action = call(id), ...task }]): StateDefinition => {
    const whole: TaskDefinition = {
      action,
      ...task,
      ...(condition !== undefined && { condition: { text: condition, place: { ...PLACE, end: condition.length } } }),
    };
    return { ...BARE, id, kind: "task", parent: groups.findIndex(([, scope]) => scope.tasks.includes(id)), task: whole };
  });
  const states = [...outer, ...inner];
  const transitions = [
    ...Object.entries(tasks).flatMap(([id, { next = [] }]) => next.flatMap((text, entry) => readNext(text, entry, names.indexOf(id), names))),
    ...groups.flatMap(([, { catch: caught = [] }], source) =>
      caught.flatMap((text, entry) => readNext(text, entry, source, names).map((way) => ({ ...way, trigger: { kind: "outcome", outcome: "failure" } }) as const)),
    ),
  ];
  const events = states.flatMap(({ task }) => (task?.action.kind === "await" ? [task.action.event] : []));
  return {
    format: "yaml",
    name: "graph",
    parameters: [],
    variables: Object.entries(vars).map(([name, initial]) => ({ name, type: "any", initial, place: PLACE })),
    events: [...new Set(events)].map((name) => ({ name, isDeclared: true, place: PLACE })),
    states,
    transitions,
    invariants: [],
    direction: "TB",
    styles: {},
    taskGraph: { onFailure, hasOneNamespace, ...(output !== undefined && { output }), ...(timeout !== undefined && { timeout }) },
  };
}

function readNext(text: string, next: number, source: number, names: readonly string[]): TransitionDefinition[] {
  const match = NEXT.exec(text);
  if (match === null) throw new Error(`not an entry: ${text}`);
  const [, when, publish, cancel, undo, targets] = match;
  const trigger: TransitionDefinition["trigger"] =
    when === undefined
      ? { kind: "outcome", outcome: "success" }
      : when === "failed"
        ? { kind: "outcome", outcome: "failure" }
        : { kind: "always" };
  const guard = when?.startsWith("if ") === true ? when.slice(3).trim() : undefined;
  const actions = (publish?.split(";") ?? []).map((part): ActionDefinition => {
    const [variable = "", expression = ""] = part.split(/ = (.*)/);
    return { kind: "set", variable: variable.trim(), value: cel(expression.trim()), place: PLACE };
  });
  const given = [...(cancel === undefined ? [] : [cancel]), ...(undo === undefined ? [] : [undo])];
  const ways = [...given, ...(targets?.split(/[ ,]+/) ?? (given.length === 0 ? [""] : []))];
  const undoAt = undo === undefined ? -1 : given.length - 1;
  return ways.map((target, at) => {
    const isRetry = target === "retry";
    const index = isRetry ? source : names.indexOf(target);
    if (index < 0 && target !== "" && !(at === undoAt && target === "all")) throw new Error(`no such task: ${target}`);
    return {
      source,
      target: index,
      trigger,
      actions,
      next,
      label: text,
      reading: "always",
      place: PLACE,
      ...(isRetry && { isRetry }),
      ...(cancel !== undefined && at === 0 && { isCancel: true }),
      ...(at === undoAt && { isUndo: true }),
      ...(guard !== undefined && { guard: { text: guard, place: { ...PLACE, end: guard.length } } }),
    };
  });
}

export function compileGraph(source: GraphSource): Program {
  const { program, findings } = compileWorkflow(buildGraph(source), "0".repeat(64));
  if (program === undefined) throw new Error(findings.map(({ message }) => message).join("\n"));
  return program;
}

/** One run of a task graph. What it has asked for and not had an answer to is in `open`, by serial. */
export class GraphRun extends ChartRun {
  readonly open = new Map<
    number,
    {
      readonly task: string;
      readonly kind: number;
      readonly input: unknown;
      readonly due: number;
      readonly attempt: number;
      readonly item: number;
    }
  >();

  /** The program in the kernel. */
  readonly loaded: number;
  readonly #isMoving: boolean;

  /** `isMoving`: after every step it goes on as another run, made from its snapshot. */
  constructor(kernel: KernelPort, source: GraphSource | Program, isMoving = false) {
    const program = "tasks" in source ? compileGraph(source) : source;
    const loaded = kernel.loadProgram(program);
    super(kernel, program, loaded);
    this.loaded = loaded;
    this.#isMoving = isMoving;
  }

  #move(): void {
    if (!this.#isMoving) return;
    const bytes = this.kernel.snapshot(this.handle).slice();
    const context = this.context();
    const awaits = this.kernel.awaits(this.handle, this.now);
    if (awaits.length > 0) expect(this.kernel.snapshot(this.handle)).toEqual(bytes);
    const handle = this.kernel.restore(this.loaded, bytes);
    this.kernel.destroyRun(this.handle);
    this.handle = handle;
    expect(this.context()).toEqual(context);
    expect(this.kernel.awaits(handle, this.now)).toEqual(awaits);
    expect(this.kernel.snapshot(handle)).toEqual(bytes);
  }

  override step(kind: EventKind, id = 0, payload?: unknown): string {
    let outcome = super.step(kind, id, payload);
    this.#note();
    this.#move();
    for (let isYielded = this.#isYielded(); isYielded; isYielded = this.#isYielded()) {
      super.step(EventKind.CONTINUE);
      this.#note();
      this.#move();
      if (outcome === "busy") outcome = "taken";
    }
    return outcome;
  }

  #isYielded(): boolean {
    return this.commands.some(({ kind }) => kind === CommandKind.CONTINUE);
  }

  /** Of a time limit of a scope its name; of what undoes a task `!` and the task's. */
  #nameOf(action: number): string {
    const { definition, nodeStates, actions } = this.program;
    if (action >= SCOPE_LIMIT_FIRST) return definition.states[nodeStates[action - SCOPE_LIMIT_FIRST] ?? -1]?.id ?? "?";
    const { state = -1, isUndo } = actions[action] ?? {};
    return `${isUndo === true ? "!" : ""}${definition.states[state]?.id ?? "?"}`;
  }

  readonly ended: { how: string; value: unknown }[] = [];

  #note(): void {
    for (const { kind, a, b, time, payload, flags } of this.commands) {
      if (kind === CommandKind.CALL_TASK || kind === CommandKind.START_WORKFLOW || kind === CommandKind.SET_TIMER) {
        // The time limit of the run names no task.
        const isOfRun = kind === CommandKind.SET_TIMER && b === 1 && this.program.definition.taskGraph?.timeout !== undefined;
        const task = isOfRun ? "?" : this.#nameOf(a);
        this.open.set(b, {
          task,
          kind,
          input: payload === undefined ? undefined : decodeValue(payload),
          due: time,
          attempt: flags,
          item: kind === CommandKind.SET_TIMER ? -1 : (time % VISIT_SCALE) - 1,
        });
      }
      if (kind === CommandKind.CANCEL_TASK || kind === CommandKind.CANCEL_TIMER || kind === CommandKind.CANCEL_WORKFLOW)
        this.open.delete(b);
    }
    const end = this.end();
    if (end !== undefined) this.ended.push(end);
  }

  /** Names of what is out: tasks (`b`, of items `b[0]`), timers (`b@50`: due in 50 ms). */
  asked(): string[] {
    return [...this.open.values()].map(({ task, kind, due, item }) =>
      kind === CommandKind.SET_TIMER ? `${task}@${due - this.now}` : item >= 0 ? `${task}[${item}]` : task,
    );
  }

  #serialOf(name: string): number {
    const names = this.asked();
    const at = names.indexOf(name);
    if (at < 0) throw new Error(`"${name}" is not asked for, but ${names.join(" ")}`);
    return [...this.open.keys()][at] as number;
  }

  inputOf(name: string): unknown {
    return this.open.get(this.#serialOf(name))?.input;
  }

  succeed(name: string, result: unknown = null): string {
    const serial = this.#serialOf(name);
    this.open.delete(serial);
    return this.step(EventKind.TASK_SUCCEEDED, serial, result);
  }

  fail(name: string, error: unknown = { code: "task/failed", message: "no" }): string {
    const serial = this.#serialOf(name);
    this.open.delete(serial);
    return this.step(EventKind.TASK_FAILED, serial, error);
  }

  /** The timer fires when it is due. */
  fire(name: string): string {
    const serial = this.#serialOf(name);
    this.now = this.open.get(serial)?.due ?? this.now;
    this.open.delete(serial);
    return this.step(EventKind.TIMER, serial);
  }
}

/** A run that has begun. */
export function beginGraph(kernel: KernelPort, source: GraphSource | Program, input: Record<string, unknown> = {}, isMoving = false): GraphRun {
  const run = new GraphRun(kernel, source, isMoving);
  run.start(input);
  return run;
}
