// What goes to the kernel at once ends as what goes through the loop does: runs of durability `none` (which take every
// short way) beside durable ones (which take none), driven by the same calls in the same order.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BatchJournal, type JournalNames } from "../../../src/engine/batch-journal.js";
import { type PieceEvent, VolatileLog } from "../../../src/engine/volatile-log.js";
import { createBatch } from "../../../src/model/batch.js";
import type { Durability, Run, RunEvent } from "../../../src/model/engine.js";
import { EntryKind, type HistoryEntry } from "../../../src/model/history.js";
import { type Bench, brief, markdown, openBench, readSome } from "./harness.js";

const CHART = markdown(
  "[*] --> A\nA --> B: go [n < 4] / set n = n + 1\nA --> C: go / set n = 0\nB --> A: go\nC --> A: go\nA --> [*]: finish\nB --> W: wait\nW --> A: after 5ms",
  { name: "loop", head: "events: [go, finish, wait]\nvariables:\n  n: { type: int, initial: 0 }" },
);
const RUN_COUNT = 4;

type Act =
  | { readonly kind: "send"; readonly run: number; readonly event: string; readonly payload?: number }
  | { readonly kind: "batch"; readonly events: readonly (readonly [number, string])[]; readonly times: number }
  | { readonly kind: "pause" | "resume" | "read" | "cancel"; readonly run: number }
  | { readonly kind: "advance"; readonly ms: number }
  | { readonly kind: "settle" | "loseKernel" };

const run = fc.nat(RUN_COUNT - 1);
const event = fc.constantFrom("go", "go", "go", "go", "wait", "finish", "nobody");
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("send" as const), run, event }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("send" as const), run, event, payload: fc.nat(9) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("batch" as const), events: fc.array(fc.tuple(run, event), { minLength: 1, maxLength: 8 }), times: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("pause" as const, "resume" as const, "read" as const, "cancel" as const), run }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("advance" as const), ms: fc.nat(9) }) },
  { weight: 3, arbitrary: fc.constant({ kind: "settle" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "loseKernel" as const }) },
);

/**
 * Does the acts in order, waiting only where they say so. Gives what every call answered, the run's status aside: when
 * several calls are under way it may be that after the last of them.
 */
async function perform(bench: Bench, runs: readonly Run[], acts: readonly Act[]): Promise<unknown[]> {
  const answers: Promise<unknown>[] = [];
  const batch = createBatch();
  for (const one of acts) {
    const id = "run" in one ? (runs[one.run]?.id ?? "") : "";
    if (one.kind === "send") answers.push(bench.engine.send(id, one.event, one.payload).then(({ status }) => status));
    else if (one.kind === "batch") {
      batch.clear();
      for (const [index, name] of one.events) batch.add(runs[index]?.id ?? "", name);
      for (let time = 0; time < one.times; time += 1) answers.push(bench.engine.sendMany(batch).then((outcomes) => [...outcomes]));
    } else if (one.kind === "read") answers.push(readSome(runs[one.run] as Run, 3).then(brief));
    else if (one.kind === "advance") await bench.clock.advance(one.ms);
    else if (one.kind === "settle") await Promise.allSettled(answers);
    else if (one.kind === "loseKernel") {
      await Promise.allSettled(answers);
      loseKernel(bench);
      // What is sent while a kernel is rebuilt may change places with a pause.
      await Promise.all(runs.map((run) => bench.engine.send(run.id, "go")));
    }
    else answers.push(bench.engine[one.kind](id));
  }
  return Promise.all(answers);
}

function loseKernel(bench: Bench): void {
  try {
    bench.kernel().trap();
  } catch {
    // Lost from now on, as after any trap.
  }
}

/** Where all runs stand, and what their histories tell so far. */
async function observe(bench: Bench, runs: readonly Run[]): Promise<unknown[]> {
  const told: unknown[] = [];
  for (const one of runs) {
    const { status, seq } = await one.record();
    told.push([status, seq, await one.states(), await one.context(), brief(await readAll(bench, one))]);
  }
  return told;
}

/** All events so far: an open run's story is read until nothing more comes. */
async function readAll(bench: Bench, one: Run): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  const iterator = one.events()[Symbol.asyncIterator]();
  for (;;) {
    const next = iterator.next();
    let isOver = true;
    void next.then(() => (isOver = false));
    for (let turn = 0; turn < 20 && isOver; turn += 1) await bench.clock.settle();
    if (isOver) break;
    const result = await next;
    if (result.done === true) break;
    events.push(result.value);
  }
  await iterator.return?.();
  return events;
}

