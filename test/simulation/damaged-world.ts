// A small database with all that stands in one: rows as they were committed and merged ones, takeovers, history, checkpoints, sources, a segment
// with its blocks, its directory and what was deleted of it, loose runs that have ended, and open ones of every sort. And engines on copies of it.
import { joinEngine } from "../../src/create-engine.js";
import { createKernelFactory } from "../../src/kernel/kernel-factory.js";
import { createLibrary } from "../../src/library/library.js";
import type { Engine } from "../../src/model/engine.js";
import type { HistoryEntry } from "../../src/model/history.js";
import type { LibraryPort, LoadedWorkflow, StoredCheckpoint, StorePort } from "../../src/model/ports.js";
import type { RunRecord } from "../../src/model/run-record.js";
import { isEnded } from "../../src/model/status.js";
import { createJournalStore } from "../../src/store/journal-store.js";
import { PACK_SIZE_MIN, Packer } from "../../src/store/packer.js";
import { SimulatedClock } from "../../src/testing/simulated-clock.js";
import { SimulatedDevice } from "../../src/testing/simulated-disk.js";
import { markdown } from "../unit/engine/harness.js";

const CHILD = markdown("[*] --> A\nA --> B: success\nB --> [*]: go", { name: "child", head: "events: [go]", actions: "- A: call work with n=5" });
const QUICK = markdown("[*] --> A\nA --> [*]: success", { name: "quick", head: "output: {got: a}\nvariables:\n  n: number\n  a: any", actions: "- A: call work with n=n result a" });
const CHART = markdown(
  `[*] --> Wait
Wait --> Wait: poke
Wait --> Count: go
Wait --> Late: after 90s
Count --> Wait: [n < 20]
Count --> Work: [n >= 20]
Late --> Work
Work --> [*]: success`,
  {
    name: "chart",
    head: "events: [go, poke]\noutput: {n: n, got: b}\nvariables:\n  n: { type: number, initial: 0 }\n  b: any",
    actions: "- Count: set n = n + 1\n- Work: call work with n=n result b",
  },
);
const PARENT = `millrace: 1
name: parent
tasks:
  below: {workflow: child, next: [meet]}
  each: {with: {items: "{{ [1, 2] }}"}, action: work, input: {n: "{{ item }}"}, next: [meet]}
  meet: {join: all, action: work, input: {n: 7}}
output: {all: "{{ tasks.each.result }}"}
`;
const SOURCES = [CHILD, QUICK, CHART, PARENT];
const ARCHIVE_RUNS_MIN = 6;
/** Groups of the first driver: enough to be merged, or not. */
export const WORLD_GROUPS = { merged: 84, fresh: 48 } as const;

const kernelFactory = createKernelFactory();
export const packer = new Packer();
const loaded = new Map<string, LoadedWorkflow>();
const library = createLibrary();
/** Hashing takes real time, which a simulation has not. */
const quickLibrary: LibraryPort = {
  load: async (source, name, zones) => loaded.get(source) ?? library.load(source, name, zones),
  versionOf: async () => undefined,
};

/** What a database says of a run. */
export interface Told {
  readonly record: RunRecord | undefined;
  readonly history: readonly HistoryEntry[];
}

/** A database, and what it says while nothing of it is damaged. */
export interface World {
  readonly device: SimulatedDevice;
  readonly now: number;
  readonly told: ReadonlyMap<string, Told>;
  readonly checkpoints: ReadonlyMap<string, StoredCheckpoint>;
  /** Runs that were deleted. */
  readonly deleted: readonly string[];
  /** How each run ends that is brought to its end, children included. */
  readonly ends: ReadonlyMap<string, string>;
}

export interface OpenWorld {
  readonly engine: Engine;
  readonly store: StorePort;
  readonly clock: SimulatedClock;
}

export async function makeWorld(groupCount: number): Promise<World> {
  for (const source of SOURCES) loaded.set(source, await library.load(source));
  // The codec is there from the first group on, however long its file takes to load.
  await packer.packWell(new Uint8Array(PACK_SIZE_MIN));
  const device = new SimulatedDevice();
  const first = await openWorld(device, Date.UTC(2026, 0, 1));
  const { engine } = first;
  for (const source of SOURCES) await engine.load(source);
  const start = async (workflow: string, runId: string, input = {}): Promise<void> => {
    await wait(first, engine.start(workflow, input, { runId, tags: [workflow, runId] }));
  };
  for (let index = 0; index < 8; index += 1) await start("quick", `old-${index}`, { n: index });
  await tidy(first);
  await wait(first, engine.runs.delete("old-3"));
  for (let index = 0; index < 4; index += 1) await start("quick", `new-${index}`, { n: index });
  await wait(first, engine.runs.delete("new-2"));
  for (const runId of ["long", "short", "paused", "crossing"]) await start("chart", runId);
  await start("parent", "family");
  await first.clock.advance(1_000);
  for (let step = 0; step < 10; step += 1) await wait(first, engine.send("long", "go", { step }));
  await wait(first, engine.pause("paused"));
  await wait(first, engine.send("paused", "go"));
  for (let step = 0; first.store.lastGroup(0) < groupCount; step += 1) await wait(first, engine.send(step % 2 === 0 ? "crossing" : "short", "poke"));
  await tidy(first);
  // The second driver: what the first had in hand goes on.
  const second = await openWorld(device, first.clock.now());
  for (const runId of ["crossing", "short", "crossing"]) await wait(second, second.engine.send(runId, "go"));
  await second.engine.load(CHART);
  await wait(second, second.engine.start("chart", {}, { runId: "last" }));
  await second.clock.settle();
  return observe(device, second.clock.now());
}

