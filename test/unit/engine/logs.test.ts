import { afterEach, describe, expect, test } from "vitest";
import { TIMER_LATE_MS, VOLATILE_LOGS_SIZE_MAX } from "../../../src/engine/limits.js";
import type { Run, TaskHandler } from "../../../src/model/engine.js";
import type { LogConditions, LogEntry } from "../../../src/model/log.js";
import { type Bench, codeOf, holdTask, markdown, openBench } from "./harness.js";
import { makeTabBench } from "./tab-bench.js";

const WORK = markdown("[*] --> Work\nWork --> Done: success\nWork --> Done: failed\nDone --> [*]", { name: "work", head: "parameters:\n  - { name: n, type: number, default: 1 }", actions: "- Work: call work with n=n" });
const TRIED = "millrace: 1\nname: tried\ntasks:\n  fetch: {action: work, retry: {count: 2, delay: 1s}}\n";
const LIMITED = "millrace: 1\nname: limited\ntasks:\n  fetch: {action: work, timeout: 2s}\n";

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.engine.close();
  bench = undefined;
});

async function open(work: TaskHandler, options: Parameters<typeof openBench>[0] = {}): Promise<Bench> {
  bench = await openBench({ tasks: { work }, ...options });
  for (const text of [WORK, TRIED, LIMITED]) await bench.engine.load(text);
  return bench;
}

async function readTail(run: Run, query?: LogConditions, count = Infinity): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for await (const entry of run.tailLogs(query)) if (entries.push(entry) === count) break;
  return entries;
}

const brief = (entries: readonly LogEntry[]): string[] => entries.map(({ number, level, message }) => `${number} ${level} ${message}`);
const codes = (entries: readonly LogEntry[]): unknown[] => entries.map(({ fields }) => fields?.["code"]);

describe("what handlers log", () => {
  test("stands in the run's log with its place, before the run has ended for whoever asks", async () => {
    const { engine, clock } = await open(({ n }, { log }) => {
      log.debug("not wanted");
      const fields = { order: { id: n } };
      log.info("begin", fields);
      fields.order.id = 99;
      const { warn } = log;
      warn("careful");
      log.error("bad", { error: new Error("boom") });
    });
    const run = await engine.start("work", { n: 7 });
    await run.result;
    const { entries, cursor } = await run.logs();
    expect(cursor).toBeUndefined();
    expect(entries).toMatchObject([
      { number: 1, level: "info", by: "task", runId: run.id, task: "work", attempt: 1, time: clock.now(), message: "begin", fields: { order: { id: 7 } } },
      { number: 2, level: "warning", message: "careful" },
      { number: 3, level: "error", fields: { error: { message: "boom" } } },
    ]);
    expect(brief((await run.logs({ level: "warning", order: "newest", limit: 1 })).entries)).toEqual(["3 error bad"]);
    expect(brief((await run.logs({ text: "CAREFUL" })).entries)).toEqual(["2 warning careful"]);
    expect((await run.logs({ task: "other" })).entries).toEqual([]);
    expect(await codeOf(run.logs({ level: "loud" as never }))).toBe("engine/invalid-argument");
    await engine.runs.delete(run.id);
    expect(await codeOf(run.logs())).toBe("run/unknown");
  });

  test("whatever they hand over, the task goes on", async () => {
    const own: Record<string, unknown> = {};
    own["own"] = own;
    const { engine } = await open((_input, { log }) => {
      for (const value of [own, new Proxy({}, { get: () => { throw new Error("no"); }, ownKeys: () => { throw new Error("no"); } }), 1n, Symbol("s"), () => 1])
        log.info(value as unknown as string, value as Record<string, unknown>);
      log.info("x".repeat(10_000), { y: "y".repeat(100_000) });
      return "done";
    });
    const run = await engine.start("work");
    await run.result;
    const { entries } = await run.logs();
    expect(entries).toHaveLength(6);
    expect(entries[5]).toMatchObject({ isCut: true });
  });

  test("level none logs nothing, and the engine nothing either", async () => {
    const { engine } = await open((_input, { log }) => { log.error("no"); throw new Error("x"); }, { logs: { level: "none" } });
    const run = await engine.start("work");
    await run.result;
    expect((await run.logs()).entries).toEqual([]);
    for (const logs of [{ level: "warn" }, { runEntriesMax: 0 }, { runSizeMax: 1.5 }, 7]) expect(await codeOf(openBench({ logs: logs as never }))).toBe("engine/invalid-option");
  });

  test("a log has limits, and says what it lost", async () => {
    const { engine } = await open((_input, { log }) => { for (let index = 1; index <= 50; index += 1) log.info(`m${index}`); }, { logs: { runEntriesMax: 10 }, storePort: undefined as never, durability: "none" });
    const run = await engine.start("work");
    await run.result;
    const { entries } = await run.logs();
    expect(brief(entries).slice(0, 2)).toEqual(["40 warning 40 entries before this were dropped: a run's log has limits", "41 info m41"]);
    expect(entries).toHaveLength(11);
  });

  test("logs of runs in memory are bounded in all", async () => {
    const { engine } = await open((_input, { log }) => { for (let index = 0; index < 60; index += 1) log.info("m", { x: "x".repeat(15_000) }); }, { durability: "none" });
    const runs: Run[] = [];
    for (let index = 0; index < 30; index += 1) {
      const run = await engine.start("work");
      await run.result;
      runs.push(run);
    }
    let size = 0;
    for (const run of runs) size += JSON.stringify((await run.logs({ limit: 1_000 })).entries).length;
    expect(size).toBeLessThan(1.2 * VOLATILE_LOGS_SIZE_MAX);
    expect((await runs.at(-1)?.logs())?.entries).toHaveLength(60);
    expect((await runs[0]?.logs())?.entries).toEqual([]);
  });
});

