// The functions and constants of an embedder: read once from their declarations, then known to the checker by their signatures,
// to the emitter by what stands for them in a program, and to programs as part of their identity.
import type { CustomCode, CustomConstants, CustomFunction, CustomFunctions, CustomUse } from "../../model/custom-function.js";
import { WorkflowError } from "../../model/errors.js";
import { encodeValue, ValueReader, ValueWriter } from "../../model/value.js";
import { readKnownType } from "../checker/declaration.js";
import { ALL_LIBRARIES, FunctionSet } from "../checker/library.js";
import { formatType, type Type } from "../checker/type.js";
import { isReservedWord } from "../lexer.js";
import { type NamedSignature, readNamedSignature } from "./signature.js";
import { canBeGiven, canBeTaken, isOfType, writeTyped } from "./typed-value.js";

/** Functions of one set, those that share a name counted each. */
export const CUSTOM_FUNCTION_COUNT_MAX = 1_000;
/** Constants of one set. */
export const CUSTOM_CONSTANT_COUNT_MAX = 1_000;
/** Bytes of what a function gives, in wire form. */
export const FUNCTION_RESULT_SIZE_MAX = 16_777_216;
/** Bytes of one constant, in wire form. */
export const CONSTANT_SIZE_MAX = 1_048_576;

export interface CustomDeclarations {
  readonly functions?: CustomFunctions | undefined;
  readonly constants?: CustomConstants | undefined;
  /** Signatures of functions that somebody registered where they cannot be called. */
  readonly outOfReach?: readonly string[] | undefined;
}

/** A constant: its type, and its value in wire form. */
export interface CustomConstant {
  readonly type: Type;
  readonly bytes: Uint8Array;
  readonly use: CustomUse;
}

/** What a name means as a function, or as a method. */
export interface CustomGroup {
  /** Undefined where the function is out of reach. */
  readonly called: CustomFunction | undefined;
  readonly uses: readonly CustomUse[];
}

interface Overload {
  readonly signature: NamedSignature;
  readonly code: CustomCode | undefined;
  readonly version: string;
}

export class CustomSet {
  /** CEL's own and these. */
  readonly functions: FunctionSet;
  readonly #groups = new Map<string, CustomGroup>();
  readonly #constants = new Map<string, CustomConstant>();
  readonly #versions = new Map<string, string>();

