// Suite `cel-check`: recorded cases of the parser, the checker and the expansion of macros. What counts is the verdict, the
// inferred type, the expanded tree and the place of every finding; the wording is ours. Places are points there and ranges
// here: the point must lie in the range or at its end. After a syntax error every parser recovers in its own way, so of
// those the first place counts.
import { checkExpression } from "../../src/expression/checker/checker.js";
import { readDeclaration, readFunction, type TypeDeclaration } from "../../src/expression/checker/declaration.js";
import { FunctionSet } from "../../src/expression/checker/library.js";
import type { Signature } from "../../src/expression/checker/type-text.js";
import { BOOL, BYTES, DOUBLE, formatType, INT, NULL, STRING, type Type, UINT } from "../../src/expression/checker/type.js";
import { FindingList } from "../../src/expression/finding-list.js";
import { parseExpression } from "../../src/expression/parser.js";
import type { Finding } from "../../src/model/errors.js";
import { printExpanded } from "./cel-tree.js";
import type { CaseResult, Suite } from "./suite.js";

interface CheckCase {
  readonly suite: string;
  readonly expr: string;
  readonly container?: string;
  readonly typeEnv?: readonly DeclaredName[];
  /** The tree with macros expanded; absent where the text does not parse. */
  readonly ast?: string;
  readonly type?: string;
  readonly error?: string;
}

interface DeclaredName {
  readonly name: string;
  readonly ident?: { readonly type: RecordedType };
  readonly function?: { readonly overloads: readonly RecordedOverload[] };
}

interface RecordedOverload {
  readonly params?: readonly RecordedType[];
  readonly resultType: RecordedType;
  readonly isInstanceFunction?: boolean;
}

type RecordedType = Readonly<Record<string, unknown>>;

/** Levels that the recorded parser permits. */
const RECORDED_DEPTH_MAX = 32;
/** Text of a case in its name, cut to this many characters. */
const NAME_LENGTH_MAX = 80;

/** Names that the recorded checker knows in every case. */
const COMMON_VARIABLES: ReadonlyMap<string, Type> = new Map([
  ["is", STRING],
  ["ii", INT],
  ["iu", UINT],
  ["iz", BOOL],
  ["id", DOUBLE],
  ["ix", NULL],
  ["ib", BYTES],
]);
const COMMON_FUNCTIONS: ReadonlyMap<string, readonly Signature[]> = new Map([
  ["fg_s", [readFunction({ params: [], result: "string" })]],
  ["fi_s_s", [readFunction({ isMember: true, params: ["string"], result: "string" })]],
]);

export const celCheckSuite: Suite = {
  name: "cel-check",
  files: ["cel/parse-check.json"],
  run: (cases) => (cases as readonly CheckCase[]).map(runCase),
};

function runCase(item: CheckCase): CaseResult {
  const text = item.expr.replace(/\s+/g, " ").trim();
  const name = `${item.suite}/${text.length > NAME_LENGTH_MAX ? `${text.slice(0, NAME_LENGTH_MAX)}…` : text}`;
  const detail = findFault(item);
  if (detail === undefined) return { name, status: "passed" };
  if (needsProtobuf(item)) return { name, status: "skipped", detail: "needs protobuf messages" };
  return { name, status: "failed", detail: `${item.expr}\n  ${detail}` };
}

/** Are messages declared or made? */
function needsProtobuf({ expr, container = "", typeEnv = [] }: CheckCase): boolean {
  return `${expr} ${container}`.includes("google.") || /"(messageType|wellKnown)"/.test(JSON.stringify(typeEnv));
}

