// Scopes of task graphs as the engine runs them: what is given up is aborted, a crash changes nothing, and a rerun knows what a failure led to.
import { expect, test } from "vitest";
import { holdTask, openBench } from "./harness.js";

const TRIP = `millrace: 1
tasks:
  flight: {action: slow, input: flight}
  hotel: {action: quick, input: hotel}
  sorry: {action: quick, input: sorry, next: {publish: {told: "{{ vars.why + result }}"}}}
scopes:
  trip: {tasks: [flight, hotel], catch: {publish: {why: "{{ error.message }}: "}, do: sorry}}
output: "{{ vars.told }}"
`;

test("the others of a scope that has failed are aborted, before and after a crash", async () => {
  const [slow, quick] = [holdTask(), holdTask()];
  let bench = await openBench({ tasks: { slow: slow.handler, quick: quick.handler } });
  const run = await bench.engine.start(await bench.engine.load(TRIP));
  quick.fail(new Error("full"));
  await expect.poll(() => quick.calls.length).toBe(2);
  expect(slow.calls[0]?.signal.aborted).toBe(true);
  bench = await bench.reopen();
  // What was given up is not asked for again; what its scope led to is.
  expect([slow.calls.length, quick.calls.map(({ input }) => input)]).toEqual([1, ["hotel", "sorry", "sorry"]]);
  quick.succeed("sorry");
  expect(await (await bench.engine.runs.get(run.id)).result).toBe("full: sorry");
  await bench.engine.close();
});

test("a rerun of what failed does what the failure led to only where it fails again", async () => {
  const calls: unknown[] = [];
  let isBroken = true;
  const quick = async (input: unknown) => {
    calls.push(input);
    if (isBroken) throw new Error(`no ${input}`);
    return input;
  };
  const bench = await openBench({ tasks: { slow: () => new Promise(() => undefined), quick } });
  const workflow = await bench.engine.load(TRIP.replace("input: flight", "input: flight, if: 'false'").replace("output: \"{{ vars.told }}\"\n", ""));
  const run = await bench.engine.start(workflow);
  await expect(run.result).rejects.toThrow("no sorry");
  expect(calls).toEqual(["hotel", "sorry"]);
  isBroken = false;
  const again = await bench.engine.rerun(run.id, { tasks: ["hotel"] });
  expect(await again.result).toBeNull();
  expect(calls).toEqual(["hotel", "sorry", "hotel"]);
  await bench.engine.close();
});
