// `run.verify()`: what of a history that is not what a run recorded shows, and by what. Over random runs: test/simulation/time-travel.test.ts.
import { describe, expect, test } from "vitest";
import { decodeCheckpoint } from "../../../src/engine/checkpoint.js";
import type { Run, Verification } from "../../../src/model/engine.js";
import { EntryKind, type HistoryEntry } from "../../../src/model/history.js";
import type { RunRecord } from "../../../src/model/run-record.js";
import { encodeValue } from "../../../src/model/value.js";
import { verifyRuns } from "../../../src/testing/verify-runs.js";
import { type Bench, codeOf, markdown, openBench, readEvents } from "./harness.js";

const COUNTER = markdown("[*] --> on\non --> on : add / set total = total + event.by\non --> off : stop\noff --> [*] : [total < 100000]", {
  head: "variables:\n  total: { type: number, initial: 0 }",
});
const RETRIED = `millrace: 1
tasks:
  a: {action: work, retry: {count: 3, delay: 1s, jitter: 0.5}}
`;

async function count(bench: Bench, events: number): Promise<Run> {
  const run = await bench.engine.start(await bench.engine.load(COUNTER));
  for (let index = 0; index < events; index += 1) await bench.engine.send(run.id, "add", { by: 1 });
  return run;
}

/** What is found with one entry in place of another. */
async function verifyWith({ disk }: Bench, run: Run, seq: number, change: Partial<HistoryEntry>): Promise<Verification> {
  const history = disk.runs.get(run.id)?.entries as HistoryEntry[];
  const entry = history[seq - 1] as HistoryEntry;
  history[seq - 1] = { ...entry, ...change };
  const verification = await run.verify();
  history[seq - 1] = entry;
  return verification;
}

const OTHER = { payload: encodeValue({ by: 2 }) };

describe("a history that is another", () => {
  test("shows where the checkpoint was taken", async () => {
    const bench = await openBench();
    const run = await count(bench, 300);
    const { seq } = decodeCheckpoint(bench.disk.runs.get(run.id)?.checkpoint?.bytes as Uint8Array);
    await bench.engine.send(run.id, "stop");
    expect(await run.verify()).toEqual({ isSame: true, pastSeq: 0, steps: 302, against: ["record", "checkpoint"] });
    expect(await verifyWith(bench, run, 20, OTHER)).toMatchObject({ isSame: false, seq, what: "checkpoint" });
    // Behind it nothing contradicts: the run succeeded all the same.
    expect((await verifyWith(bench, run, seq + 1, OTHER)).isSame).toBe(true);
    await bench.engine.close();
  });

  test("shows against the run while it is open", async () => {
    const bench = await openBench();
    const run = await count(bench, 5);
    expect(await run.verify()).toEqual({ isSame: true, pastSeq: 0, steps: 6, against: ["record", "run"] });
    expect(await verifyWith(bench, run, 3, OTHER)).toMatchObject({ isSame: false, seq: 6, what: "run" });
    expect(await verifyWith(bench, run, 6, { now: bench.clock.now() + 1 })).toMatchObject({ isSame: false, seq: 6 });
    await bench.engine.close();
  });

  test("shows in how the run ended, and when", async () => {
    const bench = await openBench();
    const run = await count(bench, 3);
    await bench.engine.send(run.id, "stop");
    await expect(run.result).resolves.toEqual({ total: 3 });
    const much = { payload: encodeValue({ by: 1e9 }) };
    expect(await verifyWith(bench, run, 2, much)).toMatchObject({ isSame: false, seq: 5, what: "record" });
    expect(await verifyWith(bench, run, 5, { now: bench.clock.now() + 1 })).toMatchObject({ isSame: false, seq: 5, what: "record", expected: { updatedAt: bench.clock.now() } });
    await bench.engine.close();
  });

  test("shows in the seed where something was drawn", async () => {
    const bench = await openBench({ tasks: { work: () => Promise.reject(new Error("no")) } });
    const run = await bench.engine.start(await bench.engine.load(RETRIED));
    await bench.clock.settle();
    expect((await run.verify()).isSame).toBe(true);
    expect(await verifyWith(bench, run, 2, { seed: 1 })).toMatchObject({ isSame: false, seq: 2, what: "run" });
    await bench.engine.close();
  });

  test("shows where an entry is not what such a run would record", async () => {
    const bench = await openBench();
    const run = await count(bench, 4);
    const changes: readonly Partial<HistoryEntry>[] = [
      { isHeld: true },
      { id: 99 },
      { now: 7 },
      { now: Number.NaN },
      { seq: 4 },
      { kind: EntryKind.START },
      { kind: EntryKind.TIMER, id: 1 },
      { kind: EntryKind.TASK_SUCCEEDED, id: 4 },
      { kind: EntryKind.PAUSE, id: 3 },
    ];
    for (const change of changes) expect({ change, ...(await verifyWith(bench, run, 3, change)) }).toMatchObject({ change, isSame: false, seq: 3, what: "entry" });
    expect(await verifyWith(bench, run, 1, { kind: EntryKind.EVENT })).toMatchObject({ isSame: false, seq: 1, what: "entry" });
    const history = bench.disk.runs.get(run.id)?.entries as HistoryEntry[];
    const last = history.pop() as HistoryEntry;
    expect(await run.verify()).toMatchObject({ isSame: false, seq: 5, what: "record", expected: 5, found: 4 });
    history.push(last);
    await bench.engine.close();
  });

  test("is not judged where another version has made it", async () => {
    const bench = await openBench();
    const run = await count(bench, 1);
    expect(await codeOf(verifyWith(bench, run, 1, { id: 1 }))).toBe("run/version-unsupported");
    (bench.disk.runs.get(run.id)?.entries as HistoryEntry[])[0] = (await history(bench, run))[0] as HistoryEntry;
  });
});

