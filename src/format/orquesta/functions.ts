// The functions and methods of YAQL and Jinja that can be translated, each with what makes it exact. Unknown ones are refused.
import type { Ast } from "../../expression/ast.js";
import { callBareFunction } from "./bare-functions.js";
import * as cel from "./cel.js";
import type { FunctionContext } from "./function-context.js";
import type { Term } from "./terms.js";
import { toText, type Translated } from "./translated.js";

type Call = Term & { readonly kind: "call" };

const OUTCOMES: ReadonlySet<string> = new Set(["succeeded", "failed", "completed"]);

export function callFunction(term: Call, context: FunctionContext): Translated {
  const { name, args } = term;
  if (OUTCOMES.has(name) && args.length === 0) return { ast: cel.identifier(name), type: "outcome" };
  const [first, second] = args;
  switch (name) {
    case "ctx":
      return callContext(term, context);
    case "result":
      if (args.length === 0) return { ast: context.hasOutcome ? readResult() : cel.identifier("result"), type: "any" };
      break;
    case "item":
      if (first === undefined) return { ast: cel.identifier("item"), type: "any" };
      return { ast: cel.select(cel.identifier("item"), nameOf(first, context)), type: "any" };
    case "task_status":
      if (first !== undefined) return { ast: cel.select(cel.select(cel.identifier("tasks"), nameOf(first, context)), "status"), type: "string" };
      break;
    case "json":
      if (first !== undefined && second === undefined) return { ast: parseJson(first, context), type: "any" };
      break;
    case "dict":
      return { ast: makeDict(term, context), type: "any" };
    case "list":
      if (context.language === "yaql") return { ast: makeList(term, context), type: "any" };
      break;
    case "str":
      if (context.language === "yaql" && first !== undefined) return { ast: toText(context.translate(first)), type: "string" };
      break;
    case "len":
      if (context.language === "yaql" && first !== undefined) return { ast: cel.call("size", context.translate(first).ast), type: "number" };
      break;
    case "random":
      return context.refuse("A random value cannot be translated: a run gives the same each time it is replayed; take it from a task", term);
  }
  const bare = context.language === "jinja" ? callBareFunction(term, context) : undefined;
  return bare ?? context.refuse(`The function "${name}" cannot be translated`, term);
}

/** Of a task that failed: what its error has beside code and message. */
function readResult(): Ast {
  const details = cel.method(cel.index(cel.identifier("error"), cel.literal("details"), true), "orValue", cel.constant(null));
  return cel.conditional(cel.identifier("failed"), details, cel.identifier("result"));
}

function callContext(term: Call, context: FunctionContext): Translated {
  const [first] = term.args;
  if (first === undefined) return { ast: cel.identifier("vars"), type: "any" };
  if (first.kind === "constant") return context.readContext(String(first.value), term);
  return { ast: cel.index(cel.identifier("vars"), context.translate(first).ast), type: "any" };
}

function nameOf(term: Term, context: FunctionContext): string {
  return term.kind === "constant" && typeof term.value === "string" && /^[A-Za-z_]\w*$/.test(term.value) ? term.value : context.refuse("A name is expected here", term);
}

/** The text of a constant is read at once: CEL has no function for it. */
function parseJson(term: Term, context: FunctionContext): Ast {
  if (term.kind !== "constant" || typeof term.value !== "string") return context.refuse("json() is translated where its argument is a text", term);
  try {
    return cel.constant(JSON.parse(term.value) as unknown);
  } catch {
    return context.refuse("This is no JSON", term);
  }
}

/** `dict(a => 1)`, and `dict` of a list of pairs. */
function makeDict({ args, named }: Call, context: FunctionContext): Ast {
  const [first] = args;
  if (first === undefined) return cel.map(named.map(([key, value]) => [context.translate(key).ast, context.translate(value).ast] as const));
  if (args.length > 1 || named.length > 0) return context.refuse("dict() has one list of pairs, or names with values", first);
  const pair = cel.identifier("p");
  return cel.mapEntries(context.translate(first).ast, "p", cel.index(pair, cel.literal(0)), cel.index(pair, cel.literal(1)));
}

/** YAQL unpacks arguments that are lists: only what surely is none stays as it is. */
function makeList({ args }: Call, context: FunctionContext): Ast {
  return cel.list(
    args.map((arg) => {
      const { ast, type } = context.translate(arg);
      return type === "any" && arg.kind !== "constant" ? context.refuse("list() would unpack this where it is a list; write [ … ]", arg) : ast;
    }),
  );
}

