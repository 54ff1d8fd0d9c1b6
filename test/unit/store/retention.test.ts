import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RunChange, StorePort } from "../../../src/model/ports.js";
import type { RetentionPolicy, RetentionRule } from "../../../src/model/retention.js";
import { findRetentionMistake } from "../../../src/model/retention.js";
import type { RunStatus } from "../../../src/model/status.js";
import { isEnded } from "../../../src/model/status.js";
import { Kind, keyOf } from "../../../src/store/disk.js";
import { createJournalStore } from "../../../src/store/journal-store.js";
import { SimulatedClock } from "../../../src/testing/simulated-clock.js";
import { type Fate, SimulatedDevice } from "../../../src/testing/simulated-disk.js";
import { makeChange } from "./suite.js";

const NOW = 100_000;

async function openStore(archiveRunsMin = 8): Promise<{ store: StorePort; clock: SimulatedClock; device: SimulatedDevice; fates: Fate[] }> {
  const device = new SimulatedDevice();
  const clock = new SimulatedClock();
  const fates: Fate[] = [];
  const disk = device.connect(undefined, { delay: () => 0, fate: () => fates.shift() ?? "done" });
  const store = createJournalStore(disk, "s", { clock, archiveRunsMin });
  await store.open();
  await store.takeOver();
  return { store, clock, device, fates };
}

async function tidy(clock: SimulatedClock): Promise<void> {
  for (let round = 0; round < 12; round += 1) await clock.advance(250);
}

async function clean(store: StorePort, policy: RetentionPolicy): Promise<number> {
  let count = 0;
  for (const plan of await store.planRetention(policy, NOW)) {
    count += plan.runCount;
    await store.prune(plan);
  }
  return count;
}

function ended(runId: string, endedAt: number, workflow = "w", status: RunStatus = "succeeded"): RunChange {
  return makeChange(runId, 1, 2, { status, workflow, startedAt: endedAt - 10, endedAt, updatedAt: endedAt });
}

async function idsOf(store: StorePort): Promise<string[]> {
  return (await store.query({ limit: 1_000 })).records.map(({ runId }) => runId).sort();
}

