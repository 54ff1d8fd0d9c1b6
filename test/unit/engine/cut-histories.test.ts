// Histories of durability `none` that are cut all the time (the limits are small here), beside durable ones that are whole, with checkpoints as
// often: the same calls end the same, also across lost kernels; the kept part of a story is the end of the whole one, and listeners hear everything or are told that something is missing.
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { JOURNAL_WEIGHT_MAX, VOLATILE_SPAN_ENTRIES } from "../../../src/engine/limits.js";
import type { Durability, Run, RunEvent } from "../../../src/model/engine.js";
import { RUN_STATUSES } from "../../../src/model/status.js";
import { type Act, act, CHART, perform, readAll, RUN_COUNT } from "./acts.js";
import { type Bench, brief, openBench } from "./harness.js";

vi.mock("../../../src/engine/limits.js", async (original) => ({
  ...(await original<typeof import("../../../src/engine/limits.js")>()),
  VOLATILE_SPAN_ENTRIES: 4,
  JOURNAL_WEIGHT_MAX: 40,
  EVENT_BUFFER_MAX: 10,
  CHECKPOINT_INTERVAL_ENTRIES: 3,
}));

async function open(durability: Durability): Promise<{ bench: Bench; runs: readonly Run[] }> {
  const bench = await openBench({ durability });
  const runs = await bench.engine.startMany(await bench.engine.load(CHART), Array.from({ length: RUN_COUNT }, () => ({})));
  await bench.engine.send(runs[0]?.id ?? "", "nobody");
  return { bench, runs };
}

/** What became of the events. A pause and a resume under way at once may both answer with the status after the last of them. */
async function answer({ bench, runs }: { readonly bench: Bench; readonly runs: readonly Run[] }, acts: readonly Act[]): Promise<unknown[]> {
  return (await perform(bench, runs, acts)).filter((given) => !(RUN_STATUSES as readonly unknown[]).includes(given));
}

/** What is told behind the first `checkpoint`, and the entry after which it begins. */
function split(events: readonly RunEvent[]): { readonly seq: number; readonly story: readonly RunEvent[] } {
  const [first] = events;
  expect(events.slice(1).some(({ type }) => type === "checkpoint")).toBe(false);
  return first?.type === "checkpoint" ? { seq: first.seq, story: events.slice(1) } : { seq: 0, story: events };
}

test("the limits are small here", () => {
  expect([VOLATILE_SPAN_ENTRIES, JOURNAL_WEIGHT_MAX]).toEqual([4, 40]);
});

test("runs with cut histories are as those with whole ones", async () => {
  let cutCount = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 20, maxLength: 50 }), async (acts) => {
      const [cut, whole] = [await open("none"), await open("relaxed")];
      // Reads of a story's first events differ, as they should; what comes while a pause and a cancel are under way may be held or not.
      const calls = acts.filter(({ kind }) => kind !== "read" && kind !== "cancel");
      expect(await answer(cut, calls)).toEqual(await answer(whole, calls));
      for (let index = 0; index < RUN_COUNT; index += 1) {
        const [a, b] = [cut.runs[index] as Run, whole.runs[index] as Run];
        expect([(await a.record()).status, (await a.record()).seq]).toEqual([(await b.record()).status, (await b.record()).seq]);
        expect([await a.states(), await a.context()]).toEqual([await b.states(), await b.context()]);
        const { seq, story } = split(await readAll(cut.bench, a));
        const full = brief(await readAll(whole.bench, b));
        expect(brief(story)).toEqual(full.slice(full.length - story.length));
        expect(story.every((event) => event.seq > seq)).toBe(true);
        if (seq > 0) cutCount += 1;
        else expect(story.length).toBe(full.length);
      }
      await cut.bench.engine.close();
      await whole.bench.engine.close();
    }),
    { numRuns: 60 },
  );
  expect(cutCount).toBeGreaterThan(20);
}, 120_000);

test("a checkpoint says where the run stood", async () => {
  const { bench, runs } = await open("none");
  const [run] = runs as readonly [Run];
  for (let times = 0; times < 20; times += 1) await bench.engine.send(run.id, "go");
  const [first, ...story] = await readAll(bench, run);
  // The start and 15 of them, of which the tenth sets n to 0.
  expect(first).toMatchObject({ type: "checkpoint", seq: 16, states: ["B"], context: { n: 3 } });
  expect(story[0]).toMatchObject({ type: "event", name: "go", seq: 17 });
  await bench.engine.close();
});

test("a listener hears everything, or is told that something is missing", async () => {
  const seen = { gaps: 0, whole: 0 };
  const moment = fc.oneof(
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("read" as const), count: fc.nat(40) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("act" as const), act }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(moment, { minLength: 10, maxLength: 60 }), async (moments) => {
      const { bench, runs } = await open("none");
      const twin = await open("relaxed");
      const iterator = (runs[0] as Run).events()[Symbol.asyncIterator]();
      const told: RunEvent[] = [];
      const acts = moments.flatMap((one) => (one.kind === "act" && one.act.kind !== "read" ? [one.act] : []));
      let pending: Promise<IteratorResult<RunEvent>> | undefined;
      const read = async (count: number): Promise<boolean> => {
        for (let times = 0; times < count; times += 1) {
          pending ??= iterator.next();
          let result: IteratorResult<RunEvent> | undefined;
          void pending.then((found) => (result = found));
          for (let turn = 0; turn < 20 && result === undefined; turn += 1) await bench.clock.settle();
          if (result === undefined) return false;
          pending = undefined;
          if (result.done === true) return false;
          told.push(result.value);
        }
        return true;
      };
      for (const one of moments) {
        if (one.kind === "read") await read(one.count);
        else if (one.act.kind !== "read") await perform(bench, runs, [one.act]);
      }
      while (await read(1_000));
      await perform(twin.bench, twin.runs, acts.flatMap((one) => [one, { kind: "settle" as const }]));
      checkStory(told, await readAll(twin.bench, twin.runs[0] as Run), seen);
      await iterator.return?.();
      await pending?.catch(() => undefined);
      await bench.engine.close();
      await twin.bench.engine.close();
    }),
    { numRuns: 150 },
  );
  expect(seen.gaps).toBeGreaterThan(10);
  expect(seen.whole).toBeGreaterThan(20);
}, 120_000);

/** Every part between two gaps stands in the whole story, one behind the other, and the last ends where it ends. */
function checkStory(told: readonly RunEvent[], whole: readonly RunEvent[], seen: { gaps: number; whole: number }): void {
  const full = brief(whole);
  const parts: RunEvent[][] = [[]];
  for (const event of told) {
    if (event.type === "checkpoint") parts.push([]);
    else parts.at(-1)?.push(event);
  }
  let at = 0;
  parts.forEach((part, index) => {
    const lines = brief(part);
    const isLast = index === parts.length - 1;
    if (lines.length === 0 && !isLast) return;
    const begin = isLast ? full.length - lines.length : at + whole.slice(at).findIndex(({ seq }) => seq === part[0]?.seq);
    expect(begin).toBeGreaterThanOrEqual(at);
    expect(lines).toEqual(full.slice(begin, begin + lines.length));
    at = begin + lines.length;
  });
  if (parts.length > 1) seen.gaps += 1;
  else seen.whole += 1;
}
