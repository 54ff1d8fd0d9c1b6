// Random task graphs that are done again. A run that is told all that another was told goes the same way, entry by entry; where a task
// is chosen, nothing is performed but what ways lead to from it. What was undone is done anew, and undone anew.
import { describe, expect, test } from "vitest";
import type { Definition } from "../../src/model/definition.js";
import type { RunRecord } from "../../src/model/run-record.js";
import { EntryKind } from "../../src/model/history.js";
import type { LibraryPort, LoadedWorkflow, TaskCall, TasksPort } from "../../src/model/ports.js";
import { Random } from "../differential/statecharts/random.js";
import { EVENTS, generateGraph, INPUT } from "../differential/task-graphs/generate.js";
import { type Bench, openBench } from "../unit/engine/harness.js";
import { compileGraph } from "../unit/task-graph/graph.js";
import { answerOf } from "./answers.js";

const ONE_SEED = process.env.MILLRACE_SEED;
/** Tasks of scopes that lead by their scopes' `catch` to others. */
const SCOPE_SEEDS = [287, 460];
const FIRST_SEEDS = Array.from({ length: Number(process.env.MILLRACE_SEEDS ?? 150) }, (_, index) => index);
const SEEDS = ONE_SEED === undefined ? [...new Set([...FIRST_SEEDS, ...SCOPE_SEEDS])] : [Number(ONE_SEED)];
const ROUND_COUNT_MAX = 60;

/** Answers at once, by what was asked; keeps which handlers were called. */
class QuickTasks implements TasksPort {
  performed: string[] = [];
  onResults: TasksPort["onResults"] = () => undefined;
  onLogs: TasksPort["onLogs"] = () => undefined;
  readonly has = (): boolean => true;
  readonly names = (): readonly string[] => [];
  readonly abort = (): void => undefined;

  perform(calls: readonly TaskCall[]): void {
    for (const { task } of calls) this.performed.push(task);
    void Promise.resolve().then(() => this.onResults(calls.map(answerOf)));
  }
}

function makeLibrary(seed: number): LibraryPort {
  const program = compileGraph(generateGraph(new Random(seed)));
  const workflow: LoadedWorkflow = { identity: `graph ${seed}`, name: "graph", source: String(seed), program, findings: [], customs: [] };
  return { load: async () => workflow, versionOf: async () => undefined };
}

/** Sends events and lets time pass until the run has ended, or for so long. */
async function finish({ engine, clock }: Bench, runId: string): Promise<RunRecord> {
  await clock.settle();
  for (let round = 0; round < ROUND_COUNT_MAX; round += 1) {
    const record = await (await engine.runs.get(runId)).record();
    if (record.endedAt !== undefined) return record;
    await engine.send(runId, EVENTS[round % 2] as string);
    await clock.settle();
    await clock.advance(7);
    await clock.settle();
  }
  await engine.cancel(runId);
  return (await engine.runs.get(runId)).record();
}

/** What a run was told and took; events that nobody awaited, and the cancel from outside, are left out. */
function readStory({ disk }: Bench, runId: string, ignored: ReadonlySet<number>): unknown {
  return (disk.runs.get(runId)?.entries ?? [])
    .filter(({ kind, seq }) => kind !== EntryKind.CANCEL && kind !== EntryKind.START && !ignored.has(seq))
    .map(({ kind, id, payload }) => ({ kind, id, payload }));
}

interface Loose {
  /** Events that nobody took. */
  readonly ignored: ReadonlySet<number>;
  /** Tasks that were given up without an answer. */
  readonly aborted: ReadonlySet<string>;
  /** How often each task was undone, and how many answers each handler has given. */
  readonly undone: ReadonlyMap<string, number>;
  readonly answers: ReadonlyMap<string, number>;
}

async function readLoose({ engine }: Bench, runId: string): Promise<Loose> {
  const ignored = new Set<number>();
  const aborted = new Set<string>();
  const undone = new Map<string, number>();
  const answers = new Map<string, number>();
  const count = (map: Map<string, number>, name: string) => map.set(name, (map.get(name) ?? 0) + 1);
  for await (const event of (await engine.runs.get(runId)).events()) {
    if (event.type === "event" && !["taken", "failed"].includes(event.status)) ignored.add(event.seq);
    if (event.type === "taskCanceled") aborted.add(event.task);
    if (event.type === "undoStarted") count(undone, event.state);
    if (event.type === "taskSucceeded" || event.type === "taskFailed") count(answers, event.task);
  }
  return { ignored, aborted, undone, answers };
}

