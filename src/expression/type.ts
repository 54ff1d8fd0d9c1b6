// What can be known of an expression's type before it runs: enough to find plain mistakes, never more than is certain.
// `any` stands for everything that is not known.
import type { TypeName } from "../model/definition.js";

/** A declared type, or one that only expressions have. */
export type StaticType = TypeName | "null" | "type";

/** Is the type one of CEL's numbers, or a JSON number? */
export function isNumeric(type: StaticType): boolean {
  return type === "int" || type === "uint" || type === "double" || type === "number";
}

/** May a value of type `from` stand where `to` is wanted? */
export function isAssignable(from: StaticType, to: StaticType): boolean {
  if (from === to || from === "any" || to === "any") return true;
  return (from === "number" && isNumeric(to)) || (to === "number" && isNumeric(from));
}
