// Random values of a type, edge values among them, and ways to write them as literals.
import type { Chance } from "../../fuzz/chance.js";
import { type ExactValue, exactDouble } from "./exact.js";
import { textOfDuration, textOfTimestamp } from "./peers.js";

const INTS = [0n, 1n, -1n, 2n, 3n, 7n, 10n, 63n, 64n, 255n, 1000n, 2n ** 31n, -(2n ** 31n), 2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)];
const UINTS = [0n, 1n, 2n, 3n, 10n, 255n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n];
const DOUBLES = [0, -0, 1, -1, 0.5, 1.5, -2.5, 0.1, 3, 1e15, 1e21, 1e-7, 5e-324, 1.7976931348623157e308, 2 ** 53, 2 ** 63, 2 ** 64, -(2 ** 63), Number.NaN, Infinity, -Infinity];
const STRINGS = [
  "", "a", "b", "ab", "abc", "aab", "A", "é", "e\u0301", "\u0301", "😀", "a😀b", "straße", "ÄÖ", "жук", "日本", "0", "1", "-5", "007", "1.5", "true", "false", " a ", "\t\n", "a,b,c", "a\u00a0",
  "\ufeff", "\u200b", "ſK", "İ", "x y", "%", "^a+$", "2026-01-01T00:00:00Z", "1h", "\\", "'", '"', "\0",
];
const BYTES = ["", "YQ==", "AA==", "/w==", "8J+YgA==", "w6k=", "gA==", "YWJj"];
/** Seconds since 1970. */
const INSTANTS = [0, 1, -1, 951782399, 951782400, 1709164800, 1774785600, 1767225599, -62135596800, 253402300799, -2208988800, 4102444800];
const SPANS = [0n, 1n, -1n, 1_000_000_000n, -1_000_000_000n, 1_500_000_000n, -1_500_000_000n, 3_600_000_000_000n, 90_061_001_002_003n, -90_061_001_002_003n, 2n ** 62n, 2n ** 63n - 1n];

/** Splits `map(string, int)` into its name and parameters. */
export function paramsOf(type: string): readonly string[] {
  const open = type.indexOf("(");
  if (open < 0) return [];
  const inner = type.slice(open + 1, -1);
  const comma = inner.startsWith("map(") || inner.startsWith("list(") ? -1 : inner.indexOf(", ");
  return comma < 0 || type.startsWith("list") || type.startsWith("optional") ? [inner] : [inner.slice(0, comma), inner.slice(comma + 2)];
}

/** A value of a type. `isCoarse`: times in whole milliseconds. */
export function makeValue(type: string, chance: Chance, isCoarse: boolean): ExactValue {
  if (type.startsWith("list(")) {
    const [item = "int"] = paramsOf(type);
    return { list: Array.from({ length: chance.below(5) }, () => makeValue(item, chance, isCoarse)) };
  }
  if (type.startsWith("map(")) {
    const [key = "string", item = "int"] = paramsOf(type);
    const entries = new Map<string, readonly [ExactValue, ExactValue]>();
    for (let count = chance.below(4); count > 0; count -= 1) {
      const made = key === "string" ? { string: chance.pick(["a", "b", "c", "key", "", "é"]) } : makeValue(key, chance, isCoarse);
      entries.set(JSON.stringify(made), [made, makeValue(item, chance, isCoarse)]);
    }
    return { map: [...entries.values()] };
  }
  switch (type) {
    case "bool":
      return { bool: chance.oneIn(2) };
    case "int":
      return { int: String(chance.oneIn(3) ? chance.pick(INTS) : BigInt(chance.between(-4, 9))) };
    case "uint":
      return { uint: String(chance.oneIn(3) ? chance.pick(UINTS) : BigInt(chance.below(9))) };
    case "double":
      return exactDouble(chance.oneIn(2) ? chance.pick(DOUBLES) : chance.between(-40, 40) / 4);
    case "string":
      return { string: chance.pick(STRINGS) };
    case "bytes":
      return { bytes: chance.pick(BYTES) };
    case "timestamp":
      return { timestamp: { seconds: String(chance.pick(INSTANTS)), nanos: chance.pick(isCoarse ? [0, 0, 789_000_000] : [0, 0, 1, 123_456_789, 999_999_999]) } };
    case "duration": {
      const span = isCoarse ? (chance.pick(SPANS.slice(0, 8)) / 1_000_000n) * 1_000_000n : chance.pick(SPANS);
      return { duration: { seconds: String(span / 1_000_000_000n), nanos: Number(span % 1_000_000_000n) } };
    }
    default:
      return { null: true };
  }
}

