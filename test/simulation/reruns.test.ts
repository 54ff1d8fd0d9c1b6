// Random task graphs that are done again. A run that is told all that another was told goes the same way, entry by entry; where a task
// is chosen, nothing is performed but what ways lead to from it.
import { describe, expect, test } from "vitest";
import { fingerprintBytes } from "../../src/base/fingerprint.js";
import type { Definition } from "../../src/model/definition.js";
import type { RunRecord } from "../../src/model/engine.js";
import { EntryKind } from "../../src/model/history.js";
import type { LibraryPort, LoadedWorkflow, TaskCall, TasksPort } from "../../src/model/ports.js";
import { encodeValue } from "../../src/model/value.js";
import { Random } from "../differential/statecharts/random.js";
import { EVENTS, generateGraph, INPUT } from "../differential/task-graphs/generate.js";
import { type Bench, openBench } from "../unit/engine/harness.js";
import { compileGraph } from "../unit/task-graph/graph.js";

const ONE_SEED = process.env.MILLRACE_SEED;
const SEEDS = ONE_SEED === undefined ? Array.from({ length: Number(process.env.MILLRACE_SEEDS ?? 150) }, (_, index) => index) : [Number(ONE_SEED)];
const ROUND_COUNT_MAX = 60;

/** Answers at once, by what was asked; keeps which handlers were called. */
class QuickTasks implements TasksPort {
  performed: string[] = [];
  onResults: TasksPort["onResults"] = () => undefined;
  readonly has = (): boolean => true;
  readonly names = (): readonly string[] => [];
  readonly abort = (): void => undefined;

  perform(calls: readonly TaskCall[]): void {
    for (const { task } of calls) this.performed.push(task);
    void Promise.resolve().then(() =>
      this.onResults(
        calls.map((call) => {
          const { task, input, attempt, item } = call;
          const chance = fingerprintBytes(encodeValue([task, input, attempt, item] as never)) % 6;
          if (chance > 0) return { call, isSuccess: true, value: chance % 3 };
          return { call, isSuccess: false, error: { code: "work/failed", message: "no" } };
        }),
      ),
    );
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
  return (disk.histories.get(runId) ?? [])
    .filter(({ kind, seq }) => kind !== EntryKind.CANCEL && kind !== EntryKind.START && !ignored.has(seq))
    .map(({ kind, id, payload }) => ({ kind, id, payload }));
}

/** Events that nobody took, and tasks that were given up without an answer. */
async function readLoose({ engine }: Bench, runId: string): Promise<{ readonly ignored: ReadonlySet<number>; readonly aborted: ReadonlySet<string> }> {
  const ignored = new Set<number>();
  const aborted = new Set<string>();
  for await (const event of (await engine.runs.get(runId)).events()) {
    if (event.type === "event" && !["taken", "failed"].includes(event.status)) ignored.add(event.seq);
    if (event.type === "taskCanceled") aborted.add(event.task);
  }
  return { ignored, aborted };
}

function reachFrom(definition: Definition, task: string): Set<string> {
  const reached = new Set([task]);
  for (let size = 0; size !== reached.size; ) {
    size = reached.size;
    for (const { source, target } of definition.transitions) {
      const [from, to] = [definition.states[source]?.id, definition.states[target]?.id];
      if (from !== undefined && to !== undefined && reached.has(from)) reached.add(to);
    }
  }
  return reached;
}

describe("a random task graph", () => {
  test("that is told all again goes the same way; of a chosen task only what follows it is performed", { timeout: 300_000 }, async () => {
    let [endedCount, againCount] = [0, 0];
    for (const seed of SEEDS) {
      const tasks = new QuickTasks();
      const library = makeLibrary(seed);
      const bench = await openBench({ tasksPort: tasks, libraryPort: library });
      const workflow = await bench.engine.load("");
      const run = await bench.engine.start(workflow.identity, INPUT);
      const record = await finish(bench, run.id);
      const context = await run.context();
      const { ignored, aborted } = await readLoose(bench, run.id);
      const story = readStory(bench, run.id, ignored);
      tasks.performed = [];
      const same = await bench.engine.rerun(run.id, { tasks: [] });
      const sameRecord = await same.record();
      const where = `seed ${seed}`;
      expect({ where, story: readStory(bench, same.id, new Set()) }).toEqual({ where, story });
      if (record.status !== "canceled") {
        endedCount += 1;
        expect({ where, status: sameRecord.status, error: sameRecord.error }).toEqual({ where, status: record.status, error: record.error });
        expect({ where, context: await same.context() }).toEqual({ where, context });
        expect(tasks.performed, where).toEqual([]);
      }
      const { definition } = (await library.load("")).program;
      const names = definition.states.map(({ id }) => id).filter((id) => id.startsWith("t"));
      for (const task of names) {
        tasks.performed = [];
        const again = await bench.engine.rerun(run.id, { tasks: [task] }).catch((error: { code?: string }) => error.code);
        if (again === "run/unknown-task") continue;
        againCount += 1;
        await bench.clock.settle();
        // What had not begun when a run failed begins now.
        if (record.status !== "succeeded") continue;
        const ways = reachFrom(definition, task);
        expect({ where, task, stray: tasks.performed.filter((name) => !ways.has(name) && !aborted.has(name)) }).toEqual({ where, task, stray: [] });
      }
      await bench.engine.close();
    }
    if (ONE_SEED === undefined) expect(Math.min(endedCount, againCount)).toBeGreaterThan(SEEDS.length / 2);
  });
});
