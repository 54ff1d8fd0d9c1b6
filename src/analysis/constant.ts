// Values that are known before a run: CEL's operators over them, exactly as the kernel computes them. What is rare (times,
// optionals, most functions) is not done here: `undefined` means that somebody else must say.
import type { Ast, BinaryOperator, LiteralNode, LiteralType, LiteralValue, LogicOperator, UnaryOperator } from "../expression/ast.js";
import type { ErrorCode } from "../model/errors.js";
import { decodeExact, type ExactValue, ValueWriter } from "../model/value.js";

/** What became of an expression: a value, or the error that its evaluation gives. */
export type Outcome = { readonly value: ExactValue } | { readonly error: ErrorCode };

export const NO_OVERLOAD: Outcome = { error: "expression/no-such-overload" };
export const TRUE: ExactValue = { bool: true };
export const FALSE: ExactValue = { bool: false };

const INT_MIN = -(2n ** 63n);
const INT_MAX = 2n ** 63n - 1n;
const UINT_MAX = 2n ** 64n - 1n;
const TWO_POW_63 = 2 ** 63;
const LONE_SURROGATE = /\p{Surrogate}/u;
const NOWHERE = { start: 0, end: 0 } as const;

/** Data as the kernel reads it: a JavaScript number is a JSON number, or a double where `isStrict`. Throws `value/unsupported`. */
export function toConstant(value: unknown, isStrict = false): ExactValue {
  const writer = new ValueWriter({ isStrict });
  writer.writeValue(value);
  return decodeExact(writer.take());
}

export function isBool(value: ExactValue): value is { readonly bool: boolean } {
  return "bool" in value;
}

export function isNumeric(value: ExactValue): boolean {
  return "number" in value || "int" in value || "double" in value || "uint" in value;
}

/** A number as a double, rounded to the nearest where it is an integer beyond 2^53. */
export function floatOf(value: ExactValue): number {
  if ("number" in value) return Number(value.number);
  if ("double" in value) return Number(value.double);
  return "int" in value ? Number(BigInt(value.int)) : Number(BigInt((value as { uint: string }).uint));
}

function integerOf(value: ExactValue): bigint {
  return BigInt("int" in value ? value.int : (value as { uint: string }).uint);
}

function spellFloat(value: number): number | "NaN" | "Infinity" | "-Infinity" | "-0" {
  if (Object.is(value, -0)) return "-0";
  return Number.isFinite(value) ? value : (String(value) as "NaN" | "Infinity" | "-Infinity");
}

function newInt(value: bigint): Outcome {
  return value < INT_MIN || value > INT_MAX ? { error: "expression/int-overflow" } : { value: { int: value.toString() } };
}

function newUint(value: bigint): Outcome {
  return value < 0n || value > UINT_MAX ? { error: "expression/uint-overflow" } : { value: { uint: value.toString() } };
}

// --- comparing -------------------------------------------------------------------------------------------------------

/** -1, 0, 1, or NaN where a NaN takes part. An integer beside a float is compared as the nearest double. */
export function compareNumbers(a: ExactValue, b: ExactValue): number {
  const areFloats = "number" in a || "double" in a || "number" in b || "double" in b;
  const x = areFloats ? floatOf(a) : integerOf(a);
  const y = areFloats ? floatOf(b) : integerOf(b);
  if (x === y) return 0;
  if (x < y) return -1;
  return x > y ? 1 : Number.NaN;
}

/** Texts by their code points, which is the order of their UTF-8 bytes. */
export function compareTexts(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left !== right) return rankUnit(left) < rankUnit(right) ? -1 : 1;
  }
  return Math.sign(a.length - b.length);
}

/** Surrogates stand for code points above all others. */
function rankUnit(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}

/** Are the values equal? Undefined: not decided here. */
export function areEqual(a: ExactValue, b: ExactValue): boolean | undefined {
  if (isNumeric(a)) return isNumeric(b) && compareNumbers(a, b) === 0;
  if ("null" in a) return "null" in b;
  if ("bool" in a) return "bool" in b && a.bool === b.bool;
  if ("string" in a) return "string" in b && a.string === b.string;
  if ("bytes" in a) return "bytes" in b && a.bytes === b.bytes;
  if ("type" in a) return "type" in b && a.type === b.type;
  if ("list" in a) return "list" in b && areListsEqual(a.list, b.list);
  if ("map" in a) return "map" in b && areMapsEqual(a.map, b.map);
  return undefined;
}