export function callMethod(term: Call, context: FunctionContext): Translated {
  const translated = context.language === "yaql" ? callYaqlMethod(term, context) : term.isFilter === true ? callFilter(term, context) : callPythonMethod(term, context);
  return translated ?? context.refuse(`"${term.name}" cannot be translated`, term);
}

function callYaqlMethod(term: Call, context: FunctionContext): Translated | undefined {
  const { name, args } = term;
  const target = term.target as Term;
  const [first, second] = args;
  const value = () => context.translate(target).ast;
  switch (name) {
    case "get":
      return first === undefined ? undefined : { ast: getValue(target, first, second, context), type: "any" };
    case "len":
    case "count":
      return args.length === 0 ? { ast: cel.call("size", value()), type: "number" } : undefined;
    case "distinct":
      return args.length === 0 ? { ast: cel.method(value(), "distinct"), type: "any" } : undefined;
    case "select":
      return first === undefined ? undefined : { ast: context.translateLoop(value(), first, "$", (variable, body) => cel.loop("map", value(), variable, body.ast)), type: "any" };
    case "where":
      return first === undefined ? undefined : { ast: translateWhere(value(), first, context), type: "any" };
  }
  return undefined;
}

function translateWhere(range: Ast, condition: Term, context: FunctionContext): Ast {
  return context.translateLoop(range, condition, "$", (variable, body) => {
    if (body.type !== "bool") context.refuse("A condition is true or false: compare something", condition);
    return cel.loop("filter", range, variable, body.ast);
  });
}

/** `get(key)`, null where the key is missing; of the context too. */
function getValue(target: Term, key: Term, standard: Term | undefined, context: FunctionContext): Ast {
  const value = cel.index(context.translate(target).ast, context.translate(key).ast, true);
  return withStandard(standard, context, (otherwise) => cel.method(value, "orValue", otherwise));
}

/** Both languages work out the value that stands in, whether or not it is needed: where that fails, all of it fails. */
function withStandard(standard: Term | undefined, context: FunctionContext, make: (otherwise: Ast) => Ast): Ast {
  if (standard === undefined) return make(cel.literal(null));
  const { ast } = context.translate(standard);
  if (standard.kind === "constant") return make(ast);
  return cel.index(cel.loop("map", cel.list([ast]), "d", make(cel.identifier("d"))), cel.literal(0));
}

function callPythonMethod(term: Call, context: FunctionContext): Translated | undefined {
  const target = term.target as Term;
  const [first, second] = term.args;
  const value = () => context.translate(target).ast;
  switch (term.name) {
    case "get":
      return first === undefined ? undefined : { ast: getValue(target, first, second, context), type: "any" };
    case "startswith":
      return first === undefined ? undefined : { ast: cel.method(value(), "startsWith", context.translate(first).ast), type: "bool" };
    case "endswith":
      return first === undefined ? undefined : { ast: cel.method(value(), "endsWith", context.translate(first).ast), type: "bool" };
    case "replace":
      return first === undefined || second === undefined ? undefined : { ast: cel.method(value(), "replace", context.translate(first).ast, context.translate(second).ast), type: "string" };
    case "split":
      return first === undefined ? undefined : { ast: cel.method(value(), "split", context.translate(first).ast), type: "any" };
  }
  return undefined;
}

function callFilter(term: Call, context: FunctionContext): Translated | undefined {
  const target = term.target as Term;
  const [first, second] = term.args;
  const value = () => context.translate(target).ast;
  switch (term.name) {
    case "length":
    case "count":
      return { ast: cel.call("size", value()), type: "number" };
    case "string":
      return { ast: toText(context.translate(target)), type: "string" };
    case "default":
    case "d":
      if (first === undefined || second !== undefined) return undefined;
      return { ast: withStandard(first, context, (otherwise) => cel.conditional(isDefined(target, context), value(), otherwise)), type: "any" };
    case "is defined":
      return { ast: isDefined(target, context), type: "bool" };
    case "is none":
      return { ast: cel.binary(value(), "==", cel.literal(null)), type: "bool" };
  }
  return undefined;
}

/** Is the field there? What it is a field of must be. */
function isDefined(target: Term, context: FunctionContext): Ast {
  if (target.kind === "field") return cel.has(context.isContext(target.target) ? cel.identifier("vars") : context.translate(target.target).ast, target.field);
  if (target.kind === "call" && target.name === "ctx" && target.target === undefined && target.args[0] !== undefined) return cel.has(cel.identifier("vars"), nameOf(target.args[0], context));
  return context.refuse("Whether this is defined cannot be translated: say ctx().name, or a field", target);
}
