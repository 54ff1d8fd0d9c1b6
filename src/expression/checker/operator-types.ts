// Result types of operators where JSON numbers adapt and anything may be compared for equality: the rules outside strict
// mode, where CEL's own signatures decide.
import type { BinaryOperator } from "../ast.js";
import {
  DOUBLE,
  DURATION,
  DYN,
  BOOL,
  isNumericKind,
  isSimpleKind,
  isUnknownKind,
  Kind,
  LIST_OF_DYN,
  listOf,
  NUMBER,
  TIMESTAMP,
  type Type,
} from "./type.js";
import { resolve, type Unifier } from "./unifier.js";

/** The result's type, or undefined where the operator takes no such operands. Both types are resolved. */
export function typeOfLenientBinary(operator: BinaryOperator, left: Type, right: Type, unifier: Unifier): Type | undefined {
  switch (operator) {
    case "==":
    case "!=":
      return BOOL;
    case "<":
    case "<=":
    case ">":
    case ">=":
      return areOrdered(left, right) ? BOOL : undefined;
    case "in":
      return isContainer(right) ? BOOL : undefined;
    case "+":
      return typeOfSum(left, right, unifier);
    case "-":
      return typeOfDifference(left, right);
    default:
      return typeOfArithmetic(left, right, operator === "%");
  }
}

function isContainer({ kind }: Type): boolean {
  return isUnknownKind(kind) || kind === Kind.LIST || kind === Kind.MAP || kind === Kind.OBJECT;
}

function areOrdered(left: Type, right: Type): boolean {
  if (isUnknownKind(left.kind)) return isUnknownKind(right.kind) || isSimpleKind(right.kind);
  if (isUnknownKind(right.kind)) return isSimpleKind(left.kind);
  return isSimpleKind(left.kind) && (left.kind === right.kind || (isNumericKind(left.kind) && isNumericKind(right.kind)));
}

function typeOfSum(left: Type, right: Type, unifier: Unifier): Type | undefined {
  const { kind } = left;
  if (isUnknownKind(kind) || isUnknownKind(right.kind)) return typeOfUnknownSum(isUnknownKind(kind) ? right : left);
  if (kind === Kind.LIST && right.kind === Kind.LIST) {
    const item = unifier.join(left.params[0] as Type, right.params[0] as Type);
    return listOf(item === undefined ? DYN : resolve(item));
  }
  if (kind === right.kind && (kind === Kind.STRING || kind === Kind.BYTES || kind === Kind.DURATION)) return left;
  if ((kind === Kind.TIMESTAMP && right.kind === Kind.DURATION) || (kind === Kind.DURATION && right.kind === Kind.TIMESTAMP))
    return TIMESTAMP;
  return typeOfArithmetic(left, right, false);
}

/** `known`: the operand that is not dyn, if any. */
function typeOfUnknownSum(known: Type): Type | undefined {
  switch (known.kind) {
    case Kind.STRING:
    case Kind.BYTES:
    case Kind.TIMESTAMP:
      return known;
    case Kind.LIST:
      return LIST_OF_DYN;
    default:
      return isUnknownKind(known.kind) || known.kind === Kind.DURATION || isNumericKind(known.kind) ? DYN : undefined;
  }
}

function typeOfDifference(left: Type, right: Type): Type | undefined {
  if (isUnknownKind(left.kind) || isUnknownKind(right.kind)) {
    const { kind } = isUnknownKind(left.kind) ? right : left;
    return isUnknownKind(kind) || kind === Kind.TIMESTAMP || kind === Kind.DURATION || isNumericKind(kind) ? DYN : undefined;
  }
  if (left.kind === Kind.TIMESTAMP) return right.kind === Kind.TIMESTAMP ? DURATION : right.kind === Kind.DURATION ? TIMESTAMP : undefined;
  if (left.kind === Kind.DURATION) return right.kind === Kind.DURATION ? DURATION : undefined;
  return typeOfArithmetic(left, right, false);
}

function typeOfArithmetic(left: Type, right: Type, isRemainder: boolean): Type | undefined {
  if (isRemainder && (left.kind === Kind.DOUBLE || right.kind === Kind.DOUBLE)) return undefined;
  const isKnown = !isUnknownKind(left.kind);
  if (!isKnown || isUnknownKind(right.kind)) {
    const known = isKnown ? left : right;
    return isUnknownKind(known.kind) || isNumericKind(known.kind) ? DYN : undefined;
  }
  if (!isNumericKind(left.kind) || !isNumericKind(right.kind)) return undefined;
  if (left.kind === right.kind) return left;
  if (left.kind !== Kind.NUMBER && right.kind !== Kind.NUMBER) return undefined;
  // A double beside a JSON number makes a double, as in the kernel.
  return left.kind === Kind.DOUBLE || right.kind === Kind.DOUBLE ? DOUBLE : NUMBER;
}
