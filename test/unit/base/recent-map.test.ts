// A map of the newest entries against a list that is searched.
import { expect, test } from "vitest";
import { createPrng } from "../../../src/base/prng.js";
import { RecentMap } from "../../../src/base/recent-map.js";

test("it keeps the newest, whatever is set, set again and deleted", () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const next = createPrng(seed);
    const countMax = 1 + (next() % 6);
    const map = new RecentMap<number, number>(countMax);
    /** All that was ever set and not deleted since, in the order of their slots, with holes for what was deleted. */
    let slots: { readonly key: number; value: number; isThere: boolean }[] = [];
    for (let step = 0; step < 60; step += 1) {
      const key = next() % 9;
      const known = slots.find((slot) => slot.isThere && slot.key === key);
      if (next() % 4 === 0) {
        map.delete(key);
        if (known !== undefined) known.isThere = false;
      } else {
        map.set(key, step);
        if (known !== undefined) known.value = step;
        else slots = [...slots, { key, value: step, isThere: true }].slice(-countMax);
      }
      const there = slots.filter((slot) => slot.isThere);
      expect(map.size).toBe(there.length);
      expect([...map.values()].sort()).toEqual(there.map(({ value }) => value).sort());
      for (let other = 0; other < 9; other += 1) expect(map.get(other)).toBe(there.find((slot) => slot.key === other)?.value);
    }
  }
});