  /** @throws WorkflowError `expression/invalid-declaration`, its details naming the function or constant */
  constructor(declarations: CustomDeclarations, isStrict = false) {
    const overloads = readOverloads(declarations);
    this.functions = new FunctionSet(ALL_LIBRARIES, groupBy(overloads, ({ signature }) => signature.name, ({ signature }) => signature));
    for (const [key, members] of groupBy(overloads, ({ signature }) => groupKey(signature.name, signature.isMember), (item) => item)) {
      this.#groups.set(key, makeGroup(members, isStrict));
    }
    for (const [name, constant] of Object.entries(declarations.constants ?? {})) this.#constants.set(name, readConstant(name, constant, isStrict));
    checkCount(this.#constants.size, CUSTOM_CONSTANT_COUNT_MAX, "constants");
    for (const { uses } of this.#groups.values()) for (const use of uses) this.#versions.set(use.name, use.version);
    for (const { use } of this.#constants.values()) this.#versions.set(use.name, use.version);
  }

  /** The functions of a name, called as methods or not. */
  groupOf(name: string, isMember: boolean): CustomGroup | undefined {
    return this.#groups.get(groupKey(name, isMember));
  }

  constantOf(name: string): CustomConstant | undefined {
    return this.#constants.get(name);
  }

  /** The version of what is registered here under a use's name. */
  versionOf(name: string): string | undefined {
    return this.#versions.get(name);
  }
}

function groupKey(name: string, isMember: boolean): string {
  return isMember ? `.${name}` : name;
}

function groupBy<Item, Held>(items: readonly Item[], keyOf: (item: Item) => string, hold: (item: Item) => Held): Map<string, Held[]> {
  const groups = new Map<string, Held[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [hold(item)]);
    else group.push(hold(item));
  }
  return groups;
}

// --- functions -------------------------------------------------------------------------------------------------------

function readOverloads({ functions = {}, outOfReach = [] }: CustomDeclarations): readonly Overload[] {
  const overloads: Overload[] = [];
  const seen = new Set<string>();
  for (const [text, declared] of Object.entries(functions)) {
    const overload = readOverload(text, declared);
    const identity = identifyParams(overload.signature);
    if (seen.has(identity)) throw invalidDeclaration(`Function "${text}"`, text, "another one takes the same arguments");
    seen.add(identity);
    overloads.push(overload);
  }
  for (const text of outOfReach) {
    const signature = readText(text);
    if (!seen.has(identifyParams(signature))) overloads.push({ signature, code: undefined, version: "" });
  }
  checkCount(overloads.length, CUSTOM_FUNCTION_COUNT_MAX, "functions");
  return overloads;
}

function readOverload(text: string, declared: unknown): Overload {
  const signature = readText(text);
  const { call, version = "1" } = typeof declared === "function" ? { call: declared } : ((declared ?? {}) as { call?: unknown; version?: unknown });
  if (typeof call !== "function") throw invalidDeclaration(`Function "${text}"`, text, "it must be a function, or { version, call }");
  if ((typeof version !== "string" && typeof version !== "number") || version === "")
    throw invalidDeclaration(`Function "${text}"`, text, "its version must be a text or a number");
  return { signature, code: call as CustomCode, version: String(version) };
}

function readText(text: string): NamedSignature {
  try {
    const signature = readNamedSignature(text);
    const untold = signature.params.find((param) => !canBeTaken(param));
    if (untold !== undefined) throw new RangeError(`no function can take a ${formatType(untold, true)}`);
    if (!canBeGiven(signature.result)) throw new RangeError(`no function can give a ${formatType(signature.result, true)}`);
    return signature;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw invalidDeclaration(`Function "${text}"`, text, error.message);
  }
}

function identifyParams({ name, isMember, params }: NamedSignature): string {
  return `${groupKey(name, isMember)}(${params.map((param) => formatType(param)).join(",")})`;
}

function makeGroup(overloads: readonly Overload[], isStrict: boolean): CustomGroup {
  const reachable = overloads.flatMap(({ signature, code }) => (code === undefined ? [] : [{ signature, code }]));
  const uses = overloads.map(({ signature, version }) => ({ name: signature.text, version }));
  const name = overloads[0]?.signature.name ?? "";
  return { called: reachable.length < overloads.length ? undefined : new OverloadedFunction(name, reachable, isStrict), uses };
}

interface Callable {
  readonly signature: NamedSignature;
  readonly code: CustomCode;
}

class OverloadedFunction implements CustomFunction {
  readonly name: string;
  readonly #overloads: readonly Callable[];
  readonly #isStrict: boolean;

  constructor(name: string, overloads: readonly Callable[], isStrict: boolean) {
    this.name = name;
    this.#overloads = overloads;
    this.#isStrict = isStrict;
  }

  call(bytes: Uint8Array, count: number): Uint8Array {
    const starts: number[] = [];
    const values: unknown[] = [];
    const reader = new ValueReader(bytes);
    for (let index = 0; index < count; index += 1) {
      starts.push(reader.position);
      values.push(reader.readValue());
    }
    const { signature, code } = this.#choose(bytes, starts);
    const result: unknown = code(...values);
    refusePromise(result);
    // Not shared: looking at the result may run code that evaluates another expression.
    const writer = new ValueWriter({ isStrict: this.#isStrict, sizeMax: FUNCTION_RESULT_SIZE_MAX });
    writeTyped(writer, result, signature.result, "the result");
    return writer.bytes();
  }

  #choose(bytes: Uint8Array, starts: readonly number[]): Callable {
    const chosen = this.#overloads.find(
      ({ signature: { params } }) => params.length === starts.length && params.every((type, index) => isOfType(bytes, starts[index] ?? 0, type)),
    );
    if (chosen !== undefined) return chosen;
    const candidates = this.#overloads.map(({ signature }) => signature.text).join(", ");
    throw new WorkflowError("expression/no-such-overload", `There is no overload for these arguments; there is ${candidates}`);
  }
}

function refusePromise(result: unknown): void {
  const isPromise = typeof result === "object" && result !== null && "then" in result && typeof result.then === "function";
  if (!isPromise) return;
  // Nobody will ever look at it: its rejection must not be told to the page.
  if (result instanceof Promise) result.catch(() => undefined);
  throw new TypeError("it gave a promise; a function that an expression calls gives its result at once");
}

// --- constants -------------------------------------------------------------------------------------------------------

const CONSTANT_NAME = /^[A-Za-z_]\w*$/;

function readConstant(name: string, declared: { readonly type: string; readonly value: unknown }, isStrict: boolean): CustomConstant {
  const what = `Constant "${name}"`;
  if (!CONSTANT_NAME.test(name) || isReservedWord(name)) throw invalidDeclaration(what, name, "this cannot be a name");
  if (typeof declared !== "object" || declared === null || typeof declared.type !== "string")
    throw invalidDeclaration(what, name, "it must be { type, value }, the type a text");
  try {
    const type = readKnownType(declared.type);
    if (!canBeGiven(type)) throw new RangeError(`no constant can be a ${declared.type}`);
    const writer = new ValueWriter({ isStrict, sizeMax: CONSTANT_SIZE_MAX });
    writeTyped(writer, declared.value, type, "its value");
    const bytes = writer.take();
    return { type, bytes, use: { name: `${name}: ${formatType(type, true)}`, version: toHex(bytes) } };
  } catch (error) {
    throw invalidDeclaration(what, name, error instanceof Error ? error.message : String(error));
  }
}

function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

// --- identity --------------------------------------------------------------------------------------------------------

const codeNumbers = new WeakMap<CustomCode, number>();
let codeCount = 0;

/** A text that is equal for equal declarations: two functions differ, also where their signatures and versions do not. */
export function identifyCustoms({ functions, constants }: CustomDeclarations): string {
  const codes = Object.entries(functions ?? {}).map(([text, declared]) => {
    const { call, version } = typeof declared === "function" ? { call: declared } : { ...declared };
    return [text, String(version), typeof call === "function" ? numberCode(call) : -1];
  });
  const values = Object.entries(constants ?? {}).map(([name, declared]) => [name, declared?.type, toHex(encodeValue(declared?.value, name))]);
  return JSON.stringify([codes, values]);
}

function numberCode(code: CustomCode): number {
  let number = codeNumbers.get(code);
  if (number === undefined) {
    number = codeCount++;
    codeNumbers.set(code, number);
  }
  return number;
}

function checkCount(count: number, countMax: number, what: string): void {
  if (count > countMax) throw invalidDeclaration(`A set of ${count} ${what}`, what, `the limit is ${countMax}`);
}

function invalidDeclaration(what: string, name: string, why: string): WorkflowError {
  return new WorkflowError("expression/invalid-declaration", `${what}: ${why}`, { details: { name } });
}
