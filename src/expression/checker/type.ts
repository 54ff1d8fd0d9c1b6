// The types of the checker (langdef.md, "Gradual Type Checking"). Simple types are constants compared by identity; lists,
// maps and the like are built as they are met. A type parameter is a cell that unification fills.

/** Kinds of types. The numeric ones stand together. */
export enum Kind {
  DYN = 0,
  /** Of an expression that is wrong; fits everywhere, so that one mistake is one finding. */
  ERROR = 1,
  NULL = 2,
  BOOL = 3,
  INT = 4,
  UINT = 5,
  DOUBLE = 6,
  /** A JSON number: adapts to the other operand. */
  NUMBER = 7,
  STRING = 8,
  BYTES = 9,
  TIMESTAMP = 10,
  DURATION = 11,
  TYPE = 12,
  LIST = 13,
  MAP = 14,
  /** `optional_type` and other types known by name and parameters only. */
  OPAQUE = 15,
  /** A map whose fields are declared. */
  OBJECT = 16,
  PARAM = 17,
}

const NO_PARAMS: readonly Type[] = [];

/** One type. All of one shape, so that the checker's code stays monomorphic. */
export class Type {
  readonly kind: Kind;
  readonly name: string;
  readonly params: readonly Type[];
  /** Of an OBJECT: its declared fields. */
  readonly fields: ReadonlyMap<string, Type> | undefined;
  /** Of an OBJECT: what other fields hold; undefined where there can be none. */
  readonly rest: Type | undefined;
  /** Null fits as well (protobuf's wrappers). */
  readonly isNullable: boolean;
  /** Of a PARAM: what it stands for so far. */
  bound: Type | undefined = undefined;

  constructor(
    kind: Kind,
    name: string,
    params: readonly Type[] = NO_PARAMS,
    fields: ReadonlyMap<string, Type> | undefined = undefined,
    rest: Type | undefined = undefined,
    isNullable = false,
  ) {
    this.kind = kind;
    this.name = name;
    this.params = params;
    this.fields = fields;
    this.rest = rest;
    this.isNullable = isNullable;
  }
}

export const DYN = new Type(Kind.DYN, "dyn");
export const ERROR = new Type(Kind.ERROR, "error");
export const NULL = new Type(Kind.NULL, "null");
export const BOOL = new Type(Kind.BOOL, "bool");
export const INT = new Type(Kind.INT, "int");
export const UINT = new Type(Kind.UINT, "uint");
export const DOUBLE = new Type(Kind.DOUBLE, "double");
export const NUMBER = new Type(Kind.NUMBER, "number");
export const STRING = new Type(Kind.STRING, "string");
export const BYTES = new Type(Kind.BYTES, "bytes");
export const TIMESTAMP = new Type(Kind.TIMESTAMP, "timestamp");
export const DURATION = new Type(Kind.DURATION, "duration");
/** `type` without a parameter. */
export const TYPE = new Type(Kind.TYPE, "type");

export function listOf(item: Type): Type {
  return new Type(Kind.LIST, "list", [item]);
}

export function mapOf(key: Type, value: Type): Type {
  return new Type(Kind.MAP, "map", [key, value]);
}

export function typeOf(type: Type): Type {
  return new Type(Kind.TYPE, "type", [type]);
}

export function opaqueOf(name: string, params: readonly Type[]): Type {
  return new Type(Kind.OPAQUE, name, params);
}

export function optionalOf(type: Type): Type {
  return new Type(Kind.OPAQUE, "optional_type", [type]);
}

/** A type that also has the value null. */
export function nullableOf({ kind, name, params, fields, rest, isNullable }: Type): Type {
  if (isNullable || kind === Kind.DYN || kind === Kind.NULL) return new Type(kind, name, params, fields, rest, isNullable);
  return new Type(kind, name, params, fields, rest, true);
}

/** A fresh type parameter, bound to nothing. */
export function paramOf(name: string): Type {
  return new Type(Kind.PARAM, name);
}

export const LIST_OF_DYN = listOf(DYN);
export const MAP_OF_DYN = mapOf(DYN, DYN);

export function isNumericKind(kind: Kind): boolean {
  return kind >= Kind.INT && kind <= Kind.NUMBER;
}

/** Is nothing known of it? */
export function isDynKind(kind: Kind): boolean {
  return kind === Kind.DYN || kind === Kind.ERROR;
}

/** Dyn, or a parameter that stands for nothing yet: anything may come of it. */
export function isUnknownKind(kind: Kind): boolean {
  return kind === Kind.DYN || kind === Kind.ERROR || kind === Kind.PARAM;
}

/** What an optional holds, or undefined for what is no optional. */
export function optionalParam({ kind, name, params }: Type): Type | undefined {
  return kind === Kind.OPAQUE && name === "optional_type" ? params[0] : undefined;
}

/**
 * The type as CEL's tools write it: `list(int)`, `map(string, dyn)`. A parameter that stands for nothing is `dyn`, or, where
 * a declaration is shown (`isDeclared`), its name.
 */
export function formatType(type: Type, isDeclared = false): string {
  switch (type.kind) {
    case Kind.PARAM:
      if (type.bound !== undefined) return formatType(type.bound, isDeclared);
      return isDeclared ? type.name : "dyn";
    case Kind.ERROR:
      return "dyn";
    default: {
      const params = type.params.map((param) => formatType(param, isDeclared));
      const text = params.length === 0 ? type.name : `${type.name}(${params.join(", ")})`;
      return type.isNullable && isSimpleKind(type.kind) ? `wrapper(${text})` : text;
    }
  }
}

/** Bool, numbers, text, bytes, time: types without parameters whose values are plain. */
export function isSimpleKind(kind: Kind): boolean {
  return kind >= Kind.BOOL && kind <= Kind.DURATION;
}
