import fc from "fast-check";
import { expect, test } from "vitest";
import { ValueOrder } from "../../../src/store/value-order.js";

const value = fc.oneof(fc.double(), fc.integer({ min: -3, max: 3 }), fc.constantFrom(-0, 0, Number.NaN, Infinity, -Infinity, 5e-324, 1e308, 1.76e12, 1.76e12 + 0.5));
const values = fc.array(value, { maxLength: 80 }).map((list) => Float64Array.from(list));

function orderNaively(column: Float64Array): number[] {
  const rows = [...column.keys()].filter((row) => !Number.isNaN(column[row]));
  return rows.sort((a, b) => ((column[a] as number) === (column[b] as number) ? a - b : (column[a] as number) - (column[b] as number) < 0 ? -1 : 1));
}

test("rows stand by their values, then by themselves; those without one are left out", () => {
  fc.assert(
    fc.property(values, (column) => {
      expect([...new ValueOrder(column, undefined).rows]).toEqual(orderNaively(column));
    }),
    { numRuns: 1_000 },
  );
});

test("by their distances, too", () => {
  fc.assert(
    fc.property(values, values, (column, since) => {
      const distances = column.map((end, row) => end - (since[row] ?? 0));
      expect([...new ValueOrder(column, column.map((_, row) => since[row] ?? 0)).rows]).toEqual(orderNaively(distances));
    }),
  );
});

test("a range of values is a range of places", () => {
  fc.assert(
    fc.property(values, value, value, (column, min, max) => {
      const order = new ValueOrder(column, undefined);
      const [from, to] = order.range(min, max);
      expect([...order.rows.slice(from, Math.max(from, to))]).toEqual(orderNaively(column).filter((row) => (column[row] as number) >= min && (column[row] as number) <= max));
    }),
  );
});
