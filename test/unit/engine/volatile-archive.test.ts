import fc from "fast-check";
import { expect, test } from "vitest";
import { countBoth, queryBoth } from "../../../src/engine/volatile-archive.js";
import type { StorePort } from "../../../src/model/ports.js";
import type { RunQuery, RunRecord } from "../../../src/model/run-record.js";
import { createMemoryStore } from "../../../src/store/memory-store.js";
import { easyQueryArbitrary, findNaively, recordArbitrary, toRows } from "../store/random-runs.js";

async function makeStore(records: readonly RunRecord[]): Promise<StorePort> {
  const store = createMemoryStore();
  await store.open();
  await store.takeOver();
  for (const record of records) await store.commit([{ record, entries: [] }], "relaxed");
  return store;
}

async function walkBoth(store: StorePort, volatileRecords: readonly RunRecord[], query: RunQuery): Promise<RunRecord[]> {
  const records: RunRecord[] = [];
  let cursor: string | undefined;
  do {
    const page = await queryBoth(store, volatileRecords, { ...query, ...(cursor !== undefined && { cursor }) });
    records.push(...page.records);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return records;
}

test("pages of stored and volatile runs are those of one list, in any order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(recordArbitrary, { maxLength: 40 }), easyQueryArbitrary, fc.nat(3), async (drawn, query, part) => {
      const all = toRows(drawn);
      const volatileRecords = all.filter((_, at) => at % 4 <= part);
      const store = await makeStore(all.filter((_, at) => at % 4 > part));
      const wanted = findNaively(all, query);
      expect(await walkBoth(store, volatileRecords, query)).toEqual(wanted);
      expect(await countBoth(store, volatileRecords, query)).toBe(wanted.length);
    }),
    { numRuns: 150 },
  );
});

test("what is no cursor of such a page is refused", async () => {
  const store = await makeStore([]);
  for (const cursor of ["{", "{}", '{"store":1,"used":0,"after":null,"isStoreDone":true}', '{"store":null,"used":-1,"after":null,"isStoreDone":true}', "x"])
    await expect(queryBoth(store, [], { cursor })).rejects.toMatchObject({ code: "store/bad-query" });
});
