// Which variables may hold a value that an exploration does not know: those without a first value, payloads, results and errors,
// and whatever is computed of them. All others are known in every configuration.
import { type Ast, type CallNode, walk } from "../expression/ast.js";
import { ALL_FUNCTIONS } from "../expression/checker/library.js";
import { parseExpression } from "../expression/parser.js";
import { printExpression } from "../expression/print.js";
import type { ExpressionSource, ValueSource } from "../model/definition.js";
import type { Chart } from "./chart.js";
import { allActions, expressionsOf, type VariableReader } from "./names.js";
import { readPath } from "./paths.js";

const ALWAYS_UNKNOWN = ["now", "event", "result", "error"];

/** @param isGiven - does the variable have a value to start with? */
export function findUnknown(chart: Chart, reader: VariableReader, isGiven: (name: string) => boolean): (name: string) => boolean {
  const unknown = new Set(ALWAYS_UNKNOWN);
  const isUnknown = (name: string) => unknown.has(name) || !isGiven(name);
  const writes: { readonly variable: string; readonly value: ValueSource }[] = [];
  for (const action of allActions(chart)) {
    if (action.kind === "set") writes.push(action);
    else if ((action.kind === "call" || action.kind === "workflow") && action.result !== undefined) unknown.add(action.result);
  }
  for (let before = -1; before !== unknown.size; ) {
    before = unknown.size;
    for (const { variable, value } of writes) if (!isUnknown(variable) && !isFollowed(value, reader, isUnknown)) unknown.add(variable);
  }
  return isUnknown;
}

/** Is the value computed where all that it reads is known? Texts and maps with something in them are compared too seldom. */
function isFollowed(value: ValueSource, reader: VariableReader, isUnknown: (name: string) => boolean): boolean {
  if (value.kind === "literal") return true;
  if (value.kind === "template") return expressionsOf(value).length === 0;
  if (value.kind !== "expression" || rewrite(value.expression) === undefined) return false;
  return !reader.variablesOf(value.expression).some(isUnknown);
}

/** The expression's text, without comments; undefined where it cannot be read, or calls a function that only an embedder has. */
export function rewrite({ text }: ExpressionSource): string | undefined {
  const { ast, findings } = parseExpression(text);
  let isComputable = findings.length === 0;
  walk(ast, (node: Ast) => {
    if (node.kind === "call" && !isOwnCall(node)) isComputable = false;
  });
  return isComputable ? printExpression(ast) : undefined;
}

/** Is it a function of the language? */
function isOwnCall({ name, target }: CallNode): boolean {
  const path = target === undefined ? undefined : readPath(target);
  return ALL_FUNCTIONS.has(name) || (path !== undefined && ALL_FUNCTIONS.has([path.name, ...path.steps, name].join(".")));
}
