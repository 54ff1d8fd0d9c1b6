// Values whose types are spelled out, as text: two results are the same when their texts are. Maps in any order, every NaN alike.
import type { ExactValue } from "../../../src/model/value.js";

export type { ExactValue };

/** What an evaluation came to: a value with its type as text, or "error". */
export type Outcome = string;
export const ERROR: Outcome = "error";

export function spell(value: ExactValue): Outcome {
  if ("null" in value) return "null";
  if ("list" in value) return `[${value.list.map(spell).join(", ")}]`;
  if ("map" in value) {
    const entries = value.map.map(([key, item]) => `${spell(key)}: ${spell(item)}`);
    return `{${entries.sort().join(", ")}}`;
  }
  if ("optional" in value) return value.optional === null ? "none" : `some(${spell(value.optional)})`;
  if ("timestamp" in value) return `timestamp ${value.timestamp.seconds}.${value.timestamp.nanos}`;
  if ("duration" in value) return `duration ${value.duration.seconds}.${value.duration.nanos}`;
  if ("double" in value) return `double ${spellDouble(Number(value.double))}`;
  const [[kind, content] = ["?", ""]] = Object.entries(value);
  return `${kind} ${JSON.stringify(content)}`;
}

export function spellDouble(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

export function exactDouble(value: number): ExactValue {
  if (Number.isFinite(value)) return { double: Object.is(value, -0) ? "-0" : value };
  return { double: String(value) as "NaN" };
}
