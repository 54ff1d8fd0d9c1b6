// What the engine's tests share: an engine over a disk in memory and a simulated clock, which can be dropped and opened
// again as after a crash. Whatever a test does, its runs can be replayed afterwards and give the same history to the byte.
import { afterEach, expect } from "vitest";
import { joinEngine, type JoinOptions } from "../../../src/create-engine.js";
import { createKernelFactory } from "../../../src/kernel/kernel-factory.js";
import type { Engine, Run, RunEvent, TaskHandler } from "../../../src/model/engine.js";
import { WorkflowError } from "../../../src/model/errors.js";
import type { KernelFactory, KernelPort } from "../../../src/model/ports.js";
import { createMemoryDisk, createMemoryStore, type MemoryDisk } from "../../../src/store/memory-store.js";
import { SimulatedClock } from "../../../src/testing/simulated-clock.js";

export { markdown } from "./markdown.js";

const compiledKernel = createKernelFactory();

/** Benches whose runs are to be looked at; beyond it the oldest is looked at before another one is opened: each has a kernel. */
const UNVERIFIED_MAX = 8;
/** Runs of one bench that are looked at: the newest. */
const VERIFIED_RUNS_MAX = 100;
/** A longer history would take longer than the test. */
const VERIFIED_STEPS_MAX = 200_000;
/** Why a run may not be replayed: the test has taken something away that this needs. */
const EXCUSES: ReadonlySet<string> = new Set(["engine/closed", "engine/failed", "kernel/lost", "kernel/out-of-memory", "run/version-unsupported", "run/unknown", "store/damaged", "store/failed"]);
/** By disk: the last engine on it. */
const unverified = new Map<MemoryDisk, Engine>();

afterEach(async () => {
  for (const disk of [...unverified.keys()]) await verifyDisk(disk);
});

async function verifyDisk(disk: MemoryDisk): Promise<void> {
  const engine = unverified.get(disk);
  unverified.delete(disk);
  if (engine !== undefined) await verifyEngine(engine);
}

/** Each run of the engine, replayed, is what it was. */
export async function verifyEngine(engine: Engine): Promise<void> {
  const verifyOne = async (runId: string): Promise<void> => {
    const verification = await (await engine.runs.get(runId)).verify();
    expect({ runId, ...verification }).toMatchObject({ isSame: true });
  };
  const records = await engine.runs.query({ limit: VERIFIED_RUNS_MAX }).then(
    (page) => page.records,
    () => [],
  );
  for (const { runId } of records.filter(({ seq }) => seq <= VERIFIED_STEPS_MAX))
    await verifyOne(runId).catch((error: unknown) => {
      if (!(error instanceof WorkflowError) || !EXCUSES.has(error.code)) throw error;
    });
}

export interface Bench {
  readonly engine: Engine;
  readonly clock: SimulatedClock;
  readonly disk: MemoryDisk;
  /** The engine's kernel: the newest, when it was replaced. */
  kernel(): KernelPort;
  /** Forgets this engine as a killed process does, and opens another on the same disk and clock. */
  reopen(options?: JoinOptions): Promise<Bench>;
}

export interface BenchOptions extends JoinOptions {
  readonly disk?: MemoryDisk;
  readonly simulatedClock?: SimulatedClock;
  /** Default true. False: the test has made histories that no run has had. */
  readonly isVerified?: boolean;
}

/** An open engine. Its store is in memory and durable across `reopen`. */
export async function openBench(options: BenchOptions = {}): Promise<Bench> {
  const { disk = createMemoryDisk(), simulatedClock: clock = new SimulatedClock(), isVerified = true, ...rest } = options;
  const kernels: KernelPort[] = [];
  const factory = options.kernelFactory ?? compiledKernel;
  const kernelFactory: KernelFactory = async (limits) => {
    const kernel = await factory(limits);
    kernels.push(kernel);
    return kernel;
  };
  const engine = await joinEngine({ clock, storePort: createMemoryStore(disk), durability: "relaxed", ...rest, kernelFactory });
  if (isVerified) await verifyLater(engine, disk);
  return {
    engine,
    clock,
    disk,
    kernel() {
      const kernel = kernels.at(-1);
      if (kernel === undefined) throw new Error("no kernel was made");
      return kernel;
    },
    reopen: (changes = {}) => openBench({ ...options, ...changes, disk, simulatedClock: clock }),
  };
}

async function verifyLater(engine: Engine, disk: MemoryDisk): Promise<void> {
  const close = engine.close.bind(engine);
  engine.close = async () => {
    if (unverified.get(disk) === engine) await verifyDisk(disk);
    await close();
  };
  for (const [oldest] of unverified) {
    if (unverified.size < UNVERIFIED_MAX) break;
    await verifyDisk(oldest);
  }
  unverified.set(disk, engine);
}

/** A task that ends when the test says so. */
export interface HeldTask {
  readonly handler: TaskHandler;
  readonly calls: { readonly input: unknown; readonly key: string; readonly signal: AbortSignal; readonly attempt: number }[];
  succeed(value?: unknown, index?: number): void;
  fail(error: unknown, index?: number): void;
}

export function holdTask(): HeldTask {
  const calls: HeldTask["calls"] = [];
  const ends: { resolve: (value: unknown) => void; reject: (error: unknown) => void }[] = [];
  return {
    calls,
    handler: (input, { signal, idempotencyKey, attempt }) => {
      calls.push({ input, key: idempotencyKey, signal, attempt });
      return new Promise((resolve, reject) => ends.push({ resolve, reject }));
    },
    succeed: (value = null, index = ends.length - 1) => ends[index]?.resolve(value),
    fail: (error, index = ends.length - 1) => ends[index]?.reject(error),
  };
}

/** All events of a run up to its end. */
export async function readEvents(run: Run, from?: number): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of run.events(from === undefined ? {} : { from })) events.push(event);
  return events;
}

/** The first `count` events. */
export async function readSome(run: Run, count: number): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of run.events()) if (events.push(event) === count) break;
  return events;
}

/** One line an event: what tests compare. */
export function brief(events: readonly RunEvent[]): string[] {
  return events.map((event) => {
    switch (event.type) {
      case "stateEntered":
      case "stateExited":
        return `${event.type} ${event.state}`;
      case "transition":
        return `${event.source} -> ${event.target}`;
      case "event":
        return `event ${event.name} ${event.status}`;
      case "taskStarted":
      case "taskSucceeded":
      case "taskFailed":
      case "taskCanceled":
        return `${event.type} ${event.task} ${event.visit}`;
      case "variableSet":
        return `${event.name} = ${JSON.stringify(event.value)}`;
      case "log":
        return `log ${event.message}`;
      case "ended":
        return `ended ${event.status}`;
      default:
        return event.type;
    }
  });
}

/** The code that a promise rejects with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof WorkflowError) return error.code;
    throw error;
  }
  return "no error";
}