/** Tasks that ways lead to: a failure leads to the scopes around a task, and by their `catch` on. What is given up, undone or tried anew is on no way. */
function reachFrom({ states, transitions }: Definition, task: string): Set<string> {
  const isWay = ({ isRetry, isCancel, isUndo }: Definition["transitions"][number]) => isRetry !== true && isCancel !== true && isUndo !== true;
  const reached = new Set([states.findIndex(({ id }) => id === task)]);
  // A set hands out what is added to it while it is walked.
  for (const at of reached) {
    const parent = states[at]?.parent ?? -1;
    if (parent >= 0) reached.add(parent);
    for (const way of transitions) if (way.source === at && way.target >= 0 && isWay(way)) reached.add(way.target);
  }
  return new Set([...reached].flatMap((at) => states[at]?.id ?? []));
}

describe("a random task graph", () => {
  test("that is told all again goes the same way; of a chosen task only what follows it is performed", { timeout: 300_000 }, async () => {
    let [endedCount, againCount, undoneCount] = [0, 0, 0];
    for (const seed of SEEDS) {
      const tasks = new QuickTasks();
      const library = makeLibrary(seed);
      const bench = await openBench({ tasksPort: tasks, libraryPort: library });
      const workflow = await bench.engine.load("");
      const run = await bench.engine.start(workflow.identity, INPUT);
      const record = await finish(bench, run.id);
      const context = await run.context();
      const { ignored, aborted, undone, answers } = await readLoose(bench, run.id);
      const story = readStory(bench, run.id, ignored);
      tasks.performed = [];
      const same = await bench.engine.rerun(run.id, { tasks: [] });
      const sameRecord = await same.record();
      const where = `seed ${seed}`;
      const { definition } = (await library.load("")).program;
      if (undone.size > 0) {
        undoneCount += 1;
        await bench.clock.settle();
        await bench.engine.cancel(same.id);
        const told = (await readLoose(bench, same.id)).answers;
        const performed = (name: string) => tasks.performed.filter((other) => other === name).length;
        for (const [name, number] of told) {
          const task = definition.states.find(({ id }) => id === name)?.task;
          const isPlain = name.startsWith("undo_") || (task?.action.kind === "call" && task.items === undefined);
          const most = name.startsWith("undo_") ? 0 : (answers.get(name) ?? 0) - (undone.get(name) ?? 0);
          if (isPlain) expect({ where, name, isRemembered: number - performed(name) > most }).toEqual({ where, name, isRemembered: false });
        }
      } else expect({ where, story: readStory(bench, same.id, new Set()) }).toEqual({ where, story });
      if (record.status !== "canceled" && undone.size === 0) {
        endedCount += 1;
        expect({ where, status: sameRecord.status, error: sameRecord.error }).toEqual({ where, status: record.status, error: record.error });
        expect({ where, context: await same.context() }).toEqual({ where, context });
        expect(tasks.performed, where).toEqual([]);
      }
      const names = definition.states.map(({ id }) => id).filter((id) => id.startsWith("t"));
      for (const task of names) {
        tasks.performed = [];
        const again = await bench.engine.rerun(run.id, { tasks: [task] }).catch((error: { code?: string }) => error.code);
        if (again === "run/unknown-task") continue;
        againCount += 1;
        await bench.clock.settle();
        // What had not begun when a run failed begins now, and where the new run fails it undoes.
        if (record.status !== "succeeded" || undone.size > 0) continue;
        const ways = reachFrom(definition, task);
        expect({ where, task, stray: tasks.performed.filter((name) => !ways.has(name) && !aborted.has(name) && !name.startsWith("undo_")) }).toEqual({ where, task, stray: [] });
      }
      await bench.engine.close();
    }
    if (ONE_SEED !== undefined) return;
    expect(Math.min(endedCount, againCount)).toBeGreaterThan(SEEDS.length / 3);
    expect(undoneCount).toBeGreaterThan(SEEDS.length / 20);
  });
});
