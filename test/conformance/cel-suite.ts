// Suite `cel`: the recorded CEL conformance cases, each compiled and evaluated in the kernel with values whose types are
// spelled out. A feature that is reported as unsupported never counts as the error that a case expects.
import { compileExact, loadExpressions } from "../../src/create-expressions.js";
import type { TypeName } from "../../src/model/definition.js";
import { WorkflowError } from "../../src/model/errors.js";
import type { ExactValue } from "../../src/model/value.js";
import type { CaseResult, Suite } from "./suite.js";

/** One case; see the README beside the recorded cases. */
export interface CelCase {
  readonly file: string;
  readonly section: string;
  readonly name: string;
  readonly expr: string;
  readonly bindings?: Readonly<Record<string, ExactValue>>;
  readonly container?: string;
  readonly typeEnv?: readonly { readonly name: string; readonly type?: unknown; readonly function?: unknown }[];
  readonly disableCheck?: boolean;
  readonly checkOnly?: boolean;
  readonly expect: { readonly value?: ExactValue; readonly error?: string; readonly type?: unknown };
}

export const celSuite: Suite = {
  name: "cel",
  files: ["cel/conformance.json"],
  async run(cases) {
    await loadExpressions();
    return (cases as readonly CelCase[]).map(runCase);
  },
};

function runCase(item: CelCase): CaseResult {
  const name = `${item.file}/${item.section}/${item.name}`;
  const detail = findFault(item);
  return detail === undefined ? { name, status: "passed" } : { name, status: "failed", detail: `${item.expr}\n  ${detail}` };
}

/** What is wrong with the case's outcome, or undefined. */
function findFault(item: CelCase): string | undefined {
  const { expect } = item;
  const outcome = evaluateCase(item);
  if (outcome.unsupported !== undefined) return outcome.unsupported;
  if (expect.error !== undefined) {
    return outcome.error === undefined ? `expected the error ${expect.error}, got ${JSON.stringify(outcome.value)}` : undefined;
  }
  if (outcome.error !== undefined) return `expected ${JSON.stringify(expect.value ?? expect.type)}, got the error ${outcome.error}`;
  if (expect.type !== undefined && JSON.stringify(expect.type) !== JSON.stringify(outcome.type)) {
    return `expected the type ${JSON.stringify(expect.type)}, got ${JSON.stringify(outcome.type)}`;
  }
  if (expect.value !== undefined && outcome.value !== undefined && !areEqual(expect.value, outcome.value)) {
    return `expected ${JSON.stringify(expect.value)}, got ${JSON.stringify(outcome.value)}`;
  }
  return undefined;
}

interface CaseOutcome {
  readonly value?: ExactValue;
  readonly type?: string;
  readonly error?: string;
  readonly unsupported?: string;
}

function evaluateCase(item: CelCase): CaseOutcome {
  const bindings = item.bindings ?? {};
  const variables: Record<string, TypeName> = {};
  for (const name of Object.keys(bindings)) variables[name] = "any";
  for (const { name, type } of item.typeEnv ?? []) if (type !== undefined) variables[name] = readType(type);
  try {
    const expression = compileExact(item.expr, { variables, container: item.container ?? "", isChecked: item.disableCheck !== true });
    try {
      const type = TYPE_NAMES[expression.type] ?? expression.type;
      return item.checkOnly === true ? { type } : { type, value: expression.evaluateExact(bindings) };
    } finally {
      expression.dispose();
    }
  } catch (error) {
    if (!(error instanceof WorkflowError)) return { unsupported: `crashed: ${String(error)}` };
    const unsupported = error.findings.find(({ code }) => code === "expression/unsupported");
    if (unsupported !== undefined) return { unsupported: unsupported.message };
    // The kernel reports what the compiler let through; anything else is a fault of ours.
    return error.code.startsWith("expression/")
      ? { error: `${error.code}: ${error.message}` }
      : { unsupported: `${error.code}: ${error.message}` };
  }
}

/** What the cases call types that have another name here. */
const TYPE_NAMES: Readonly<Record<string, string>> = { null: "null_type", any: "dyn" };
const SIMPLE_TYPES: ReadonlySet<string> = new Set(["bool", "int", "uint", "double", "string", "bytes", "timestamp", "duration"]);

function readType(type: unknown): TypeName {
  if (typeof type === "string") return SIMPLE_TYPES.has(type) ? (type as TypeName) : "any";
  if (typeof type !== "object" || type === null) return "any";
  return "list" in type ? "list" : "map" in type ? "map" : "any";
}

/** Equal types and values; maps in any order; NaN equals itself. */
function areEqual(expected: ExactValue, actual: ExactValue): boolean {
  if ("list" in expected) {
    if (!("list" in actual) || actual.list.length !== expected.list.length) return false;
    return expected.list.every((item, index) => areEqual(item, actual.list[index] as ExactValue));
  }
  if ("map" in expected) {
    if (!("map" in actual) || actual.map.length !== expected.map.length) return false;
    return expected.map.every(([key, value]) =>
      actual.map.some(([otherKey, otherValue]) => areEqual(key, otherKey) && areEqual(value, otherValue)),
    );
  }
  if ("timestamp" in expected) return "timestamp" in actual && isSameInstant(expected.timestamp, actual.timestamp);
  if ("duration" in expected) return "duration" in actual && isSameInstant(expected.duration, actual.duration);
  return JSON.stringify(expected) === JSON.stringify(actual);
}

function isSameInstant(
  left: { readonly seconds: string | number; readonly nanos: number },
  right: { readonly seconds: string | number; readonly nanos: number },
): boolean {
  return BigInt(left.seconds) === BigInt(right.seconds) && left.nanos === right.nanos;
}
