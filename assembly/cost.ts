// Cost units that depend on the sizes of values, as cel-go counts them (interpreter/runtimecost.go, and the trackers of its
// list, set and regular expression libraries). Everything else is known when an expression is compiled.
import { Fn, Tag } from "./abi";
import { auxOf, floatOf, intOf, objectOf, tagOf } from "./cell";
import { charge, isOverCost } from "./fuel";
import { countOf } from "./map";
import { codePointCount, elementAt, innerOf } from "./value";

/** Units per character of a text that is gone through, and per character of a pattern. */
const TEXT_RATE: f64 = 0.1;
const PATTERN_RATE: f64 = 0.25;
const LIST_COST: f64 = 10;
/** Texts of at most so many bytes cost one unit to compare, however many characters they have. */
const UNIT_TEXT_SIZE: u32 = 10;
/** More than any limit. */
const CHARGE_MAX: f64 = 137438953472;

/** Characters, bytes, elements or entries; of an optional those of its value; 1 where there is no size. */
function sizeOf(cell: usize): f64 {
  const tag = tagOf(cell);
  if (tag == Tag.STRING) return <f64>codePointCount(objectOf(cell));
  if (tag >= Tag.BYTES && tag <= Tag.MAP) return <f64>countOf(objectOf(cell));
  return tag == Tag.OPTIONAL && auxOf(cell) == 1 ? sizeOf(innerOf(cell)) : 1;
}

@inline
function hasSize(tag: i32): bool {
  return tag >= Tag.STRING && tag <= Tag.MAP;
}

function chargeTo(units: f64): void {
  if (!isOverCost()) charge(<i64>min<f64>(units, CHARGE_MAX));
}

/** What comparing a and b costs beyond the one unit that every comparison does; without size on either side, nothing. */
export function chargeComparison(a: usize, b: usize): void {
  if (!hasSize(tagOf(a)) && !hasSize(tagOf(b))) return;
  chargeTo(Math.ceil(min(sizeOf(a), sizeOf(b)) * TEXT_RATE) - 1);
}

/** The same of two STRING objects, of which most are short. */
@inline
export function chargeTexts(a: usize, b: usize): void {
  if (min(countOf(a), countOf(b)) - 1 < UNIT_TEXT_SIZE) return;
  chargeLongTexts(a, b);
}

function chargeLongTexts(a: usize, b: usize): void {
  const left = load<u32>(a, 12);
  const right = load<u32>(b, 12);
  const count = left != 0 && right != 0 ? min(left, right) - 1 : min(codePointCount(a), codePointCount(b));
  charge(<i64>(<i32>Math.ceil(<f64>count * TEXT_RATE) - 1));
}

/** What joining two STRING or two BYTES objects costs beyond the one unit of every sum. */
export function chargeConcatenation(tag: i32, a: usize, b: usize): void {
  if (countOf(a) + countOf(b) - 1 < UNIT_TEXT_SIZE) return;
  const size = tag == Tag.STRING ? <f64>codePointCount(a) + <f64>codePointCount(b) : <f64>countOf(a) + <f64>countOf(b);
  chargeTo(Math.ceil(size * TEXT_RATE) - 1);
}

/**
 * Counts a call of function `id` over `count` cells at `first` that gave `dst`, where its cost depends on sizes.
 * `rate`: thousandths of a unit per character; 0: the cost was counted before.
 */
export function chargeCall(id: u32, dst: usize, first: usize, count: u32, rate: u32): void {
  if (rate != 0) chargeTo(costOfCall(id, dst, first, count > 1 ? first + 16 : dst, <f64>rate / 1000));
}

function costOfCall(id: u32, dst: usize, a: usize, b: usize, rate: f64): f64 {
  const size = sizeOf(a);
  const other = sizeOf(b);
  switch (id) {
    case Fn.CONTAINS:
      return Math.ceil(size * rate) * Math.ceil(other * rate);
    case Fn.STARTS_WITH:
    case Fn.ENDS_WITH:
      return Math.ceil(size * rate);
    case Fn.TO_STRING:
      return tagOf(a) == Tag.BYTES ? Math.ceil(size * rate) : 1;
    case Fn.TO_BYTES:
      return tagOf(a) == Tag.STRING ? Math.ceil(size * rate) : 1;
    case Fn.MATCHES:
      return Math.ceil((size + 1) * rate) * Math.ceil(other * PATTERN_RATE);
    case Fn.REGEX_EXTRACT:
    case Fn.REGEX_EXTRACT_ALL:
    case Fn.REGEX_REPLACE: {
      const cost = (size + 1) * rate * ((other + 1) * PATTERN_RATE) + sizeOf(dst) + 1;
      return id == Fn.REGEX_REPLACE ? Math.floor(cost) : Math.ceil(id == Fn.REGEX_EXTRACT ? cost : cost + LIST_COST);
    }
    case Fn.SETS_CONTAINS:
    case Fn.SETS_INTERSECTS:
      return size * other + 1;
    case Fn.SETS_EQUIVALENT:
      return size * other * 2 + 1;
    case Fn.FLATTEN:
      return size * (b == dst ? 1 : max(0, tagOf(b) == Tag.INT ? <f64>intOf(b) : floatOf(b))) + LIST_COST + 1;
    case Fn.DISTINCT:
    case Fn.SORT:
      return costOfSorting(a);
    case Fn.SORT_BY:
      return costOfSorting(b);
    default:
      if (tagOf(dst) == Tag.LIST && id != Fn.SPLIT) return sizeOf(dst) + LIST_COST + 1;
      return Math.ceil(max(size, sizeOf(dst)) * rate) + 1;
  }
}

/** Every element against every other, dearer for texts. */
function costOfSorting(list: usize): f64 {
  const size = sizeOf(list);
  const isText = tagOf(list) == Tag.LIST && size != 0 && (tagOf(elementAt(objectOf(list), 0)) & ~1) == Tag.STRING;
  return Math.floor(size * size * (isText ? 2 + TEXT_RATE : 2)) + LIST_COST + 1;
}
