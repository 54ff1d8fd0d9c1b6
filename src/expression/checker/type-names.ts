// Names of types that stand as values: `type(1) == int`.
import type { Ast, IdentifierNode, SelectNode } from "../ast.js";
import { WordTable } from "../word-table.js";
import {
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  LIST_OF_DYN,
  MAP_OF_DYN,
  NULL,
  opaqueOf,
  optionalOf,
  STRING,
  TIMESTAMP,
  type Type,
  TYPE,
  typeOf,
  UINT,
} from "./type.js";

const TYPE_NAMES = new WordTable<Type>([
  ["bool", typeOf(BOOL)],
  ["int", typeOf(INT)],
  ["uint", typeOf(UINT)],
  ["double", typeOf(DOUBLE)],
  ["string", typeOf(STRING)],
  ["bytes", typeOf(BYTES)],
  ["list", typeOf(LIST_OF_DYN)],
  ["map", typeOf(MAP_OF_DYN)],
  ["null_type", typeOf(NULL)],
  ["type", typeOf(TYPE)],
  ["optional_type", typeOf(optionalOf(DYN))],
  ["google.protobuf.Timestamp", typeOf(TIMESTAMP)],
  ["google.protobuf.Duration", typeOf(DURATION)],
  ["net.IP", typeOf(opaqueOf("net.IP", []))],
  ["net.CIDR", typeOf(opaqueOf("net.CIDR", []))],
]);

/**
 * May `a.b` be one name? A variable's only where some have dots (`hasPaths`, default true); a type's where it ends with a
 * capital, such as `google.protobuf.Timestamp`.
 */
export function mayBePath({ field }: SelectNode, hasPaths = true): boolean {
  return hasPaths || field.charCodeAt(0) < 0x61;
}

/** The type of a type's name as a value, or undefined. */
export function typeOfTypeName(name: string): Type | undefined {
  return TYPE_NAMES.get(name);
}

/** What a type's name begins with, where the node spells one: it means a type unless that is a variable. */
export function rootOfTypeName(node: Ast): IdentifierNode | undefined {
  let path = "";
  let inner = node;
  for (; inner.kind === "select"; inner = inner.operand) path = `.${inner.field}${path}`;
  return inner.kind === "identifier" && typeOfTypeName(inner.name + path) !== undefined ? inner : undefined;
}
