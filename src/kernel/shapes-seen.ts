// How many shapes of objects have been seen in lists: V8 makes code for up to four shapes at a place, and what it knows of them
// by then costs nothing. A guess that decides how elements are read, never what.

/** Shapes of which V8 keeps account at one place. */
export const SHAPE_COUNT_FEW = 4;
/** Of so many lists one is looked at. */
const LIST_STRIDE = 64;
const seen = new Set<string>();
let listCount = 0;

/** Have the lists so far held few shapes? Looks at three elements of some. */
export function areShapesFew(list: readonly unknown[]): boolean {
  if (seen.size > SHAPE_COUNT_FEW) return false;
  listCount += 1;
  if (listCount % LIST_STRIDE !== 1) return true;
  const { length } = list;
  note(list[0]);
  note(list[length >>> 1]);
  note(list[length - 1]);
  return seen.size <= SHAPE_COUNT_FEW;
}

function note(item: unknown): void {
  if (typeof item === "object" && item !== null) seen.add(Object.keys(item).join(" "));
}
