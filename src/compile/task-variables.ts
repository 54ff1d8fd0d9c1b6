// The slots of a task graph. First the variables, of which each branch has its own, under their bare names; then what belongs
// to the run: `input`, results of tasks, and what is only written for one evaluation.
import { NO_SLOT } from "../../assembly/abi.js";
import type { CustomSet } from "../expression/custom/custom-set.js";
import type { ExpressionScope } from "../expression/emitter.js";
import type { Definition, TypeName } from "../model/definition.js";
import { TAGS } from "./variables.js";

/** The run's id, which a run begins with, and the workflow's name. */
export const RUN_ID = "workflow.id";
export const WORKFLOW_NAME = "workflow.name";

/** What an expression may name, by where it stands. `end`: how a task has ended. `item`: what is done for one item. `undo`: what undoes a task. */
export type TaskPlace = "run" | "end" | "item" | "undo";

const RUN_NAMES = ["input", RUN_ID, WORKFLOW_NAME, "attempt"];
const NAMES: Readonly<Record<TaskPlace, readonly string[]>> = {
  run: RUN_NAMES,
  end: [...RUN_NAMES, "result", "error", "succeeded", "failed", "completed"],
  item: [...RUN_NAMES, "item", "index"],
  undo: [...RUN_NAMES, "result"],
};

const TYPES: Readonly<Record<string, TypeName>> = {
  input: "map",
  [RUN_ID]: "string",
  [WORKFLOW_NAME]: "string",
  vars: "map",
  workflow: "map",
  attempt: "int",
  index: "int",
  succeeded: "bool",
  failed: "bool",
  completed: "bool",
};

const VARIABLES = "vars.";

export class TaskVariables {
  readonly customs: CustomSet | undefined;
  readonly #types = new Map<string, TypeName>();
  /** Slots by name: variables as `vars.x`. */
  readonly #slots = new Map<string, number>();
  readonly #tasks: ReadonlySet<string>;
  /** Names by namespace: alone they are maps. */
  readonly #namespaces: ReadonlyMap<string, readonly string[]>;

  constructor(definition: Definition, customs?: CustomSet) {
    this.customs = customs;
    for (const { name, type } of definition.variables) this.#types.set(VARIABLES + name, type);
    const actions = definition.transitions.flatMap((transition) => transition.actions);
    for (const action of actions) {
      if (action.kind === "set" && !this.#types.has(VARIABLES + action.variable)) this.#types.set(VARIABLES + action.variable, "any");
    }
    for (const name of this.#types.keys()) this.#slots.set(name, this.#slots.size);
    this.branchSlotCount = this.#slots.size;
    this.#namespaces = new Map([
      ["vars", [...this.#slots.keys()].map((name) => name.slice(VARIABLES.length))],
      ["workflow", ["id", "name"]],
    ]);
    this.#tasks = new Set(definition.states.flatMap(({ id, task }) => (task === undefined ? [] : [`tasks.${id}.result`, `tasks.${id}.status`])));
  }

  readonly branchSlotCount: number;

  get count(): number {
    return this.#slots.size;
  }

  /** By slot; variables without their namespace. */
  get names(): readonly string[] {
    return [...this.#slots.keys()].map((name) => (name.startsWith(VARIABLES) ? name.slice(VARIABLES.length) : name));
  }

  /** Declared type per slot, as the kernel's Tag + 1; 0 permits any value. */
  get slotTypes(): Uint32Array {
    return Uint32Array.from(this.#slots.keys(), (name) => TAGS[this.#types.get(name) ?? "any"]);
  }

  /** The slot of a bare variable name, which is known. */
  slotOfVariable(name: string): number {
    return this.#slots.get(VARIABLES + name) ?? NO_SLOT;
  }

  /** The slot of a name that expressions use, NO_SLOT where none has. */
  find(name: string): number {
    return this.#slots.get(name) ?? NO_SLOT;
  }

  scope(place: TaskPlace): ExpressionScope {
    const names = new Set(NAMES[place]);
    const isDeclared = (name: string) => this.#types.has(name) || this.#tasks.has(name) || names.has(name) || this.#namespaces.has(name);
    return {
      slotOf: (name) => (isDeclared(name) ? this.#slotOf(name) : undefined),
      typeOf: (name) => (isDeclared(name) ? (this.#types.get(name) ?? TYPES[name] ?? "any") : undefined),
      isDeclared,
      namespaceOf: (name) => this.#namespaces.get(name),
      ...(this.customs !== undefined && { customs: this.customs }),
    };
  }

  #slotOf(name: string): number {
    const known = this.#slots.get(name);
    if (known !== undefined) return known;
    this.#slots.set(name, this.#slots.size);
    return this.#slots.size - 1;
  }
}
