// Random state diagrams and task graphs, looked at step by step: each step is what the live run was then; a fork begins as the other run was and
// its own history replays; a replay gives what listeners heard, and finds what was altered in a history at the entry where it was.
import { expect, test } from "vitest";
import { fingerprintBytes } from "../../src/base/fingerprint.js";
import type { Run, RunEvent, RunStep, Verification } from "../../src/model/engine.js";
import { EntryKind, type HistoryEntry } from "../../src/model/history.js";
import type { LibraryPort, TaskCall, TasksPort } from "../../src/model/ports.js";
import { isEnded } from "../../src/model/status.js";
import { encodeValue } from "../../src/model/value.js";
import { printChart } from "../differential/statecharts/chart.js";
import { ALL_FEATURES, generateChart } from "../differential/statecharts/generate.js";
import { Random } from "../differential/statecharts/random.js";
import { EVENTS, generateGraph, INPUT } from "../differential/task-graphs/generate.js";
import { type Bench, openBench } from "../unit/engine/harness.js";
import { compileGraph } from "../unit/task-graph/graph.js";

const ONE_SEED = process.env.MILLRACE_SEED;
const SEEDS = ONE_SEED === undefined ? Array.from({ length: Number(process.env.MILLRACE_SEEDS ?? 100) }, (_, index) => index) : [Number(ONE_SEED)];
const ACT_COUNT = 14;

/** Answers when it is told to, by what was asked, so that a run and its fork are answered alike. */
class SlowTasks implements TasksPort {
  onResults: TasksPort["onResults"] = () => undefined;
  onLogs: TasksPort["onLogs"] = () => undefined;
  readonly has = (): boolean => true;
  readonly names = (): readonly string[] => [];
  #calls: TaskCall[] = [];

  perform(calls: readonly TaskCall[]): void {
    this.#calls.push(...calls);
  }

  abort(names: Parameters<TasksPort["abort"]>[0]): void {
    for (const { runId, serial } of names) {
      const call = this.#calls.find((each) => each.runId === runId && each.serial === serial);
      if (call !== undefined) this.#answer(call, false);
    }
  }

  /** Ends one call of the run: the oldest. */
  end(runId: string): void {
    const call = this.#calls.find((each) => each.runId === runId);
    if (call !== undefined) this.#answer(call, fingerprintBytes(encodeValue([call.task, call.input, call.attempt, call.item] as never)) % 6 > 0);
  }

  #answer(call: TaskCall, isSuccess: boolean): void {
    this.#calls = this.#calls.filter((each) => each !== call);
    const value = fingerprintBytes(encodeValue([call.task, call.input] as never)) % 3;
    this.onResults([isSuccess ? { call, isSuccess, value } : { call, isSuccess, error: { code: "work/failed", message: "no" } }]);
  }
}

interface Subject {
  readonly bench: Bench;
  readonly tasks: SlowTasks;
  readonly events: readonly string[];
  readonly workflow: string;
  readonly input: Record<string, never>;
}

async function openChart(seed: number): Promise<Subject> {
  const chart = generateChart(seed, ALL_FEATURES);
  const tasks = new SlowTasks();
  const bench = await openBench({ tasksPort: tasks, durability: seed % 4 === 0 ? "none" : "relaxed" });
  const { identity } = await bench.engine.load(printChart(chart));
  return { bench, tasks, events: chart.events, workflow: identity, input: {} };
}

async function openGraph(seed: number): Promise<Subject> {
  const program = compileGraph(generateGraph(new Random(seed)));
  const libraryPort: LibraryPort = {
    load: async () => ({ identity: `graph ${seed}`, name: "graph", source: String(seed), program, findings: [], customs: [] }),
    versionOf: async () => undefined,
  };
  const tasks = new SlowTasks();
  const bench = await openBench({ tasksPort: tasks, libraryPort, durability: seed % 4 === 0 ? "none" : "relaxed" });
  await bench.engine.load("");
  return { bench, tasks, events: EVENTS, workflow: `graph ${seed}`, input: INPUT as never };
}

const KINDS = [
  ["state diagram", openChart],
  ["task graph", openGraph],
] as const;