function areListsEqual(a: readonly ExactValue[], b: readonly ExactValue[]): boolean | undefined {
  if (a.length !== b.length) return false;
  let isDecided = true;
  for (const [index, item] of a.entries()) {
    const isSame = areEqual(item, b[index] as ExactValue);
    if (isSame === false) return false;
    if (isSame === undefined) isDecided = false;
  }
  return isDecided ? true : undefined;
}

type Entries = readonly (readonly [ExactValue, ExactValue])[];

function areMapsEqual(a: Entries, b: Entries): boolean | undefined {
  if (a.length !== b.length) return false;
  let isDecided = true;
  for (const [key, item] of a) {
    if (!("string" in key)) return undefined;
    const other = findEntry(b, key.string);
    const isSame = other === undefined ? false : areEqual(item, other);
    if (isSame === false) return false;
    if (isSame === undefined) isDecided = false;
  }
  return isDecided ? true : undefined;
}

function findEntry(entries: Entries, name: string): ExactValue | undefined {
  return entries.find(([key]) => "string" in key && key.string === name)?.[1];
}

/** `<`, `<=`, `>`, `>=`. */
function applyOrder(operator: BinaryOperator, a: ExactValue, b: ExactValue): Outcome | undefined {
  let order: number;
  if (isNumeric(a) && isNumeric(b)) order = compareNumbers(a, b);
  else if ("string" in a && "string" in b) order = compareTexts(a.string, b.string);
  else if ("bool" in a && "bool" in b) order = Number(a.bool) - Number(b.bool);
  else if (("bytes" in a && "bytes" in b) || ("timestamp" in a && "timestamp" in b) || ("duration" in a && "duration" in b))
    return undefined;
  else return NO_OVERLOAD;
  const holds = operator === "<" ? order < 0 : operator === "<=" ? order <= 0 : operator === ">" ? order > 0 : order >= 0;
  return { value: holds ? TRUE : FALSE };
}

// --- computing -------------------------------------------------------------------------------------------------------

/** `a operator b` of two values. Undefined: not decided here. */
export function applyBinary(operator: BinaryOperator, a: ExactValue, b: ExactValue): Outcome | undefined {
  switch (operator) {
    case "==":
    case "!=": {
      const isSame = areEqual(a, b);
      return isSame === undefined ? undefined : { value: isSame === (operator === "==") ? TRUE : FALSE };
    }
    case "<":
    case "<=":
    case ">":
    case ">=":
      return applyOrder(operator, a, b);
    case "in":
      return applyIn(a, b);
    default:
      return applyArithmetic(operator, a, b);
  }
}

function applyIn(a: ExactValue, b: ExactValue): Outcome | undefined {
  if ("list" in b) {
    let isDecided = true;
    for (const item of b.list) {
      const isSame = areEqual(a, item);
      if (isSame === true) return { value: TRUE };
      if (isSame === undefined) isDecided = false;
    }
    return isDecided ? { value: FALSE } : undefined;
  }
  if (!("map" in b)) return NO_OVERLOAD;
  if ("string" in a) return { value: findEntry(b.map, a.string) === undefined ? FALSE : TRUE };
  return b.map.every(([key]) => "string" in key) ? { value: FALSE } : undefined;
}

type ArithmeticOperator = "+" | "-" | "*" | "/" | "%";

function applyArithmetic(operator: ArithmeticOperator, a: ExactValue, b: ExactValue): Outcome | undefined {
  if (isNumeric(a) && isNumeric(b)) {
    if ("int" in a && "int" in b) return applyInteger(operator, BigInt(a.int), BigInt(b.int), newInt);
    if ("uint" in a && "uint" in b) return applyInteger(operator, BigInt(a.uint), BigInt(b.uint), newUint);
    return applyMixed(operator, a, b);
  }
  if (isTime(a) || isTime(b)) return undefined;
  if (operator !== "+") return NO_OVERLOAD;
  if ("string" in a && "string" in b) return { value: { string: a.string + b.string } };
  if ("list" in a && "list" in b) return { value: { list: [...a.list, ...b.list] } };
  return "bytes" in a && "bytes" in b ? undefined : NO_OVERLOAD;
}

function isTime(value: ExactValue): boolean {
  return "timestamp" in value || "duration" in value;
}

function applyInteger(operator: ArithmeticOperator, a: bigint, b: bigint, create: (value: bigint) => Outcome): Outcome {
  switch (operator) {
    case "+":
      return create(a + b);
    case "-":
      return create(a - b);
    case "*":
      return create(a * b);
    default:
      if (b === 0n) return { error: operator === "/" ? "expression/divide-by-zero" : "expression/modulus-by-zero" };
      // The remainder overflows where the quotient does.
      if (operator === "%" && b === -1n && a === INT_MIN) return { error: "expression/int-overflow" };
      return create(operator === "/" ? a / b : a % b);
  }
}

