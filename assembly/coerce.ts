// Declared types: a value that a typed variable is given is turned into that type where that is exact, else refused.
// Numbers change their kind, texts become timestamps and durations; null stands for "no value" in every type.
import { Tag } from "./abi";
import { copyCell, floatOf, intOf, tagOf } from "./cell";
import { toDouble, toDuration, toInt, toTimestamp, toUint } from "./convert";
import { isWholeInt, isWholeUint } from "./numeric";

/** Writes to `target` what `cell` is as `type` (a Tag + 1; 0 permits anything). False: it cannot be that exactly. */
export function coerceCell(target: usize, cell: usize, type: u32): bool {
  const tag = tagOf(cell);
  copyCell(target, cell);
  if (type == 0 || tag == <i32>type - 1 || tag == Tag.NULL || tag == Tag.ABSENT) return true;
  switch (<i32>type - 1) {
    case Tag.NUMBER:
      return tag == Tag.INT || tag == Tag.UINT || tag == Tag.DOUBLE;
    case Tag.INT:
      if (tag == Tag.UINT ? intOf(cell) < 0 : !isFloat(tag) || !isWholeInt(floatOf(cell))) return false;
      toInt(target, cell);
      break;
    case Tag.UINT:
      if (tag == Tag.INT ? intOf(cell) < 0 : !isFloat(tag) || !isWholeUint(floatOf(cell))) return false;
      toUint(target, cell);
      break;
    case Tag.DOUBLE:
      if (tag != Tag.NUMBER && !(tag == Tag.INT && <i64><f64>intOf(cell) == intOf(cell))) return false;
      toDouble(target, cell);
      break;
    case Tag.TIMESTAMP:
      if (tag != Tag.STRING) return false;
      toTimestamp(target, cell);
      break;
    case Tag.DURATION:
      if (tag != Tag.STRING) return false;
      toDuration(target, cell);
      break;
    default:
      return false;
  }
  return tagOf(target) != Tag.ERROR;
}

function isFloat(tag: i32): bool {
  return tag == Tag.NUMBER || tag == Tag.DOUBLE;
}
