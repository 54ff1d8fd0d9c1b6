// Names of types that stand as values: `type(1) == int`.
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

const TYPE_NAMES: ReadonlyMap<string, Type> = new Map([
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

/** The type of a type's name as a value, or undefined. */
export function typeOfTypeName(name: string): Type | undefined {
  return TYPE_NAMES.get(name);
}
