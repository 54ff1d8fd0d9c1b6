// The heap against a list that is sorted after every act, over random scripts.
import fc from "fast-check";
import { expect, test } from "vitest";
import { Heap, type Ranked } from "../../../src/base/heap.js";

interface Entry extends Ranked {
  readonly isOdd: boolean;
}

const compare = (a: Ranked, b: Ranked): number => a.rank - b.rank || a.order - b.order;

test("gives what a sorted list gives, whatever is added, taken, sorted out and cleared between", () => {
  const act = fc.record({ kind: fc.constantFrom("add", "add", "add", "add", "take", "take", "retain", "clear"), rank: fc.integer({ min: -3, max: 12 }) });
  fc.assert(
    fc.property(fc.array(act, { maxLength: 120 }), (acts) => {
      const heap = new Heap<Entry>();
      let model: Entry[] = [];
      acts.forEach(({ kind, rank }, order) => {
        if (kind === "add") {
          const entry = { rank, order, isOdd: order % 2 === 1 };
          heap.add(entry);
          model = [...model, entry].sort(compare);
        } else if (kind === "take") {
          expect(heap.take()).toBe(model.shift());
        } else if (kind === "retain") {
          heap.retain(({ isOdd }) => isOdd);
          model = model.filter(({ isOdd }) => isOdd);
        } else {
          heap.clear();
          model = [];
        }
        expect([heap.count, heap.first]).toEqual([model.length, model[0]]);
      });
      expect(Array.from({ length: model.length + 1 }, () => heap.take())).toEqual([...model, undefined]);
    }),
    { numRuns: 500 },
  );
});

test("equal ranks come in their order, in a heap of thousands too", () => {
  const heap = new Heap<Ranked>();
  for (let index = 0; index < 5_000; index += 1) heap.add({ rank: (index * 7919) % 10, order: (index * 31) % 5_000 });
  heap.retain(({ order }) => order % 3 !== 0);
  const taken = Array.from({ length: heap.count }, () => heap.take() as Ranked);
  expect(taken).toHaveLength(3_333);
  expect(taken).toEqual([...taken].sort(compare));
});

test("an empty heap has nothing first", () => {
  const heap = new Heap<Ranked>();
  heap.retain(() => true);
  expect([heap.count, heap.first, heap.take()]).toEqual([0, undefined, undefined]);
});
