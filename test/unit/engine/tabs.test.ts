import { expect, test } from "vitest";
import { PROGRAMS_KEPT_MAX } from "../../../src/engine/limits.js";
import { SILENCE_MS } from "../../../src/tabs/shared-tabs.js";
import { createBatch } from "../../../src/model/batch.js";
import { type GroupWrite, JOURNAL_COUNT } from "../../../src/store/disk.js";
import { readAll } from "./acts.js";
import { brief, codeOf, holdTask, markdown, readEvents } from "./harness.js";
import { readFileBytes } from "../portable/files.js";
import { makeTabBench } from "./tab-bench.js";

const TOGGLE = markdown("[*] --> Off\nOff --> On: press\nOn --> Off: press\nOn --> [*]: finish", { name: "toggle" });
const WORK = markdown("[*] --> Work\nWork --> [*]", { name: "work", actions: "- Work: call work with n=1 result r" });

test("every tab drives runs of its own and controls those of the others", async () => {
  const bench = makeTabBench();
  const [first, second] = [await bench.open(), await bench.open()];
  expect([await first.engine.role(), await second.engine.role()]).toEqual(["driver", "driver"]);
  await second.engine.load(TOGGLE);
  const own = await bench.until(second.engine.start("toggle"));
  const run = await bench.until(first.engine.start(await first.engine.load(TOGGLE)));
  await bench.clock.advance(10);
  const watched = await second.engine.runs.get(run.id);
  const result = watched.result;
  const story = readEvents(watched);
  expect(await bench.until(second.engine.send(run.id, "press"))).toEqual({ status: "taken", runStatus: "waiting" });
  expect(await bench.until(second.engine.pause(run.id))).toBe("paused");
  expect(await run.status()).toBe("paused");
  expect(await bench.until(second.engine.send(run.id, "finish"))).toMatchObject({ status: "held" });
  await bench.until(second.engine.resume(run.id));
  expect(await bench.until(result)).toBeTypeOf("object");
  expect(brief(await bench.until(story)).at(-1)).toBe("ended succeeded");
  expect(await bench.until(second.engine.send(run.id, "press"))).toEqual({ status: "ended", runStatus: "succeeded" });
  expect(await bench.until(first.engine.cancel(own.id))).toBe("canceled");
  expect(await own.status()).toBe("canceled");
});

test("who waits for a run of another tab hears of its end also where that tab is gone before it could say so", async () => {
  const bench = makeTabBench(undefined, { delay: () => 50, copies: () => 1 });
  const [first, second] = [await bench.open(), await bench.open()];
  await second.engine.load(TOGGLE);
  const run = await bench.until(first.engine.start(await first.engine.load(TOGGLE)));
  await bench.clock.advance(100);
  const watched = await second.engine.runs.get(run.id);
  const result = watched.result;
  const story = readEvents(watched);
  await bench.clock.advance(100);
  expect(await bench.until(first.engine.send(run.id, "press"))).toMatchObject({ status: "taken" });
  expect(await bench.until(first.engine.send(run.id, "finish"))).toMatchObject({ status: "taken" });
  // Its lock is free at once, and what it said of its last group is still under way.
  first.kill();
  expect(await bench.until(result)).toBeTypeOf("object");
  expect(brief(await bench.until(story)).at(-1)).toBe("ended succeeded");
});

test("a batch goes to the drivers of its runs", async () => {
  const bench = makeTabBench();
  const [first, second] = [await bench.open(), await bench.open()];
  const workflow = await first.engine.load(TOGGLE);
  await second.engine.load(TOGGLE);
  const [a] = await bench.until(first.engine.startMany(workflow, [{}]));
  const [b] = await bench.until(second.engine.startMany("toggle", [{}]));
  await bench.clock.advance(10);
  const batch = createBatch();
  for (const id of [a?.id, b?.id, "nobody", a?.id]) batch.add(id ?? "", "press");
  batch.add(a?.id ?? "", "finish");
  batch.add(b?.id ?? "", "finish");
  expect([...(await bench.until(second.engine.sendMany(batch)))]).toEqual([1, 1, 4, 1, 2, 1]);
});

