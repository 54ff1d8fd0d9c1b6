// Many items, many tasks and a large context within their bounds of memory: small here, as large as they are meant to be in
// `npm run prove-size`. What branches share is kept once.
import { expect, test } from "vitest";
import { openBench } from "../unit/engine/harness.js";
import { describeMeasurement, isWithin, type Measurement, measureContext, measureItems, measureTasks } from "../size/proof.js";

function expectWithin(measured: readonly Measurement[]): void {
  expect(measured.length).toBeGreaterThan(0);
  for (const measurement of measured) expect(isWithin(measurement), describeMeasurement(measurement)).toBe(true);
}

test("20,000 items, done by a handler and in the kernel", async () => expectWithin(await measureItems(20_000)));
test("20,000 tasks in a run", async () => expectWithin(await measureTasks(20_000)));
test("a context of 5 MB, shared by four branches", async () => expectWithin(await measureContext(5_000_000)));

const TURNS = `millrace: 1
name: turns
vars: {count: 0}
tasks:
  begin: {next: go}
  go: {action: await, event: go, next: [{publish: {count: "{{ vars.count + 1 }}"}, do: go}]}
`;

test("a loop that publishes leaves nothing behind", async () => {
  const { engine, kernel } = await openBench({ durability: "none" });
  const run = await engine.start(await engine.load(TURNS), {});
  const turn = async (count: number): Promise<number> => {
    for (let done = 0; done < count; done += 1) await engine.send(run.id, "go");
    return kernel().statistics().usedBytes;
  };
  const before = await turn(10);
  expect((await turn(2_000)) - before).toBeLessThan(4_096);
  expect(await run.context()).toEqual({ count: 2_010 });
  await engine.close();
});

const SHARED = `millrace: 1
name: shared
input: {list: list}
tasks:
${[0, 1, 2, 3, 4].map((at) => `  t${at}: {action: pass, input: "{{ input.list }}", next: [{publish: {v${at}: "{{ result }}"}, do: ${at === 4 ? "rest" : `t${at + 1}`}}]}`).join("\n")}
  rest: {action: await, event: go, next: [{publish: {text: "{{ result }}"}, do: last}]}
  last: {action: pass, input: 1}
output: "{{ size(vars.v0) + size(vars.v4) + size(vars.text) }}"
`;

test("a run that would have no room unshared has no checkpoint, and is taken up from its history", async () => {
  const list = Array.from({ length: 20_000 }, (_, index) => index);
  const bench = await openBench({ runSizeMax: 1_100_000 });
  const workflow = await bench.engine.load(SHARED);
  const run = await bench.engine.start(workflow, { list });
  expect(await run.status()).toBe("waiting");
  // The handle of the first run.
  expect(() => bench.kernel().snapshot(1 << 20)).toThrow(expect.objectContaining({ code: "kernel/out-of-memory" }));
  const again = await bench.reopen();
  const taken = await again.engine.runs.get(run.id);
  // Large enough that the run's block is made anew: what is shared stays shared.
  await again.engine.send(run.id, "go", "x".repeat(200_000));
  expect(Number(await taken.result)).toBe(240_000);
  await again.engine.close();
});