describe("calls that are stepped at once", () => {
  const open = async (durability: Durability): Promise<{ bench: Bench; runs: readonly Run[] }> => {
    const bench = await openBench({ durability });
    const runs = await bench.engine.startMany(await bench.engine.load(CHART), Array.from({ length: RUN_COUNT }, () => ({})));
    await bench.engine.send(runs[0]?.id ?? "", "nobody");
    return { bench, runs };
  };

  test("end as those that go through the loop", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 25 }), async (acts) => {
        const [quick, durable] = [await open("none"), await open("relaxed")];
        const answers = await perform(quick.bench, quick.runs, acts);
        expect(answers).toEqual(await perform(durable.bench, durable.runs, acts));
        expect(await observe(quick.bench, quick.runs)).toEqual(await observe(durable.bench, durable.runs));
        await quick.bench.engine.close();
        await durable.bench.engine.close();
      }),
      { numRuns: 60 },
    );
  }, 120_000);

  test("answer in the order of the calls, without a wait between them", async () => {
    const { bench, runs } = await open("none");
    const id = runs[0]?.id ?? "";
    const sends = [bench.engine.send(id, "go"), bench.engine.send(id, "go", 1), bench.engine.send(id, "go"), bench.engine.send(id, "finish")];
    expect((await Promise.all(sends)).map(({ status, runStatus }) => [status, runStatus])).toEqual([
      ["taken", "waiting"],
      ["taken", "waiting"],
      ["taken", "waiting"],
      ["ignored", "waiting"],
    ]);
    expect(await runs[0]?.context()).toEqual({ n: 2 });
    await bench.engine.close();
  });

  test("a batch that is no batch is refused, not thrown", async () => {
    const { bench } = await open("none");
    await expect(bench.engine.sendMany(undefined as never)).rejects.toMatchObject({ code: "engine/invalid-argument" });
    await bench.engine.close();
  });
});

describe("the journal of packed calls", () => {
  const call = fc.record({
    pairs: fc.array(fc.tuple(fc.nat(4), fc.nat(2)), { minLength: 1, maxLength: 6 }),
    calls: fc.array(fc.tuple(fc.nat(3), fc.nat(2 ** 32 - 1)), { minLength: 1, maxLength: 4 }),
    ownEvent: fc.boolean(),
  });

  test("gives every run what single entries would, however often a call was repeated", () => {
    fc.assert(
      fc.property(fc.array(call, { maxLength: 8 }), (segments) => {
        const [packed, single] = [new BatchJournal(), new BatchJournal()];
        const [packedRuns, singleRuns] = [makeRuns(packed), makeRuns(single)];
        const ids = Uint32Array.of(7, 8, 20_000);
        const [packedNames, singleNames]: JournalNames[] = [packedRuns, singleRuns].map((runs) => ({ runs, ids }));
        let now = 1_700_000_000_000;
        for (const { pairs, calls, ownEvent } of segments) {
          const records = Uint32Array.from(pairs.flat());
          calls.forEach(([wait, seed], index) => {
            now += wait;
            packed.add(packedNames as JournalNames, records, pairs.length, index > 0, now, seed);
            single.add(singleNames as JournalNames, records, pairs.length, false, now, seed);
          });
          if (ownEvent) for (const runs of [packedRuns, singleRuns]) runs[0]?.own(now, 5);
        }
        packed.spill();
        single.spill();
        expect(packedRuns.map(({ log }) => [...log.entries()])).toEqual(singleRuns.map(({ log }) => [...log.entries()]));
        for (const { log } of packedRuns) expect(log.count).toBe([...log.entries()].length);
        for (const { log } of packedRuns) expect([...log.entries(3)]).toEqual([...log.entries()].slice(0, 3));
      }),
      { numRuns: 300 },
    );
  });

  test("a repeated call adds two numbers, however large it is", () => {
    const journal = new BatchJournal();
    const runs = makeRuns(journal);
    const names = { runs, ids: Uint32Array.of(1) };
    const records = Uint32Array.from({ length: 2_000 }, (_, index) => (index % 2 === 0 ? 0 : 0));
    for (let time = 0; time < 100; time += 1) journal.add(names, records, 1_000, time > 0, time, time);
    journal.spill();
    expect(runs[0]?.log.count).toBe(100_000);
    const last = [...(runs[0]?.log.entries() ?? [])].at(-1) as HistoryEntry;
    expect(last).toMatchObject({ seq: 100_000, kind: EntryKind.EVENT, id: 1, now: 99 });
  });
});

interface LoggingRun {
  readonly log: VolatileLog;
  takeEvent(id: number, now: number, seed: number): void;
  takePiece(piece: { readonly count: number; readonly lastNow: number; events(): Iterable<PieceEvent> }): void;
  /** An event of its own, after what the journal has. */
  own(now: number, seed: number): void;
}

function makeRuns(journal: BatchJournal): LoggingRun[] {
  return Array.from({ length: 5 }, () => {
    const log = new VolatileLog();
    return {
      log,
      takeEvent: (id, now, seed) => log.add(EntryKind.EVENT, false, id, now, seed, undefined),
      takePiece: (piece) => log.addPiece(piece),
      own(now, seed) {
        journal.spill();
        log.add(EntryKind.PAUSE, false, 0, now, seed, undefined);
      },
    };
  });
}
