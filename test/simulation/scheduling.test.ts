// Scheduling decides when, never what: the same random task graphs under every strategy and many limits. Where the answers to
// a run come in one order, its history is the same; in whatever order they come, a fresh kernel that plays the history asks
// for exactly what the engine performed.
import { describe, expect, test } from "vitest";
import { CommandKind, VISIT_SCALE } from "../../assembly/abi.js";
import { Replay } from "../../src/engine/replay.js";
import { ProgramTable } from "../../src/engine/program-table.js";
import type { KernelPort, LibraryPort, LoadedWorkflow, TaskCall, TasksPort } from "../../src/model/ports.js";
import type { CallName } from "../../src/model/task-call.js";
import type { SchedulingOptions } from "../../src/model/scheduling.js";
import { EVENTS, generateGraph, INPUT } from "../differential/task-graphs/generate.js";
import { Random } from "../differential/statecharts/random.js";
import { type Bench, openBench } from "../unit/engine/harness.js";
import { newKernel } from "../unit/kernel/chart.js";
import { compileGraph } from "../unit/task-graph/graph.js";
import { answerOf } from "./answers.js";

const SEED_COUNT = Number(process.env.MILLRACE_SEEDS ?? 60);
const ONE_SEED = process.env.MILLRACE_SEED;
const SEEDS = ONE_SEED === undefined ? Array.from({ length: SEED_COUNT }, (_, index) => index) : [Number(ONE_SEED)];
const RUN_COUNT = 3;
const ROUND_COUNT_MAX = 400;
const QUIET_COUNT_MAX = 12;

/** In each of them, of the calls of a run that have no answer the first is always in flight when nothing else can begin. */
const SETTINGS: readonly SchedulingOptions[] = [
  { strategy: "sequential" },
  { strategy: "hybrid", tasksInFlightMaxByRun: 2 },
  { strategy: "auto", tasksInFlightMax: 3, tasksInFlightMaxByRun: 2 },
  { strategy: "parallel", tasksInFlightMax: 1 },
  { strategy: "parallel", runsInFlightMax: 1 },
  { strategy: "sequential", runsInFlightMax: 2, tasksInFlightMaxByWorkflow: { graph: 1 } },
];

/** Tasks that end when the test says so, with a result that follows from what was asked. */
class HandTasks implements TasksPort {
  readonly running = new Map<string, TaskCall>();
  readonly performed: TaskCall[] = [];
  onResults: TasksPort["onResults"] = () => undefined;
  onLogs: TasksPort["onLogs"] = () => undefined;
  readonly has = (): boolean => true;
  readonly names = (): readonly string[] => [];

  perform(calls: readonly TaskCall[]): void {
    for (const call of calls) {
      this.running.set(nameOf(call), call);
      this.performed.push(call);
    }
  }

  abort(calls: readonly CallName[]): void {
    const ended = calls.flatMap((call) => this.running.get(nameOf(call)) ?? []);
    void Promise.resolve().then(() => this.end(ended));
  }

  end(calls: readonly TaskCall[]): void {
    for (const call of calls) this.running.delete(nameOf(call));
    this.onResults(calls.map(answerOf));
  }
}

function nameOf({ runId, serial }: CallName): string {
  return `${runId} ${serial}`;
}

/** Loads a random graph under its seed. */
function makeLibrary(): LibraryPort {
  return {
    load: async (source): Promise<LoadedWorkflow> => loadGraph(Number(source)),
    versionOf: async () => undefined,
  };
}

const loaded = new Map<number, LoadedWorkflow>();

function loadGraph(seed: number): LoadedWorkflow {
  let workflow = loaded.get(seed);
  if (workflow === undefined) {
    const program = compileGraph(generateGraph(new Random(seed)));
    workflow = { identity: `graph ${seed}`, name: seed % 2 === 0 ? "graph" : `graph ${seed}`, source: String(seed), program, findings: [], customs: [] };
    loaded.set(seed, workflow);
  }
  return workflow;
}

/** Plays the runs of a seed to their ends, or as far as they go. `choose`: which of the calls in flight end now. */
async function play(seed: number, scheduling: SchedulingOptions, choose: (calls: readonly TaskCall[]) => readonly TaskCall[]): Promise<{ bench: Bench; tasks: HandTasks; queuedMax: number }> {
  const tasks = new HandTasks();
  const bench = await openBench({ scheduling, tasksPort: tasks, libraryPort: makeLibrary() });
  for (let index = 0; index < RUN_COUNT; index += 1) {
    const workflow = await bench.engine.load(String(seed * RUN_COUNT + index));
    await bench.engine.start(workflow.identity, INPUT, { runId: `run ${index}`, priority: (seed + index * 3) % 10 });
  }
  await bench.clock.settle();
  let queuedMax = 0;
  for (let round = 0, quiet = 0; round < ROUND_COUNT_MAX && quiet < QUIET_COUNT_MAX; round += 1) {
    if (tasks.running.size > 0) {
      tasks.end(choose([...tasks.running.values()]));
    } else {
      quiet += 1;
      for (let index = 0; index < RUN_COUNT; index += 1) await bench.engine.send(`run ${index}`, EVENTS[quiet % 2] as string).catch(() => undefined);
      await bench.clock.settle();
      if (tasks.running.size === 0) await bench.clock.advance(7);
    }
    await bench.clock.settle();
    queuedMax = Math.max(queuedMax, (await bench.engine.statistics()).scheduling.tasksQueued);
  }
  // What the last round has begun is brought to rest.
  for (let round = 0; round < ROUND_COUNT_MAX && tasks.running.size > 0; round += 1) {
    tasks.end(choose([...tasks.running.values()]));
    await bench.clock.settle();
  }
  return { bench, tasks, queuedMax };
}

