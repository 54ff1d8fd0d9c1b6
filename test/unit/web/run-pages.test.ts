// Runs by their number, of any row in any order of asking, held against a plain list.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { RunPage, RunQuery, RunRecord } from "../../../src/doors/index.js";
import { BLOCK_COUNT_MAX, BLOCK_SIZE, RunPages } from "../../../web/run/run-pages.js";

const records = Array.from({ length: 30_000 }, (_, index) => ({ runId: `r${index}`, startedAt: index }) as RunRecord);

/** Newest first, by pages; the cursor is the number of the row. */
function createStore(count: number): { ask: (query: RunQuery) => Promise<RunPage>; queries: RunQuery[]; isBroken: boolean } {
  const all = records.slice(0, count);
  const store = {
    queries: [] as RunQuery[],
    isBroken: false,
    ask: async (query: RunQuery): Promise<RunPage> => {
      store.queries.push(query);
      if (store.isBroken) throw new Error("broken");
      const list = query.order === "oldest" ? all : all.toReversed();
      const from = Number(query.cursor ?? 0);
      const to = from + (query.limit ?? 50);
      return { records: list.slice(from, to), ...(to < list.length && { cursor: String(to) }) };
    },
  };
  return store;
}

async function openPages(count: number, query: RunQuery = {}) {
  const store = createStore(count);
  const problems: unknown[] = [];
  const pages = new RunPages({ ask: store.ask, query, count, first: await store.ask({ ...query, limit: BLOCK_SIZE }), onChange: () => undefined, onProblem: (error) => problems.push(error) });
  return { store, pages, problems };
}

const settle = () => new Promise((resolve) => setTimeout(resolve));

test("every row that is shown is the one of its number", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(0, 1, BLOCK_SIZE - 1, BLOCK_SIZE, BLOCK_SIZE + 1, 5_000, 30_000),
      fc.constantFrom<RunQuery>({}, { order: "oldest" }, { sort: "updated" }, { sort: "ended" }, { sort: "duration", order: "oldest" }),
      fc.array(fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }), size: fc.integer({ min: 1, max: 60 }), isAwaited: fc.boolean() }), { minLength: 1, maxLength: 8 }),
      async (count, query, looks) => {
        const { pages } = await openPages(count, query);
        const expected = query.order === "oldest" ? records.slice(0, count) : records.slice(0, count).toReversed();
        for (const [number, { share, size, isAwaited }] of looks.entries()) {
          const from = Math.floor(share * count);
          pages.show(from, from + size);
          if (isAwaited || number === looks.length - 1) await settle();
          if (!isAwaited && number < looks.length - 1) continue;
          for (let index = from; index < Math.min(count, from + size); index += 1) expect(pages.at(index)).toBe(expected[index]);
        }
        expect(pages.at(count)).toBeUndefined();
      },
    ),
    { numRuns: 150 },
  );
});

test("the last rows are read from the end, and a far jump in large pages", async () => {
  const { store, pages } = await openPages(30_000);
  pages.show(29_980, 30_000);
  await settle();
  expect(store.queries.slice(1)).toMatchObject([{ order: "oldest", limit: BLOCK_SIZE }]);
  pages.show(15_000, 15_020);
  await settle();
  expect(store.queries.length).toBeLessThan(2 + 20);
  const before = store.queries.length;
  pages.show(20_000, 20_020);
  await settle();
  // Its beginning is not known, but one near it is.
  expect(store.queries.length - before).toBeLessThanOrEqual(3);
});

test("where the order cannot be turned everything is read from the beginning", async () => {
  const { store, pages } = await openPages(5_000, { sort: "ended" });
  pages.show(4_990, 5_000);
  await settle();
  expect(new Set(store.queries.map(({ order }) => order))).toEqual(new Set([undefined]));
  expect(pages.at(4_999)).toBe(records[0]);
});

test("few blocks are kept, the first always", async () => {
  const { pages } = await openPages(30_000, { sort: "ended" });
  pages.show(29_000, 29_010);
  await settle();
  const kept = Array.from({ length: 30_000 }, (_, index) => pages.at(index)).filter((record) => record !== undefined);
  expect(kept.length).toBeLessThanOrEqual((BLOCK_COUNT_MAX + 1) * BLOCK_SIZE);
  expect(pages.at(0)).toBe(records[29_999]);
});

test("a failure is told once, and asking again tries again", async () => {
  const { store, pages, problems } = await openPages(5_000);
  store.isBroken = true;
  pages.show(1_000, 1_010);
  await settle();
  expect(problems).toHaveLength(1);
  store.isBroken = false;
  pages.show(1_000, 1_010);
  await settle();
  expect(pages.at(1_005)).toBe(records[3_994]);
});

test("runs that went away since they were counted end the list", async () => {
  const store = createStore(700);
  const pages = new RunPages({ ask: store.ask, query: { sort: "ended" }, count: 1_000, first: await store.ask({ limit: BLOCK_SIZE }), onChange: () => undefined, onProblem: () => undefined });
  pages.show(900, 950);
  await settle();
  expect([pages.count, pages.at(699), pages.at(700)]).toEqual([700, records[0], undefined]);
});
