// A tab that was there before it drives knows rows as they were when it read them; the driver before has merged them since.
import { expect, test } from "vitest";
import type { StorePort } from "../../../src/model/ports.js";
import type { StoredRow } from "../../../src/store/disk.js";
import { createJournalStore } from "../../../src/store/journal-store.js";
import { MERGE_ROWS } from "../../../src/store/meta-merge.js";
import { SimulatedClock } from "../../../src/testing/simulated-clock.js";
import { SimulatedDevice } from "../../../src/testing/simulated-disk.js";
import { makeChange, makeEntries } from "./suite.js";

async function open(device: SimulatedDevice): Promise<{ readonly store: StorePort; readonly clock: SimulatedClock }> {
  const clock = new SimulatedClock();
  const store = createJournalStore(device.connect(), "s", { clock });
  await store.open();
  return { store, clock };
}

async function tidy(clock: SimulatedClock): Promise<void> {
  for (let round = 0; round < 8; round += 1) await clock.advance(250);
}

/** One driver after the other, each with so many groups of a few runs; the heir has read the first one's groups one by one. */
async function playHeir(counts: readonly [first: number, second: number], runCounts: readonly [first: number, second: number]): Promise<void> {
  const device = new SimulatedDevice();
  const [first, heir] = [await open(device), await open(device)];
  const seqs = new Map<string, number>();
  const drive = async ({ store, clock }: typeof first, count: number, runCount: number, name: string): Promise<void> => {
    await store.takeOver();
    for (let group = 0; group < count; group += 1) {
      const runId = `${name}${group % runCount}`;
      const seq = (seqs.get(runId) ?? 0) + 1;
      await store.commit([makeChange(runId, seq, seq)], "relaxed");
      seqs.set(runId, seq);
      if (store === first.store) await heir.store.refresh();
    }
    await tidy(clock);
  };
  await drive(first, counts[0], runCounts[0], "r");
  await drive(heir, counts[1], runCounts[1], "s");
  await first.store.close();
  await heir.store.close();
  expectWhole(device);
  const { store } = await open(device);
  for (const [runId, seq] of seqs) {
    expect((await store.get(runId))?.seq).toBe(seq);
    expect(await store.history(runId)).toEqual(makeEntries(1, seq));
  }
  await store.close();
}

/** Each group is told of by one row, and they are few. */
function expectWhole(device: SimulatedDevice): void {
  const rows = [...device.journal(0).rows].sort(([a], [b]) => a - b) as [number, StoredRow][];
  const takeovers = new Set(rows.filter(([, { isTakeover }]) => isTakeover).map(([number]) => number));
  let next = 0;
  for (const [number, { from, isTakeover }] of rows) {
    if (isTakeover) continue;
    while (takeovers.has(next)) next += 1;
    expect(from === 0 ? next : from).toBe(from === 0 ? 0 : Math.max(next, 1));
    next = number + 1;
  }
  expect(rows.length).toBeLessThan(MERGE_ROWS + 10);
}

test.each([
  [3, 3],
  [3, 1_000],
  [1_000, 3],
  [1_000, 1_000],
])("an heir merges what is there, not what it has read once: groups of %d and of %d runs", { timeout: 60_000 }, async (...runCounts) => {
  for (let count = MERGE_ROWS - 3; count <= 2 * MERGE_ROWS + 3; count += 1) await playHeir([count, 2 * MERGE_ROWS], runCounts);
});
