// What the errors of an evaluation say to people.
import { ExpressionError } from "../../assembly/abi.js";
import type { readDetail } from "./fault.js";

const ERROR_MESSAGES: Readonly<Record<ExpressionError, string>> = {
  [ExpressionError.NO_SUCH_OVERLOAD]: "the values have types that this does not take",
  [ExpressionError.NO_SUCH_KEY]: "there is no such key",
  [ExpressionError.NO_SUCH_FIELD]: "there is no such field",
  [ExpressionError.INDEX_OUT_OF_RANGE]: "the index is out of range",
  [ExpressionError.DIVIDE_BY_ZERO]: "division by zero",
  [ExpressionError.MODULUS_BY_ZERO]: "remainder of a division by zero",
  [ExpressionError.INT_OVERFLOW]: "the result does not fit in an int",
  [ExpressionError.UINT_OVERFLOW]: "the result does not fit in a uint",
  [ExpressionError.RANGE]: "the value is out of range",
  [ExpressionError.INVALID_CONVERSION]: "the value cannot be converted",
  [ExpressionError.UNKNOWN_VARIABLE]: "the variable has no value",
  [ExpressionError.DUPLICATE_KEY]: "a key stands twice in a map",
  [ExpressionError.OUT_OF_FUEL]: "the expression takes too long",
  [ExpressionError.OUT_OF_MEMORY]: "the expression needs too much memory",
  [ExpressionError.INVALID_ARGUMENT]: "an argument is not valid",
  [ExpressionError.UNSUPPORTED_KEY]: "a value of this type cannot be a key",
  [ExpressionError.TIMESTAMP_RANGE]: "the timestamp is out of range",
  [ExpressionError.DURATION_RANGE]: "the duration is out of range",
  [ExpressionError.STACK_OVERFLOW]: "the values are nested too deep",
  [ExpressionError.FUNCTION_FAILED]: "the function failed",
  [ExpressionError.COST_EXCEEDED]: "the expression costs more than it may",
};

/** Text of an error shown to people, cut to this many characters of the source. */
const SHOWN_LENGTH_MAX = 80;

/** What is known of an error besides its kind: the detail, or the cost units so far and their limit. */
type ErrorFacts = ReturnType<typeof readDetail> & { readonly cost?: number; readonly costMax?: number };

/** `part`: what stands in the source where it failed. */
export function describeError(error: ExpressionError, { name, message, cost, costMax }: ErrorFacts, part: string): string {
  const shown = part.length > SHOWN_LENGTH_MAX ? `${part.slice(0, SHOWN_LENGTH_MAX)}…` : part;
  const about = cost === undefined ? name : `${cost} units so far; the limit is ${costMax}`;
  const detail = about === undefined ? "" : ` (${about}${message === undefined ? "" : `: ${message}`})`;
  return `${shown}: ${ERROR_MESSAGES[error] ?? "failed"}${detail}`;
}
