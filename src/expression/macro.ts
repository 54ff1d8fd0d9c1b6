// Recognises CEL's macros among the calls (langdef.md, "Macros", and the libraries of two-variable comprehensions, bindings,
// blocks and optionals). A call that only looks like one (other argument count) stays a call.
import type { Ast, BindNode, CallNode, LoopMacro } from "./ast.js";
import type { FindingList } from "./finding-list.js";
import { WordTable } from "./word-table.js";

/** Macros over a list or map: how they are called, and how many arguments they take with one variable and with two. */
interface LoopForm {
  readonly macro: LoopMacro;
  /** Arguments with one variable; 0: there is no such form. */
  readonly one: number;
  readonly two: number;
  /** May a filter stand before the body? */
  readonly hasFilter: boolean;
}

const LOOP_FORMS = new WordTable<LoopForm>([
  ["all", { macro: "all", one: 2, two: 3, hasFilter: false }],
  ["exists", { macro: "exists", one: 2, two: 3, hasFilter: false }],
  ["exists_one", { macro: "exists_one", one: 2, two: 3, hasFilter: false }],
  ["existsOne", { macro: "exists_one", one: 2, two: 3, hasFilter: false }],
  ["map", { macro: "map", one: 2, two: 0, hasFilter: true }],
  ["filter", { macro: "filter", one: 2, two: 0, hasFilter: false }],
  ["transformList", { macro: "transformList", one: 0, two: 3, hasFilter: true }],
  ["transformMap", { macro: "transformMap", one: 0, two: 3, hasFilter: true }],
  ["transformMapEntry", { macro: "transformMapEntry", one: 0, two: 3, hasFilter: true }],
  ["sortBy", { macro: "sortBy", one: 2, two: 0, hasFilter: false }],
]);
/** Values of one cel.block(). */
export const BLOCK_VALUE_COUNT_MAX = 100;

/** What CEL's expansion of a macro calls its own variable: no other variable may have the name. */
const ACCUMULATOR = "__result__";
/** Macros of the core language, besides has() and cel.bind(). */
const CORE_MACROS: ReadonlySet<string> = new Set(["all", "exists", "exists_one", "existsOne", "map", "filter"]);

/** Is it the name of a macro, or does it belong to one? */
export function isMacroName(name: string): boolean {
  return LOOP_FORMS.get(name) !== undefined || name === "has" || name === "optMap" || name === "optFlatMap" || name.startsWith("cel.");
}

/** The macro that a call is, or the call itself. Reports a macro whose arguments cannot be meant. `isCore`: as in ParseOptions. */
export function readMacro(call: CallNode, findings: FindingList, isCore = false): Ast {
  const { target, args, name } = call;
  if (isCore && !isCoreMacro(call)) return call;
  if (target === undefined) return name === "has" && args.length === 1 ? readHas(call, args[0] as Ast, findings) : call;
  if (target.kind === "identifier" && target.name === "cel") {
    const special = readCelMacro(call, findings);
    if (special !== call) return special;
  }
  if ((name === "optMap" || name === "optFlatMap") && args.length === 2) return readOptionalMap(call, target, findings);
  const form = LOOP_FORMS.get(name);
  return form === undefined ? call : readLoop(call, target, form, findings);
}

function isCoreMacro({ target, args, name }: CallNode): boolean {
  if (target === undefined || (name === "bind" && target.kind === "identifier" && target.name === "cel")) return true;
  return CORE_MACROS.has(name) && (args.length === 2 || name === "map");
}

