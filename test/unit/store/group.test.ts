import { describe, expect, test } from "vitest";
import type { RunChange } from "../../../src/model/ports.js";
import { CACHE_SIZE_MAX, ChunkCache } from "../../../src/store/chunk-cache.js";
import { readChunkRuns } from "../../../src/store/chunk-codec.js";
import { buildGroup, GROUP_CHANGES_MAX, GROUP_SIZE_MAX, type PendingCommit } from "../../../src/store/group.js";
import { makeChange } from "./suite.js";

function makeCommit(changes: readonly RunChange[], errors: unknown[] = []): PendingCommit {
  return { changes, durability: "relaxed", resolve: () => undefined, reject: (error) => errors.push(error) };
}

describe("group", () => {
  test("takes all that is pending, one block a run", () => {
    const pending = [
      makeCommit([makeChange("a", 1, 2)]),
      makeCommit([makeChange("b", 1, 1), makeChange("a", 3, 3)]),
      makeCommit([makeChange("c", 8, 9)]),
    ];
    const group = buildGroup(7, pending, (runId) => (runId === "c" ? 7 : 0));
    expect(pending).toEqual([]);
    expect(
      group.row.runs.map(({ record, pieces }) => [
        record.runId,
        record.seq,
        pieces.map(({ group: of, firstSeq, count }) => [of, firstSeq, count]),
      ]),
    ).toEqual([
      ["a", 3, [[7, 1, 3]]],
      ["b", 1, [[7, 1, 1]]],
      ["c", 9, [[7, 8, 2]]],
    ]);
    expect(readChunkRuns(group.history ?? new Uint8Array())).toEqual(["a", "b", "c"]);
  });

  test("a commit that does not follow is refused whole, the others go on", () => {
    const errors: unknown[] = [];
    const pending = [makeCommit([makeChange("b", 1, 1), makeChange("a", 2, 2)], errors), makeCommit([makeChange("a", 1, 1)])];
    const group = buildGroup(1, pending, () => 0);
    expect(errors).toMatchObject([{ code: "store/out-of-order" }]);
    expect(group.row.runs.map((run) => run.record.runId)).toEqual(["a"]);
  });

  test("is closed at its limits", () => {
    const many = Array.from({ length: GROUP_CHANGES_MAX + 5 }, (_, index) => makeCommit([makeChange(`r${index}`, 1, 1)]));
    expect(buildGroup(1, many, () => 0).commits.length).toBe(GROUP_CHANGES_MAX);
    expect(many.length).toBe(5);
    const half = { seq: 1, bytes: new Uint8Array(GROUP_SIZE_MAX / 2) };
    const large = Array.from({ length: 5 }, (_, index) => makeCommit([{ ...makeChange(`r${index}`, 1, 1), checkpoint: half }]));
    expect(buildGroup(1, large, () => 0).commits.length).toBe(2);
    expect(large.length).toBe(3);
  });
});

describe("chunk cache", () => {
  test("shares reads in flight, keeps the latest up to its size, forgets failures", async () => {
    let readCount = 0;
    const cache = new ChunkCache(async (group) => {
      readCount += 1;
      if (group === 99) throw new Error("no");
      return group === 98 ? undefined : new Uint8Array(CACHE_SIZE_MAX / 4);
    });
    await Promise.all([cache.get(1), cache.get(1)]);
    expect(readCount).toBe(1);
    for (const group of [2, 3, 4, 1, 5]) await cache.get(group);
    expect(readCount).toBe(5);
    await cache.get(1);
    expect(readCount).toBe(5);
    await cache.get(2);
    expect(readCount).toBe(6);
    for (let round = 0; round < 2; round += 1) {
      await expect(cache.get(99)).rejects.toThrow("no");
      expect(await cache.get(98)).toBeUndefined();
    }
    expect(readCount).toBe(10);
  });
});