describe("retention", () => {
  test("by age: whole segments, parts of one, and loose runs", async () => {
    const { store, clock, device } = await openStore();
    for (let index = 0; index < 30; index += 1) {
      await store.commit([ended(`r${index}`, 1_000 * index)], "relaxed");
      if (index === 15 || index === 25) await tidy(clock);
    }
    const segmentCount = (): number => [...device.journal(0).bytes.keys()].filter((key) => key >= keyOf(Kind.COLUMNS, 0) && key < keyOf(Kind.DIRECTORY, 0)).length;
    expect(segmentCount()).toBe(2);
    expect(await clean(store, { rules: [{ ageMax: NOW - 27_500 }] })).toBe(28);
    expect(await idsOf(store)).toEqual(["r28", "r29"]);
    expect(segmentCount()).toBe(0);
  });

  test("open runs stay, and what they may ask for", async () => {
    const { store } = await openStore();
    await store.commit([makeChange("parent", 1, 1), ended("old", 1)], "relaxed");
    await store.commit([{ ...ended("child", 2), record: { ...ended("child", 2).record, parentRunId: "parent" } }], "relaxed");
    expect(await clean(store, { rules: [{ ageMax: 0 }, { countMax: 0 }] })).toBe(1);
    expect(await idsOf(store)).toEqual(["child", "parent"]);
  });

  test("by size: the segments that ended first", async () => {
    const { store, clock } = await openStore();
    for (let round = 0; round < 3; round += 1) {
      for (let index = 0; index < 10; index += 1) await store.commit([ended(`r${round}.${index}`, 1_000 * round + index)], "relaxed");
      await tidy(clock);
    }
    const [plan] = await store.planRetention({ rules: [{ sizeMax: 0 }] }, NOW);
    expect(plan?.runCount).toBe(30);
    const size = (plan?.sizeBytes ?? 0) / 3;
    expect(await clean(store, { rules: [{ sizeMax: size * 2.5 }] })).toBe(10);
    expect((await idsOf(store))[0]).toBe("r1.0");
  });

  test("a full disk frees what ended first, and what was committed then is there; what was acknowledged before too", async () => {
    const { store, clock, fates } = await openStore();
    for (let index = 0; index < 10; index += 1) await store.commit([ended(`r${index}`, index)], "relaxed");
    await tidy(clock);
    await store.commit([makeChange("open", 1, 2)], "relaxed");
    fates.push("full");
    await store.commit([makeChange("open", 3, 4), makeChange("new", 1, 1)], "relaxed");
    expect(await idsOf(store)).toEqual(["new", "open"]);
    expect((await store.history("open")).length).toBe(4);
    fates.push("full");
    await expect(store.commit([makeChange("open", 5, 5)], "relaxed")).rejects.toMatchObject({ code: "store/quota-exceeded" });
    await store.commit([makeChange("open", 5, 5)], "relaxed");
    expect((await store.history("open")).length).toBe(5);
  });

  test("any policy lets go what the same rules let go of a plain list", async () => {
    const record = fc.record({ endedAt: fc.integer({ min: 0, max: NOW }), workflow: fc.constantFrom("a", "b"), status: fc.constantFrom<RunStatus>("succeeded", "failed", "waiting") });
    const rule = fc.record(
      { workflow: fc.constantFrom("a", "b"), status: fc.constantFrom<RunStatus>("succeeded", "failed"), ageMax: fc.integer({ min: 0, max: NOW }), countMax: fc.nat(20) },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(record, { maxLength: 40 }), fc.array(rule, { minLength: 1, maxLength: 3 }), fc.nat(40), async (records, rules, tidyAt) => {
        const { store, clock } = await openStore(5);
        const model: Row[] = [];
        for (const [index, { endedAt, workflow, status }] of records.entries()) {
          const runId = `r${String(index).padStart(2, "0")}`;
          const change = isEnded(status) ? ended(runId, endedAt, workflow, status) : makeChange(runId, 1, 2, { workflow, status });
          model.push({ runId, workflow, status, endedAt, startedAt: change.record.startedAt });
          await store.commit([change], "relaxed");
          if (index === tidyAt) await tidy(clock);
        }
        await clean(store, { rules: rules as readonly RetentionRule[] });
        expect(await idsOf(store)).toEqual(keep(model, rules as readonly RetentionRule[]));
      }),
      { numRuns: 300 },
    );
  });

  test("what is no policy is named", () => {
    for (const policy of [undefined, {}, { rules: 1 }, { rules: [1] }, { rules: [{}] }, { rules: [{ ageMax: -1 }] }, { rules: [{ age: 1 }] }, { rules: [{ sizeMax: 1, workflow: "a" }] }])
      expect(findRetentionMistake(policy)).toBeTypeOf("string");
    expect(findRetentionMistake({ rules: [{ ageMax: 1, workflow: "a" }, { sizeMax: 0 }] })).toBeUndefined();
  });
});

interface Row {
  readonly runId: string;
  readonly workflow: string;
  readonly status: RunStatus;
  readonly endedAt: number;
  readonly startedAt: number;
}

/** Rules one after the other; within one by age, then by count of what is left. Those that ended first go first. */
function keep(rows: readonly Row[], rules: readonly RetentionRule[]): string[] {
  const gone = new Set<string>();
  for (const { workflow, status, ageMax, countMax } of rules) {
    const concerned = rows
      .filter((row) => isEnded(row.status) && (workflow === undefined || row.workflow === workflow) && (status === undefined || row.status === status))
      .sort((a, b) => a.endedAt - b.endedAt || a.startedAt - b.startedAt || (a.runId < b.runId ? -1 : 1));
    if (ageMax !== undefined) for (const row of concerned) if (row.endedAt <= NOW - ageMax) gone.add(row.runId);
    if (countMax === undefined) continue;
    const left = concerned.filter(({ runId }) => !gone.has(runId));
    for (const { runId } of left.slice(0, Math.max(0, left.length - countMax))) gone.add(runId);
  }
  return rows.filter(({ runId }) => !gone.has(runId)).map(({ runId }) => runId).sort();
}
