// How variables and functions are declared to the checker: as plain data, nested as deep as needed, or from a JSON Schema.
import type { TypeName } from "../../model/definition.js";
import { composeType, hasParam, readType, type Signature } from "./type-text.js";
import { DYN, Kind, listOf, mapOf, nullableOf, optionalOf, paramOf, Type } from "./type.js";

/** Levels of one declaration; what is deeper is `any`. */
export const DECLARATION_DEPTH_MAX = 32;
/** Parts that are read of one schema, those that several places refer to counted again; the rest is `any`. */
export const SCHEMA_PART_COUNT_MAX = 10_000;

/** A declared type as data. Text is a type's name or CEL's notation: `list(map(string, int))`. */
export type TypeDeclaration =
  | TypeName
  | (string & {})
  | { readonly list: TypeDeclaration }
  | { readonly map: readonly [TypeDeclaration, TypeDeclaration] }
  | { readonly optional: TypeDeclaration }
  /** The type, or null. */
  | { readonly nullable: TypeDeclaration }
  /** A map with these fields. `rest`: what other fields hold; false: there are none. Default `any`. */
  | { readonly fields: Readonly<Record<string, TypeDeclaration>>; readonly rest?: TypeDeclaration | false; readonly name?: string }
  | { readonly abstract: string; readonly params?: readonly TypeDeclaration[] }
  /** A type parameter: the same name is the same type within one declaration. */
  | { readonly param: string };

export interface FunctionDeclaration {
  /** A method: the first parameter is its receiver. */
  readonly isMember?: boolean;
  readonly params: readonly TypeDeclaration[];
  readonly result: TypeDeclaration;
}

/** The type that a declaration says. Throws RangeError for a text that is no type. */
export function readDeclaration(declaration: TypeDeclaration): Type {
  return new DeclarationReader().read(declaration, 0);
}

export function readFunction({ isMember = false, params, result }: FunctionDeclaration): Signature {
  const reader = new DeclarationReader();
  const types = params.map((param) => reader.read(param, 0));
  const resultType = reader.read(result, 0);
  return { isMember, params: types, result: resultType, isGeneric: types.some(hasParam) || hasParam(resultType) };
}

/** Names of types that are known by nothing but their names; any other is declared as `abstract`. */
const OPAQUE_NAMES: ReadonlySet<string> = new Set(["optional_type", "net.IP", "net.CIDR"]);

/** The type that a text says. Throws RangeError where it is none, or names one that nobody knows. */
export function readKnownType(text: string): Type {
  const type = readType(text);
  refuseUnknown(type);
  return type;
}

/** Throws RangeError for a type that nobody knows, however deep it stands in this one. */
export function refuseUnknown({ kind, name, params }: Type): void {
  if (kind === Kind.OPAQUE && !OPAQUE_NAMES.has(name)) throw new RangeError(`there is no type "${name}"`);
  params.forEach(refuseUnknown);
}

class DeclarationReader {
  private readonly params = new Map<string, Type>();

  read(declaration: TypeDeclaration, depth: number): Type {
    if (depth > DECLARATION_DEPTH_MAX) return DYN;
    if (typeof declaration === "string") return readKnownType(declaration);
    if ("list" in declaration) return listOf(this.read(declaration.list, depth + 1));
    if ("map" in declaration) return mapOf(this.read(declaration.map[0], depth + 1), this.read(declaration.map[1], depth + 1));
    if ("optional" in declaration) return optionalOf(this.read(declaration.optional, depth + 1));
    if ("nullable" in declaration) return nullableOf(this.read(declaration.nullable, depth + 1));
    if ("param" in declaration) return this.readParam(declaration.param);
    if ("abstract" in declaration) {
      return composeType(
        declaration.abstract,
        (declaration.params ?? []).map((param) => this.read(param, depth + 1)),
      );
    }
    const fields = new Map(Object.entries(declaration.fields).map(([name, field]) => [name, this.read(field, depth + 1)]));
    const { rest = "any", name = "object" } = declaration;
    return new Type(Kind.OBJECT, name, [], fields, rest === false ? undefined : this.read(rest, depth + 1));
  }

  private readParam(name: string): Type {
    const known = this.params.get(name);
    if (known !== undefined) return known;
    const param = paramOf(name);
    this.params.set(name, param);
    return param;
  }
}

/** What is read of a JSON Schema (draft 7 to 2020-12). Everything else says nothing of types. */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

/**
 * The declaration of the values that a schema permits: objects with their fields, lists, JSON numbers, text. `$ref` is
 * followed within the schema; a schema that holds itself ends in `any`. Where several types are possible: `any`.
 */
export function schemaToType(schema: JsonSchema): TypeDeclaration {
  return new SchemaReader(schema).read(schema, 0);
}

class SchemaReader {
  private readonly root: JsonSchema;
  private readonly open = new Set<unknown>();
  private partCount = 0;

  constructor(root: JsonSchema) {
    this.root = root;
  }

