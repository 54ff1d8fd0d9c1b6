// Workflows with everything in them that takes time, waits or fails, and random scripts of what happens to a run of them: shared by tests that compare
// runs.
import fc from "fast-check";
import { type Bench, markdown } from "../unit/engine/harness.js";

export const PARENT = markdown(
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
export const CHILD = markdown("[*] --> A\nA --> B: success\nB --> [*]: after 11s", {
  name: "child",
  head: "parameters:\n  - { name: n, type: number, required: true }",
  actions: "- A: call flaky with n=n",
});

export const GRAPH = `millrace: 1
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

export const TRIP = `millrace: 1
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

export type Step = { readonly kind: "send"; readonly event: string; readonly by: number } | { readonly kind: "pause" | "resume" | "crash" | "trap" | "cancel" | "undo" } | { readonly kind: "advance"; readonly ms: number };

export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 30, arbitrary: fc.record({ kind: fc.constant("send" as const), event: fc.constantFrom("go", "add", "finish"), by: fc.nat(5) }) },
  { weight: 20, arbitrary: fc.record({ kind: fc.constant("advance" as const), ms: fc.constantFrom(1, 3_000, 8_000, 20_000, 100_000) }) },
  { weight: 10, arbitrary: fc.record({ kind: fc.constantFrom("pause" as const, "resume" as const) }) },
  { weight: 15, arbitrary: fc.record({ kind: fc.constantFrom("crash" as const, "trap" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("cancel" as const, "undo" as const) }) },
);

/** Its answer follows from its key and input; it takes no virtual time. */
export function flaky({ n }: { n: number }): unknown {
  if (n % 4 === 3) throw Object.assign(new Error(`no ${n}`), { code: "test/flaky" });
  return { twice: n * 2 };
}

/** Grants enough turns for a fresh kernel and all that follows. */
export async function rest(bench: Bench): Promise<void> {
  for (let turn = 0; turn < 6; turn += 1) await bench.clock.settle();
}
