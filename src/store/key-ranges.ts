// Which groups go in one transaction, and as which ranges of keys: those that follow each other go with one request.
import type { KeyRange } from "./disk.js";

/** Ranges of groups removed in one transaction, … */
const REMOVALS_PER_TRANSACTION = 50;
/** … and groups. */
const GROUPS_PER_REMOVAL = 1_000;

/** Keys as ranges, as few as can be. */
export function toRanges(keys: readonly number[]): KeyRange[] {
  const ranges: { first: number; last: number }[] = [];
  for (const key of [...keys].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && last.last === key - 1) last.last = key;
    else ranges.push({ first: key, last: key });
  }
  return ranges;
}

/** Groups to remove in one transaction: of those that follow each other any number, since they go with one request. */
export function takeSome(groups: Set<number>): number[] {
  const taken: number[] = [];
  let rangeCount = 0;
  for (const group of groups) {
    if (taken.at(-1) !== group - 1) rangeCount += 1;
    if (rangeCount > REMOVALS_PER_TRANSACTION || taken.length === GROUPS_PER_REMOVAL) break;
    taken.push(group);
    groups.delete(group);
  }
  return taken;
}
