// A small notation for charts in the kernel's tests, and a driver that steps them and says what happened in words.
import { CommandKind, EventKind, EventOutcome, RunEnd } from "../../../assembly/abi.js";
import { compileWorkflow } from "../../../src/compile/compile-workflow.js";
import { createKernelFactory } from "../../../src/kernel/kernel-factory.js";
import type {
  ActionDefinition,
  Definition,
  HistoryKind,
  StateDefinition,
  TransitionDefinition,
  ValueSource,
  VariableDefinition,
} from "../../../src/model/definition.js";
import type { Place } from "../../../src/model/errors.js";
import type { KernelPort, StepOutput } from "../../../src/model/ports.js";
import type { Program } from "../../../src/model/program.js";
import { decodeValue, encodeValue } from "../../../src/model/value.js";

export const PLACE: Place = { start: 0, end: 0, line: 1, column: 1 };

export function cel(text: string): ValueSource {
  return { kind: "expression", expression: { text, place: { ...PLACE, end: text.length } } };
}

/** `id` or `id:kind` or `parent/id:kind`; what else a state has by its id. */
export interface ChartSource {
  readonly states: readonly string[];
  /** `A -> B` or, internal, `A -> .`, then optionally ` on event`, ` after 50`, ` success`, ` failure`, ` if guard`, ` do x = value`. */
  readonly transitions: readonly string[];
  /** Initial values; `name: type` gives the variable that type. */
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly actions?: Readonly<Record<string, readonly ActionDefinition[]>>;
  readonly exits?: Readonly<Record<string, readonly ActionDefinition[]>>;
  readonly deferred?: Readonly<Record<string, readonly string[]>>;
  readonly history?: Readonly<Record<string, HistoryKind>>;
  readonly joins?: Readonly<Record<string, number>>;
}

/** `set x = text`. */
export function set(variable: string, text: string): ActionDefinition {
  return { kind: "set", variable, value: cel(text), place: PLACE };
}

/** Appends a word to the variable `told`: what charts tell of the order of their actions. */
export function tell(word: string): ActionDefinition {
  return set("told", `told + "${word} "`);
}

/** Calls a task. */
export function call(task: string, result?: string): ActionDefinition {
  const input = { kind: "literal", value: {}, place: PLACE } as const;
  return { kind: "call", task, input, place: PLACE, ...(result !== undefined && { result }) };
}

const TRANSITION = /^(\S+) -> (\S+)(?: on (\w+))?(?: after (\d+))?( success| failure)?(?: if (.+?))?(?: do (\w+) = (.+))?$/;

export function buildDefinition(source: ChartSource): Definition {
  const ids = new Map<string, number>();
  const indexOf = (id: string | undefined) => ids.get(id ?? "") ?? -1;
  const states = source.states.map((text): StateDefinition => {
    const [path, kind = "state"] = text.split(":");
    const parts = (path as string).split("/");
    const id = parts.at(-1) as string;
    const parent = parts.length > 1 ? indexOf(parts.at(-2)) : -1;
    ids.set(id, ids.size);
    return {
      id,
      kind: kind as StateDefinition["kind"],
      parent,
      descriptions: [],
      notes: [],
      classes: [],
      entry: source.actions?.[id] ?? [],
      exit: source.exits?.[id] ?? [],
      place: PLACE,
      ...optional("deferred", source.deferred?.[id]),
      ...optional("history", source.history?.[id]),
      ...optional("joinCount", source.joins?.[id]),
    };
  });
  const events = new Set<string>(Object.values(source.deferred ?? {}).flat());
  const transitions = source.transitions.map((text): TransitionDefinition => {
    const match = TRANSITION.exec(text);
    if (match === null) throw new Error(`not a transition: ${text}`);
    const [, from, to, event, after, outcome, guard, variable, value] = match;
    if (event !== undefined) events.add(event);
    const trigger: TransitionDefinition["trigger"] =
      event !== undefined
        ? { kind: "event", event }
        : after !== undefined
          ? { kind: "after", duration: { kind: "literal", value: Number(after), place: PLACE } }
          : outcome !== undefined
            ? { kind: "outcome", outcome: outcome.trim() as "success" | "failure" }
            : { kind: "always" };
    const actions: ActionDefinition[] =
      variable === undefined ? [] : [{ kind: "set", variable, value: cel(value as string), place: PLACE }];
    return {
      source: indexOf(from),
      target: indexOf(to === "." ? from : to),
      ...(to === "." && { isInternal: true }),
      trigger,
      actions,
      label: text,
      reading: "always",
      place: PLACE,
      ...(guard !== undefined && { guard: { text: guard, place: { ...PLACE, end: guard.length } } }),
    };
  });
  for (const action of Object.values(source.actions ?? {}).flat())
    if (action.kind === "await") events.add(action.event);
  return {
    format: "mermaid",
    name: "chart",
    parameters: [],
    variables: listVariables(source),
    states,
    transitions,
    invariants: [],
    direction: "TB",
    styles: {},
    events: [...events].map((name) => ({ name, isDeclared: true, place: PLACE })),
  };
}

