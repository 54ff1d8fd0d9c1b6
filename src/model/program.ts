// The program: the flat tables that the kernel reads, and beside them the names and places that only the shell needs.
import type { TimeZone } from "../base/time-zone.js";
import type { CustomFunction, CustomUse } from "./custom-function.js";
import type { Definition } from "./definition.js";
import type { Place } from "./errors.js";
import type { SecretUse } from "./secrets.js";

export interface Program {
  /** The blob drawn in assembly/abi.ts. */
  readonly bytes: Uint8Array;
  /** SHA-256 (hex) of the author's source; empty for a bare expression. */
  readonly identity: string;
  /** Version of the compiler that laid out the tables. */
  readonly compilerVersion: number;
  /** By event index. */
  readonly eventNames: readonly string[];
  /** By slot. */
  readonly slotNames: readonly string[];
  /** By node index. Index into `Definition.states`, or -1 (the root). Nodes beyond these are undos: their tasks' states. */
  readonly nodeStates: readonly number[];
  /** By transition index (the kernel's): index into `Definition.transitions`. */
  readonly transitionSources: readonly number[];
  /** By action index: name of task or workflow, and place. */
  readonly actions: readonly ProgramAction[];
  /** By expression index: text, place, and per instruction the offsets in the text it came from. */
  readonly expressions: readonly ExpressionSite[];
  readonly definition: Definition;
  /** The custom functions that its code calls by number. */
  readonly functions?: readonly CustomFunction[];
  /** The tables of the time zones that its expressions name; it knows no others. Part of its identity. */
  readonly zones?: readonly TimeZone[];
  /** The custom functions and constants that it uses: part of its identity. */
  readonly customs?: readonly CustomUse[];
  /** Its runs know their ids: they begin with a LIST of the input and the id (START's payload). */
  readonly isRunIdUsed?: boolean;
}

export interface ProgramAction {
  /** Of a task or workflow; empty: it has none, or it is computed. */
  readonly name: string;
  readonly place: Place;
  /** Index into `Definition.states`. */
  readonly state: number;
  /** It undoes what the state's task has done. */
  readonly isUndo?: boolean;
  /** What a call is given is a list: the task's name, and its input. */
  readonly isComputed?: boolean;
  /** Where the input refers to secrets; absent: nowhere. */
  readonly secrets?: readonly SecretUse[];
}

export interface ExpressionSite {
  /** The expression; of a template or a map all its expressions, a line each. */
  readonly text: string;
  readonly place: Place;
  /** Two entries per instruction: start and end offset within `text`. */
  readonly spans: Uint32Array;
}

/** What expression/ hands to compile/: one expression's code with its own constants and keys, not yet placed in a blob. */
export interface ExpressionCode {
  /** 16-byte instructions (assembly/abi.ts); FIELD keys are indexes into `keys`. The reader's own: made where it is read. */
  readonly code: Uint8Array;
  readonly instructionCount: number;
  readonly registerCount: number;
  /** Cost units of what surely runs; default 0. The rest stands in the instructions. */
  readonly cost?: number;
  /** Constants as wire values, concatenated. */
  readonly constants: Uint8Array;
  readonly constantCount: number;
  readonly keys: readonly string[];
  /** CALL_CUSTOM's functions are indexes into it. */
  readonly functions?: readonly CustomFunction[] | undefined;
  readonly spans: Uint32Array;
}
