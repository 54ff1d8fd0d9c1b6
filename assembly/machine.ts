// The expression machine's fixed memory: registers, operand bases and built-in cells. All of it is static, so that the
// evaluator's addresses are constants.
import { Builtin, CELL_SIZE, Tag } from "./abi";
import { setTime } from "./cell";
import { floorDivide } from "./moment";
import { TIMESTAMP_SECONDS_MAX, TIMESTAMP_SECONDS_MIN } from "./wire";

/** REGISTER_COUNT_MAX cells. */
export const REGISTERS: usize = memory.data(65536, 16);
/** u32 per operand kind: where its cells begin (registers, slots, constants, built-ins). */
export const OPERAND_BASES: usize = memory.data(16, 16);
/** A result that is no register's, slot's or constant's. */
export const RESULT_CELL: usize = memory.data(16, 16);
const BUILTINS: usize = memory.data(16, 16);

/** Points the bases of registers and built-ins; the others change with every evaluation. */
export function prepareMachine(): void {
  store<u32>(OPERAND_BASES, <u32>REGISTERS);
  store<u32>(OPERAND_BASES, <u32>BUILTINS, 12);
  setNow(0);
}

/** Sets `now` for the evaluations that follow: ms since 1970, held within the years 1 to 9999. */
export function setNow(ms: f64): void {
  const held = ms == ms ? Math.floor(max<f64>(min<f64>(ms, <f64>TIMESTAMP_SECONDS_MAX * 1000 + 999), <f64>TIMESTAMP_SECONDS_MIN * 1000)) : 0;
  const seconds = floorDivide(<i64>held, 1000);
  setTime(BUILTINS + Builtin.NOW * CELL_SIZE, Tag.TIMESTAMP, seconds, <i32>(<i64>held - seconds * 1000) * 1000000);
}
