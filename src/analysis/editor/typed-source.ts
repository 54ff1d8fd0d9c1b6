// An expression as an editor's functions look at it: its tree, however broken, with the types of all nodes. The tree looked
// at last is kept: a cursor asks several things of the same text.
import { type Ast, childrenOf, walk } from "../../expression/ast.js";
import { type NodeTypes, watchTypes } from "../../expression/checker/watched-checker.js";
import { FindingList } from "../../expression/finding-list.js";
import { parseInto } from "../../expression/parser.js";
import type { EditorScope } from "./editor-scope.js";

export interface TypedSource {
  readonly source: string;
  readonly ast: Ast;
  readonly types: NodeTypes;
  /** Does it parse without errors? */
  readonly isWhole: boolean;
}

let last: { readonly scope: EditorScope; readonly typed: TypedSource } | undefined;

/** Parses and checks; what is wrong is nobody's business here. Linear in the size of the text; one that is too long is one invalid node. */
export function readTyped(source: string, scope: EditorScope): TypedSource {
  if (last !== undefined && last.scope === scope && last.typed.source === source) return last.typed;
  const findings = new FindingList();
  const ast = parseInto(source, findings);
  const typed = { source, ast, types: watchTypes(ast, scope), isWhole: findings.errorCount === 0 };
  last = { scope, typed };
  return typed;
}

/** The first node, parents first, that `isWanted`. */
export function findNode(root: Ast, isWanted: (node: Ast) => boolean): Ast | undefined {
  let found: Ast | undefined;
  walk(root, (node) => {
    if (found === undefined && isWanted(node)) found = node;
  });
  return found;
}

/** The nodes from the root down to `wanted`, which is the last; empty where the tree does not hold it. */
export function pathTo(root: Ast, wanted: Ast): readonly Ast[] {
  const parents = new Map<Ast, Ast>();
  walk(root, (node) => {
    for (const child of childrenOf(node)) parents.set(child, node);
  });
  const path: Ast[] = [];
  for (let node: Ast | undefined = wanted; node !== undefined; node = parents.get(node)) path.push(node);
  return path[path.length - 1] === root ? path.reverse() : [];
}
