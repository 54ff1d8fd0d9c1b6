// Finds the list and map literals that are the same every time, so that they become one constant.
import type { Ast, ListNode, LiteralNode, MapNode } from "./ast.js";
import type { ConstantValue } from "./emitted-code.js";

/** Literals nested deeper than this are built when they run. */
const CONSTANT_DEPTH_MAX = 16;

/** The constant that a list or map literal is, or undefined. A map whose keys repeat or have no place in a map is none: it fails when it runs. */
export function readConstant(node: ListNode | MapNode): ConstantValue | undefined {
  return readAny(node, 0);
}

function readAny(node: Ast, depth: number): ConstantValue | undefined {
  if (node.kind === "literal") return node;
  if (depth >= CONSTANT_DEPTH_MAX) return undefined;
  if (node.kind === "list" && !node.hasOptional) return readList(node, depth);
  return node.kind === "map" && !node.hasOptional ? readMap(node, depth) : undefined;
}

function readList(node: ListNode, depth: number): ConstantValue | undefined {
  const items: ConstantValue[] = [];
  for (const item of node.items) {
    const constant = readAny(item, depth + 1);
    if (constant === undefined) return undefined;
    items.push(constant);
  }
  return { type: "list", items };
}

function readMap(node: MapNode, depth: number): ConstantValue | undefined {
  const entries: (readonly [ConstantValue, ConstantValue])[] = [];
  const seen = new Set<string>();
  for (const { key, value } of node.entries) {
    const identity = key.kind === "literal" ? identifyKey(key) : undefined;
    if (identity === undefined || seen.has(identity)) return undefined;
    seen.add(identity);
    const constant = readAny(value, depth + 1);
    if (constant === undefined) return undefined;
    entries.push([key as LiteralNode, constant]);
  }
  return { type: "map", entries };
}

/** Equal keys have one identity, whatever their kind of number; undefined: not a key. */
function identifyKey({ type, value }: LiteralNode): string | undefined {
  if (type === "string") return `"${String(value)}`;
  if (type === "bool") return String(value);
  return type === "int" || type === "uint" ? String(value) : undefined;
}