test("a run can be deleted from any tab, also where nobody drives its journal", async () => {
  const bench = makeTabBench();
  const [first, second] = [await bench.open(), await bench.open()];
  const workflow = await first.engine.load(TOGGLE);
  const [a, b] = await bench.until(first.engine.startMany(workflow, [{}, {}]));
  for (const run of [a, b]) await bench.until(first.engine.cancel(run?.id ?? ""));
  await bench.clock.advance(10);
  await bench.until(second.engine.runs.delete(a?.id ?? ""));
  expect(await codeOf(first.engine.runs.get(a?.id ?? ""))).toBe("run/unknown");
  first.kill();
  await bench.clock.advance(100);
  await bench.until(second.engine.runs.delete(b?.id ?? ""));
  expect(await second.engine.runs.count()).toBe(0);
});

test("the runs of a killed tab go on in another at once, with the same keys", async () => {
  const bench = makeTabBench();
  const [one, two] = [holdTask(), holdTask()];
  const first = await bench.open({ tasks: { work: one.handler } });
  const second = await bench.open({ tasks: { work: two.handler } });
  const run = await bench.until(first.engine.start(await first.engine.load(WORK)));
  await bench.clock.advance(10);
  const result = (await second.engine.runs.get(run.id)).result;
  first.kill();
  await bench.untilTrue(() => two.calls.length > 0, 200);
  expect(two.calls.map(({ key }) => key)).toEqual(one.calls.map(({ key }) => key));
  two.succeed(7);
  expect(await bench.until(result)).toMatchObject({ r: 7 });
});

test("a tab takes over only runs whose tasks it has; the next one does", async () => {
  const bench = makeTabBench();
  const [one, three] = [holdTask(), holdTask()];
  const first = await bench.open({ tasks: { work: one.handler } });
  const second = await bench.open();
  await bench.until(first.engine.start(await first.engine.load(WORK)));
  await bench.clock.advance(10);
  first.kill();
  await bench.clock.advance(500);
  expect(await bench.until(second.engine.runs.count({ status: "running" }))).toBe(1);
  await bench.open({ tasks: { work: three.handler } });
  await bench.untilTrue(() => three.calls.length > 0, 5_000);
});

test("the runs of a frozen tab go on in another, and it steps down when it wakes up", async () => {
  const bench = makeTabBench();
  const [one, two] = [holdTask(), holdTask()];
  const first = await bench.open({ tasks: { work: one.handler } });
  await bench.open({ tasks: { work: two.handler } });
  const workflow = await first.engine.load(WORK);
  const run = await bench.until(first.engine.start(workflow));
  await bench.clock.advance(10);
  first.tab.freeze();
  await bench.clock.advance(SILENCE_MS / 2);
  expect(two.calls).toEqual([]);
  await bench.untilTrue(() => two.calls.length > 0, 2_000 - SILENCE_MS / 2);
  expect(two.calls.map(({ key }) => key)).toEqual(one.calls.map(({ key }) => key));
  first.tab.thaw();
  await bench.clock.advance(100);
  expect(one.calls[0]?.signal.aborted).toBe(true);
  one.succeed(1);
  await bench.clock.advance(100);
  two.succeed(2);
  const result = run.result;
  expect(await bench.until(result)).toMatchObject({ r: 2 });
  expect(await first.engine.role()).toBe("driver");
  const again = await bench.until(first.engine.start(workflow));
  await bench.untilTrue(() => one.calls.length === 2);
  one.succeed(3);
  expect(await bench.until(again.result)).toMatchObject({ r: 3 });
});

test("a driver that is only slow is asked, and keeps its runs", async () => {
  const bench = makeTabBench();
  const [one, two] = [holdTask(), holdTask()];
  const first = await bench.open({ tasks: { work: one.handler } });
  await bench.open({ tasks: { work: two.handler } });
  await bench.until(first.engine.start(await first.engine.load(WORK)));
  await bench.clock.advance(60_000);
  expect(two.calls).toEqual([]);
});

test("all journals taken: the next tab watches, controls, and drives when one becomes free", async () => {
  const bench = makeTabBench();
  const tabs = [];
  for (let count = 0; count < JOURNAL_COUNT; count += 1) tabs.push(await bench.open());
  const [first] = tabs;
  const run = await bench.until(first!.engine.start(await first!.engine.load(TOGGLE)));
  const late = await bench.open();
  const workflow = await late.engine.load(TOGGLE);
  expect(await late.engine.role()).toBe("watcher");
  expect(await codeOf(bench.until(late.engine.start(workflow)))).toBe("engine/not-driver");
  expect(await bench.until(late.engine.send(run.id, "press"))).toMatchObject({ status: "taken" });
  tabs[3]?.kill();
  await bench.clock.advance(100);
  expect(await late.engine.role()).toBe("driver");
  await bench.until(late.engine.start(workflow));
});