/** At least one is a double or a JSON number, or they are an int and a uint. */
function applyMixed(operator: ArithmeticOperator, a: ExactValue, b: ExactValue): Outcome {
  const hasNumber = "number" in a || "number" in b;
  const areDoubles = "double" in a && "double" in b;
  if (!hasNumber && !areDoubles) return NO_OVERLOAD;
  const isDouble = "double" in a || "double" in b;
  const x = floatOf(a);
  const y = floatOf(b);
  if (operator === "%") return isDouble ? NO_OVERLOAD : takeRemainder(x, y);
  const result = spellFloat(operator === "+" ? x + y : operator === "-" ? x - y : operator === "*" ? x * y : x / y);
  return { value: isDouble ? { double: result } : { number: result } };
}

function isWholeInt(value: number): boolean {
  return value >= -TWO_POW_63 && value < TWO_POW_63 && Math.trunc(value) === value;
}

function takeRemainder(x: number, y: number): Outcome {
  if (!isWholeInt(x) || !isWholeInt(y)) return NO_OVERLOAD;
  if (y === 0) return { error: "expression/modulus-by-zero" };
  return { value: { number: Number(BigInt(x) % BigInt(y)) } };
}

/** `!a`, `-a`. Undefined: not decided here. */
export function applyUnary(operator: UnaryOperator, a: ExactValue): Outcome | undefined {
  if (operator === "!") return "bool" in a ? { value: a.bool ? FALSE : TRUE } : NO_OVERLOAD;
  if ("int" in a) return newInt(-BigInt(a.int));
  if ("double" in a) return { value: { double: spellFloat(-floatOf(a)) } };
  if ("number" in a) return { value: { number: spellFloat(-floatOf(a)) } };
  return "duration" in a ? undefined : NO_OVERLOAD;
}

/** `a && b`, `a || b` of two outcomes: a side that decides absorbs the other's error (langdef.md, "Logical Operators"). */
export function applyLogic(operator: LogicOperator, a: Outcome, b: Outcome): Outcome {
  const deciding = operator === "||";
  if (isExactly(a, deciding) || isExactly(b, deciding)) return { value: deciding ? TRUE : FALSE };
  if (isExactly(a, !deciding) && isExactly(b, !deciding)) return { value: deciding ? FALSE : TRUE };
  // The kernel blames the first that is an error of itself; a left side that is no bool gives way to an error on the right.
  if (isExactly(a, !deciding)) return "error" in b ? b : NO_OVERLOAD;
  if ("error" in a) return a;
  return "error" in b ? b : NO_OVERLOAD;
}

function isExactly(outcome: Outcome, value: boolean): boolean {
  return "value" in outcome && "bool" in outcome.value && outcome.value.bool === value;
}

/** `a.field`. Undefined: not decided here. */
export function selectField(a: ExactValue, field: string): Outcome | undefined {
  if ("optional" in a) return undefined;
  if (!("map" in a)) return NO_OVERLOAD;
  const value = findEntry(a.map, field);
  return value === undefined ? { error: "expression/no-such-key" } : { value };
}

/** `has(a.field)`. Undefined: not decided here. */
export function hasField(a: ExactValue, field: string): Outcome | undefined {
  if ("optional" in a) return undefined;
  return "map" in a ? { value: findEntry(a.map, field) === undefined ? FALSE : TRUE } : NO_OVERLOAD;
}

/** `a[key]`. Undefined: not decided here. */
export function indexValue(a: ExactValue, key: ExactValue): Outcome | undefined {
  if ("optional" in a) return undefined;
  if ("map" in a) return "string" in key ? selectField(a, key.string) : undefined;
  if (!("list" in a) || !isNumeric(key)) return NO_OVERLOAD;
  const isFloat = "number" in key || "double" in key;
  if (isFloat && !isWholeInt(floatOf(key))) return { error: "expression/invalid-argument" };
  const place = isFloat ? BigInt(floatOf(key)) : integerOf(key);
  const item = place >= 0n && place < BigInt(a.list.length) ? a.list[Number(place)] : undefined;
  return item === undefined ? { error: "expression/index-out-of-range" } : { value: item };
}

