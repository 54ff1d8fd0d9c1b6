// What goes to the kernel at once ends as what goes through the loop does: runs of durability `none` (which take every
// short way) beside durable ones (which take none), driven by the same calls in the same order.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BatchJournal, type JournalNames } from "../../../src/engine/batch-journal.js";
import { type PieceEvent, VolatileLog } from "../../../src/engine/volatile-log.js";
import type { Durability, Run } from "../../../src/model/engine.js";
import { EntryKind, type HistoryEntry } from "../../../src/model/history.js";
import { act, CHART, observe, perform, RUN_COUNT } from "./acts.js";
import { type Bench, openBench } from "./harness.js";

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
        expect(packedRuns.map(({ log }) => [...log.past().entries])).toEqual(singleRuns.map(({ log }) => [...log.past().entries]));
        for (const { log } of packedRuns) expect(log.count).toBe([...log.past().entries].length);
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
    const last = [...(runs[0]?.log.past().entries ?? [])].at(-1) as HistoryEntry;
    expect(last).toMatchObject({ seq: 100_000, kind: EntryKind.EVENT, id: 1, now: 99 });
  });
});

interface LoggingRun {
  readonly log: VolatileLog;
  takeEvent(id: number, now: number, seed: number): void;
  takePiece(piece: { readonly count: number; readonly lastNow: number; events(): Iterable<PieceEvent> }): void;
  shorten(): void;
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
      shorten: () => undefined,
      own(now, seed) {
        journal.spill();
        log.add(EntryKind.PAUSE, false, 0, now, seed, undefined);
      },
    };
  });
}