test("a heir that cannot read what it inherits tries again", async () => {
  const bench = makeTabBench();
  let isUnreadable = false;
  const [first, second] = [await bench.open(), await bench.open({}, { delay: () => 0, fate: () => "done", isUnreadable: () => isUnreadable })];
  await second.engine.load(TOGGLE);
  isUnreadable = true;
  const run = await bench.until(first.engine.start(await first.engine.load(TOGGLE)));
  await bench.clock.advance(100);
  first.kill();
  await bench.clock.advance(1_000);
  isUnreadable = false;
  await bench.clock.advance(5_000);
  expect(await bench.until(second.engine.send(run.id, "press"))).toEqual({ status: "taken", runStatus: "waiting" });
});

test("tabs find each other again when the machine has slept", async () => {
  const bench = makeTabBench();
  const [first, second] = [await bench.open(), await bench.open()];
  await bench.clock.advance(500);
  for (const { tab } of [first, second]) tab.freeze();
  await bench.clock.advance(600_000);
  for (const { tab } of [first, second]) tab.thaw();
  const run = await bench.until(first.engine.start(await first.engine.load(TOGGLE)));
  await bench.clock.advance(500);
  expect((await second.engine.runs.get(run.id)).id).toBe(run.id);
});

test("a call to a driver that is killed is asked again of its heir; an event is not", async () => {
  const bench = makeTabBench(undefined, { delay: () => 5, copies: () => 1 });
  const [first, second] = [await bench.open(), await bench.open()];
  await second.engine.load(TOGGLE);
  const run = await bench.until(first.engine.start(await first.engine.load(TOGGLE)));
  await bench.clock.advance(50);
  const pausing = second.engine.pause(run.id);
  const sending = codeOf(second.engine.send(run.id, "press"));
  // It has said that it is there, and what it is asked for is on the way.
  await bench.clock.advance(12);
  first.kill();
  expect(await bench.until(pausing)).toBe("paused");
  expect(await bench.until(sending)).toBe("engine/no-answer");
});

test("events that are sent while a driver is gone and its heir not yet there wait for the heir", async () => {
  const bench = makeTabBench();
  const [first, second, third] = [await bench.open(), await bench.open(), await bench.open()];
  for (const { engine } of [first, second, third]) await engine.load(TOGGLE);
  const run = await bench.until(first.engine.start("toggle"));
  await bench.clock.advance(1_000);
  first.kill();
  const answers = await bench.until(Promise.all([second, third].map(({ engine }) => engine.send(run.id, "press"))));
  expect(answers.map(({ status }) => status)).toEqual(["taken", "taken"]);
});

test("what another tab tells a run reaches it in order", async () => {
  const bench = makeTabBench(undefined, { delay: () => 3, copies: () => 1 });
  const [first, second] = [await bench.open(), await bench.open()];
  await second.engine.load(TOGGLE);
  const run = await bench.until(first.engine.start(await first.engine.load(TOGGLE)));
  await bench.clock.advance(1_000);
  const telling: Promise<unknown>[] = [];
  for (let round = 0; round < 8; round += 1) {
    telling.push(second.engine.send(run.id, "press"), second.engine.pause(run.id), second.engine.resume(run.id));
    // Some in one turn, some while the driver is asked, some a while after it was heard.
    await bench.clock.advance(4 * round);
  }
  await bench.until(Promise.all(telling));
  const told = (await bench.until(readAll(bench, run))).map(({ type }) => type).filter((type) => type === "event" || type === "paused" || type === "resumed");
  expect(told).toEqual(Array.from({ length: 8 }, () => ["event", "paused", "resumed"]).flat());
});

/** Messages between tabs take so long that none of them has heard of anything yet, ms. */
const LONG_MS = 400;

test("a run id of one's own is taken also where its driver has not said so yet", async () => {
  const bench = makeTabBench(undefined, { delay: () => LONG_MS, copies: () => 1 });
  const [first, second] = [await bench.open(), await bench.open()];
  await second.engine.load(TOGGLE);
  await bench.until(first.engine.start(await first.engine.load(TOGGLE), {}, { runId: "order-7" }));
  expect(await bench.until(codeOf(second.engine.start("toggle", {}, { runId: "order-7" })))).toBe("run/exists");
  first.kill();
  expect(await bench.until(codeOf(second.engine.start("toggle", {}, { runId: "order-7" })))).toBe("run/exists");
  await bench.clock.advance(2 * LONG_MS);
  expect(await bench.until(second.engine.send("order-7", "press"))).toMatchObject({ status: "taken" });
});

