// Heights of rows against sums made the slow way.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEvenHeights, MeasuredHeights, type RowHeights } from "../../../web/app/row-heights.js";

const GUESS = 25;

type Change = { readonly kind: "extend" | "measure" | "drop"; readonly at: number; readonly height: number };

const changes = fc.array(
  fc.record({
    kind: fc.constantFrom("extend", "measure", "measure", "measure", "drop"),
    at: fc.nat(300),
    height: fc.integer({ min: 1, max: 200 }),
  }) as fc.Arbitrary<Change>,
  { maxLength: 60 },
);

/** Does `heights` say of every row what the plain list says? */
function compare(heights: RowHeights, plain: readonly number[]): void {
  let offset = 0;
  plain.forEach((height, index) => {
    expect(heights.offsetOf(index)).toBe(offset);
    expect(heights.heightOf(index)).toBe(height);
    expect(heights.indexAt(offset)).toBe(index);
    expect(heights.indexAt(offset + height - 0.5)).toBe(index);
    offset += height;
  });
  expect(heights.offsetOf(plain.length)).toBe(offset);
  expect(heights.total).toBe(offset);
  expect(heights.indexAt(offset + 1_000)).toBe(Math.max(0, plain.length - 1));
  expect(heights.indexAt(-5)).toBe(0);
}

describe("heights of rows", () => {
  it("are those of a plain list, whatever is added, measured and dropped", () => {
    fc.assert(
      fc.property(changes, (list) => {
        const heights = new MeasuredHeights(GUESS);
        let plain: number[] = [];
        for (const { kind, at, height } of list) {
          if (kind === "extend") {
            heights.extend(plain.length + at);
            plain = [...plain, ...Array.from({ length: at }, () => GUESS)];
          } else if (kind === "measure") {
            const before = plain[at];
            expect(heights.measure(at, height)).toBe(before === undefined ? 0 : height - before);
            if (before !== undefined) plain[at] = height;
          } else {
            const dropped = plain.splice(0, at);
            expect(heights.dropFirst(at)).toBe(dropped.reduce((sum, one) => sum + one, 0));
          }
        }
        compare(heights, plain);
      }),
      { numRuns: 60 },
    );
  });

  it("are multiples where all rows are alike", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 90 }), (count, height) => compare(createEvenHeights(count, height), Array.from({ length: count }, () => height))));
  });
});
