// Gives every variable of a workflow its slot: parameters and variables as declared, then whatever else expressions
// name, and the built-in `event`, `result` and `error` where they are used.
import { NO_SLOT, PROGRAM_FLAG_ERROR_HIDDEN, PROGRAM_FLAG_EVENT_HIDDEN, PROGRAM_FLAG_RESULT_HIDDEN, Tag } from "../../assembly/abi.js";
import type { CustomSet } from "../expression/custom/custom-set.js";
import type { Definition, TypeName } from "../model/definition.js";

/** Operands address slots with 14 bits. */
export const SLOT_COUNT_MAX = 16_384;

/** Variables that the kernel writes by itself: payload of the event in hand, last result, last error. */
export const BUILTIN_VARIABLES = ["event", "result", "error"] as const;
export type BuiltinVariable = (typeof BUILTIN_VARIABLES)[number];

const HIDDEN_FLAGS: Readonly<Record<BuiltinVariable, number>> = {
  event: PROGRAM_FLAG_EVENT_HIDDEN,
  result: PROGRAM_FLAG_RESULT_HIDDEN,
  error: PROGRAM_FLAG_ERROR_HIDDEN,
};

export const TAGS: Readonly<Record<TypeName, number>> = {
  any: 0,
  bool: Tag.BOOL + 1,
  int: Tag.INT + 1,
  uint: Tag.UINT + 1,
  double: Tag.DOUBLE + 1,
  number: Tag.NUMBER + 1,
  string: Tag.STRING + 1,
  bytes: Tag.BYTES + 1,
  list: Tag.LIST + 1,
  map: Tag.MAP + 1,
  timestamp: Tag.TIMESTAMP + 1,
  duration: Tag.DURATION + 1,
};

export class VariableTable {
  readonly #slots = new Map<string, number>();
  readonly #types = new Map<string, TypeName>();
  readonly #declared = new Set<string>();

  /** Functions and constants of the embedder. */
  readonly customs: CustomSet | undefined;

  constructor(definition: Definition, customs?: CustomSet) {
    this.customs = customs;
    for (const { name, type } of [...definition.parameters, ...definition.variables]) {
      this.#declared.add(name);
      this.#types.set(name, type);
      this.slotOf(name);
    }
  }

  /** The slot of a variable; a name met for the first time gets the next one. */
  slotOf(name: string): number {
    const known = this.#slots.get(name);
    if (known !== undefined) return known;
    const slot = this.#slots.size;
    this.#slots.set(name, slot);
    return slot;
  }

  /** The declared type; `any` for a built-in and where the author declares no variables at all; else undefined. */
  typeOf(name: string): TypeName | undefined {
    const isOpen = this.#declared.size === 0 || (BUILTIN_VARIABLES as readonly string[]).includes(name);
    return this.#types.get(name) ?? (isOpen ? "any" : undefined);
  }

  /** No constant of the embedder hides what the author declares, nor the built-in variables. */
  isDeclared(name: string): boolean {
    return this.#declared.has(name) || (BUILTIN_VARIABLES as readonly string[]).includes(name);
  }

  get count(): number {
    return this.#slots.size;
  }

  get names(): readonly string[] {
    return [...this.#slots.keys()];
  }

  /** Declared type per slot, as the kernel's Tag + 1; 0 permits any value. */
  get slotTypes(): Uint32Array {
    return Uint32Array.from(this.names, (name) => TAGS[this.#types.get(name) ?? "any"]);
  }

  /** Slot of a built-in variable, or NO_SLOT when no expression uses it. */
  builtinSlot(name: BuiltinVariable): number {
    return this.#slots.get(name) ?? NO_SLOT;
  }

  /** PROGRAM_FLAG_… of the built-ins that the author did not declare. */
  get hiddenFlags(): number {
    return BUILTIN_VARIABLES.reduce((flags, name) => (this.#declared.has(name) ? flags : flags | HIDDEN_FLAGS[name]), 0);
  }
}