/** What is wrong with the case's outcome, or undefined. */
function findFault(item: CheckCase): string | undefined {
  const { ast, findings } = parseExpression(item.expr, { isCore: true, depthMax: RECORDED_DEPTH_MAX });
  const isRead = findings.length === 0;
  if (isRead !== (item.ast !== undefined)) return isRead ? `reads, expected ${item.error}` : `does not read: ${describe(findings)}`;
  if (!isRead) return comparePlaces(findings, readPoints(item), 1);
  const tree = printExpanded(ast);
  const expected = item.ast?.replace(/\^#\*expr\.\w+#/g, "");
  if (tree !== expected && !item.expr.includes("cel.bind")) return `expected the tree\n${expected}\n  got\n${tree}`;
  const list = new FindingList();
  // The recorded checker knows fewer macros than the recorded parser: existsOne() is a function to it, and none that it has.
  const checked = parseExpression(item.expr.replace(/\bexistsOne\b/g, "existsNot"), { isCore: true }).ast;
  const type = formatType(checkExpression(checked, { ...readScope(item), isStrict: true, isClosed: true }, list));
  const mistakes = list.resolve(item.expr);
  if (item.error !== undefined) return comparePlaces(mistakes, readPoints(item), undefined);
  if (mistakes.length > 0) return `expected ${item.type}, got ${describe(mistakes)}`;
  return type === item.type ? undefined : `expected ${item.type}, got ${type}`;
}

function describe(findings: readonly Finding[]): string {
  return findings
    .map(({ message, place }) => `${place.line}:${place.column}-${place.column + place.end - place.start} ${message}`)
    .join("; ");
}

/** Line and column of every recorded error; none where it has no place. */
function readPoints({ error = "" }: CheckCase): readonly (readonly [number, number])[] {
  return [...error.matchAll(/^ERROR: [^:]*:(-?\d+):(\d+): /gm)]
    .map(([, line, column]) => [Number(line), Number(column)] as const)
    .filter(([line]) => line > 0);
}

/** Compares the first `count` places, or all. */
function comparePlaces(
  findings: readonly Finding[],
  points: readonly (readonly [number, number])[],
  count: number | undefined,
): string | undefined {
  const sorted = [...findings].sort((left, right) => left.place.start - right.place.start || left.place.end - right.place.end);
  const shown = `expected ${JSON.stringify(points)}, got ${describe(sorted)}`;
  if (findings.length === 0) return shown;
  if (points.length === 0) return undefined;
  if (count === undefined && sorted.length !== points.length) return shown;
  const isFitting = points.slice(0, count).every((point, index) => isWithin(point, sorted[index]));
  return isFitting ? undefined : shown;
}

function isWithin([line, column]: readonly [number, number], finding: Finding | undefined): boolean {
  if (finding?.place.line !== line) return false;
  const { code, place } = finding;
  if (column > place.column + (place.end - place.start)) return false;
  // A wrong escape is shown by itself here, by the literal that it stands in there.
  return place.column <= column || (code === "expression/invalid-escape" && /["']/.test(place.snippet?.charAt(column - 1) ?? ""));
}

function readScope({ container = "", typeEnv = [] }: CheckCase) {
  const variables = new Map(COMMON_VARIABLES);
  const added = new Map(COMMON_FUNCTIONS);
  for (const { name, ident, function: declared } of typeEnv) {
    if (ident !== undefined) variables.set(name, readDeclaration(readType(ident.type)));
    if (declared !== undefined) added.set(name, declared.overloads.map(readOverload));
  }
  const functions = new FunctionSet(["standard", "optional", "strings"], added);
  return { container, functions, typeOf: (name: string) => variables.get(name) };
}

function readOverload({ params = [], resultType, isInstanceFunction = false }: RecordedOverload): Signature {
  return readFunction({ isMember: isInstanceFunction, params: params.map(readType), result: readType(resultType) });
}

const PRIMITIVES: Readonly<Record<string, string>> = {
  BOOL: "bool",
  INT64: "int",
  UINT64: "uint",
  DOUBLE: "double",
  STRING: "string",
  BYTES: "bytes",
};

/** A recorded type as ours. A message is a type of which nothing but the name is known. */
function readType(type: RecordedType): TypeDeclaration {
  const [[kind, value] = ["dyn", {}]] = Object.entries(type) as [string, unknown][];
  const inner = value as Readonly<Record<string, RecordedType>>;
  switch (kind) {
    case "primitive":
      return PRIMITIVES[value as string] ?? "dyn";
    case "wrapper":
      return { nullable: PRIMITIVES[value as string] ?? "dyn" };
    case "listType":
      return { list: readType(inner.elemType ?? {}) };
    case "mapType":
      return { map: [readType(inner.keyType ?? {}), readType(inner.valueType ?? {})] };
    case "messageType":
      return { abstract: value as string };
    case "typeParam":
      return { param: value as string };
    case "abstractType": {
      const { name, parameterTypes = [] } = value as { name: string; parameterTypes?: RecordedType[] };
      return { abstract: name, params: parameterTypes.map(readType) };
    }
    default:
      return "dyn";
  }
}
