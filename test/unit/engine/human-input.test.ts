// What people are asked for: payloads are held against the form of the task that waits before they are recorded, whatever way they come;
// `run.awaits()` tells the same after a crash; a deadline that came due while nobody was there fires.
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { createBatch } from "../../../src/model/batch.js";
import type { Durability, Run } from "../../../src/model/engine.js";
import { WorkflowError } from "../../../src/model/errors.js";
import { EventOutcome } from "../../../src/model/kernel-words.js";
import { type Bench, codeOf, holdTask, markdown, openBench, readSome } from "./harness.js";

const HOUR = 3_600_000;
const CONSENT = `
millrace: 1
input: {amount: number}
tasks:
  consent:
    action: await
    event: decide
    message: "Pay {{ input.amount }}?"
    form:
      approved: {type: bool, label: Approve}
      level: {type: string, choices: [low, high], default: low}
      note: {type: string, required: false}
    deadline: 3d
    default: {approved: "{{ input.amount < 50 }}"}
    next: pay
  book: {action: book, next: pay}
  pay: {action: pay, join: all, input: "{{ tasks.consent.result }}"}
output: "{{ tasks.pay.result }}"
`;

let bench: Bench;
afterEach(() => bench.engine.close());

async function refusalOf(promise: Promise<unknown>): Promise<WorkflowError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof WorkflowError) return error;
    throw error;
  }
  throw new Error("it was taken");
}

describe.each<Durability>(["relaxed", "none"])("durability %s", (durability) => {
  const book = holdTask();
  const pay = holdTask();

  async function begin(amount: number): Promise<Run> {
    bench = await openBench({ durability, tasks: { book: book.handler, pay: pay.handler } });
    return bench.engine.start(await bench.engine.load(CONSENT), { amount });
  }

  test("what the run waits for is told with form, message, deadline and default", async () => {
    const run = await begin(120);
    expect(await run.awaits()).toMatchObject([
      {
        state: "consent",
        event: "decide",
        message: "Pay 120?",
        form: [{ name: "approved", type: "bool", isRequired: true, label: "Approve" }, { name: "level", choices: ["low", "high"], default: "low" }, { name: "note", isRequired: false }],
        deadline: bench.clock.now() + 72 * HOUR,
        default: { approved: false, level: "low" },
      },
    ]);
    // A branch waits, the other goes on.
    expect(book.calls.length).toBeGreaterThan(0);
  });

  test("a payload that does not fit is refused, and nothing has happened", async () => {
    const run = await begin(120);
    const before = await run.record();
    const refusal = await refusalOf(bench.engine.send(run.id, "decide", { approved: "yes", level: "mid" }));
    expect(refusal.code).toBe("run/invalid-payload");
    expect(refusal.message).toBe('The event "decide" does not fit the form of task "consent": field "approved" is "yes", not bool; field "level" is "mid", not one of "low", "high"');
    expect(refusal.details).toMatchObject({ runId: run.id, event: "decide", task: "consent", path: "approved", problems: [{ path: "approved" }, { path: "level" }] });
    for (const payload of [undefined, null, {}, [], "x", { note: "n" }]) expect(await codeOf(bench.engine.send(run.id, "decide", payload))).toBe("run/invalid-payload");
    expect(await run.record()).toEqual(before);
    expect((await run.awaits()).map(({ state }) => state)).toEqual(["consent"]);
  });

  test("defaults fill in, and are recorded", async () => {
    const run = await begin(120);
    expect(await bench.engine.send(run.id, "decide", { approved: true })).toMatchObject({ status: "taken" });
    expect(await run.awaits()).toEqual([]);
    const told = (await readSome(run, 8)).find(({ type }) => type === "event");
    expect(told).toMatchObject({ name: "decide", payload: { approved: true, level: "low" }, status: "taken" });
    book.succeed();
    await bench.clock.settle();
    expect(pay.calls.at(-1)?.input).toEqual({ approved: true, level: "low" });
    // Nobody waits any more: whatever it is, it is ignored.
    expect(await bench.engine.send(run.id, "decide", "anything")).toMatchObject({ status: "ignored" });
    pay.succeed("paid");
    expect(await run.result).toBe("paid");
    expect(await run.awaits()).toEqual([]);
    expect(await bench.engine.send(run.id, "decide", 1)).toMatchObject({ status: "ended" });
  });

  test("a batch has a status for it, and its other events are taken", async () => {
    const run = await begin(120);
    const other = await bench.engine.start("workflow", { amount: 1 });
    const batch = createBatch();
    batch.add(run.id, "decide");
    batch.add(run.id, "decide", { approved: 1 });
    batch.add(other.id, "decide", { approved: false });
    batch.add(run.id, "decide", { approved: true });
    batch.add(run.id, "decide", { approved: 1 });
    expect([...(await bench.engine.sendMany(batch))]).toEqual([EventOutcome.INVALID, EventOutcome.INVALID, EventOutcome.TAKEN, EventOutcome.TAKEN, EventOutcome.IGNORED]);
    const bare = createBatch();
    const third = await bench.engine.start("workflow", { amount: 1 });
    bare.add(third.id, "decide");
    expect([...(await bench.engine.sendMany(bare))]).toEqual([EventOutcome.INVALID]);
  });

  test("a paused run records only what fits", async () => {
    const run = await begin(120);
    await bench.engine.pause(run.id);
    expect(await codeOf(bench.engine.send(run.id, "decide", {}))).toBe("run/invalid-payload");
    expect(await bench.engine.send(run.id, "decide", { approved: true })).toMatchObject({ status: "held" });
    expect((await run.awaits()).length).toBe(1);
    await bench.engine.resume(run.id);
    expect(await run.awaits()).toEqual([]);
  });

  test("the deadline gives the default", async () => {
    const run = await begin(20);
    book.succeed();
    await bench.clock.advance(72 * HOUR - 1);
    expect((await run.awaits()).length).toBe(1);
    await bench.clock.advance(1);
    expect(await run.awaits()).toEqual([]);
    expect(pay.calls.at(-1)?.input).toEqual({ approved: true, level: "low" });
  });

  test("an action that waits until a time days away", async () => {
    bench = await openBench({ durability });
    const run = await bench.engine.start(await bench.engine.load("millrace: 1\ninput: {at: timestamp}\ntasks: {w: {action: wait, until: '{{ input.at }}'}}"), {
      at: new Date(bench.clock.now() + 90 * 24 * HOUR),
    });
    await bench.clock.advance(90 * 24 * HOUR - 1);
    expect(await run.status()).toBe("waiting");
    await bench.clock.advance(1);
    expect(await run.status()).toBe("succeeded");
  });
});

