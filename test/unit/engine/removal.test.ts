// Removals that are asked for one by one: together where one is under way, each journal by itself, in their order.
import fc from "fast-check";
import { expect, test } from "vitest";
import { Removal, REMOVAL_RUNS_MAX } from "../../../src/engine/removal.js";
import { markdown, openBench } from "./harness.js";

const settle = () => new Promise((resolve) => setTimeout(resolve));

test("each run is removed once, from its journal, and none while another removal of that journal is under way", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.record({ journal: fc.nat(2), isAwaited: fc.boolean() }), { minLength: 1, maxLength: 40 }), async (asks) => {
      const busy = new Set<number>();
      const removed: string[] = [];
      const removal = new Removal(async (journal, runIds) => {
        expect(busy.has(journal)).toBe(false);
        busy.add(journal);
        await settle();
        busy.delete(journal);
        removed.push(...runIds.map((runId) => `${journal} ${runId}`));
        return journal !== 1;
      });
      const answers: Promise<boolean>[] = [];
      for (const [index, { journal, isAwaited }] of asks.entries()) {
        const answer = removal.add(journal, `r${index}`);
        answers.push(answer.then((isDone) => isDone === (journal !== 1) && removed.includes(`${journal} r${index}`)));
        if (isAwaited) await answer;
      }
      expect(await Promise.all(answers)).toEqual(asks.map(() => true));
      expect(removed.toSorted()).toEqual(asks.map(({ journal }, index) => `${journal} r${index}`).toSorted());
    }),
    { numRuns: 60 },
  );
});

test("many are few commits, of at most so many runs", async () => {
  const sizes: number[] = [];
  const removal = new Removal(async (_, runIds) => {
    await settle();
    sizes.push(runIds.length);
    return true;
  });
  await Promise.all(Array.from({ length: 2 * REMOVAL_RUNS_MAX + 1 }, (_, index) => removal.add(0, `r${index}`)));
  expect(sizes).toEqual([REMOVAL_RUNS_MAX, REMOVAL_RUNS_MAX, 1]);
});

test("a removal that fails fails what went with it, and no other", async () => {
  let count = 0;
  const removal = new Removal(async () => {
    count += 1;
    if (count === 1) throw new Error("full");
    return true;
  });
  await expect(removal.add(0, "a")).rejects.toThrow("full");
  expect(await removal.add(0, "b")).toBe(true);
});

test("an engine deletes many runs at once; one that has not ended is refused alone", async () => {
  const bench = await openBench({ isVerified: false });
  await bench.engine.load(markdown("[*] --> Open\nOpen --> [*]: go", { name: "short", head: "events: [go]" }));
  const runs = await bench.engine.startMany("short", Array.from({ length: 200 }, () => ({})));
  await Promise.all(runs.slice(1).map(({ id }) => bench.engine.send(id, "go")));
  const answers = await Promise.allSettled(runs.map(({ id }) => bench.engine.runs.delete(id)));
  expect(answers.map(({ status }) => status)).toEqual(runs.map((_, index) => (index === 0 ? "rejected" : "fulfilled")));
  expect((await bench.engine.runs.query()).records.map(({ runId }) => runId)).toEqual([runs[0]?.id]);
  await bench.engine.close();
});
