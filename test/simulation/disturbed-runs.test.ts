// Random scripts of events, pauses, time, crashes and lost kernels: a disturbed run must have the same history, story and
// end as one with the same script that nothing disturbed.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Run } from "../../src/model/engine.js";
import type { SchedulingOptions } from "../../src/model/scheduling.js";
import { type Bench, brief, markdown, openBench, readEvents } from "../unit/engine/harness.js";

const PARENT = markdown(
  `[*] --> Idle
Idle --> Work: go
Work --> Fork: success
Work --> Idle: failed
state Fork <<fork>>
state Join <<join>>
Fork --> Left
Fork --> Right
Left --> Join: success
Right --> Join: success
Join --> Child
Child --> Idle: success
Child --> Idle: failed
Idle --> Idle: add / set n = n + event.by
Idle --> Late: after 90s
Late --> Idle: go
Late --> [*]: finish
Idle --> [*]: finish`,
  {
    name: "parent",
    head: "events: [go, add, finish]\nvariables:\n  n: { type: number, initial: 0 }\n  out: any",
    actions: '- Work: call flaky with n=n result out\n- Left: wait 7s\n- Right: call flaky with n=1\n- Child: run workflow "child" with n=n result out',
  },
);
const CHILD = markdown("[*] --> A\nA --> B: success\nB --> [*]: after 11s", {
  name: "child",
  head: "parameters:\n  - { name: n, type: number, required: true }",
  actions: "- A: call flaky with n=n",
});

const GRAPH = `millrace: 1
name: parent
vars:
  n: 1
  round: 0
tasks:
  begin:
    action: noop
    next: [{ do: go }]
  go:
    action: await
    event: go
    next:
      - publish: { n: "{{ vars.n + result.by }}" }
        do: [each, left]
  each:
    with: { items: "{{ [1, 2, 3, 4, vars.n] }}", concurrency: 2 }
    action: flaky
    input: { n: "{{ item }}" }
    retry: { count: 2, delay: 3s, backoff: exponential }
    timeout: 40s
    next:
      - do: meet
      - when: failed
        publish: { n: "{{ vars.n + 1 }}" }
        do: meet
  left:
    delay: 7s
    action: wait
    duration: 5s
    next: [{ do: child }]
  child:
    workflow: child
    input: { n: "{{ vars.round }}" }
    next: [{ when: completed, do: meet }]
  meet:
    join: all
    action: pass
    input: "{{ vars.n }}"
    next:
      - when: "vars.round < 2"
        publish: { round: "{{ vars.round + 1 }}" }
        do: go
output:
  n: "{{ vars.n }}"
  last: "{{ tasks.meet.result }}"
`;

const TRIP = `millrace: 1
name: parent
vars:
  n: 1
tasks:
  start: { next: begin }
  begin:
    action: await
    event: go
    next:
      - publish: { n: "{{ vars.n + result.by }}" }
        do: [flight, hotel]
  flight:
    action: flaky
    input: { n: "{{ vars.n }}" }
    undo: { action: flaky, input: { n: "{{ result.twice }}" }, retry: { count: 1, delay: 2s } }
  hotel:
    action: await
    event: add
    undo: { workflow: child, input: { n: "{{ result.by }}" } }
    next:
      - publish: { n: "{{ vars.n + result.by }}" }
        do: car
  car:
    action: flaky
    input: { n: "{{ vars.n }}" }
    undo: { action: flaky, input: { n: 4 }, timeout: 1s }
    next:
      - when: "result.twice > 20"
        undo: all
        do: begin
      - when: "result.twice <= 20"
        do: begin
scopes:
  trip:
    tasks: [flight, hotel, car]
    timeout: 30s
    catch:
      - when: "vars.n % 5 != 0"
        publish: { n: "{{ vars.n + 1 }}" }
        undo: trip
        do: begin
output:
  n: "{{ vars.n }}"
`;

type Step = { readonly kind: "send"; readonly event: string; readonly by: number } | { readonly kind: "pause" | "resume" | "crash" | "trap" | "cancel" | "undo" } | { readonly kind: "advance"; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 30, arbitrary: fc.record({ kind: fc.constant("send" as const), event: fc.constantFrom("go", "add", "finish"), by: fc.nat(5) }) },
  { weight: 20, arbitrary: fc.record({ kind: fc.constant("advance" as const), ms: fc.constantFrom(1, 3_000, 8_000, 20_000, 100_000) }) },
  { weight: 10, arbitrary: fc.record({ kind: fc.constantFrom("pause" as const, "resume" as const) }) },
  { weight: 15, arbitrary: fc.record({ kind: fc.constantFrom("crash" as const, "trap" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("cancel" as const, "undo" as const) }) },
);

