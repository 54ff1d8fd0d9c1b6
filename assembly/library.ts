// Op.CALL, the functions of CEL's extension libraries: finds the file that does it by the function's number.
import { ExpressionError, Fn } from "./abi";
import { decodeBase64, encodeBase64 } from "./base64";
import { setError } from "./cell";
import { callFormat, quoteText } from "./format";
import { callOnLists } from "./lists";
import { callMath } from "./math";
import { callNetwork } from "./network";
import { callOptional } from "./optional";
import { callPattern } from "./pattern";

/** dst = function `id` (Fn, beyond the core's) over `count` values at `first`. `dst` may be the first of them. */
export function callLibrary(id: u32, dst: usize, first: usize, count: u32): void {
  if (id <= <u32>Fn.SQRT) callMath(id, dst, first, count);
  else if (id <= <u32>Fn.BASE64_DECODE) callOnText(id, dst, first, count);
  else if (id <= <u32>Fn.UNWRAP_ALL) callOptional(id, dst, first, count);
  else if (id <= <u32>Fn.SETS_EQUIVALENT) callOnLists(id, dst, first, count);
  else if (id <= <u32>Fn.PREFIX_LENGTH) callNetwork(id, dst, first, count);
  else callPattern(id, dst, first, count);
}

function callOnText(id: u32, dst: usize, first: usize, count: u32): void {
  if (id == Fn.FORMAT) callFormat(dst, first, count);
  else if (count != 1) setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
  else if (id == Fn.QUOTE) quoteText(dst, first);
  else if (id == Fn.BASE64_ENCODE) encodeBase64(dst, first);
  else decodeBase64(dst, first);
}
