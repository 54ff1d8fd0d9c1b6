// Reads of the store that fail for a while: runs that could not be taken up then are taken up as soon as they can be read.
import { expect, test } from "vitest";
import type { Fate } from "../../../src/testing/simulated-disk.js";
import { markdown } from "./harness.js";
import { makeTabBench } from "./tab-bench.js";

const TICK = markdown("[*] --> A\nA --> B: after 10s\nB --> [*]: go", { name: "tick", head: "events: [go]" });

test("a run that went back to its stored state and could not be read is taken up later", async () => {
  const bench = makeTabBench();
  let fate: Fate = "done";
  let isUnreadable = false;
  const { engine } = await bench.open({}, { delay: () => 1, fate: () => fate, isUnreadable: () => isUnreadable });
  await bench.until(engine.load(TICK));
  const run = await bench.until(engine.start("tick", {}, { runId: "one" }));
  fate = "full";
  isUnreadable = true;
  await bench.clock.advance(15_000);
  fate = "done";
  isUnreadable = false;
  await bench.clock.advance(60_000);
  expect((await bench.until(engine.send("one", "go"))).status).toBe("taken");
  await bench.until(run.result);
});

test("a tab that could not read what it took over gives it up, and takes it over again", async () => {
  const bench = makeTabBench();
  const first = await bench.open();
  await bench.until(first.engine.load(TICK));
  await bench.until(first.engine.start("tick", {}, { runId: "one" }));
  let failCount = 0;
  const second = await bench.open({}, { delay: () => 1, fate: () => "done", isUnreadable: (what) => what === "bytes" && failCount-- > 0 });
  await bench.until(second.engine.load(TICK));
  failCount = 3;
  first.kill();
  await bench.clock.advance(60_000);
  expect((await bench.until(second.engine.send("one", "go"))).status).toBe("taken");
});