describe("what the engine logs", () => {
  test("tries that failed, numbered, and the run's failure; what the errors say stands in fields", async () => {
    const { engine, clock } = await open((_input, { attempt, log }) => {
      log.info(`try ${attempt}`);
      throw Object.assign(new Error("secret text"), { code: "net/down" });
    });
    const run = await engine.start("tried");
    const result = codeOf(run.result);
    await clock.advance(10_000);
    expect(await result).toBe("net/down");
    const { entries } = await run.logs();
    expect(brief(entries)).toEqual([
      "1 info try 1",
      '2 warning Task "work" failed and is tried again in 1000 ms (attempt 1)',
      "3 info try 2",
      expect.stringMatching(/^4 warning Task "work" failed and is tried again in \d+ ms \(attempt 2\)$/),
      "5 info try 3",
      '6 warning Task "work" failed (attempt 3)',
      "7 error The run failed",
    ]);
    expect(codes(entries)).toEqual([undefined, "log/tried-again", undefined, "log/tried-again", undefined, "task/failed", "run/failed"]);
    expect(entries[1]).toMatchObject({ by: "engine", task: "work", attempt: 1, fields: { error: { code: "net/down", message: "secret text" } } });
    expect(entries.some(({ message }) => message.includes("secret"))).toBe(false);
    expect(new Set(entries.slice(0, 6).map(({ visit }) => visit)).size).toBe(1);
  });

  test("a task whose time was up", async () => {
    const { engine, clock } = await open(() => new Promise(() => undefined));
    const run = await engine.start("limited");
    run.result.catch(() => undefined);
    await clock.advance(10_000);
    expect(codes((await run.logs()).entries)).toContain("task/timed-out");
  });

  test("a timer that fires late, and a run that is taken up again with its task; a run at rest not", async () => {
    const held = holdTask();
    const first = await open(held.handler);
    await first.engine.load(markdown("[*] --> A\nA --> [*]: after 1m", { name: "resting" }));
    const run = await first.engine.start("work");
    const resting = await first.engine.start("resting");
    await first.clock.settle();
    bench = await first.reopen();
    expect((await (await bench.engine.runs.get(resting.id)).logs()).entries).toEqual([]);
    const again = await bench.engine.runs.get(run.id);
    expect((await again.logs()).entries).toMatchObject([{ by: "engine", level: "warning", fields: { code: "log/recovered", taskCount: 1 } }]);
    const disk = bench;
    await disk.clock.advance(1_000);
    // The process dies, and time passes without it.
    await disk.engine.close();
    await disk.clock.advance(60_000 + TIMER_LATE_MS);
    bench = await disk.reopen();
    await bench.clock.advance(10);
    expect((await (await bench.engine.runs.get(resting.id)).logs()).entries).toMatchObject([{ level: "warning", fields: { code: "log/late-timer", lateMs: expect.any(Number) } }]);
  });
});

