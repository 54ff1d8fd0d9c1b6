// Functions that stand without an object in `{{ }}`, as Attune and other engines with bare templates have them. Orquesta's own Jinja
// knows none of these names, so they are additions: no workflow of its means something else by them.
import type { Ast } from "../../expression/ast.js";
import * as cel from "./cel.js";
import type { FunctionContext } from "./function-context.js";
import type { Term } from "./terms.js";
import type { Translated } from "./translated.js";

type Call = Term & { readonly kind: "call" };
type Maker = (args: readonly Ast[]) => Translated;

const number = (ast: Ast): Translated => ({ ast, type: "number" });
const any = (ast: Ast): Translated => ({ ast, type: "any" });
const mathOf = (name: string) => (args: readonly Ast[]) => number(cel.method(cel.identifier("math"), name, ...args));
/** CEL rounds doubles only. */
const roundingOf = (name: string) => (args: readonly Ast[]) => number(cel.method(cel.identifier("math"), name, ...args.map((arg) => cel.call("double", arg))));
const methodOf = (name: string, type: Translated["type"]) => (args: readonly Ast[]) => ({ ast: cel.method(args[0] as Ast, name, ...args.slice(1)), type });

/** By name: how many arguments, and what is made of them. */
const MAKERS: ReadonlyMap<string, readonly [number, Maker]> = new Map<string, readonly [number, Maker]>([
  ["length", [1, (args) => number(cel.call("size", ...args))]],
  ["string", [1, (args) => ({ ast: cel.call("string", ...args), type: "string" })]],
  ["number", [1, (args) => number(cel.call("double", ...args))]],
  ["int", [1, (args) => number(cel.call("int", ...args))]],
  ["type_of", [1, ([arg]) => ({ ast: nameType(arg as Ast), type: "string" })]],
  ["keys", [1, ([arg]) => any(cel.transformList(arg as Ast, "k", "v", cel.identifier("k")))]],
  ["values", [1, ([arg]) => any(cel.transformList(arg as Ast, "k", "v", cel.identifier("v")))]],
  ["sort", [1, methodOf("sort", "any")]],
  ["abs", [1, mathOf("abs")]],
  ["floor", [1, roundingOf("floor")]],
  ["ceil", [1, roundingOf("ceil")]],
  ["round", [1, roundingOf("round")]],
  ["min", [2, mathOf("least")]],
  ["max", [2, mathOf("greatest")]],
  ["trim", [1, methodOf("trim", "string")]],
  ["replace", [3, methodOf("replace", "string")]],
  ["starts_with", [2, methodOf("startsWith", "bool")]],
  ["ends_with", [2, methodOf("endsWith", "bool")]],
]);

/** Undefined where there is no such function, or it has another number of arguments. */
export function callBareFunction(term: Call, context: FunctionContext): Translated | undefined {
  const { name, args } = term;
  const [first] = args;
  const maker = MAKERS.get(name);
  if (maker !== undefined) return maker[0] === args.length && term.named.length === 0 ? maker[1](args.map((arg) => context.translate(arg).ast)) : undefined;
  if (first === undefined || args.length !== 1) return undefined;
  switch (name) {
    case "bool":
      return { ast: findTruth(first, context), type: "bool" };
    case "sum":
      return sumUp(first, context);
    case "lower":
    case "upper":
      return { ast: changeCase(name, first, context), type: "string" };
  }
  return undefined;
}

function nameType(value: Ast): Ast {
  const type = cel.call("type", cel.identifier("v"));
  const isOne = (...names: readonly string[]) => cel.binary(type, "in", cel.list(names.map((name) => cel.identifier(name))));
  const names: readonly (readonly [string, readonly string[]])[] = [
    ["string", ["string"]],
    ["bool", ["bool"]],
    ["array", ["list"]],
    ["object", ["map"]],
    ["number", ["int", "uint", "double"]],
  ];
  const named = names.reduceRight<Ast>((otherwise, [name, types]) => cel.conditional(isOne(...types), cel.literal(name), otherwise), cel.literal("null"));
  return cel.bind("v", cel.call("dyn", value), named);
}

function findTruth(term: Term, context: FunctionContext): Ast {
  const { ast, type } = context.translate(term);
  if (type === "number") return cel.binary(ast, "!=", cel.literal(0));
  if (type === "string") return cel.binary(ast, "!=", cel.literal(""));
  return type === "bool" || type === "outcome" ? ast : context.refuse("What is true of this cannot be translated: its type is not known", term);
}

function sumUp(term: Term, context: FunctionContext): Translated {
  if (term.kind !== "list") return context.refuse("sum() is translated of a list that is written out: CEL has no sum", term);
  const [first, ...rest] = term.items.map((item) => context.translate(item).ast);
  return number(rest.reduce<Ast>((sum, item) => cel.binary(sum, "+", item), first ?? cel.literal(0)));
}

/** CEL changes letters of ASCII only: a constant is changed at once. */
function changeCase(name: "lower" | "upper", term: Term, context: FunctionContext): Ast {
  if (term.kind !== "constant" || typeof term.value !== "string") return context.refuse(`${name}() is translated of a constant: CEL changes letters of ASCII only`, term);
  return cel.literal(name === "lower" ? term.value.toLowerCase() : term.value.toUpperCase());
}
