// && and || as CEL has them: both sides were evaluated, one deciding side absorbs an error on the other.
import { Tag } from "./abi";
import { auxOf, refuseOperands, setBool, tagOf } from "./cell";

@inline
function isBool(cell: usize, value: u32): bool {
  return tagOf(cell) == Tag.BOOL && auxOf(cell) == value;
}

/** dst = a && b. */
export function combineAnd(dst: usize, a: usize, b: usize): void {
  if (isBool(a, 0) || isBool(b, 0)) setBool(dst, false);
  else if (tagOf(a) == Tag.BOOL && tagOf(b) == Tag.BOOL) setBool(dst, true);
  else refuseUndecided(dst, a, b);
}

/** dst = a || b. */
export function combineOr(dst: usize, a: usize, b: usize): void {
  if (isBool(a, 1) || isBool(b, 1)) setBool(dst, true);
  else if (tagOf(a) == Tag.BOOL && tagOf(b) == Tag.BOOL) setBool(dst, false);
  else refuseUndecided(dst, a, b);
}

function refuseUndecided(dst: usize, a: usize, b: usize): void {
  if (tagOf(a) == Tag.BOOL) refuseOperands(dst, b, b);
  else refuseOperands(dst, a, b);
}
