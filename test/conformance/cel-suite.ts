// Suite `cel`: the recorded CEL conformance cases, each checked, compiled and evaluated in the kernel with values whose types
// are spelled out. A feature that is reported as unsupported never counts as the error that a case expects; where the type
// that CEL's own checker infers was recorded, ours must be the same.
import { compileExact, loadExpressions } from "../../src/create-expressions.js";
import { checkExpression } from "../../src/expression/checker/checker.js";
import { type FunctionDeclaration, readDeclaration, readFunction, type TypeDeclaration } from "../../src/expression/checker/declaration.js";
import { ALL_LIBRARIES, FunctionSet } from "../../src/expression/checker/library.js";
import { formatType } from "../../src/expression/checker/type.js";
import { VariableSet } from "../../src/expression/checker/variable-set.js";
import { FindingList } from "../../src/expression/finding-list.js";
import { parseExpression } from "../../src/expression/parser.js";
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
  readonly typeEnv?: readonly DeclaredName[];
  readonly disableCheck?: boolean;
  readonly checkOnly?: boolean;
  readonly expect: { readonly value?: ExactValue; readonly error?: string; readonly type?: TypeDeclaration };
  readonly inferredType?: string;
}

interface DeclaredName {
  readonly name: string;
  readonly type?: TypeDeclaration;
  readonly function?: { readonly overloads: readonly (Omit<FunctionDeclaration, "isMember"> & { readonly member: boolean })[] };
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
  const type = expectedType(item);
  if (type !== undefined && type !== outcome.type) return `expected the type ${type}, got ${outcome.type}`;
  if (expect.value !== undefined && outcome.value !== undefined && !areEqual(expect.value, outcome.value)) {
    return `expected ${JSON.stringify(expect.value)}, got ${JSON.stringify(outcome.value)}`;
  }
  return undefined;
}

/** The type that the case states, or else the one that was recorded. */
function expectedType({ expect, inferredType, disableCheck }: CelCase): string | undefined {
  if (disableCheck === true) return undefined;
  return expect.type === undefined ? inferredType : formatType(readDeclaration(expect.type));
}

interface CaseOutcome {
  readonly value?: ExactValue;
  readonly type?: string;
  readonly error?: string;
  readonly unsupported?: string;
}

function evaluateCase(item: CelCase): CaseOutcome {
  if (item.checkOnly === true) return checkCase(item);
  const { expr, bindings = {}, container = "", disableCheck = false } = item;
  try {
    const expression = compileExact(expr, { variables: readVariables(item), container, isChecked: !disableCheck, isStrict: true });
    try {
      return { type: expression.inferredType, value: expression.evaluateExact(bindings) };
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

/** The type alone, of expressions over functions that nobody defines. */
function checkCase(item: CelCase): CaseOutcome {
  const { expr, container = "" } = item;
  const variables = new VariableSet(readVariables(item), true);
  const findings = new FindingList();
  const scope = {
    container,
    isStrict: true,
    isClosed: true,
    functions: readFunctions(item),
    typeOf: (name: string) => variables.declarationOf(name),
  };
  const type = formatType(checkExpression(parseExpression(expr).ast, scope, findings));
  const [first] = findings.resolve(expr);
  return first === undefined ? { type } : { error: `${first.code}: ${first.message}` };
}

/** Declared variables; values without declaration are dyn. */
function readVariables({ bindings = {}, typeEnv = [] }: CelCase): Record<string, TypeDeclaration> {
  const variables: Record<string, TypeDeclaration> = {};
  for (const name of Object.keys(bindings)) variables[name] = "any";
  for (const { name, type } of typeEnv) if (type !== undefined) variables[name] = type;
  return variables;
}

function readFunctions({ typeEnv = [] }: CelCase): FunctionSet {
  const added = typeEnv.flatMap(({ name, function: declared }) =>
    declared === undefined
      ? []
      : [[name, declared.overloads.map(({ member, ...rest }) => readFunction({ ...rest, isMember: member }))] as const],
  );
  return new FunctionSet(ALL_LIBRARIES, new Map(added));
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