/**
 * A literal, or a constructor call, that gives the value. "" where an empty list or map stands in it: the checker would know
 * less of its type than of the value's.
 */
export function writeValue(value: ExactValue, chance: Chance): string {
  if ("list" in value) return enclose("[", value.list.map((item) => writeValue(item, chance)), "]");
  if ("map" in value) {
    const entries = value.map.map(([key, item]) => [writeValue(key, chance), writeValue(item, chance)] as const);
    return enclose("{", entries.map(([key, item]) => (item === "" ? "" : `${key}: ${item}`)), "}");
  }
  if ("null" in value) return "null";
  if ("bool" in value) return String(value.bool);
  if ("int" in value) return writeInt(BigInt(value.int), chance);
  if ("uint" in value) return chance.oneIn(4) ? `0x${BigInt(value.uint).toString(16)}u` : `${value.uint}u`;
  if ("double" in value) return writeDouble(Number(value.double), chance);
  if ("string" in value) return writeString(value.string, chance);
  if ("bytes" in value) return writeBytes(Buffer.from(value.bytes, "base64"));
  if ("timestamp" in value) return `timestamp('${textOfTimestamp(value.timestamp)}')`;
  if ("duration" in value) return `duration('${textOfDuration(value.duration)}')`;
  throw new Error(`${JSON.stringify(value)} cannot be written`);
}

function enclose(open: string, texts: readonly string[], close: string): string {
  return texts.length === 0 || texts.includes("") ? "" : `${open}${texts.join(", ")}${close}`;
}

function writeInt(value: bigint, chance: Chance): string {
  const magnitude = value < 0n ? -value : value;
  const digits = chance.oneIn(4) ? `0x${magnitude.toString(16)}` : String(magnitude);
  return value < 0n ? `(-${digits})` : digits;
}

function writeDouble(value: number, chance: Chance): string {
  if (Number.isNaN(value)) return "(0.0 / 0.0)";
  if (!Number.isFinite(value)) return value < 0 ? "(-1.0 / 0.0)" : "(1.0 / 0.0)";
  const text = String(Math.abs(value));
  const marked = /[.e]/.test(text) ? text : chance.oneIn(3) ? `${text}e0` : `${text}.0`;
  return value < 0 || Object.is(value, -0) ? `(-${marked})` : marked;
}

function writeString(value: string, chance: Chance): string {
  const isSimple = /^[\x20-\x7e\u00a1-\ufefe\u{10000}-\u{10ffff}]*$/u.test(value) && !/['"\\]|[\u0300-\u036f]|\u200b/.test(value);
  if (isSimple && chance.oneIn(6)) return `${chance.pick(["r", "R"])}${chance.oneIn(2) ? `'${value}'` : `"${value}"`}`;
  if (isSimple && chance.oneIn(6)) return chance.oneIn(2) ? `'''${value}'''` : `"""${value}"""`;
  const quote = chance.pick(["'", '"']);
  return `${quote}${[...value].map((character) => writeCharacter(character, quote, chance)).join("")}${quote}`;
}

function writeCharacter(character: string, quote: string, chance: Chance): string {
  const code = character.codePointAt(0) ?? 0;
  if (character === "\n") return "\\n";
  if (character === "\t") return "\\t";
  if (character === quote || character === "\\") return `\\${character}`;
  if (code > 0xffff) return chance.oneIn(2) ? character : `\\U${code.toString(16).padStart(8, "0")}`;
  if (code < 0x20 || chance.oneIn(8)) return code < 0x100 && chance.oneIn(2) ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  return character;
}

function writeBytes(bytes: Uint8Array): string {
  return `b'${[...bytes].map((byte) => (byte >= 0x61 && byte < 0x7b ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`)).join("")}'`;
}
