// Op.CALL_CUSTOM: functions of the embedder. The shell does the call; arguments and result cross in the exchange region as
// wire values (drawn in abi.ts), and whatever comes back is read as if a stranger had written it.
import { ExpressionError, Tag } from "./abi";
import { isStorable } from "./access";
import { setError, setErrorWithDetail, tagOf } from "./cell";
import { spendSize } from "./fuel";
import { exchangeRegion } from "./region";
import { makeString } from "./value";
import { decodeWire, WIRE_OUT_OF_MEMORY, wireSize, writeWire } from "./wire";

@external("shell", "callCustom")
declare function callShell(program: u32, id: u32, count: u32, address: usize, size: u32): i32;

/** Bytes of all arguments of one call. */
const ARGUMENTS_SIZE_MAX: u64 = 0x10000000;

/** dst = function `id` of `program` over `count` cells at `first`. */
export function callCustom(dst: usize, first: usize, count: u32, program: u32, id: u32): void {
  let size: u64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const cell = first + (<usize>i << 4);
    if (!isStorable(dst, cell)) return;
    const needed = wireSize(cell);
    size += needed == 0 ? ARGUMENTS_SIZE_MAX + 1 : needed;
  }
  const region = size > ARGUMENTS_SIZE_MAX ? 0 : exchangeRegion(<usize>size);
  if (region == 0) setError(dst, ExpressionError.OUT_OF_MEMORY);
  else if (!spendSize(<usize>size)) setError(dst, ExpressionError.OUT_OF_FUEL);
  else {
    let end = region;
    for (let i: u32 = 0; i < count; i++) end = writeWire(first + (<usize>i << 4), end);
    takeAnswer(dst, callShell(program, id, count, region, <u32>size));
  }
}

function takeAnswer(dst: usize, answer: i32): void {
  // The region may have moved meanwhile.
  const region = exchangeRegion(0);
  if (answer < 0) {
    setErrorWithDetail(dst, load<u8>(region), makeString(region + 1, <u32>(-answer - 1)));
  } else if (!spendSize(<usize>answer)) {
    setError(dst, ExpressionError.OUT_OF_FUEL);
  } else {
    const read = answer == 0 ? WIRE_OUT_OF_MEMORY : decodeWire(region, <u32>answer, dst);
    // A value of its own is needed: absence is for snapshots.
    if (read != answer || tagOf(dst) == Tag.ABSENT) setError(dst, read == WIRE_OUT_OF_MEMORY ? ExpressionError.OUT_OF_MEMORY : ExpressionError.INVALID_ARGUMENT);
  }
}
