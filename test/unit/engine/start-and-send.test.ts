import { afterEach, expect, test } from "vitest";
import { type Bench, brief, codeOf, markdown, openBench, readEvents } from "./harness.js";

const SWITCH = markdown("[*] --> Off\nOff --> On: press\nOn --> Off: press\nOn --> [*]: finish", { name: "switch", head: "events: [press, finish, unused]" });

let bench: Bench;
afterEach(() => bench.engine.close());

test("a run starts, takes events and returns its variables", async () => {
  bench = await openBench();
  const workflow = await bench.engine.load(SWITCH);
  expect(workflow.name).toBe("switch");
  const run = await bench.engine.start(workflow, { orderId: "A-17" });
  expect(await run.status()).toBe("waiting");
  expect(await run.states()).toEqual(["Off"]);
  expect(await bench.engine.send(run.id, "press")).toEqual({ status: "taken", runStatus: "waiting" });
  expect(await run.states()).toEqual(["On"]);
  expect(await bench.engine.send(run.id, "finish")).toEqual({ status: "taken", runStatus: "succeeded" });
  expect(await run.result).toBeTypeOf("object");
  expect(brief(await readEvents(run)).at(-1)).toBe("ended succeeded");
});
