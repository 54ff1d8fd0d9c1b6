// The types that authors declare: their words, and which constants are of which type.
import type { TypeName } from "../model/definition.js";

/** Types by the words that authors use for them. */
export const TYPES: ReadonlyMap<string, TypeName> = new Map<string, TypeName>([
  ...(["any", "bool", "int", "uint", "double", "number", "string", "bytes", "list", "map", "timestamp", "duration"] as const).map(
    (type) => [type, type] as const,
  ),
  ["boolean", "bool"],
  ["integer", "int"],
  ["float", "double"],
  ["object", "map"],
  ["array", "list"],
]);

/** The type of a constant. */
export function inferType(value: unknown): TypeName {
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "number":
      return "number";
    case "string":
      return "string";
    default:
      return Array.isArray(value) ? "list" : "map";
  }
}

/** Is a constant of JSON of this type? Texts stand for what JSON does not have. */
export function isOfType(value: unknown, type: TypeName): boolean {
  switch (type) {
    case "any":
      return true;
    case "bool":
      return typeof value === "boolean";
    case "int":
      return Number.isInteger(value);
    case "uint":
      return Number.isInteger(value) && (value as number) >= 0;
    case "double":
    case "number":
      return typeof value === "number";
    case "list":
      return Array.isArray(value);
    case "map":
      return typeof value === "object" && !Array.isArray(value);
    default:
      return typeof value === "string";
  }
}
