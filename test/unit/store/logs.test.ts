import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isGap } from "../../../src/model/log-gaps.js";
import type { StoredLogEntry } from "../../../src/model/log.js";
import type { StorePort } from "../../../src/model/ports.js";
import { Kind, keyOf, numberOf, type StoredBytes } from "../../../src/store/disk.js";
import { createJournalStore } from "../../../src/store/journal-store.js";
import { SimulatedClock } from "../../../src/testing/simulated-clock.js";
import { SimulatedDevice } from "../../../src/testing/simulated-disk.js";
import { makeChange, makeLog } from "./suite.js";

const ARCHIVE_MIN = 10;
const LIMITS = { entriesMax: 40, sizeMax: 1 << 20 };

async function openStore(device: SimulatedDevice, clock = new SimulatedClock()): Promise<{ store: StorePort; clock: SimulatedClock }> {
  const store = createJournalStore(device.connect(), "s", { clock, archiveRunsMin: ARCHIVE_MIN, logLimits: LIMITS });
  await store.open();
  await store.takeOver();
  return { store, clock };
}

function keysOf(device: SimulatedDevice, kind: Kind): number[] {
  return [...device.journal(0).bytes.keys()].filter((key) => key >= keyOf(kind, 0) && key < keyOf(kind + 1, 0)).map(numberOf);
}

async function tidy(clock: SimulatedClock): Promise<void> {
  for (let round = 0; round < 12; round += 1) await clock.advance(250);
}

function flip(device: SimulatedDevice, key: number): void {
  const stored = device.journal(0).bytes.get(key) as StoredBytes;
  const bytes = stored.bytes.slice();
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 0x10;
  device.journal(0).bytes.set(key, { ...stored, bytes });
}

const brief = (log: readonly StoredLogEntry[]): unknown[] => log.map(({ number, message }) => `${number} ${message}`);

