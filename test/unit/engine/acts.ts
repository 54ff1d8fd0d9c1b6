// Random calls to an engine with a few runs of one chart, and what can be seen of the runs afterwards: for tests that compare engines.
import fc from "fast-check";
import { createBatch } from "../../../src/model/batch.js";
import type { Run, RunEvent } from "../../../src/model/engine.js";
import { type Bench, brief, markdown, readSome } from "./harness.js";

export const CHART = markdown(
  "[*] --> A\nA --> B: go [n < 4] / set n = n + 1\nA --> C: go / set n = 0\nB --> A: go\nC --> A: go\nA --> [*]: finish\nB --> W: wait\nW --> A: after 5ms",
  { name: "loop", head: "events: [go, finish, wait]\nvariables:\n  n: { type: int, initial: 0 }" },
);
export const RUN_COUNT = 4;

export type Act =
  | { readonly kind: "send"; readonly run: number; readonly event: string; readonly payload?: number }
  | { readonly kind: "batch"; readonly events: readonly (readonly [number, string])[]; readonly times: number }
  | { readonly kind: "pause" | "resume" | "read" | "cancel"; readonly run: number }
  | { readonly kind: "advance"; readonly ms: number }
  | { readonly kind: "settle" | "loseKernel" };

const run = fc.nat(RUN_COUNT - 1);
const event = fc.constantFrom("go", "go", "go", "go", "wait", "finish", "nobody");
export const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("send" as const), run, event }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("send" as const), run, event, payload: fc.nat(9) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("batch" as const), events: fc.array(fc.tuple(run, event), { minLength: 1, maxLength: 8 }), times: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("pause" as const, "resume" as const, "read" as const, "cancel" as const), run }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("advance" as const), ms: fc.nat(9) }) },
  { weight: 3, arbitrary: fc.constant({ kind: "settle" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "loseKernel" as const }) },
);

/**
 * Does the acts in order, waiting only where they say so. Gives what every call answered, the run's status aside: when
 * several calls are under way it may be that after the last of them.
 */
export async function perform(bench: Bench, runs: readonly Run[], acts: readonly Act[]): Promise<unknown[]> {
  const answers: Promise<unknown>[] = [];
  const batch = createBatch();
  for (const one of acts) {
    const id = "run" in one ? (runs[one.run]?.id ?? "") : "";
    if (one.kind === "send") answers.push(bench.engine.send(id, one.event, one.payload).then(({ status }) => status));
    else if (one.kind === "batch") {
      batch.clear();
      for (const [index, name] of one.events) batch.add(runs[index]?.id ?? "", name);
      for (let time = 0; time < one.times; time += 1) answers.push(bench.engine.sendMany(batch).then((outcomes) => [...outcomes]));
    } else if (one.kind === "read") answers.push(readSome(runs[one.run] as Run, 3).then(brief));
    else if (one.kind === "advance") await bench.clock.advance(one.ms);
    else if (one.kind === "settle") await Promise.allSettled(answers);
    else if (one.kind === "loseKernel") {
      await Promise.allSettled(answers);
      loseKernel(bench);
      // What is sent while a kernel is rebuilt may change places with a pause.
      await Promise.all(runs.map((run) => bench.engine.send(run.id, "go")));
    }
    else answers.push(bench.engine[one.kind](id).then(() => one.kind));
  }
  return Promise.all(answers);
}

export function loseKernel(bench: Bench): void {
  try {
    bench.kernel().trap();
  } catch {
    // Lost from now on, as after any trap.
  }
}

/** Where all runs stand, and what their histories tell so far. */
export async function observe(bench: Bench, runs: readonly Run[]): Promise<unknown[]> {
  const told: unknown[] = [];
  for (const one of runs) {
    const { status, seq } = await one.record();
    told.push([status, seq, await one.states(), await one.context(), brief(await readAll(bench, one))]);
  }
  return told;
}

/** All events so far: an open run's story is read until nothing more comes. */
export async function readAll(bench: Pick<Bench, "clock">, one: Run): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  const iterator = one.events()[Symbol.asyncIterator]();
  for (;;) {
    const next = iterator.next();
    let isOver = true;
    void next.then(() => (isOver = false));
    for (let turn = 0; turn < 20 && isOver; turn += 1) await bench.clock.settle();
    if (isOver) break;
    const result = await next;
    if (result.done === true) break;
    events.push(result.value);
  }
  await iterator.return?.();
  return events;
}
