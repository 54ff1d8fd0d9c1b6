import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RunChange, StorePort } from "../../../src/model/ports.js";
import { isIntact, Kind, keyOf, numberOf, type StoredBytes, type StoredRow } from "../../../src/store/disk.js";
import { createJournalStore } from "../../../src/store/journal-store.js";
import { SimulatedClock } from "../../../src/testing/simulated-clock.js";
import { SimulatedDevice } from "../../../src/testing/simulated-disk.js";
import { makeChange, makeEntries } from "./suite.js";

const ARCHIVE_MIN = 10;

async function openStore(device: SimulatedDevice, clock = new SimulatedClock()): Promise<{ store: StorePort; clock: SimulatedClock }> {
  const store = createJournalStore(device.connect(), "s", { clock, archiveRunsMin: ARCHIVE_MIN });
  await store.open();
  await store.takeOver();
  return { store, clock };
}

function ended(runId: string, startedAt: number, seq = 3): RunChange {
  return makeChange(runId, 1, seq, { status: "succeeded", startedAt, endedAt: startedAt + 5, updatedAt: startedAt + 5 });
}

function keysOf(device: SimulatedDevice, kind: Kind): number[] {
  return [...device.journal(0).bytes.keys()].filter((key) => key >= keyOf(kind, 0) && key < keyOf(kind + 1, 0)).map(numberOf);
}

async function tidy(clock: SimulatedClock): Promise<void> {
  for (let round = 0; round < 12; round += 1) await clock.advance(250);
}