test("a crash while a run waits changes nothing; a deadline that passed meanwhile fires", async () => {
  const pay = holdTask();
  const tasks = { book: async () => null, pay: pay.handler };
  bench = await openBench({ tasks });
  const run = await bench.engine.start(await bench.engine.load(CONSENT), { amount: 20 });
  await bench.clock.settle();
  const before = await run.awaits();
  bench = await bench.reopen({ tasks });
  const again = await bench.engine.runs.get(run.id);
  expect(await again.awaits()).toEqual(before);
  expect(await codeOf(bench.engine.send(run.id, "decide", {}))).toBe("run/invalid-payload");
  await bench.engine.close();
  await bench.clock.advance(80 * HOUR);
  bench = await bench.reopen({ tasks });
  await bench.clock.advance(0);
  expect(await (await bench.engine.runs.get(run.id)).awaits()).toEqual([]);
  expect(pay.calls.at(-1)?.input).toEqual({ approved: true, level: "low" });
});

describe("two tasks that wait for one event, with forms of their own", () => {
  const TWO = `
millrace: 1
tasks:
  first: {action: first, next: {do: number}}
  second: {action: second, next: {do: text}}
  number: {action: await, event: say, form: {n: int}}
  text: {action: await, event: say, form: {t: {type: string, default: none}}}
output: ["{{ tasks.number.result }}", "{{ tasks.text.result }}"]
`;

  test("the one that has waited longer takes it, and its form counts", async () => {
    const [first, second] = [holdTask(), holdTask()];
    bench = await openBench({ tasks: { first: first.handler, second: second.handler } });
    const run = await bench.engine.start(await bench.engine.load(TWO));
    await bench.clock.settle();
    // Nobody waits yet.
    expect(await bench.engine.send(run.id, "say", 5)).toMatchObject({ status: "ignored" });
    second.succeed();
    await bench.clock.settle();
    first.succeed();
    await bench.clock.settle();
    expect((await run.awaits()).map(({ state }) => state)).toEqual(["text", "number"]);
    expect(await codeOf(bench.engine.send(run.id, "say", { t: 1 }))).toBe("run/invalid-payload");
    // Both in one turn: what comes second is for the other.
    const sends = [bench.engine.send(run.id, "say", {}), bench.engine.send(run.id, "say", {}), bench.engine.send(run.id, "say", { n: 1 })];
    expect((await Promise.allSettled(sends)).map((each) => (each.status === "fulfilled" ? each.value.status : (each.reason as WorkflowError).details["task"]))).toEqual(["taken", "number", "taken"]);
    expect(await run.result).toEqual([{ n: 1 }, { t: "none" }]);
  });

  test("while the run is paused it has to fit both", async () => {
    bench = await openBench({ tasks: { first: async () => null, second: async () => null } });
    const run = await bench.engine.start(await bench.engine.load(TWO));
    await bench.clock.settle();
    await bench.engine.pause(run.id);
    expect((await refusalOf(bench.engine.send(run.id, "say", { t: "x" }))).details["task"]).toBe("number");
    expect((await refusalOf(bench.engine.send(run.id, "say", { n: 1, t: 1 }))).details["task"]).toBe("text");
    expect(await bench.engine.send(run.id, "say", { n: 1 })).toMatchObject({ status: "held" });
    await bench.engine.resume(run.id);
    expect((await run.awaits()).map(({ state }) => state)).toEqual(["text"]);
  });
});

