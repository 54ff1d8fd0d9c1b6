// When a checkpoint is due: by how long a replay would take, and what it costs to write one.
import { afterEach, expect, test } from "vitest";
import { CHECKPOINT_COST_MAX, CHECKPOINT_INTERVAL_ENTRIES } from "../../../src/engine/limits.js";
import { ReplayDebt } from "../../../src/engine/replay-debt.js";
import { EntryKind, type HistoryEntry } from "../../../src/model/history.js";
import { createMemoryStore } from "../../../src/store/memory-store.js";
import { type Bench, markdown, openBench } from "./harness.js";

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.engine.close();
  bench = undefined;
});

function makeEntries(count: number, size = 0): HistoryEntry[] {
  return Array.from({ length: count }, (_, at) => ({ seq: at + 1, kind: EntryKind.EVENT, isHeld: false, id: 0, now: 0, seed: 0, ...(size > 0 && { payload: new Uint8Array(size) }) }));
}

test("small entries are counted, large ones weigh more, and so does fuel that ran out", () => {
  const small = new ReplayDebt();
  small.note(makeEntries(CHECKPOINT_INTERVAL_ENTRIES - 1));
  expect(small.isDue(0)).toBe(false);
  expect(small.isDue(1)).toBe(true);
  small.note(makeEntries(1));
  expect(small.isDue(0)).toBe(true);
  small.settle(100);
  expect(small.isDue(0)).toBe(false);
  const large = new ReplayDebt();
  large.note(makeEntries(CHECKPOINT_INTERVAL_ENTRIES / 16, 16 * 4_096));
  expect(large.isDue(0)).toBe(true);
});

test("a great checkpoint is not written anew for little, and at the latest at its limit", () => {
  const debt = new ReplayDebt();
  debt.settle(50_000_000);
  debt.note(makeEntries(CHECKPOINT_COST_MAX - 1));
  expect(debt.isDue(0)).toBe(false);
  debt.note(makeEntries(1));
  expect(debt.isDue(0)).toBe(true);
});

test("a run with a great context writes fewer checkpoints than one with a small one, and both come back", async () => {
  const text = markdown("[*] --> A\nA --> A: tick / set n = n + 1", { head: "events: [tick]\nparameters:\n  text: { type: string }\nvariables:\n  n: { type: int, initial: 0 }" });
  const counts = new Map<string, number>();
  const storePort = createMemoryStore();
  const commit = storePort.commit.bind(storePort);
  storePort.commit = (changes, durability) => {
    for (const { record, checkpoint } of changes) if (checkpoint !== undefined) counts.set(record.runId, (counts.get(record.runId) ?? 0) + 1);
    return commit(changes, durability);
  };
  bench = await openBench({ storePort });
  const workflow = await bench.engine.load(text);
  const small = await bench.engine.start(workflow, { text: "x" });
  const great = await bench.engine.start(workflow, { text: "x".repeat(200_000) });
  for (let count = 0; count < 4 * CHECKPOINT_INTERVAL_ENTRIES; count += 1) for (const run of [small, great]) await bench.engine.send(run.id, "tick");
  expect([counts.get(small.id), counts.get(great.id)]).toEqual([4, 1]);
  bench = await bench.reopen();
  for (const { id } of [small, great]) expect(Number((await (await bench.engine.runs.get(id)).context())["n"])).toBe(4 * CHECKPOINT_INTERVAL_ENTRIES);
});
