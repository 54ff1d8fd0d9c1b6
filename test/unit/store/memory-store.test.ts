import { describe, expect, test } from "vitest";
import { createMemoryDisk, createMemoryStore } from "../../../src/store/memory-store.js";
import { makeChange, makeEntries, STORE_CASES } from "./suite.js";

describe("memory store", () => {
  for (const { name, run } of STORE_CASES) {
    test(name, async () => {
      const disk = createMemoryDisk();
      await run(() => createMemoryStore(disk));
    });
  }

  test("one store object can be opened again", async () => {
    const store = createMemoryStore();
    await store.open();
    await store.takeOver();
    await store.commit([makeChange("a", 1, 2)], "relaxed");
    await store.close();
    expect((await store.open()).map((record) => record.runId)).toEqual(["a"]);
    expect(await store.history("a")).toEqual(makeEntries(1, 2));
  });

  test("many removals and returns leave no double in a page", async () => {
    const store = createMemoryStore();
    await store.takeOver();
    for (let round = 0; round < 3; round += 1) {
      const ids = Array.from({ length: 200 }, (_, index) => `r${index}`);
      await store.commit(
        ids.map((runId) => makeChange(runId, 1, 1, { status: "succeeded", startedAt: round })),
        "relaxed",
      );
      expect((await store.query({ limit: 1_000 })).records.length).toBe(200);
      if (round < 2) await store.delete(ids);
    }
  });
});