test("of a statechart: the events that its active states take", async () => {
  bench = await openBench();
  const text = markdown("[*] --> Open\nstate Open {\n[*] --> Asked\nAsked --> Told : tell\nAsked --> Asked : again [1 > 0]\nTold --> [*]\n}\nOpen --> [*] : close\nOpen --> Shut : tell", {
    head: "events: [tell, close, again, approve]",
    actions: '- Told: await approve "Waiting for the team"\n- Asked: again / log "x"',
  });
  const run = await bench.engine.start(await bench.engine.load(text));
  expect(await run.awaits()).toEqual([
    { state: "Open", event: "close" },
    { state: "Open", event: "tell" },
    { state: "Asked", event: "tell" },
    { state: "Asked", event: "again" },
  ]);
  await bench.engine.send(run.id, "tell");
  expect(await run.awaits()).toEqual([
    { state: "Open", event: "close" },
    { state: "Open", event: "tell" },
    { state: "Told", event: "approve", message: "Waiting for the team" },
  ]);
});

test("whatever comes in whatever order: what a run is told fits, and a crash changes nothing", async () => {
  const LOOP = `
millrace: 1
vars: {got: {type: list, initial: []}}
tasks:
  begin: {next: ask}
  ask:
    action: await
    event: say
    message: "{{ size(vars.got) }}"
    form: {n: {type: int, choices: [1, 2, 3]}, m: {type: string, default: none}}
    deadline: 1h
    default: {n: 3}
    next:
      - publish: {got: "{{ vars.got + [result] }}"}
        do: again
  again: {if: "size(vars.got) < 6", next: {when: "size(vars.got) < 6", do: ask}}
output: "{{ vars.got }}"
`;
  const act = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom<unknown>(undefined, null, { n: 1 }, { n: 2, m: "x" }, { n: 4 }, { n: "1" }, { n: 1, m: 2 }, [1]).map((payload) => ({ kind: "send" as const, payload })) },
    fc.constantFrom("pause" as const, "resume" as const, "crash" as const, "look" as const).map((kind) => ({ kind })),
    fc.constantFrom(1, HOUR - 1, HOUR, 3 * HOUR).map((ms) => ({ kind: "pass" as const, ms })),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 14 }), async (acts) => {
      const play = async (durability: Durability, mayCrash: boolean): Promise<unknown[]> => {
        bench = await openBench({ durability });
        const { id } = await bench.engine.start(await bench.engine.load(LOOP), {}, { runId: "r" });
        const seen: unknown[] = [];
        for (const each of acts) {
          if (each.kind === "send") seen.push(await bench.engine.send(id, "say", each.payload as never).catch((error: WorkflowError) => error.message));
          else if (each.kind === "pass") await bench.clock.advance(each.ms);
          else if (each.kind === "look") seen.push(await (await bench.engine.runs.get(id)).awaits());
          else if (each.kind === "crash") {
            if (mayCrash) bench = await bench.reopen();
          } else seen.push(await bench.engine[each.kind](id));
        }
        await bench.engine.resume(id);
        await bench.clock.advance(7 * HOUR);
        const got = (await (await bench.engine.runs.get(id)).result) as { n: unknown; m: unknown }[];
        expect(got).toHaveLength(6);
        for (const { n, m } of got) expect([[1, 2, 3].includes(n as number), typeof m]).toEqual([true, "string"]);
        await bench.engine.close();
        return [...seen, got];
      };
      const plain = await play("relaxed", false);
      expect(await play("relaxed", true)).toEqual(plain);
      expect(await play("none", false)).toEqual(plain);
    }),
    { numRuns: 40 },
  );
}, 120_000);