test("of tabs that begin a run of one id at once, one does", async () => {
  const bench = makeTabBench(undefined, { delay: () => LONG_MS, copies: () => 1 });
  const tabs = [await bench.open(), await bench.open(), await bench.open()];
  for (const { engine } of tabs) await engine.load(TOGGLE);
  const starts = tabs.flatMap(({ engine }) => [engine.start("toggle", {}, { runId: "order-8" }), engine.start("toggle", {}, { runId: "order-8" })]);
  expect(await bench.until(howEach(starts))).toEqual(["no error", ...starts.slice(1).map(() => "run/exists")]);
});

test("a fork and a start of one id are one run", async () => {
  const bench = makeTabBench(undefined, { delay: () => LONG_MS, copies: () => 1 });
  const [first, second] = [await bench.open(), await bench.open()];
  for (const { engine } of [first, second]) await engine.load(TOGGLE);
  await bench.until(first.engine.start("toggle", {}, { runId: "old" }));
  const begun = [first.engine.fork("old", 1, { runId: "order-9" }), second.engine.start("toggle", {}, { runId: "order-9" }), first.engine.start("toggle", {}, { runId: "order-9" })];
  expect(await bench.until(howEach(begun))).toEqual(["no error", "run/exists", "run/exists"]);
});

test("of two tabs that take one file in at once, each run is taken in by one", async () => {
  const elsewhere = makeTabBench();
  const { engine } = await elsewhere.open();
  const runs = await elsewhere.until(engine.startMany(await engine.load(TOGGLE), Array.from({ length: 30 }, () => ({}))));
  for (const { id } of runs) await elsewhere.until(engine.cancel(id));
  const file = await readFileBytes(engine.export({}));
  const bench = makeTabBench(undefined, { delay: () => LONG_MS, copies: () => 1 });
  const tabs = [await bench.open(), await bench.open()];
  const reports = await bench.until(Promise.all(tabs.map((tab) => tab.engine.import(file))));
  expect(reports.map(({ imported }) => imported).sort((a, b) => a - b)).toEqual([0, 30]);
  expect(reports.map(({ skipped }) => skipped).sort((a, b) => a - b)).toEqual([0, 30]);
});

test("who is frozen while it begins a run keeps others from such ids only, and is told of; when it is gone they are free", async () => {
  const bench = makeTabBench(undefined, { delay: () => LONG_MS, copies: () => 1 });
  const [first, second] = [await bench.open(), await bench.open()];
  for (const { engine } of [first, second]) await engine.load(TOGGLE);
  first.engine.start("toggle", {}, { runId: "order-1" }).catch(() => undefined);
  // It holds the lock of the lane, and reads what others have begun.
  await Promise.resolve();
  first.tab.freeze();
  const refused = second.engine.start("toggle", {}, { runId: "order-1" });
  expect(await bench.until(second.engine.start("toggle", {}, { runId: "another" }))).toMatchObject({ id: "another" });
  expect(await bench.until(codeOf(refused))).toBe("engine/no-answer");
  first.kill();
  expect(await bench.until(second.engine.start("toggle", {}, { runId: "order-1" }))).toMatchObject({ id: "order-1" });
});

test.each([0, 5, 10, 15, 20, 30])("an engine that is closed %i ms after a start of an id of one's own settles it, and keeps nobody from the id", async (ms) => {
  const bench = makeTabBench();
  const [first, second] = [await bench.open({}, { delay: () => 20, fate: () => "done" }), await bench.open()];
  for (const { engine } of [first, second]) await bench.until(engine.load(TOGGLE));
  const started = codeOf(first.engine.start("toggle", {}, { runId: "order-1" }));
  await bench.clock.advance(ms);
  await bench.until(first.engine.close());
  const [there, here] = [await bench.until(started), await bench.until(codeOf(second.engine.start("toggle", {}, { runId: "order-1" })))];
  expect([there, here]).toEqual(there === "engine/closed" ? ["engine/closed", expect.stringMatching("no error|run/exists")] : ["no error", "run/exists"]);
});