describe("segments", () => {
  test("ended runs move out of their groups, and are found as before", async () => {
    const device = new SimulatedDevice();
    const { store, clock } = await openStore(device);
    for (let index = 0; index < 25; index += 1) await store.commit([ended(`r${index}`, 1_000 + index), makeChange("open", index + 1, index + 1)], "relaxed");
    await tidy(clock);
    expect(keysOf(device, Kind.COLUMNS).length).toBeGreaterThan(0);
    const before = (await store.query({ limit: 1_000 })).records;
    expect(before).toHaveLength(26);
    expect(await store.count({ status: "succeeded" })).toBe(25);
    expect(await store.history("r7")).toEqual(makeEntries(1, 3));
    expect(await store.history("r7", 2)).toEqual(makeEntries(3, 3));
    await store.close();
    const { store: again } = await openStore(device);
    expect(again.openRuns(0).map(({ runId }) => runId)).toEqual(["open"]);
    expect((await again.query({ limit: 1_000 })).records).toEqual(before);
    expect(await again.get("r3")).toEqual(ended("r3", 1_003).record);
    for (let index = 0; index < 25; index += 1) expect(await again.history(`r${index}`)).toEqual(makeEntries(1, 3));
    expect(await again.history("open")).toEqual(makeEntries(1, 25));
  });

  test("an opening does not read all that ever was: rows that name what has moved long since give way to the state", async () => {
    const device = new SimulatedDevice();
    const { store, clock } = await openStore(device);
    for (let group = 0; group < 9; group += 1) {
      const runs = Array.from({ length: 1_000 }, (_, index) => ended(`r${group}-${index}`, 1_000 + group, 1));
      await store.commit([...runs, makeChange("open", group + 1, group + 1)], "relaxed");
      await tidy(clock);
    }
    await tidy(clock);
    const rows = [...device.journal(0).rows.values()] as StoredRow[];
    expect(rows.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeLessThan(20_000);
    expect(rows.some(({ level, isTakeover, from }) => level > 0 && !isTakeover && from === 0)).toBe(true);
    await store.close();
    const { store: again } = await openStore(device);
    expect(again.openRuns(0).map(({ runId }) => runId)).toEqual(["open"]);
    expect(await again.history("open")).toEqual(makeEntries(1, 9));
    expect(await again.count({})).toBe(9_001);
    expect(await again.get("r7-77")).toEqual(ended("r7-77", 1_007, 1).record);
    expect(await again.history("r0-999")).toEqual(makeEntries(1, 1));
  });

  test("runs are found by who asks for the first time while they move", async () => {
    const clock = new SimulatedClock();
    const disk = new SimulatedDevice().connect();
    const store = createJournalStore(disk, "s", { clock, archiveRunsMin: ARCHIVE_MIN });
    await store.open();
    await store.takeOver();
    let askedCount: Promise<number> | undefined;
    const append = disk.append.bind(disk);
    disk.append = async (journal, write) => {
      const isSegment = write.puts.some(({ key }) => key >= keyOf(Kind.COLUMNS, 0) && key < keyOf(Kind.COLUMNS + 1, 0));
      if (isSegment) askedCount ??= store.count({});
      if (isSegment) await askedCount;
      return append(journal, write);
    };
    for (let index = 0; index < 25; index += 1) await store.commit([ended(`r${index}`, 1_000 + index)], "relaxed");
    await tidy(clock);
    expect(await askedCount).toBe(25);
    expect(await store.count({})).toBe(25);
    await store.close();
  });

  test("deleted runs do not come back, and a segment of which nothing is left is gone", async () => {
    const device = new SimulatedDevice();
    const { store, clock } = await openStore(device);
    for (let index = 0; index < 20; index += 1) await store.commit([ended(`r${index}`, 1_000 + index)], "relaxed");
    await tidy(clock);
    await store.delete(["r1", "r2", "nobody"]);
    expect(await store.get("r1")).toBeUndefined();
    expect(await store.history("r1")).toEqual([]);
    const { store: again, clock: later } = await openStore(device);
    expect(await again.count({})).toBe(18);
    expect(await again.get("r2")).toBeUndefined();
    await again.delete(Array.from({ length: 20 }, (_, index) => `r${index}`));
    await tidy(later);
    expect(await again.count({})).toBe(0);
    expect([...device.journal(0).bytes.keys()]).toEqual([]);
  });

  test("a watcher follows runs into segments and out of them", async () => {
    const device = new SimulatedDevice();
    const { store, clock } = await openStore(device);
    const watcher = createJournalStore(device.connect(), "s");
    await watcher.open();
    expect(await watcher.count({})).toBe(0);
    for (let round = 0; round < 3; round += 1) {
      for (let index = 0; index < 12; index += 1) await store.commit([ended(`r${round}.${index}`, 1_000 + index)], "relaxed");
      if (round > 0) await tidy(clock);
      await watcher.refresh();
      expect(await watcher.count({})).toBe(12 * (round + 1));
      for (const runId of [`r0.${round}`, `r${round}.11`]) expect(await watcher.history(runId)).toEqual(makeEntries(1, 3));
    }
    await store.delete(["r0.0", "r2.3"]);
    await watcher.refresh();
    expect([await watcher.count({}), await watcher.get("r0.0")]).toEqual([34, undefined]);
  });

  test("damaged columns are reported with their runs, a damaged block with its own; the rest stays readable", async () => {
    const device = new SimulatedDevice();
    const { store, clock } = await openStore(device);
    for (let index = 0; index < 12; index += 1) await store.commit([ended(`a${index}`, 1_000 + index)], "relaxed");
    await tidy(clock);
    for (let index = 0; index < 12; index += 1) await store.commit([ended(`b${index}`, 2_000 + index)], "relaxed");
    await tidy(clock);
    const [first = 0, second = 0] = keysOf(device, Kind.COLUMNS);
    flip(device, keyOf(Kind.COLUMNS, first));
    flip(device, keyOf(Kind.BLOCK, second * 256));
    const { store: again } = await openStore(device);
    expect(await again.count({})).toBe(12);
    await expect(again.get("a3")).rejects.toMatchObject({ code: "store/damaged", details: { runId: "a3" } });
    await expect(again.history("a3")).rejects.toMatchObject({ code: "store/damaged" });
    expect((await again.get("b3"))?.runId).toBe("b3");
    await expect(again.history("b3")).rejects.toMatchObject({ code: "store/damaged", details: { runId: "b3" } });
    expect(await again.get("nobody")).toBeUndefined();
    await again.commit([makeChange("c", 1, 1)], "relaxed");
    expect(await again.history("c")).toEqual(makeEntries(1, 1));
  });

  test("whatever is committed, deleted, tidied and opened again, a store says what a plain one says", async () => {
    const act = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant("end" as const), count: fc.integer({ min: 1, max: 8 }) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("delete" as const), which: fc.nat() }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant("tidy" as const) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("reopen" as const) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 25 }), async (acts) => {
        const device = new SimulatedDevice();
        let { store, clock } = await openStore(device);
        const model = new Map<string, RunChange>();
        let next = 0;
        for (const one of acts) {
          if (one.kind === "end") {
            for (let count = 0; count < one.count; count += 1) {
              const change = ended(`r${next}`, 1_000 + (next * 7) % 50, 1 + (next % 4));
              next += 1;
              model.set(change.record.runId, change);
              await store.commit([change], "relaxed");
            }
          } else if (one.kind === "delete") {
            const runId = [...model.keys()][one.which % Math.max(1, model.size)];
            if (runId === undefined) continue;
            model.delete(runId);
            await store.delete([runId]);
          } else if (one.kind === "tidy") await tidy(clock);
          else ({ store, clock } = await openStore(device));
        }
        const { records } = await store.query({ limit: 1_000, order: "oldest" });
        expect(records.map(({ runId }) => runId).sort()).toEqual([...model.keys()].sort());
        for (const [runId, { record, entries }] of model) {
          expect(await store.get(runId)).toEqual(record);
          expect(await store.history(runId)).toEqual(entries);
        }
      }),
      { numRuns: 40 },
    );
  });
});

function flip(device: SimulatedDevice, key: number): void {
  const stored = device.journal(0).bytes.get(key) as StoredBytes;
  expect(isIntact(stored, key)).toBe(true);
  const bytes = stored.bytes.slice();
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
  device.journal(0).bytes.set(key, { ...stored, bytes });
}