/** One thing that happens to a run. */
async function act({ bench: { engine, clock }, tasks, events }: Subject, runId: string, random: Random): Promise<void> {
  const pick = random.below(10);
  if (pick < 4) await engine.send(runId, events[random.below(events.length)] ?? "none");
  else if (pick < 7) tasks.end(runId);
  else if (pick < 8) await clock.advance(7);
  else if (pick < 9) await engine.pause(runId);
  else await engine.resume(runId);
  if (pick === 8) tasks.end(runId);
  await clock.settle();
}

type Seen = Pick<RunStep, "status" | "states" | "context" | "awaits">;

async function look(run: Run): Promise<{ readonly seq: number; readonly seen: Seen }> {
  const { seq, status } = await run.record();
  const [states, context, awaits] = [await run.states(), await run.context(), await run.awaits()];
  return { seq, seen: { status, states, context, ...(!isEnded(status) && { awaits }) } };
}

function pickSeen({ status, states, context, awaits }: RunStep): Seen {
  return { status, states, context, ...(awaits !== undefined && { awaits }) };
}

interface Story {
  readonly run: Run;
  readonly seen: ReadonlyMap<number, Seen>;
  readonly told: readonly RunEvent[];
  readonly seqMax: number;
}

/** Has a run go through what a seed gives, with a listener beside it. */
async function live(subject: Subject, seed: number): Promise<Story> {
  const { engine, clock } = subject.bench;
  const random = new Random(seed ^ 0x7a11);
  const run = await engine.start(subject.workflow, subject.input);
  const told: RunEvent[] = [];
  const listener = run.events()[Symbol.asyncIterator]();
  const heard = (async () => {
    for (let next = await listener.next(); next.done !== true; next = await listener.next()) told.push(next.value);
  })();
  await clock.settle();
  const seen = new Map<number, Seen>();
  for (let index = 0; index < ACT_COUNT; index += 1) {
    const now = await look(run);
    seen.set(now.seq, now.seen);
    if (isEnded(now.seen.status)) break;
    await act(subject, run.id, random);
  }
  const last = await look(run);
  seen.set(last.seq, last.seen);
  await clock.settle();
  await listener.return?.();
  await heard;
  return { run, seen, told, seqMax: last.seq };
}