async function observe(device: SimulatedDevice, now: number): Promise<World> {
  const store = await openStore(device);
  const told = new Map<string, Told>();
  const checkpoints = new Map<string, StoredCheckpoint>();
  for (const { runId } of (await store.query({ limit: 1_000 })).records) {
    told.set(runId, { record: await store.get(runId), history: await store.history(runId) });
    const checkpoint = await store.checkpoint(runId);
    if (checkpoint !== undefined) checkpoints.set(runId, checkpoint);
  }
  const deleted = ["old-3", "new-2"];
  for (const runId of deleted) told.set(runId, { record: undefined, history: [] });
  await store.close();
  const world = await openWorld(copyDevice(device), now);
  return { device, now, told, checkpoints, deleted, ends: await endAll(world, [...told.keys()]) };
}

/** An engine on the disk. It is the only one. */
export async function openWorld(device: SimulatedDevice, now: number): Promise<OpenWorld> {
  const clock = new SimulatedClock(now, 7);
  const storePort = createJournalStore(device.connect(), "s", { clock, packer, archiveRunsMin: ARCHIVE_RUNS_MIN });
  const tasks = { work: async ({ n }: { readonly n: number }) => ({ twice: n * 2 }) };
  const engine = await joinEngine({ kernelFactory, clock, libraryPort: quickLibrary, tasks, storePort, durability: "relaxed", retention: "none" });
  return { engine, store: storePort, clock };
}

/** A store on the disk that drives nothing. */
export async function openStore(device: SimulatedDevice): Promise<StorePort> {
  const store = createJournalStore(device.connect(), "s", { packer, archiveRunsMin: ARCHIVE_RUNS_MIN });
  await store.open();
  return store;
}

export function copyDevice(device: SimulatedDevice): SimulatedDevice {
  const copy = new SimulatedDevice();
  for (const [number, { rows, bytes, sources }] of device.journals) {
    const journal = copy.journal(number);
    for (const [key, value] of rows) journal.rows.set(key, value);
    for (const [key, value] of bytes) journal.bytes.set(key, value);
    for (const [key, value] of sources) journal.sources.set(key, value);
  }
  return copy;
}

/** Brings every run to its end, and tells how it ended: its status and output, or the code that it cannot be asked with. */
export async function endAll(world: OpenWorld, runIds: readonly string[]): Promise<Map<string, string>> {
  const { engine, clock } = world;
  await clock.advance(100);
  const open = async (): Promise<readonly RunRecord[]> => (await wait(world, engine.runs.query({ limit: 1_000 }))).records.filter(({ status }) => !isEnded(status));
  for (let round = 0; round < 40; round += 1) {
    const records = await open();
    if (records.length === 0) break;
    for (const { runId, status } of records) {
      if (status === "paused") void engine.resume(runId).catch(ignore);
      void engine.send(runId, "go").catch(ignore);
    }
    await clock.advance(round < 25 ? 10 : 90_000);
  }
  const ends = new Map<string, string>();
  for (const runId of runIds) ends.set(runId, await tellEnd(world, runId));
  return ends;
}

async function tellEnd(world: OpenWorld, runId: string): Promise<string> {
  try {
    const run = await wait(world, world.engine.runs.get(runId));
    const { status } = await wait(world, run.record());
    if (isEnded(status)) return `${status} ${JSON.stringify(await wait(world, run.result))}`;
    await wait(world, world.engine.send(runId, "go"));
    return `open ${status}`;
  } catch (error) {
    return describe(error);
  }
}

/** Code, run and place of a WorkflowError; anything else is thrown on. */
function describe(error: unknown): string {
  const { code, details } = error as { code?: string; details?: Readonly<Record<string, unknown>> };
  if (typeof code !== "string") throw error;
  return `${code} ${String(details?.["runId"] ?? "")}`;
}

/** What is waited for in simulated time must come within a minute. */
export async function wait<T>({ clock }: Pick<OpenWorld, "clock">, promise: Promise<T>): Promise<T> {
  let isDone = false;
  const done = (): void => void (isDone = true);
  promise.then(done, done);
  await clock.settle();
  for (let ms = 0; !isDone && ms < 60_000; ms += 50) {
    await clock.advance(50);
    // What is no part of the simulation takes real time.
    if (!isDone) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  if (!isDone) throw new Error("It is waited for in vain");
  return promise;
}

/** Packing takes real turns beside the simulated ones. */
async function tidy({ clock }: OpenWorld): Promise<void> {
  for (let round = 0; round < 12; round += 1) {
    await clock.advance(250);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function ignore(): void {}
