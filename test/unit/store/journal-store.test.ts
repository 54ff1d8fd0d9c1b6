import { describe, expect, test } from "vitest";
import type { StorePort } from "../../../src/model/ports.js";
import { createJournalStore } from "../../../src/store/journal-store.js";
import { type Fate, SimulatedDevice, type SimulatedDisk } from "../../../src/testing/simulated-disk.js";
import { makeChange, makeEntries, STORE_CASES } from "./suite.js";

describe("journal store on a simulated disk", () => {
  for (const { name, run } of STORE_CASES) {
    test(name, async () => {
      const device = new SimulatedDevice();
      await run(() => createJournalStore(device.connect(), "simulated"));
    });
  }

  test("two drivers write to journals of their own, and see each other's runs", async () => {
    const device = new SimulatedDevice();
    const [first, second] = [createJournalStore(device.connect(), "s"), createJournalStore(device.connect(), "s")];
    await first.open();
    await second.open();
    await first.takeOver(0);
    await second.takeOver(1);
    await first.commit([makeChange("a", 1, 2)], "relaxed");
    await second.commit([makeChange("b", 1, 1), makeChange("child", 1, 1, { parentRunId: "b" })], "relaxed");
    await first.commit([makeChange("a", 3, 3)], "relaxed");
    await first.refresh();
    expect([first.journalOf("a"), first.journalOf("b"), first.journalOf("child")]).toEqual([0, 1, 1]);
    expect(await first.history("b")).toEqual(makeEntries(1, 1));
    expect(first.openRuns(1).map((record) => record.runId)).toEqual(["b", "child"]);
    await expect(first.commit([makeChange("b", 2, 2)], "relaxed")).rejects.toMatchObject({ code: "store/fenced", details: { journal: 1 } });
    await first.takeOver(1);
    await first.commit([makeChange("b", 2, 2), makeChange("a", 4, 4)], "relaxed");
    await expect(second.commit([makeChange("b", 2, 2)], "relaxed")).rejects.toMatchObject({ code: "store/fenced", details: { journal: 1, epoch: 1, current: 2 } });
    expect(await first.history("b")).toEqual(makeEntries(1, 2));
  });

  test("a source that could not be stored is stored with the next run that needs it, also where two need it at once", async () => {
    const device = new SimulatedDevice();
    let isUnreadable = false;
    const store = createJournalStore(device.connect(undefined, { delay: () => 0, fate: () => "done", isUnreadable: () => isUnreadable }), "s");
    await store.open();
    await store.takeOver(0);
    const source = { identity: "i", name: "n", source: "s" };
    isUnreadable = true;
    const puts = await Promise.allSettled([store.putSource(source), store.putSource(source)]);
    expect(puts.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    isUnreadable = false;
    await store.putSource(source);
    expect([...device.journal(0).sources.keys()]).toEqual(["i"]);
  });

  test("who could not take a journal over drives nothing", async () => {
    const device = new SimulatedDevice();
    let fate: Fate = "done";
    const [first, second] = [createJournalStore(device.connect(undefined, { delay: () => 0, fate: () => fate }), "s"), createJournalStore(device.connect(), "s")];
    await second.open();
    await second.takeOver();
    await second.commit([makeChange("a", 1, 1)], "relaxed");
    await first.open();
    fate = "full";
    await expect(first.takeOver()).rejects.toMatchObject({ code: "store/quota-exceeded" });
    fate = "done";
    await expect(first.commit([makeChange("a", 2, 2)], "relaxed")).rejects.toMatchObject({ code: "store/fenced" });
    await second.commit([makeChange("a", 2, 2)], "relaxed");
    expect(await second.history("a")).toEqual(makeEntries(1, 2));
  });

  test("a stale driver is fenced also after the rows behind its own were merged", async () => {
    const device = new SimulatedDevice();
    const stale = createJournalStore(device.connect(), "s");
    await stale.open();
    await stale.takeOver();
    await stale.commit([makeChange("a", 1, 1)], "relaxed");
    const heir = createJournalStore(device.connect(), "s");
    await heir.open();
    await heir.takeOver();
    for (let seq = 2; seq <= 140; seq += 1) await heir.commit([makeChange("a", seq, seq)], "relaxed");
    const { rows } = device.journal(0);
    const before = rows.size;
    await expect.poll(() => rows.size, { timeout: 10_000 }).toBeLessThan(before - 60);
    for (let round = 0; round < 2; round += 1)
      await expect(stale.commit([makeChange("a", 2, 2)], "relaxed")).rejects.toMatchObject({ code: "store/fenced" });
    expect(await heir.history("a")).toEqual(makeEntries(1, 140));
    const reader = createJournalStore(device.connect(), "s");
    await reader.open();
    expect(await reader.history("a")).toEqual(makeEntries(1, 140));
  });

  test("a group that was written although its transaction is said to have failed counts", async () => {
    const { store, device, fates } = await openWithFates();
    fates.push("lost");
    await store.commit([makeChange("a", 1, 1)], "relaxed");
    await store.commit([makeChange("a", 2, 2)], "relaxed");
    await store.close();
    const again = createJournalStore(device.connect(), "s");
    await again.open();
    expect(await again.history("a")).toEqual(makeEntries(1, 2));
  });

  test("the same where nobody could look at once: the next group finds it", async () => {
    const { store, device, disk, fates } = await openWithFates();
    const readRow = disk.readRow.bind(disk);
    disk.readRow = () => Promise.reject(new Error("no answer"));
    fates.push("lost");
    await expect(store.commit([makeChange("a", 1, 1)], "relaxed")).rejects.toMatchObject({ code: "store/failed" });
    disk.readRow = readRow;
    await expect(store.commit([makeChange("b", 1, 1)], "relaxed")).rejects.toMatchObject({ code: "store/failed", isRetryable: true });
    expect([await store.history("a"), await store.history("b")]).toEqual([makeEntries(1, 1), []]);
    await store.commit([makeChange("b", 1, 1), makeChange("a", 2, 2)], "relaxed");
    const again = createJournalStore(device.connect(), "s");
    await again.open();
    expect([await again.history("a"), await again.history("b")]).toEqual([makeEntries(1, 2), makeEntries(1, 1)]);
  });

  test("an aborted or refused transaction leaves nothing, and the next one goes on", async () => {
    const { store, fates } = await openWithFates();
    for (const [fate, code] of [["aborted", "store/failed"], ["full", "store/quota-exceeded"]] as const) {
      fates.push(fate);
      await expect(store.commit([makeChange(fate, 1, 1)], "relaxed")).rejects.toMatchObject({ code });
      expect(await store.get(fate)).toBeUndefined();
      await store.commit([makeChange(fate, 1, 2)], "relaxed");
      expect(await store.history(fate)).toEqual(makeEntries(1, 2));
    }
  });
});

async function openWithFates(): Promise<{ store: StorePort; device: SimulatedDevice; disk: SimulatedDisk; fates: Fate[] }> {
  const device = new SimulatedDevice();
  const fates: Fate[] = [];
  const disk = device.connect(undefined, { delay: () => 0, fate: () => fates.shift() ?? "done" });
  const store = createJournalStore(disk, "s");
  await store.open();
  await store.takeOver();
  return { store, device, disk, fates };
}
