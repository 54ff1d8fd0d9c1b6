// The two other implementations: their forms of values, and what they make of an expression.
import { type CelValue, celEnv, celList, celMap, celUint, isCelError, isCelList, isCelMap, isCelType, isCelUint, parse, plan } from "@bufbuild/cel";
import { strings } from "@bufbuild/cel/ext";
import { Environment, Optional } from "@marcbachmann/cel-js";
import { ERROR, type ExactValue, exactDouble, type Outcome, spell } from "./exact.js";

export type PeerName = "bufbuild" | "marcbachmann";

export interface Peer {
  readonly name: PeerName;
  evaluate(text: string, context: Readonly<Record<string, ExactValue>>): Outcome;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

// --- @bufbuild/cel ---------------------------------------------------------------------------------------------------

const env = celEnv({ funcs: strings });

function evaluateBufbuild(text: string, context: Readonly<Record<string, ExactValue>>): Outcome {
  try {
    const bindings = Object.fromEntries(Object.entries(context).map(([name, value]) => [name, toBufbuild(value)]));
    const result = plan(env, parse(text))(bindings);
    return isCelError(result) ? ERROR : spell(fromBufbuild(result));
  } catch {
    return ERROR;
  }
}

function evaluateConstant(text: string): CelValue {
  const result = plan(env, parse(text))({});
  if (isCelError(result)) throw new Error(`${text}: ${result.message}`);
  return result;
}

function toBufbuild(value: ExactValue): CelValue {
  if ("null" in value) return null;
  if ("bool" in value) return value.bool;
  if ("int" in value) return BigInt(value.int);
  if ("uint" in value) return celUint(BigInt(value.uint));
  if ("double" in value) return Number(value.double);
  if ("string" in value) return value.string;
  if ("bytes" in value) return new Uint8Array(Buffer.from(value.bytes, "base64"));
  if ("list" in value) return celList(value.list.map(toBufbuild));
  if ("map" in value) return celMap(new Map(value.map.map(([key, item]) => [toBufbuild(key) as string, toBufbuild(item)])));
  if ("timestamp" in value) return evaluateConstant(`timestamp('${textOfTimestamp(value.timestamp)}')`);
  if ("duration" in value) return evaluateConstant(`duration('${textOfDuration(value.duration)}')`);
  throw new Error(`${spell(value)} has no form there`);
}

function fromBufbuild(value: CelValue): ExactValue {
  if (value === null) return { null: true };
  if (typeof value === "boolean") return { bool: value };
  if (typeof value === "bigint") return { int: String(value) };
  if (typeof value === "number") return exactDouble(value);
  if (typeof value === "string") return { string: value };
  if (isCelUint(value)) return { uint: String(value.value) };
  if (value instanceof Uint8Array) return { bytes: base64(value) };
  if (isCelList(value)) return { list: [...value].map(fromBufbuild) };
  if (isCelMap(value)) return { map: [...value].map(([key, item]) => [fromBufbuild(key as CelValue), fromBufbuild(item)] as const) };
  if (isCelType(value)) return { type: value.name };
  const { message } = value as unknown as { readonly message: { readonly $typeName: string; readonly seconds: bigint; readonly nanos: number } };
  const instant = { seconds: String(message.seconds), nanos: message.nanos };
  return message.$typeName === "google.protobuf.Timestamp" ? { timestamp: instant } : { duration: instant };
}

// --- @marcbachmann/cel-js --------------------------------------------------------------------------------------------

const environment = new Environment({
  unlistedVariablesAreDyn: true,
  homogeneousAggregateLiterals: false,
  enableOptionalTypes: true,
  limits: { maxCallArguments: 64, maxDepth: 1_000 },
});

function evaluateMarcbachmann(text: string, context: Readonly<Record<string, ExactValue>>): Outcome {
  try {
    const bindings = Object.fromEntries(Object.entries(context).map(([name, value]) => [name, toMarcbachmann(value)]));
    return spell(fromMarcbachmann(environment.parse(text)(bindings)));
  } catch {
    return ERROR;
  }
}

function toMarcbachmann(value: ExactValue): unknown {
  if ("null" in value) return null;
  if ("bool" in value) return value.bool;
  if ("int" in value) return BigInt(value.int);
  if ("uint" in value) return environment.evaluate(`${value.uint}u`);
  if ("double" in value) return Number(value.double);
  if ("string" in value) return value.string;
  if ("bytes" in value) return new Uint8Array(Buffer.from(value.bytes, "base64"));
  if ("list" in value) return value.list.map(toMarcbachmann);
  if ("map" in value) return new Map(value.map.map(([key, item]) => [toMarcbachmann(key), toMarcbachmann(item)]));
  if ("timestamp" in value) return new Date(Number(value.timestamp.seconds) * 1_000 + value.timestamp.nanos / 1e6);
  if ("duration" in value) return environment.evaluate(`duration('${textOfDuration(value.duration)}')`);
  throw new Error(`${spell(value)} has no form there`);
}

interface TimeParts {
  readonly seconds: bigint;
  readonly nanos: number;
}

function fromMarcbachmann(value: unknown): ExactValue {
  if (value === null) return { null: true };
  if (typeof value === "boolean") return { bool: value };
  if (typeof value === "bigint") return { int: String(value) };
  if (typeof value === "number") return exactDouble(value);
  if (typeof value === "string") return { string: value };
  if (value instanceof Uint8Array) return { bytes: base64(value) };
  if (Array.isArray(value) || value instanceof Set) return { list: [...value].map(fromMarcbachmann) };
  if (value instanceof Map) return { map: [...value].map(([key, item]) => [fromMarcbachmann(key), fromMarcbachmann(item)] as const) };
  if (value instanceof Date) {
    const ms = value.getTime();
    if (Number.isNaN(ms)) throw new Error("an invalid date");
    const seconds = Math.floor(ms / 1_000);
    return { timestamp: { seconds: String(seconds), nanos: (ms - seconds * 1_000) * 1_000_000 } };
  }
  if (value instanceof Optional) return { optional: value.hasValue() ? fromMarcbachmann(value.value()) : null };
  return fromMarcbachmannObject(value as object);
}

function fromMarcbachmannObject(value: object): ExactValue {
  if ("seconds" in value && "nanos" in value) {
    const { seconds, nanos } = value as TimeParts;
    return { duration: { seconds: String(seconds), nanos } };
  }
  if ("value" in value && typeof value.value === "bigint") return { uint: String(value.value) };
  if (value.constructor.name.startsWith("Type") && "name" in value) return { type: String(value.name) };
  if (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null) {
    return { map: Object.entries(value).map(([key, item]) => [{ string: key }, fromMarcbachmann(item)] as const) };
  }
  throw new Error(`what is a ${value.constructor.name}?`);
}

// --- instants --------------------------------------------------------------------------------------------------------

interface Instant {
  readonly seconds: string | number;
  readonly nanos: number;
}

/** RFC 3339 in UTC, years 1 to 9999. */
export function textOfTimestamp({ seconds, nanos }: Instant): string {
  const date = new Date(Number(seconds) * 1_000).toISOString().replace(/\.000Z$/, "");
  return `${date}${nanos === 0 ? "" : `.${String(nanos).padStart(9, "0")}`}Z`;
}

/** As a text for duration(). */
export function textOfDuration({ seconds, nanos }: Instant): string {
  const total = BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
  return `${total}ns`;
}

export const PEERS: readonly Peer[] = [
  { name: "bufbuild", evaluate: evaluateBufbuild },
  { name: "marcbachmann", evaluate: evaluateMarcbachmann },
];