describe("a tail", () => {
  test("tells what there is and what comes, in order, each once, until the run has ended", async () => {
    const held = holdTask();
    let say: (message: string) => void = () => undefined;
    const { engine, clock } = await open((input, context) => {
      say = context.log.info;
      context.log.info("one");
      return held.handler(input, context);
    });
    const run = await engine.start("work");
    await clock.settle();
    const tails = [readTail(run), readTail(run, { after: 1 }), readTail(run, { text: "three" }), readTail(run, {}, 2)];
    await clock.settle();
    for (const message of ["two", "three"]) {
      say(message);
      await clock.advance(300);
    }
    say("four");
    held.succeed();
    await run.result;
    await clock.advance(10);
    const [whole = [], behind = [], sought = [], two = []] = await Promise.all(tails);
    expect(brief(whole)).toEqual(["1 info one", "2 info two", "3 info three", "4 info four"]);
    expect(behind).toEqual(whole.slice(1));
    expect(brief(sought)).toEqual(["3 info three"]);
    expect(two).toEqual(whole.slice(0, 2));
  });

  test("that nobody reads any more ends, and so does one of an engine that closes", async () => {
    const held = holdTask();
    const { engine, clock } = await open(held.handler, { durability: "none" });
    const run = await engine.start("work");
    const iterator = run.tailLogs()[Symbol.asyncIterator]();
    const next = iterator.next();
    await clock.settle();
    await iterator.return?.();
    expect(await next).toEqual({ done: true, value: undefined });
    const tail = readTail(run);
    await clock.settle();
    await engine.close();
    expect(await tail).toEqual([]);
    bench = undefined;
  });
});

describe("several tabs", () => {
  test("one reads and follows the log of a run that another drives, also when that is killed", async () => {
    const tabs = makeTabBench();
    const calls: string[] = [];
    const work: TaskHandler = (_input, { log }) => {
      calls.push("call");
      log.info(`call ${calls.length}`);
      return calls.length < 2 ? new Promise(() => undefined) : "done";
    };
    const first = await tabs.open({ tasks: { work } });
    const second = await tabs.open({ tasks: { work } });
    await second.engine.load(WORK);
    const run = await tabs.until(first.engine.start(await first.engine.load(WORK)));
    await tabs.clock.advance(20);
    const watched = await tabs.until(second.engine.runs.get(run.id));
    const tail = readTail(watched);
    await tabs.clock.advance(600);
    expect(brief((await tabs.until(watched.logs())).entries)).toEqual(["1 info call 1"]);
    first.kill();
    expect(brief(await tabs.until(tail))).toEqual(["1 info call 1", expect.stringMatching(/^2 warning The run was taken up after/), "3 info call 2"]);
    await tabs.until(second.engine.close());
  });

  test("what was committed stays when the process dies, archived runs too", async () => {
    const tabs = makeTabBench();
    const work: TaskHandler = (_input, { log }) => log.info("done");
    const first = await tabs.open({ tasks: { work } });
    const workflow = await first.engine.load(WORK);
    const runs = await tabs.until(first.engine.startMany(workflow, [{}, {}, {}, {}]));
    for (const run of runs) await tabs.until(run.result);
    await tabs.clock.advance(5_000);
    first.kill();
    const second = await tabs.open({ tasks: { work } });
    for (const { id } of runs) expect(brief((await tabs.until((await tabs.until(second.engine.runs.get(id))).logs())).entries)).toEqual(["1 info done"]);
    await tabs.until(second.engine.close());
  });
});