  read(schema: unknown, depth: number): TypeDeclaration {
    this.partCount += 1;
    if (!isObject(schema) || depth > DECLARATION_DEPTH_MAX || this.partCount > SCHEMA_PART_COUNT_MAX || this.open.has(schema)) return "any";
    this.open.add(schema);
    try {
      return this.readKeywords(schema, depth);
    } finally {
      this.open.delete(schema);
    }
  }

  private readKeywords(schema: Readonly<Record<string, unknown>>, depth: number): TypeDeclaration {
    const { $ref, type, enum: values, anyOf, oneOf, allOf } = schema;
    if (typeof $ref === "string") return this.read(this.follow($ref), depth + 1);
    if (Array.isArray(anyOf)) return this.readChoice(anyOf, depth);
    if (Array.isArray(oneOf)) return this.readChoice(oneOf, depth);
    if (Array.isArray(allOf)) return this.readAll(schema, allOf, depth);
    if ("const" in schema) return typeOfJson(schema.const);
    if (Array.isArray(values)) return unite(values.map(typeOfJson));
    if (Array.isArray(type)) return unite(type.map((item) => this.readTyped(item, schema, depth)));
    if (type === undefined && isObject(schema.properties)) return this.readTyped("object", schema, depth);
    if (type === undefined && schema.items !== undefined) return this.readTyped("array", schema, depth);
    return this.readTyped(type, schema, depth);
  }

  private readTyped(type: unknown, schema: Readonly<Record<string, unknown>>, depth: number): TypeDeclaration {
    switch (type) {
      case "string":
        return "string";
      case "boolean":
        return "bool";
      case "null":
        return "null";
      case "integer":
      case "number":
        return "number";
      case "array":
        return { list: Array.isArray(schema.items) ? "any" : this.read(schema.items, depth + 1) };
      case "object":
        return this.readObject(schema, depth);
      default:
        return "any";
    }
  }

  private readObject(schema: Readonly<Record<string, unknown>>, depth: number): TypeDeclaration {
    const { properties, additionalProperties, patternProperties, title } = schema;
    const rest = additionalProperties === false && !isObject(patternProperties) ? false : this.read(additionalProperties, depth + 1);
    if (!isObject(properties)) return rest === false ? { fields: {}, rest } : { map: ["string", rest] };
    const fields: Record<string, TypeDeclaration> = Object.create(null) as Record<string, TypeDeclaration>;
    for (const [name, property] of Object.entries(properties)) fields[name] = this.read(property, depth + 1);
    return { fields, rest, ...(typeof title === "string" && title !== "" && { name: title }) };
  }

  private readChoice(options: readonly unknown[], depth: number): TypeDeclaration {
    return unite(options.map((option) => this.read(option, depth + 1)));
  }

  /** Objects are put together; for the rest, what says something says it all. */
  private readAll(schema: Readonly<Record<string, unknown>>, parts: readonly unknown[], depth: number): TypeDeclaration {
    const { allOf: _, ...own } = schema;
    const declared = [own, ...parts].map((part) => this.read(part, depth + 1)).filter((part) => part !== "any");
    const objects = declared.filter((part) => typeof part !== "string" && "fields" in part);
    if (objects.length < declared.length || objects.length === 0) return declared.length === 1 ? (declared[0] as TypeDeclaration) : "any";
    const fields: Record<string, TypeDeclaration> = Object.create(null) as Record<string, TypeDeclaration>;
    for (const part of objects) if (typeof part !== "string" && "fields" in part) Object.assign(fields, part.fields);
    return { fields };
  }

  /** The part of the schema that `#/a/b` names; anything else says nothing. */
  private follow(reference: string): unknown {
    if (reference !== "#" && !reference.startsWith("#/")) return undefined;
    let part: unknown = this.root;
    for (const step of reference.split("/").slice(1)) {
      const name = decodeStep(step);
      part = (isObject(part) || Array.isArray(part)) && Object.hasOwn(part, name) ? (part as Record<string, unknown>)[name] : undefined;
    }
    return part;
  }
}

/** One step of a JSON pointer within a URI. */
function decodeStep(step: string): string {
  let text = step;
  try {
    text = decodeURIComponent(step);
  } catch {
    // A lone percent sign: then the text is meant as it stands.
  }
  return text.replaceAll("~1", "/").replaceAll("~0", "~");
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function typeOfJson(value: unknown): TypeDeclaration {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  if (typeof value === "boolean") return "bool";
  return typeof value === "string" ? "string" : typeof value === "number" ? "number" : isObject(value) ? "map" : "any";
}

/** One type for several: the type that all are, with null beside it or not; else `any`. */
function unite(types: readonly TypeDeclaration[]): TypeDeclaration {
  const others = types.filter((type) => type !== "null");
  const [first] = others;
  if (first === undefined) return types.length === 0 ? "any" : "null";
  const text = JSON.stringify(first);
  if (others.some((type) => JSON.stringify(type) !== text)) return "any";
  return others.length === types.length || first === "any" ? first : { nullable: first };
}
