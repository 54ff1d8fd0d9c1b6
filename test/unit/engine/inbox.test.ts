// What arrives is taken in order and in slices; who waits until what is there has had its turn waits no longer and no less. And what
// of one run is open, against a map.
import fc from "fast-check";
import { expect, test } from "vitest";
import { createClock } from "../../../src/base/clock.js";
import { Inbox } from "../../../src/engine/inbox.js";
import { TURN_ARRIVALS_MAX, TURN_ARRIVALS_STORED_MAX } from "../../../src/engine/limits.js";
import { OpenCommands } from "../../../src/engine/open-commands.js";
import { openBench } from "./harness.js";

test("an inbox is a queue whose first can be put back", () => {
  const act = fc.oneof(fc.record({ add: fc.nat({ max: 9 }) }), fc.record({ take: fc.nat({ max: 7 }) }), fc.record({ back: fc.nat({ max: 3 }) }));
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      const inbox = new Inbox<number>();
      let model: number[] = [];
      let next = 0;
      for (const step of acts) {
        if ("add" in step) for (let at = 0; at < step.add; at += 1) { inbox.add(next); model.push(next++); }
        else if ("take" in step) expect(inbox.take(step.take)).toEqual(model.splice(0, Math.max(1, step.take)));
        else {
          const back = Array.from({ length: step.back }, () => next++);
          inbox.putBack(back);
          model = [...back, ...model];
        }
        expect(inbox.count).toBe(model.length);
      }
      expect(inbox.clear()).toEqual(model);
    }),
  );
});

test("who waits for an inbox is called when all that was there has been taken, what is put back before it included", async () => {
  const inbox = new Inbox<number>();
  for (const item of [1, 2, 3]) inbox.add(item);
  let isDone = false;
  void inbox.flushed().then(() => (isDone = true));
  inbox.add(4);
  const settle = async (): Promise<boolean> => {
    inbox.settle();
    await Promise.resolve();
    return isDone;
  };
  inbox.take(2);
  expect(await settle()).toBe(false);
  inbox.putBack([1, 2]);
  inbox.take(2);
  expect(await settle()).toBe(false);
  inbox.take(1);
  expect(await settle()).toBe(true);
  expect(inbox.clear()).toEqual([4]);
});

test("open commands are kept by serial, one or many, in the order in which they came", () => {
  const act = fc.record({ isAdded: fc.boolean(), serial: fc.integer({ min: 1, max: 5 }) });
  fc.assert(
    fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
      const open = new OpenCommands<{ readonly serial: number }>();
      const model = new Map<number, { readonly serial: number }>();
      for (const { isAdded, serial } of acts) {
        if (isAdded) {
          const command = { serial };
          open.add(command);
          model.set(serial, command);
        } else {
          open.delete(serial);
          model.delete(serial);
        }
        expect(open.get(serial)).toBe(model.get(serial));
        expect(open.size).toBe(model.size);
        expect([...open.values()]).toEqual([...model.values()]);
      }
    }),
  );
});

test("where runs are stored, more is stepped in one turn, so that it is committed together", async () => {
  const bench = await openBench({ tasks: { work: (input: unknown) => input } });
  const workflow = await bench.engine.load("millrace: 1\nname: one\ntasks:\n  a: {action: work, input: 1}\n");
  const runCount = TURN_ARRIVALS_STORED_MAX + 1;
  const runs = await bench.engine.startMany(workflow, Array.from({ length: runCount }, () => ({})));
  await Promise.all(runs.map((run) => run.result));
  const { commitsTotal, eventsTotal } = await bench.engine.statistics();
  expect(eventsTotal).toBe(2 * runCount);
  expect(commitsTotal).toBeLessThanOrEqual(6);
  expect(commitsTotal).toBeGreaterThanOrEqual(4);
  await bench.engine.close();
});

test("many runs with handlers leave the thread its turns: no step of the kernel has more events than one turn may", async () => {
  const clock = createClock();
  let turnCount = 0;
  const breathing = { ...clock, defer: (callback: () => void) => clock.defer(() => { turnCount += 1; callback(); }) };
  const bench = await openBench({ durability: "none", clock: breathing, tasks: { work: async (input: unknown) => input } });
  const workflow = await bench.engine.load("millrace: 1\nname: two\ntasks:\n  a: {action: work, input: 1, next: b}\n  b: {action: work, input: 2}\n");
  const runCount = 5_000;
  const before = await bench.engine.statistics();
  const runs = await bench.engine.startMany(workflow, Array.from({ length: runCount }, () => ({})));
  await Promise.all(runs.map((run) => run.result));
  const { stepsTotal, eventsTotal } = await bench.engine.statistics();
  expect(eventsTotal - before.eventsTotal).toBeGreaterThanOrEqual(3 * runCount);
  expect(stepsTotal - before.stepsTotal).toBeGreaterThanOrEqual((3 * runCount) / TURN_ARRIVALS_MAX);
  expect(turnCount).toBeGreaterThan(2);
  await bench.engine.close();
});