function readLoop(call: CallNode, range: Ast, form: LoopForm, findings: FindingList): Ast {
  const { args, start, end } = call;
  const { macro, one, two, hasFilter } = form;
  const count = args.length;
  const hasOne = one !== 0 && (count === one || (hasFilter && count === one + 1));
  const hasTwo = two !== 0 && (count === two || (hasFilter && count === two + 1));
  if (!hasOne && !hasTwo) return call;
  const variable = readVariable(call, args[0] as Ast, findings);
  const secondVariable = hasTwo ? readVariable(call, args[1] as Ast, findings) : undefined;
  if (variable === undefined || (hasTwo && secondVariable === undefined)) return { kind: "invalid", start, end };
  if (variable === secondVariable) {
    findings.report("expression/invalid-macro", `The two variables of ${call.name}() need different names`, call.nameStart, end);
    return { kind: "invalid", start, end };
  }
  const filter = count === (hasOne ? one : two) + 1 ? (args[count - 2] as Ast) : undefined;
  const body = args[count - 1] as Ast;
  if (secondVariable === undefined) return { kind: "loop", start, end, macro, range, variable, filter, body };
  return { kind: "loop", start, end, macro, range, variable, secondVariable, filter, body };
}

/** The name of a macro's variable; undefined, and reported, where the argument is none. */
function readVariable({ name }: CallNode, node: Ast, findings: FindingList): string | undefined {
  if (node.kind === "identifier" && !node.isRooted && node.name !== ACCUMULATOR) return node.name;
  if (node.kind !== "invalid") findings.report("expression/invalid-macro", `A variable of ${name}() is a plain name`, node.start, node.end);
  return undefined;
}

function readHas(call: CallNode, argument: Ast, findings: FindingList): Ast {
  const { start, end } = call;
  if (argument.kind === "select" && !argument.isOptional)
    return { kind: "has", start, end, operand: argument.operand, field: argument.field };
  if (argument.kind !== "invalid")
    findings.report("expression/invalid-macro", "has() takes a field selection such as has(a.b)", argument.start, argument.end);
  return { kind: "invalid", start, end };
}

function readOptionalMap(call: CallNode, operand: Ast, findings: FindingList): Ast {
  const { start, end, args, name } = call;
  const variable = readVariable(call, args[0] as Ast, findings);
  if (variable === undefined) return { kind: "invalid", start, end };
  return { kind: "optMap", start, end, operand, variable, body: args[1] as Ast, isFlat: name === "optFlatMap" };
}

/** cel.bind(), cel.block() and the names that only a block has. */
function readCelMacro(call: CallNode, findings: FindingList): Ast {
  const { start, end, args, name } = call;
  if (name === "bind" && args.length === 3) {
    const variable = readVariable(call, args[0] as Ast, findings);
    if (variable === undefined) return { kind: "invalid", start, end };
    return { kind: "bind", start, end, variable, value: args[1] as Ast, body: args[2] as Ast };
  }
  if (name === "block" && args.length === 2) return readBlock(call, args[0] as Ast, args[1] as Ast, findings);
  const numbers = args.map((argument) => (argument.kind === "literal" && argument.type === "int" ? String(argument.value) : ""));
  if (numbers.length === 0 || numbers.includes("")) return call;
  if (name === "index" && numbers.length === 1) return { kind: "identifier", start, end, name: `@index${numbers[0]}`, isRooted: false };
  if ((name === "iterVar" || name === "accuVar") && numbers.length === 2)
    return { kind: "identifier", start, end, name: `@${name}:${numbers.join(":")}`, isRooted: false };
  return call;
}

function readBlock(call: CallNode, values: Ast, body: Ast, findings: FindingList): Ast {
  const { start, end } = call;
  if (values.kind !== "list" || values.hasOptional || values.items.length > BLOCK_VALUE_COUNT_MAX) {
    const message = `The first argument of cel.block() is a list of at most ${BLOCK_VALUE_COUNT_MAX} values`;
    if (values.kind !== "invalid") findings.report("expression/invalid-macro", message, values.start, values.end);
    return { kind: "invalid", start, end };
  }
  return values.items.reduceRight<Ast>(
    (inner, value, index): BindNode => ({ kind: "bind", start, end, variable: `@index${index}`, value, body: inner }),
    body,
  );
}
