// Regular expressions.
import { ExpressionError } from "./abi";
import { setError } from "./cell";

/** dst = function `id` (Fn) over `count` cells at `first`. */
export function callPattern(id: u32, dst: usize, first: usize, count: u32): void {
  setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
}
