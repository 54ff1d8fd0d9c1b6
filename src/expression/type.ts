// What can be known of an expression's type before it runs: enough to find plain mistakes, never more than is certain.
// `any` stands for everything that is not known.
import type { TypeName } from "../model/definition.js";
import type { BinaryOperator } from "./ast.js";

/** A declared type, or one that only expressions have. */
export type StaticType = TypeName | "null" | "type";

/** How a type is called in findings. */
export function describeType(type: StaticType): string {
  return type;
}

/** Is the type one of CEL's numbers, or a JSON number? */
export function isNumeric(type: StaticType): boolean {
  return type === "int" || type === "uint" || type === "double" || type === "number";
}

/** May a value of type `from` stand where `to` is wanted? */
export function isAssignable(from: StaticType, to: StaticType): boolean {
  if (from === to || from === "any" || to === "any") return true;
  return (from === "number" && isNumeric(to)) || (to === "number" && isNumeric(from));
}

/** The type of both branches of a choice. */
export function joinTypes(left: StaticType, right: StaticType): StaticType {
  return left === right ? left : "any";
}

/** The result's type, or undefined where no overload takes these operands. */
export function typeOfBinary(operator: BinaryOperator, left: StaticType, right: StaticType): StaticType | undefined {
  switch (operator) {
    case "==":
    case "!=":
      return "bool";
    case "<":
    case "<=":
    case ">":
    case ">=":
      return areOrdered(left, right) ? "bool" : undefined;
    case "in":
      return right === "any" || right === "list" || right === "map" ? "bool" : undefined;
    case "+":
      return typeOfSum(left, right);
    case "-":
      return typeOfDifference(left, right);
    default:
      return typeOfArithmetic(left, right, operator === "%");
  }
}

function areOrdered(left: StaticType, right: StaticType): boolean {
  if (isNumeric(left) && isNumeric(right)) return true;
  const known = left === "any" ? right : left;
  if (known === "null" || known === "list" || known === "map" || known === "type") return false;
  if (left === "any" || right === "any") return true;
  return left === right;
}

function typeOfSum(left: StaticType, right: StaticType): StaticType | undefined {
  if (left === "any" && right === "any") return "any";
  if (left === "any" || right === "any") {
    const known = left === "any" ? right : left;
    if (known === "string" || known === "bytes" || known === "list") return known;
    if (known === "timestamp") return "timestamp";
    return known === "duration" || isNumeric(known) ? "any" : undefined;
  }
  if (left === right && (left === "string" || left === "bytes" || left === "list" || left === "duration")) return left;
  if ((left === "timestamp" && right === "duration") || (left === "duration" && right === "timestamp")) return "timestamp";
  return typeOfArithmetic(left, right, false);
}

function typeOfDifference(left: StaticType, right: StaticType): StaticType | undefined {
  if (left === "any" || right === "any") {
    const known = left === "any" ? right : left;
    return known === "any" || known === "timestamp" || known === "duration" || isNumeric(known) ? "any" : undefined;
  }
  if (left === "timestamp") return right === "timestamp" ? "duration" : right === "duration" ? "timestamp" : undefined;
  if (left === "duration") return right === "duration" ? "duration" : undefined;
  return typeOfArithmetic(left, right, false);
}

function typeOfArithmetic(left: StaticType, right: StaticType, isRemainder: boolean): StaticType | undefined {
  if (isRemainder && (left === "double" || right === "double")) return undefined;
  if (left === "any" || right === "any") return left === right || isNumeric(left) || isNumeric(right) ? "any" : undefined;
  if (!isNumeric(left) || !isNumeric(right)) return undefined;
  if (left === right) return left;
  return left === "number" || right === "number" ? "number" : undefined;
}