function listVariables({ variables = {} }: ChartSource): VariableDefinition[] {
  return Object.entries(variables).map(([text, initial]) => {
    const [name = "", type = "any"] = text.split(": ");
    return { name, type: type as VariableDefinition["type"], initial, place: PLACE };
  });
}

function optional<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]: V });
}

/** `definition`: in place of what the notation cannot say. */
export function compileChart(source: ChartSource, definition: Definition = buildDefinition(source)): Program {
  const { program, findings } = compileWorkflow(definition, "0".repeat(64));
  if (program === undefined) throw new Error(findings.map(({ message }) => message).join("\n"));
  return program;
}

export async function newKernel(options: { memorySizeMax?: number; runSizeMax?: number; expressionCostMax?: number } = {}): Promise<KernelPort> {
  return createKernelFactory()(options);
}

/** One run of a chart, driven by words. */
export class ChartRun {
  readonly program: Program;
  readonly kernel: KernelPort;
  handle: number;
  now = 1_700_000_000_000;
  commands: StepOutput["commands"] = [];

  constructor(
    kernel: KernelPort,
    program: Program,
    loaded: number = kernel.loadProgram(program),
    handle: number = kernel.createRun(loaded),
  ) {
    this.kernel = kernel;
    this.program = program;
    this.handle = handle;
  }

  step(kind: EventKind, id = 0, payload?: unknown): string {
    this.kernel.add(this.handle, kind, id, this.now, 7, payload === undefined ? undefined : encodeValue(payload));
    const { outcomes, commands } = this.kernel.step();
    this.commands = commands;
    return (EventOutcome[outcomes[0] as number] ?? "?").toLowerCase();
  }

  start(input: Record<string, unknown> = {}): string {
    return this.step(EventKind.START, 0, input);
  }

  send(event: string, payload?: unknown): string {
    return this.step(EventKind.EVENT, this.program.eventNames.indexOf(event), payload);
  }

  /** Serial of the last command of this kind. */
  serial(kind: CommandKind): number {
    return this.commands.filter((command) => command.kind === kind).at(-1)?.b ?? 0;
  }

  states(): string[] {
    return this.kernel
      .activeNodes(this.handle)
      .map((node) => this.program.definition.states[this.program.nodeStates[node] as number]?.id ?? "?");
  }

  context(): unknown {
    return decodeValue(this.kernel.context(this.handle));
  }

  /** How the run ended in the last step. */
  end(): { how: string; value: unknown } | undefined {
    const command = this.commands.find(({ kind }) => kind === CommandKind.RUN_ENDED);
    if (command === undefined) return undefined;
    return {
      how: (RunEnd[command.a] ?? "?").toLowerCase(),
      value: command.payload === undefined ? undefined : decodeValue(command.payload),
    };
  }
}