async function history({ disk }: Bench, run: Run): Promise<readonly HistoryEntry[]> {
  return disk.runs.get(run.id)?.entries ?? [];
}

describe("what a listener was told", () => {
  test("is held against the replay from where it begins to where it ends", async () => {
    const bench = await openBench();
    const run = await count(bench, 3);
    await bench.engine.send(run.id, "stop");
    const told = await readEvents(run);
    for (const part of [told, told.slice(0, 5), told.filter(({ seq }) => seq > 2), []]) expect((await run.verify({ told: part })).isSame).toBe(true);
    const more = [...told, { seq: 5, time: 1, type: "resumed" } as const];
    expect(await run.verify({ told: more })).toMatchObject({ isSame: false, seq: 5, what: "told", found: null });
    const less = told.filter(({ type, seq }) => type !== "variableSet" || seq !== 3);
    expect(await run.verify({ told: less })).toMatchObject({ isSame: false, seq: 3, what: "told" });
    expect(await codeOf(run.verify({ told: "all" as never }))).toBe("engine/invalid-argument");
    await bench.engine.close();
  });

  test("of a cut history begins with what was cut", async () => {
    const bench = await openBench({ durability: "none" });
    const { engine } = bench;
    const run = await engine.start(await engine.load(COUNTER));
    for (let index = 0; index < 33_000; index += 1) void engine.send(run.id, "add", { by: 1 });
    await engine.send(run.id, "stop");
    const told = await readEvents(run);
    expect(told[0]?.type).toBe("checkpoint");
    expect(await run.verify({ told })).toMatchObject({ isSame: true, pastSeq: told[0]?.seq, against: ["record", "told", "checkpoint"] });
    const altered = told.map((event, index) => (index === 9_000 ? { ...event, time: event.time + 1 } : event));
    expect(await run.verify({ told: altered })).toMatchObject({ isSame: false, seq: told[9_000]?.seq, what: "told" });
    await engine.close();
  });
});

test("many runs are verified one after the other, with a word after each", async () => {
  const bench = await openBench({ isVerified: false });
  const runs: Run[] = [];
  for (let index = 0; index < 4; index += 1) runs.push(await count(bench, index));
  for (const run of runs.slice(1)) await bench.engine.send(run.id, "stop");
  const progress: string[] = [];
  const all = await verifyRuns(bench.engine, {}, { onProgress: (done, total) => void progress.push(`${done}/${total}`) });
  expect(all).toEqual({ runs: 4, steps: 1 + 3 + 4 + 5, differences: [], refusals: [] });
  expect(progress).toEqual(["1/4", "2/4", "3/4", "4/4"]);
  const [third, fourth] = [runs[2] as Run, runs[3] as Run];
  const [a, b] = [bench.disk.runs.get(third.id)?.entries, bench.disk.runs.get(fourth.id)?.entries] as [HistoryEntry[], HistoryEntry[]];
  a[2] = { ...(a[2] as HistoryEntry), now: 1 };
  b[0] = { ...(b[0] as HistoryEntry), id: 1 };
  const { differences, refusals, runs: looked } = await verifyRuns(bench.engine, { status: "succeeded" });
  const idOf = ({ record }: { record: RunRecord }): string => record.runId;
  expect({ looked, differing: differences.map(idOf), refused: refusals.map(idOf) }).toEqual({ looked: 2, differing: [third.id], refused: [fourth.id] });
  expect(differences[0]?.difference).toMatchObject({ seq: 3, what: "entry" });
  expect(refusals[0]?.error.code).toBe("run/version-unsupported");
  expect((await verifyRuns(bench.engine, {}, { told: (runId) => (runId === runs[1]?.id ? [] : undefined) })).runs).toBe(3);
});
