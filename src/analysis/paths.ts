// The paths by which an expression reaches into its variables: `order.total`, `items[0].price`.
import { type Ast, boundNames, type CallNode, childrenOf } from "../expression/ast.js";
import { ALL_FUNCTIONS } from "../expression/checker/library.js";
import { typeOfTypeName } from "../expression/checker/type-names.js";
import { parseExpression } from "../expression/parser.js";
import { printExpression } from "../expression/print.js";
import { WorkflowError } from "../model/errors.js";

/** A variable and the steps below it; an index is its number as text. */
export interface VariablePath {
  readonly name: string;
  readonly steps: readonly string[];
}

/** Is the name a variable, though CEL has a type of that name? */
export type IsVariable = (name: string) => boolean;

/**
 * Every path that begins at a variable for which `isWanted`, each once, in the order of the text. A path ends where something
 * else than a field or a constant index follows. Variables that macros bind are left out, and names of libraries and types.
 */
export function listPaths(root: Ast, isWanted: (name: string) => boolean, isVariable: IsVariable = isNoType): string[] {
  const found = new Set<string>();
  visitPaths(root, isVariable, (node, name) => {
    if (isWanted(name)) found.add(printExpression(withoutOptional(node)));
  });
  return [...found];
}

/** The variables that an expression reads, each once, in the order of the text, without names of libraries and types. */
export function listVariables(root: Ast, isVariable: IsVariable = isNoType): string[] {
  const found = new Set<string>();
  visitPaths(root, isVariable, (_, name) => found.add(name));
  return [...found];
}

const isNoType: IsVariable = () => false;

function visitPaths(root: Ast, isVariable: IsVariable, visit: (node: Ast, name: string) => void): void {
  const pending: { readonly node: Ast; readonly bound: readonly string[] }[] = [{ node: root, bound: [] }];
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    const { node, bound } = item;
    const path = readPath(node);
    if (path !== undefined) {
      const isLocal = !path.isRooted && bound.includes(path.name);
      const isType = !isVariable(path.name) && typeOfTypeName([path.name, ...path.steps].join(".")) !== undefined;
      if (!isLocal && !isType) visit(node, path.name);
      continue;
    }
    const inner = [...bound, ...boundNames(node)];
    const children = node.kind === "call" && isLibraryCall(node, bound) ? node.args : childrenOf(node);
    for (let index = children.length - 1; index >= 0; index -= 1) {
      pending.push({ node: children[index] as Ast, bound: index === 0 ? bound : inner });
    }
  }
}

/** `math.abs(x)`: what stands before the name is no value. */
function isLibraryCall({ target, name }: CallNode, bound: readonly string[]): boolean {
  const path = target === undefined ? undefined : readPath(target);
  return path !== undefined && !bound.includes(path.name) && ALL_FUNCTIONS.has([path.name, ...path.steps, name].join("."));
}

/** The variable and the steps of a chain of fields and constant indexes; undefined for anything else. */
export function readPath(node: Ast): (VariablePath & { readonly isRooted: boolean }) | undefined {
  const steps: string[] = [];
  let inner = node;
  for (;;) {
    if (inner.kind === "select") {
      steps.push(inner.field);
      inner = inner.operand;
    } else if (inner.kind === "index") {
      const { index } = inner;
      if (index.kind !== "literal" || (index.type !== "string" && index.type !== "int")) return undefined;
      steps.push(String(index.value));
      inner = inner.operand;
    } else return inner.kind === "identifier" ? { name: inner.name, isRooted: inner.isRooted, steps: steps.reverse() } : undefined;
  }
}

/** `a.?b` reaches for `a.b`. */
function withoutOptional(node: Ast): Ast {
  if (node.kind === "select" || node.kind === "index") return { ...node, isOptional: false, operand: withoutOptional(node.operand) };
  return node;
}

/** Reads a path as a caller writes it. Throws WorkflowError `analysis/invalid-path`. */
export function parsePath(text: string): VariablePath {
  const { ast, findings } = parseExpression(text);
  const path = findings.length > 0 ? undefined : readPath(ast);
  if (path !== undefined) return path;
  throw new WorkflowError("analysis/invalid-path", `"${text}" is no path such as order.items[0].price`, { details: { path: text } });
}