/** The functions that guards use most. Undefined: not decided here. `args`: the receiver's first. */
export function applyFunction(name: string, args: readonly ExactValue[]): Outcome | undefined {
  const [first, second] = args;
  if (args.length === 1 && first !== undefined) {
    if (name === "dyn") return { value: first };
    return name === "size" ? measure(first) : undefined;
  }
  if (args.length !== 2 || first === undefined || second === undefined || !("string" in first) || !("string" in second)) return undefined;
  if (name === "startsWith") return { value: first.string.startsWith(second.string) ? TRUE : FALSE };
  if (name === "endsWith") return { value: first.string.endsWith(second.string) ? TRUE : FALSE };
  return name === "contains" ? { value: first.string.includes(second.string) ? TRUE : FALSE } : undefined;
}

function measure(value: ExactValue): Outcome | undefined {
  if ("string" in value) return { value: { int: String([...value.string].length) } };
  if ("list" in value) return { value: { int: String(value.list.length) } };
  return "map" in value ? { value: { int: String(value.map.length) } } : undefined;
}

// --- writing ---------------------------------------------------------------------------------------------------------

/** Literals larger than this (nodes, and characters of texts) stay the expressions that they came from. */
export const LITERAL_NODE_COUNT_MAX = 100;
export const LITERAL_TEXT_LENGTH_MAX = 1_000;

function newLiteral(type: LiteralType, value: LiteralValue): LiteralNode {
  return { kind: "literal", ...NOWHERE, type, value };
}

function newInteger(type: "int" | "uint", text: string): LiteralNode {
  const number = Number(text);
  return newLiteral(type, Number.isSafeInteger(number) ? number : BigInt(text));
}

/** The value a literal writes. */
export function readLiteral({ type, value }: LiteralNode): ExactValue {
  switch (type) {
    case "null":
      return { null: true };
    case "bool":
      return { bool: value as boolean };
    case "int":
      return { int: String(value) };
    case "uint":
      return { uint: String(value) };
    case "double":
      return { double: spellFloat(value as number) };
    case "string":
      return { string: value as string };
    case "bytes":
      return toConstant(value);
  }
}

/** May a text be worked with here? One with a lone surrogate is another text in the kernel. */
export function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text);
}

/**
 * A literal that is exactly this value; undefined where CEL has none (a JSON number is neither int nor double) or where it
 * would be too long to read.
 */
export function toLiteral(value: ExactValue): Ast | undefined {
  let left = LITERAL_NODE_COUNT_MAX;
  const write = (item: ExactValue): Ast | undefined => {
    left -= 1;
    if (left < 0) return undefined;
    if ("null" in item) return newLiteral("null", null);
    if ("bool" in item) return newLiteral("bool", item.bool);
    if ("int" in item) return newInteger("int", item.int);
    if ("uint" in item) return newInteger("uint", item.uint);
    if ("double" in item) return Number.isFinite(floatOf(item)) ? newLiteral("double", floatOf(item)) : undefined;
    if ("string" in item) return item.string.length > LITERAL_TEXT_LENGTH_MAX ? undefined : newLiteral("string", item.string);
    if ("list" in item) return writeList(item.list, write);
    return "map" in item ? writeMap(item.map, write) : undefined;
  };
  return write(value);
}

type Write = (item: ExactValue) => Ast | undefined;

function writeList(list: readonly ExactValue[], write: Write): Ast | undefined {
  const items: Ast[] = [];
  for (const item of list) {
    const node = write(item);
    if (node === undefined) return undefined;
    items.push(node);
  }
  return { kind: "list", ...NOWHERE, items, hasOptional: false };
}

function writeMap(map: Entries, write: Write): Ast | undefined {
  const entries: { readonly key: Ast; readonly value: Ast }[] = [];
  for (const [key, item] of map) {
    const keyNode = "number" in key || "double" in key ? undefined : write(key);
    const value = keyNode === undefined ? undefined : write(item);
    if (keyNode === undefined || value === undefined) return undefined;
    entries.push({ key: keyNode, value });
  }
  return { kind: "map", ...NOWHERE, entries, hasOptional: false };
}

/**
 * A literal that compares with anything as this value does: a JSON number too, as the int or double that stands at its
 * place on the number line.
 */
export function toComparand(value: ExactValue): Ast | undefined {
  if (!("number" in value)) return toLiteral(value);
  const number = floatOf(value);
  if (Number.isSafeInteger(number)) return newLiteral("int", number === 0 ? 0 : number);
  return Number.isFinite(number) && !Number.isInteger(number) ? newLiteral("double", number) : undefined;
}
