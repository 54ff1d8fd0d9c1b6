import { afterEach, expect, test } from "vitest";
import type { RunPage } from "../../../src/model/run-record.js";
import { LIVE_QUERY_INTERVAL_MS } from "../../../src/engine/limits.js";
import { type Bench, codeOf, markdown, openBench } from "./harness.js";

const TOGGLE = markdown("[*] --> Off\nOff --> On: press\nOn --> [*]: finish", { name: "toggle", head: "events: [press, finish]" });
const FAILING = markdown("[*] --> Bad\nBad --> [*]", { name: "failing", actions: "- Bad: call bad" });

let bench: Bench;
afterEach(() => bench.engine.close());

async function open(): Promise<void> {
  const bad = async (): Promise<never> => {
    throw Object.assign(new Error("no"), { code: "http/503" });
  };
  bench = await openBench({ tasks: { bad } });
  await bench.engine.load(TOGGLE);
  await bench.engine.load(FAILING);
}

test("a filter in CEL leaves what it holds for; what cannot be evaluated does not hold", async () => {
  await open();
  const [one, two] = await bench.engine.startMany("toggle", [{}, {}], { tags: ["a"] });
  const failing = await bench.engine.start("failing");
  await failing.result.catch(() => undefined);
  const volatile = await bench.engine.start("toggle", {}, { durability: "none" });
  await bench.clock.advance(5_000);
  await bench.engine.send(one?.id ?? "", "press");
  await bench.engine.send(one?.id ?? "", "finish");
  const find = async (filter: string): Promise<string[]> => (await bench.engine.runs.query({ filter })).records.map(({ runId }) => runId).sort();
  expect(await find(`error.code.startsWith("http/")`)).toEqual([failing.id]);
  expect(await find("duration >= 5000")).toEqual([one?.id]);
  expect(await find(`endedAt - startedAt > duration("4s")`)).toEqual([one?.id]);
  expect(await find(`"a" in tags && status == "waiting"`)).toEqual([two?.id]);
  expect(await find(`workflow == "toggle" && size(tags) == 0`)).toEqual([volatile.id]);
  expect(await bench.engine.runs.count({ filter: `status == "waiting"` })).toBe(2);
  expect(await bench.engine.runs.count({ filter: `status == "waiting"`, tag: "a" })).toBe(1);
  expect(await codeOf(bench.engine.runs.query({ filter: "status ==" }))).toBe("store/bad-query");
  expect(await codeOf(bench.engine.runs.count({ filter: "1 +" }))).toBe("store/bad-query");
});

test("a watched query gives its page when it has changed, and only then", async () => {
  await open();
  const pages: RunPage[] = [];
  const reading = (async () => {
    for await (const page of bench.engine.runs.watch({ workflow: "toggle", status: "waiting" })) pages.push(page);
  })();
  const settle = (): Promise<void> => bench.clock.advance(2 * LIVE_QUERY_INTERVAL_MS);
  await settle();
  expect(pages.map(({ records }) => records.length)).toEqual([0]);
  const run = await bench.engine.start("toggle");
  await settle();
  const failing = await bench.engine.start("failing");
  await failing.result.catch(() => undefined);
  await settle();
  expect(pages.map(({ records }) => records.length)).toEqual([0, 1]);
  await bench.engine.send(run.id, "press");
  await settle();
  expect(pages.at(-1)?.records[0]?.seq).toBe(2);
  await bench.engine.send(run.id, "finish");
  await settle();
  expect(pages.map(({ records }) => records.length)).toEqual([0, 1, 1, 0]);
  const ended: RunPage[] = [];
  const second = bench.engine.runs.watch({ status: "succeeded" })[Symbol.asyncIterator]();
  ended.push((await second.next()).value as RunPage);
  const next = second.next();
  await bench.engine.runs.delete(run.id);
  await settle();
  ended.push((await next).value as RunPage);
  expect(ended.map(({ records }) => records.length)).toEqual([1, 0]);
  await second.return?.();
  await bench.engine.close();
  await settle();
  await reading;
});