describe("logs in a journal", () => {
  test("cost no chunk and no group where nobody logs", async () => {
    const device = new SimulatedDevice();
    const { store } = await openStore(device);
    await store.commit([makeChange("a", 1, 1)], "relaxed");
    const last = store.lastGroup(0);
    await store.flushLogs();
    expect([store.lastGroup(0) - last, keysOf(device, Kind.LOGS)]).toEqual([0, []]);
    store.addLogs("a", [makeLog("x")]);
    await store.commit([makeChange("a", 2, 2)], "relaxed");
    await store.flushLogs();
    expect([store.lastGroup(0) - last, keysOf(device, Kind.LOGS)]).toEqual([1, [last + 1]]);
  });

  test("what is not written when the process dies is gone, what went with a group is there", async () => {
    const device = new SimulatedDevice();
    const { store } = await openStore(device);
    store.addLogs("a", [makeLog("one")]);
    await store.commit([makeChange("a", 1, 1)], "relaxed");
    store.addLogs("a", [makeLog("two")]);
    const { store: again } = await openStore(device);
    again.addLogs("a", [makeLog("three")]);
    expect(brief(await again.logs("a"))).toEqual(["1 one", "2 three"]);
  });

  test("a damaged chunk is told in its place; the run and the rest of its log go on", async () => {
    const device = new SimulatedDevice();
    const { store } = await openStore(device);
    await store.commit([makeChange("a", 1, 1)], "relaxed");
    for (const message of ["one", "two", "three"]) {
      store.addLogs("a", [makeLog(message), makeLog(`${message}, too`)]);
      await store.flushLogs();
    }
    const [, second = 0, third = 0] = keysOf(device, Kind.LOGS);
    flip(device, keyOf(Kind.LOGS, second));
    device.journal(0).bytes.delete(keyOf(Kind.LOGS, third));
    const { store: again } = await openStore(device);
    const log = await again.logs("a");
    expect(log.map(({ number, level }) => [number, level])).toEqual([[1, "info"], [2, "info"], [4, "error"], [6, "error"]]);
    expect(log.slice(2).map(({ message }) => message)).toEqual([
      `2 entries cannot be read: group ${second}: it is damaged`,
      `2 entries cannot be read: group ${third}: it is missing`,
    ]);
    again.addLogs("a", [makeLog("four")]);
    await again.commit([makeChange("a", 2, 3)], "relaxed");
    expect((await again.history("a")).length).toBe(3);
    expect((await again.logs("a")).at(-1)).toMatchObject({ number: 7, message: "four" });
  });

  test("move with their runs into a segment, the damaged ones as a gap, and count there", async () => {
    const device = new SimulatedDevice();
    const { store, clock } = await openStore(device);
    for (let index = 0; index < 12; index += 1) {
      store.addLogs(`r${index}`, [makeLog(`first of ${index}`), makeLog("x".repeat(400))]);
      await store.commit([makeChange(`r${index}`, 1, 2)], "relaxed");
    }
    flip(device, keyOf(Kind.LOGS, keysOf(device, Kind.LOGS)[3] ?? 0));
    const { store: again, clock: later } = await openStore(device, clock);
    for (let index = 0; index < 12; index += 1) {
      again.addLogs(`r${index}`, [makeLog("last")]);
      await again.commit([makeChange(`r${index}`, 3, 3, { status: "succeeded", startedAt: index, endedAt: index + 5 })], "relaxed");
    }
    await tidy(later);
    expect([keysOf(device, Kind.COLUMNS).length, keysOf(device, Kind.LOGS)]).toEqual([1, []]);
    const { store: third } = await openStore(device, later);
    expect(brief(await third.logs("r7"))).toEqual(["1 first of 7", `2 ${"x".repeat(400)}`, "3 last"]);
    expect(brief(await third.logs("r7", 2))).toEqual(["3 last"]);
    expect((await third.logs("r3")).map(({ number, message }) => [number, message])).toEqual([[2, "2 entries before this were dropped: a run's log has limits"], [3, "last"]]);
    expect((await third.history("r3")).length).toBe(3);
    flip(device, keyOf(Kind.BLOCK, (keysOf(device, Kind.COLUMNS)[0] ?? 0) * 256));
    const { store: fourth } = await openStore(device);
    expect(await fourth.logs("r7")).toMatchObject([{ level: "error", by: "engine" }]);
  });

  test("whatever is logged, committed, tidied, deleted and opened again, a log is what a plain list says", async () => {
    const run = fc.integer({ min: 0, max: 3 }).map((index) => `r${index}`);
    const act = fc.oneof(
      { weight: 5, arbitrary: fc.record({ kind: fc.constant("log" as const), run, count: fc.integer({ min: 1, max: 15 }) }) },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant("commit" as const), run }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("flush" as const) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("fill" as const), run }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("tidy" as const) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("delete" as const), run }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("reopen" as const) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 40 }), async (acts) => {
        const device = new SimulatedDevice();
        let { store, clock } = await openStore(device);
        /** By run: seq, all that was logged, whether it has ended. */
        const model = new Map<string, { seq: number; log: string[]; isEnded: boolean }>();
        let fillCount = 0;
        for (const step of acts) {
          const known = "run" in step ? model.get(step.run) : undefined;
          if (step.kind === "log" && known !== undefined && !known.isEnded) {
            const messages = Array.from({ length: step.count }, (_, index) => `${known.log.length + index}`);
            store.addLogs(step.run, messages.map((message) => makeLog(message)));
            known.log.push(...messages);
          } else if (step.kind === "commit" && known?.isEnded !== true) {
            const { seq } = known ?? { seq: 0 };
            await store.commit([makeChange(step.run, seq + 1, seq + 1)], "relaxed");
            if (known === undefined) model.set(step.run, { seq: 1, log: [], isEnded: false });
            else known.seq += 1;
          } else if (step.kind === "flush") await store.flushLogs();
          else if (step.kind === "fill" && known !== undefined && !known.isEnded) {
            const others = Array.from({ length: ARCHIVE_MIN }, () => makeChange(`f${fillCount++}`, 1, 1, { status: "succeeded", endedAt: 1 }));
            await store.commit([makeChange(step.run, known.seq + 1, known.seq + 1, { status: "succeeded", endedAt: 1 }), ...others], "relaxed");
            known.seq += 1;
            known.isEnded = true;
          } else if (step.kind === "tidy") await tidy(clock);
          else if (step.kind === "delete" && known !== undefined) {
            await store.delete([step.run]);
            model.delete(step.run);
          } else if (step.kind === "reopen") {
            await store.flushLogs();
            ({ store, clock } = await openStore(device));
          }
          for (const [runId, { log }] of model) {
            const told = await store.logs(runId);
            const entries = told.filter((entry) => !isGap(entry));
            expect(entries.map(({ message }) => message)).toEqual(log.slice(log.length - entries.length));
            expect(entries.map(({ number }) => number)).toEqual(entries.map((_, index) => log.length - entries.length + index + 1));
            // Entries go by groups, so some fewer than the limit may be left.
            expect(entries.length).toBeGreaterThanOrEqual(Math.min(log.length, 1));
            if (log.length <= LIMITS.entriesMax) expect(entries.length).toBe(log.length);
            expect(told.length - entries.length).toBe(entries.length < log.length ? 1 : 0);
          }
          for (const runId of ["r0", "r1", "r2", "r3"]) if (!model.has(runId)) expect(await store.logs(runId)).toEqual([]);
        }
        await store.flushLogs();
        await tidy(clock);
        const held = new Set(keysOf(device, Kind.LOGS));
        for (const runId of model.keys()) await store.delete([runId]);
        await tidy(clock);
        if (held.size > 0) expect(keysOf(device, Kind.LOGS)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