/** Its answer follows from its key and input; it takes no virtual time. */
function flaky({ n }: { n: number }): unknown {
  if (n % 4 === 3) throw Object.assign(new Error(`no ${n}`), { code: "test/flaky" });
  return { twice: n * 2 };
}

/** Grants enough turns for a fresh kernel and all that follows. */
async function rest(bench: Bench): Promise<void> {
  for (let turn = 0; turn < 6; turn += 1) await bench.clock.settle();
}

async function reopen(bench: Bench, source: string): Promise<Bench> {
  const next = await bench.reopen();
  await next.engine.load(CHILD);
  await next.engine.load(source);
  await rest(next);
  return next;
}

async function play(source: string, script: readonly Step[], isDisturbed: boolean, scheduling: SchedulingOptions = {}): Promise<unknown> {
  let bench = await openBench({ tasks: { flaky }, scheduling });
  await bench.engine.load(CHILD);
  await bench.engine.start(await bench.engine.load(source), {}, { runId: "run" });
  await bench.clock.settle();
  const answers: unknown[] = [];
  const stories: Promise<unknown>[] = [];
  for (const action of script) {
    if (action.kind === "send") answers.push(await bench.engine.send("run", action.event, { by: action.by }));
    else if (action.kind === "advance") await bench.clock.advance(action.ms);
    else if (action.kind === "crash" && isDisturbed) bench = await reopen(bench, source);
    else if (action.kind === "trap" && isDisturbed) {
      try {
        bench.kernel().trap();
      } catch {
        // Lost, as it should be.
      }
    } else if (action.kind === "undo") answers.push(await bench.engine.cancel("run", { undo: true }));
    else if (action.kind === "pause" || action.kind === "resume" || action.kind === "cancel") answers.push(await bench.engine[action.kind]("run"));
    await rest(bench);
  }
  await bench.engine.cancel("run");
  await rest(bench);
  const run = await bench.engine.runs.get("run");
  const told = await tell(run);
  const histories = [...bench.disk.histories].sort(([a], [b]) => (a < b ? -1 : 1)).map(([runId, entries]) => [runId, entries.map(({ seed: _seed, ...entry }) => entry)]);
  await Promise.all(stories);
  await bench.engine.close();
  return { answers, told, histories };
}

async function tell(run: Run): Promise<unknown> {
  return [await run.status(), await run.context(), brief(await readEvents(run))];
}

test.each([
  ["a statechart", PARENT],
  ["a task graph", GRAPH],
  ["one that is undone", TRIP],
])("crashes and lost kernels between steps change nothing: %s", { timeout: 120_000 }, async (_, source) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 25 }), async (script) => {
      expect(await play(source, script, true)).toEqual(await play(source, script, false));
    }),
    { numRuns: 150 },
  );
});

test.each<[string, SchedulingOptions]>([
  ["tasks", { tasksInFlightMax: 1 }],
  ["runs", { runsInFlightMax: 1, strategy: "sequential" }],
])("nor where calls wait for their turn: limited %s", { timeout: 120_000 }, async (_, scheduling) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 25 }), async (script) => {
      expect(await play(GRAPH, script, true, scheduling)).toEqual(await play(GRAPH, script, false, scheduling));
    }),
    { numRuns: 60 },
  );
});

test("a listener that was there from the start hears what a late one reads", { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 20 }), async (script) => {
      const bench = await openBench({ tasks: { flaky } });
      await bench.engine.load(CHILD);
      const run = await bench.engine.start(await bench.engine.load(PARENT));
      const stories = [readEvents(run)];
      for (const action of script) {
        if (action.kind === "send") await bench.engine.send(run.id, action.event, { by: action.by });
        else if (action.kind === "advance") await bench.clock.advance(action.ms);
        else if (action.kind === "pause" || action.kind === "resume" || action.kind === "cancel") await bench.engine[action.kind](run.id);
        else stories.push(readEvents(run));
        await bench.clock.settle();
      }
      await bench.engine.cancel(run.id);
      const told = await Promise.all(stories);
      const last = await readEvents(run);
      for (const story of told) expect(story).toEqual(last);
      await bench.engine.close();
    }),
    { numRuns: 40 },
  );
});