for (const [kind, open] of KINDS) {
  test(`a ${kind} is at each step what it was then`, { timeout: 300_000 }, async () => {
    let seenCount = 0;
    for (const seed of SEEDS) {
      const subject = await open(seed);
      const { run, seen, seqMax } = await live(subject, seed);
      const random = new Random(seed ^ 0x51);
      const seqs = [...seen.keys()].map((seq) => ({ seq, place: random.below(1_000) })).sort((a, b) => a.place - b.place);
      for (const { seq } of seqs) {
        expect({ seed, seq, ...pickSeen(await run.at(seq)) }).toEqual({ seed, seq, ...seen.get(seq) });
        seenCount += 1;
      }
      for (let seq = 1; seq <= seqMax; seq += 1) expect((await run.at(seq)).seq).toBe(seq);
      await subject.bench.engine.close();
    }
    if (ONE_SEED === undefined) expect(seenCount).toBeGreaterThan(SEEDS.length * 3);
  });

  test(`a fork of a ${kind} begins as it was, goes on by itself, and replays`, { timeout: 300_000 }, async () => {
    let endedCount = 0;
    for (const seed of SEEDS.slice(0, Math.ceil(SEEDS.length / 2))) {
      const subject = await open(seed);
      const { engine, clock } = subject.bench;
      const { run, seqMax } = await live(subject, seed);
      for (let seq = 0; seq <= seqMax; seq += 1) {
        const where = { seed, seq };
        const before = await run.at(seq);
        const fork = await engine.fork(run.id, seq);
        expect((await fork.record()).forkOf).toEqual({ runId: run.id, seq });
        if (seq > 0 && before.status !== "canceling") {
          const after = await fork.at(seq);
          expect({ ...where, ...after, openTasks: after.openTasks.map(({ runId: _, ...task }) => task) }).toEqual({
            ...where,
            ...before,
            openTasks: before.openTasks.map(({ runId: _, ...task }) => task),
          });
        }
        const random = new Random(seed ^ seq);
        for (let index = 0; index < 4 && !isEnded(await fork.status()); index += 1) await act(subject, fork.id, random);
        await clock.settle();
        expect({ ...where, ...(await fork.verify()) }).toMatchObject({ ...where, isSame: true });
        if (isEnded(await fork.status())) endedCount += 1;
        else await engine.cancel(fork.id);
      }
      await subject.bench.engine.close();
    }
    if (ONE_SEED === undefined) expect(endedCount).toBeGreaterThan(0);
  });

  test(`a ${kind} that is told all of it anew comes to the same`, { timeout: 300_000 }, async () => {
    let plainCount = 0;
    for (const seed of SEEDS) {
      const subject = await open(seed);
      const { engine } = subject.bench;
      const { run, told, seqMax } = await live(subject, seed);
      const seq = new Random(seed).below(seqMax) + 1;
      const before = await run.at(seq);
      // Pauses and cancels are not told, and what was undone is done again.
      const isUndone = told.some((event) => event.type === "undoStarted" && event.seq <= seq);
      const isPlain = ["running", "waiting", "succeeded", "failed"].includes(before.status) && !isUndone;
      if (isPlain) plainCount += 1;
      const fork = await engine.fork(run.id, seq, { input: subject.input });
      const after = await look(fork);
      const { states, context, status } = before;
      if (isPlain) expect({ seed, seq, status: after.seen.status, states: after.seen.states, context: after.seen.context }).toEqual({ seed, seq, status, states, context });
      expect(await fork.verify()).toMatchObject({ isSame: true });
      await subject.bench.engine.close();
    }
    if (ONE_SEED === undefined) expect(plainCount).toBeGreaterThan(SEEDS.length / 4);
  });

  test(`a ${kind} replays as it was heard, and what is altered is found`, { timeout: 300_000 }, async () => {
    const foundBy = new Map<string, number>();
    for (const seed of SEEDS.filter((each) => each % 4 !== 0)) {
      const subject = await open(seed);
      const { run, told, seqMax } = await live(subject, seed);
      expect({ seed, ...(await run.verify({ told })) }).toMatchObject({ seed, isSame: true });
      const history = subject.bench.disk.runs.get(run.id)?.entries as HistoryEntry[];
      for (const [index, { name, alter }] of Array.from({ length: seqMax }, (_, at) => ALTERATIONS.map((each) => [at, each] as const)).flat()) {
        const entry = history[index] as HistoryEntry;
        const altered = alter(entry);
        // When an answer was held until the run is resumed is heard nowhere, and changes nothing.
        if (altered === undefined || (name === "another time" && !told.some(({ seq }) => seq === index + 1))) continue;
        history[index] = altered;
        const verification: Verification = await run.verify({ told });
        expect({ seed, name, at: index + 1, ...verification }).toMatchObject({ seed, name, isSame: false, seq: index + 1 });
        history[index] = entry;
        foundBy.set(name, (foundBy.get(name) ?? 0) + 1);
      }
      await subject.bench.engine.close();
    }
    if (ONE_SEED === undefined) for (const { name } of ALTERATIONS) expect(foundBy.get(name) ?? 0, name).toBeGreaterThan(SEEDS.length / 20);
  });
}

interface Alteration {
  readonly name: string;
  /** Undefined: the entry has nothing of that kind, or nobody could tell. */
  readonly alter: (entry: HistoryEntry) => HistoryEntry | undefined;
}

const ANSWERS: ReadonlySet<number> = new Set([EntryKind.TASK_SUCCEEDED, EntryKind.TASK_FAILED, EntryKind.TIMER]);

const ALTERATIONS: readonly Alteration[] = [
  { name: "another answer", alter: (entry) => (entry.kind === EntryKind.TASK_SUCCEEDED && !entry.isHeld ? { ...entry, payload: encodeValue("altered") } : undefined) },
  { name: "another payload", alter: (entry) => (entry.kind === EntryKind.EVENT ? { ...entry, payload: encodeValue({ altered: true }) } : undefined) },
  { name: "another time", alter: (entry) => ({ ...entry, now: entry.now + 0.5 }) },
  { name: "an earlier time", alter: (entry) => ({ ...entry, now: 5 }) },
  { name: "nobody's serial", alter: (entry) => (ANSWERS.has(entry.kind) ? { ...entry, id: entry.id + 1_000 } : undefined) },
  { name: "held or not", alter: (entry) => (entry.kind === EntryKind.EVENT ? { ...entry, isHeld: !entry.isHeld } : undefined) },
  { name: "a missing entry", alter: (entry) => ({ ...entry, seq: entry.seq + 1 }) },
];
