// What generated code and whoever loads it agree on: addresses in the kernel, functions that are imported, the variables of a function.
import { COST_SIGN_SHIFT, Tag } from "../../../assembly/abi.js";
import { ValueType } from "./wasm-writer.js";

/** Addresses in the kernel that generated code names. */
export interface NativeLayout {
  readonly left: number;
  readonly bools: number;
  readonly registers: number;
}

/** Functions of the kernel that generated code calls: their numbers in the module. */
export enum NativeImport {
  DO_RARE_STEP = 0,
  COMPARE_TRUTH = 1,
  COMPUTE_BINARY = 2,
  REFUSE = 3,
  END_SPENT = 4,
  END_TURN = 5,
  END_WITH_REFUSAL = 6,
  RESET_SCRATCH = 7,
  SKIP_COLUMN = 8,
  FIND_FIELD = 9,
}

/** Parameters of a generated function, and its own variables behind them. */
export enum Local {
  SLOTS = 0,
  BUDGET = 1,
  /** Rows that are left; 0: one evaluation, whose result's address is returned. */
  COUNT = 2,
  STRIDE = 3,
  TRUTH = 4,
  TAG = 5,
  OBJECT = 6,
  PLACE = 7,
  TRUE_COUNT = 8,
  IS_USED = 9,
  /** What is left of fuel and cost: in memory only while the kernel is called. */
  LEFT = 10,
  LONG = 11,
  OTHER = 12,
  FLOAT = 13,
  FIRST_ADDRESS = 14,
}
/** Types of those that are no parameters, in order. */
export const LOCAL_TYPES: readonly (readonly [number, ValueType])[] = [
  [6, ValueType.I32],
  [3, ValueType.I64],
  [1, ValueType.F64],
];

/** First words of a bool's cell. */
export const TRUE_HEAD = BigInt(Tag.BOOL) | (1n << 32n);
export const FALSE_HEAD = BigInt(Tag.BOOL);
/** Bits of the counter: fuel or cost below 0, cost alone. */
export const SPENT = -(2n ** 63n) | (1n << BigInt(COST_SIGN_SHIFT));
export const COST_SIGN = 1n << BigInt(COST_SIGN_SHIFT);
/** Ints of at most this size are exact as doubles. */
export const SAFE_INT = 2n ** 53n;
/** What a comparison that gave no bool is answered with. */
export const NO_TRUTH = 3;
