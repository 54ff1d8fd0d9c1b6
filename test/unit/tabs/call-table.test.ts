import { expect, test } from "vitest";
import type { TabsHooks } from "../../../src/model/ports.js";
import { CALL_REPEAT_MS, CALLS_REMEMBERED_MAX, CallTable } from "../../../src/tabs/call-table.js";
import { TABS_VERSION } from "../../../src/tabs/messages.js";

interface Told {
  readonly kind: string;
  readonly id: number;
}

/** A table with what it posted. */
function open(): { readonly table: CallTable; readonly posted: Told[] } {
  const posted: Told[] = [];
  return { table: new CallTable((message) => posted.push(message)), posted };
}

/** Hooks of a driver that counts what it does. */
function drive(): { readonly hooks: TabsHooks; readonly done: string[] } {
  const done: string[] = [];
  const hooks: TabsHooks = {
    onGain: async () => true,
    onLoss: () => undefined,
    onGroup: () => undefined,
    onCall: async (_journal, method) => done.push(method),
    hasOpenRuns: () => false,
    lastGroup: () => 0,
  };
  return { hooks, done };
}

const askOf = (id: number) => ({ version: TABS_VERSION, from: "a", to: "b", kind: "call", id, journal: 0, method: `ask ${id}`, args: [] }) as const;

test("a call waits for a driver, and is told again after twice as long each time", async () => {
  const { table, posted } = open();
  const answer = table.call(0, "ask", [], 0);
  table.repeat(10 * CALL_REPEAT_MS);
  expect([posted.length, table.isAwaited(0), table.isAwaited(1), ...table.awaited]).toEqual([0, true, false, 0]);
  table.passOn(1, "b", 0);
  table.passOn(0, "b", 0);
  table.passOn(0, "c", 0);
  expect(table.isAwaited(0)).toBe(false);
  const toldAt: number[] = [];
  for (let now = 0; now <= 8 * CALL_REPEAT_MS; now += CALL_REPEAT_MS / 4) {
    const before = posted.length;
    table.repeat(now);
    if (posted.length > before) toldAt.push(now / CALL_REPEAT_MS);
  }
  expect(toldAt).toEqual([1, 3, 7]);
  expect(posted.every((message) => "to" in message && message.to === "b")).toBe(true);
  table.settle({ version: TABS_VERSION, from: "b", to: "a", kind: "reply", id: 1, value: 7 });
  expect(await answer).toBe(7);
  table.repeat(100 * CALL_REPEAT_MS);
  expect(posted).toHaveLength(4);
});

test("what is asked twice is done once and answered twice", async () => {
  const { table, posted } = open();
  const { hooks, done } = drive();
  table.answer(askOf(1), hooks);
  table.answer(askOf(1), hooks);
  await Promise.resolve();
  expect([done, posted.map(({ kind }) => kind)]).toEqual([["ask 1"], ["reply"]]);
  table.answer(askOf(1), hooks);
  expect([done, posted.map(({ id }) => id)]).toEqual([["ask 1"], [1, 1]]);
});

test("what is not remembered any more is not done again", async () => {
  const { table, posted } = open();
  const { hooks, done } = drive();
  for (let id = 1; id <= CALLS_REMEMBERED_MAX + 2; id += 1) table.answer(askOf(id), hooks);
  await Promise.resolve();
  expect([done.length, posted.length]).toEqual([CALLS_REMEMBERED_MAX + 2, CALLS_REMEMBERED_MAX + 2]);
  for (const id of [1, 2]) table.answer(askOf(id), hooks);
  expect([done.length, posted.length]).toEqual([CALLS_REMEMBERED_MAX + 2, CALLS_REMEMBERED_MAX + 2]);
  table.answer({ ...askOf(1), from: "c" }, hooks);
  expect(done.length).toBe(CALLS_REMEMBERED_MAX + 3);
});

test("who was asked decides whether nothing was done for sure", async () => {
  const { table } = open();
  const answers = [table.call(0, "passed", [], 0)];
  table.passOn(0, "b", 0);
  answers.push(table.call(0, "waiting", [], 0), table.call(1, "of another", [], 0));
  table.refuse(0);
  const outcomes = await Promise.allSettled(answers.slice(0, 2));
  expect(outcomes.map((outcome) => outcome.status === "rejected" && outcome.reason.details)).toEqual([{ journal: 0, isPassed: true }, { journal: 0, isPassed: false }]);
  expect([table.isAwaited(0), table.isAwaited(1)]).toEqual([false, true]);
  table.close();
  await expect(answers[2]).rejects.toMatchObject({ code: "engine/no-answer", details: { isPassed: false } });
});