test("a parent hears of the end of a child that was stored, and was told that it was not", async () => {
  const bench = makeTabBench();
  const work = holdTask();
  let [writes, isArmed, isUnreadable] = [0, false, false];
  const fate = (): "done" | "lost" => {
    if (!isArmed) return "done";
    writes += 1;
    // The end of the second child, behind the first one's: nor can be read for a while whether it is there.
    if (writes === 2) isUnreadable = true;
    return writes === 2 ? "lost" : "done";
  };
  const { engine } = await bench.open({ tasks: { work: work.handler } }, { delay: () => 5, fate, isUnreadable: (what) => isUnreadable && what === "rows" });
  await bench.until(engine.load("millrace: 1\nname: child\ntasks: {w: {action: work}}\n"));
  const other = await bench.until(engine.start(await bench.until(engine.load(TOGGLE))));
  const run = await bench.until(engine.start(await bench.until(engine.load("millrace: 1\nname: parent\ntasks: {a: {workflow: child}, b: {workflow: child}}\n"))));
  await bench.untilTrue(() => work.calls.length === 2);
  await bench.clock.advance(1_000);
  isArmed = true;
  work.succeed(1, 0);
  await bench.clock.advance(1);
  work.succeed(2, 1);
  await bench.clock.advance(100);
  [isArmed, isUnreadable] = [false, false];
  // With the next commit the journal learns what it holds.
  await bench.until(codeOf(engine.send(other.id, "press")));
  await bench.clock.advance(60_000);
  expect(writes).toBeGreaterThanOrEqual(2);
  expect(await run.status()).toBe("succeeded");
});

test("a new tab whose only free journal is written to by another is one without a journal, and can be used as such", async () => {
  const bench = makeTabBench();
  const [first, ...rest] = [await bench.open(), ...(await Promise.all(Array.from({ length: JOURNAL_COUNT - 2 }, () => bench.open())))];
  const run = await bench.until(first.engine.start(await bench.until(first.engine.load(TOGGLE))));
  await bench.clock.advance(500);
  // Somebody was always quicker.
  const fate = (write: GroupWrite, journal: number): "done" => {
    if (journal === JOURNAL_COUNT - 1) bench.device.journal(journal).rows.set(write.number, { ...write.row, epoch: write.row.epoch + 1 });
    return "done";
  };
  const late = await bench.open({}, { delay: () => 20, fate });
  await bench.until(late.engine.load(TOGGLE));
  expect(rest).toHaveLength(JOURNAL_COUNT - 2);
  expect(await bench.until(late.engine.role())).toBe("watcher");
  expect(await bench.until(late.engine.send(run.id, "press"))).toMatchObject({ status: "taken" });
  expect(await bench.until(codeOf(late.engine.start("toggle")))).toBe("engine/not-driver");
});

async function howEach(starts: readonly Promise<unknown>[]): Promise<readonly string[]> {
  const codes = await Promise.all(starts.map((start) => codeOf(start)));
  return codes.sort();
}

test("a workflow is kept for the runs of it that are there, whatever was lost in the middle of a commit", async () => {
  const bench = makeTabBench();
  let isAborted = false;
  const [first, second] = [await bench.open({}, { delay: () => (isAborted ? 300 : 0), fate: () => (isAborted ? "aborted" : "done") }), await bench.open()];
  const workflow = await first.engine.load(TOGGLE);
  await second.engine.load(TOGGLE);
  const lost = await bench.until(first.engine.start(workflow));
  await bench.clock.advance(500);
  isAborted = true;
  const refused = codeOf(first.engine.send(lost.id, "press"));
  await bench.clock.advance(10);
  await second.tab.requestLock("millrace:simulated:0", { mode: "steal", onAnswer: async () => undefined });
  await bench.clock.advance(400);
  isAborted = false;
  expect(await bench.until(refused)).not.toBe("no error");
  await bench.clock.advance(1_000);
  expect(await bench.until(second.engine.send(lost.id, "press"))).toMatchObject({ status: "taken" });
  const run = await bench.until(first.engine.start("toggle"));
  for (let number = 0; number < PROGRAMS_KEPT_MAX; number += 1) await first.engine.load(TOGGLE.replace("name: toggle", `name: other-${number}`));
  expect(await codeOf(bench.until(first.engine.start("toggle")))).toBe("no error");
  expect(await bench.until(first.engine.send(run.id, "press"))).toMatchObject({ status: "taken" });
});
