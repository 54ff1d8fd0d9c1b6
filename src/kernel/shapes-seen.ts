// How many shapes of objects have been seen in lists: V8 makes code for up to four shapes at a place, and what it knows of them
// by then costs nothing. A guess that decides how elements are read, never what.

/** Shapes of which V8 keeps account at one place. */
export const SHAPE_COUNT_FEW = 4;
const seen = new Set<string>();

/** Have all lists so far, this one with them, held few shapes? Looks at three elements. */
export function areShapesFew(list: readonly unknown[]): boolean {
  if (seen.size > SHAPE_COUNT_FEW) return false;
  const { length } = list;
  note(list[0]);
  note(list[length >>> 1]);
  note(list[length - 1]);
  return seen.size <= SHAPE_COUNT_FEW;
}

function note(item: unknown): void {
  if (typeof item === "object" && item !== null) seen.add(Object.keys(item).join(" "));
}