/** Of each run the call that it asked for first. */
function chooseFirst(calls: readonly TaskCall[]): readonly TaskCall[] {
  const first = new Map<string, TaskCall>();
  for (const call of calls) if (call.serial < (first.get(call.runId)?.serial ?? Infinity)) first.set(call.runId, call);
  return [...first.values()];
}

/** What is stored of each run; seeds of entries come in the order in which runs are stepped, and nothing here uses them. */
function readHistories({ disk }: Bench): unknown {
  return [...disk.runs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([runId, { entries }]) => [runId, entries.map(({ seed: _seed, ...entry }) => entry)]);
}

async function readEnds({ engine }: Bench): Promise<unknown> {
  const { records } = await engine.runs.query({ order: "oldest" });
  return records.map(({ runId, status, error, seq }) => ({ runId, status, error, seq })).sort((a, b) => (a.runId < b.runId ? -1 : 1));
}

/** All calls that a fresh kernel asks for when it plays the history. */
function replayCalls(kernel: KernelPort, seed: number, runId: string, bench: Bench): string[] {
  const program = new ProgramTable().add(loadGraph(seed));
  const asked: string[] = [];
  const replay = new Replay(kernel, program, { runId });
  const note = replay.state.note.bind(replay.state);
  replay.state.note = (command) => {
    const open = note(command);
    if (command.kind === CommandKind.CALL_TASK) {
      const task = program.workflow.program.actions[command.a]?.name ?? "?";
      asked.push(spell({ serial: command.b, task, item: command.time % VISIT_SCALE, attempt: command.flags }, open?.visit));
    }
    return open;
  };
  for (const _slice of replay.play(bench.disk.runs.get(runId)?.entries ?? []));
  replay.release();
  return asked;
}

function spell({ serial, task, item, attempt }: Pick<TaskCall, "serial" | "task" | "item" | "attempt">, visit: string | undefined): string {
  return `${serial} ${task} visit ${visit} item ${item} attempt ${attempt}`;
}

describe("the same seeds under every strategy", () => {
  test("have the same histories and ends", { timeout: 300_000 }, async () => {
    let entryCount = 0;
    let callCount = 0;
    for (const seed of SEEDS) {
      const whole = await play(seed, { strategy: "parallel" }, chooseFirst);
      const [histories, ends] = [readHistories(whole.bench), await readEnds(whole.bench)];
      callCount += whole.tasks.performed.length;
      entryCount += [...whole.bench.disk.runs.values()].reduce((sum, { entries }) => sum + entries.length, 0);
      await whole.bench.engine.close();
      for (const scheduling of SETTINGS) {
        const other = await play(seed, scheduling, chooseFirst);
        const name = `seed ${seed} ${JSON.stringify(scheduling)}`;
        expect({ name, histories: readHistories(other.bench), ends: await readEnds(other.bench) }).toEqual({ name, histories, ends });
        await other.bench.engine.close();
      }
    }
    expect([entryCount / SEEDS.length, callCount / SEEDS.length].every((mean) => ONE_SEED !== undefined || mean > RUN_COUNT * 2)).toBe(true);
  });

  test("ask for what a fresh kernel asks for, in whatever order answers come and limits change", { timeout: 300_000 }, async () => {
    const kernel = await newKernel();
    let [leftCount, waitingCount] = [0, 0];
    for (const seed of SEEDS) {
      const random = new Random(seed + 1_000_000);
      const scheduling: SchedulingOptions = {
        strategy: random.pick(["auto", "sequential", "hybrid", "parallel"]),
        tasksInFlightMax: 1 + random.below(4),
        tasksInFlightMaxByRun: 2,
        runsInFlightMax: random.pick([1, 2, Infinity]),
        tasksInFlightMaxByTask: random.pick([{}, { t1: 1, t2: 2 }, { t0: 1, t3: 1 }]),
        tasksInFlightMaxByWorkflow: random.pick([{}, { graph: 1 }]),
      };
      const { bench, tasks, queuedMax } = await play(seed, scheduling, (calls) => calls.filter((_, index) => index === 0 || random.chance(0.5)));
      leftCount += (await bench.engine.statistics()).scheduling.tasksQueued;
      waitingCount += queuedMax;
      for (let index = 0; index < RUN_COUNT; index += 1) {
        const runId = `run ${index}`;
        const asked = replayCalls(kernel, seed * RUN_COUNT + index, runId, bench);
        const performed = tasks.performed.filter((call) => call.runId === runId).map((call) => spell(call, call.visit));
        expect(new Set(performed).size, `seed ${seed} ${runId}`).toBe(performed.length);
        expect(asked, `seed ${seed} ${runId}`).toEqual(expect.arrayContaining(performed));
      }
      await bench.engine.close();
    }
    // Nobody is left behind: what was asked for went out, or was taken back.
    expect(leftCount).toBe(0);
    expect(waitingCount).toBeGreaterThan(ONE_SEED === undefined ? SEEDS.length : -1);
  });
});
