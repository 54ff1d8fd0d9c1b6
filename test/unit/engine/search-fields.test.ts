// Values that a workflow declares searchable: as they stand in records, and as runs are found by them, held against a plain model.
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { fulfilsNaively } from "../store/random-runs.js";
import { SEARCH_TEXT_SIZE_MAX } from "../../../src/model/search-value.js";
import type { Value } from "../../../src/model/engine.js";
import type { RunRecord, SearchRange, SearchValue } from "../../../src/model/run-record.js";
import { type Bench, markdown, openBench } from "./harness.js";

const ORDER = markdown("[*] --> Open\nOpen --> [*]: pay / set sum = event.sum\nOpen --> Bad: refuse\nBad --> [*]", {
  name: "order",
  head: "parameters: [customer]\nvariables: {sum: any}\nevents: [pay, refuse]\nsearch:\n  customer: input.customer.id\n  city: input.customer.city\n  sum: output.sum\n  big: output.sum > 10",
  actions: "- Bad: abort \"refused\"",
});
const PLAIN = markdown("[*] --> Open\nOpen --> [*]: pay", { name: "plain", head: "events: [pay, refuse]" });

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.engine.close();
  bench = undefined;
});

interface ModelRun {
  readonly fields: Record<string, SearchValue>;
  readonly isStored: boolean;
  readonly isSearchable: boolean;
  isEnded: boolean;
}

const value = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constantFrom("c-1", "c-2", "", "é"), fc.boolean(), fc.constant(null), fc.constant([1]), fc.constant({ x: 1 }));
const range: fc.Arbitrary<SearchRange> = fc.oneof(
  fc.constantFrom<SearchRange>("c-1", "", true, 7, {}),
  fc.record({ from: fc.integer({ min: 0, max: 20 }), to: fc.integer({ min: 0, max: 20 }) }, { requiredKeys: [] }),
);
const query = fc.dictionary(fc.constantFrom("customer", "city", "sum", "big", "none"), range, { minKeys: 1, maxKeys: 2, noNullPrototype: true });
const act = fc.oneof(
  fc.record({ kind: fc.constant("start" as const), id: value, city: fc.option(value, { nil: undefined }), isStored: fc.boolean(), isSearchable: fc.boolean() }),
  fc.record({ kind: fc.constant("end" as const), at: fc.nat(), how: fc.constantFrom("pay", "refuse", "cancel"), sum: value }),
  fc.record({ kind: fc.constantFrom("kill" as const, "delete" as const), at: fc.nat() }),
  fc.record({ kind: fc.constant("fork" as const), at: fc.nat() }),
);

function isSearchValue(given: unknown): given is SearchValue {
  return typeof given === "string" || typeof given === "number" || typeof given === "boolean";
}

/** What is declared, without CEL. */
function fieldsOf(entries: Readonly<Record<string, unknown>>): Record<string, SearchValue> {
  return Object.fromEntries(Object.entries(entries).flatMap(([name, given]) => (isSearchValue(given) ? [[name, given] as const] : [])));
}

async function checkQueries({ engine }: Bench, model: ReadonlyMap<string, ModelRun>, fields: Readonly<Record<string, SearchRange>>): Promise<void> {
  const wanted = [...model].filter(([, run]) => fulfilsNaively(run.fields, fields)).map(([runId]) => runId);
  const { records } = await engine.runs.query({ fields, limit: 1_000 });
  expect(records.map(({ runId }) => runId).sort()).toEqual(wanted.sort());
  expect(await engine.runs.count({ fields })).toBe(wanted.length);
  for (const { runId, fields: found = {} } of (await engine.runs.query({ limit: 1_000 })).records) expect(found).toEqual(model.get(runId)?.fields);
}

test("runs are found by what was declared, whatever becomes of them", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 2, maxLength: 14 }), fc.array(query, { minLength: 2, maxLength: 3 }), async (acts, queries) => {
      bench = await openBench({ isVerified: false });
      await bench.engine.load(ORDER);
      await bench.engine.load(PLAIN);
      const model = new Map<string, ModelRun>();
      for (const step of acts) {
        const ids = [...model.keys()];
        const runId = step.kind === "start" ? "" : (ids[step.at % Math.max(1, ids.length)] ?? "");
        await perform(step, runId, model);
        for (const fields of queries) await checkQueries(bench, model, fields);
      }
      await bench.engine.close();
    }),
    { numRuns: Number(process.env.MILLRACE_SEEDS ?? 60) },
  );
}, 120_000);

type Act = typeof act extends fc.Arbitrary<infer Each> ? Each : never;

async function perform(step: Act, runId: string, model: Map<string, ModelRun>): Promise<void> {
  const { engine } = bench as Bench;
  const known = model.get(runId);
  if (step.kind === "start") {
    const customer = { id: step.id, ...(step.city !== undefined && { city: step.city }) };
    const run = await engine.start(step.isSearchable ? "order" : "plain", { customer }, step.isStored ? {} : { durability: "none" });
    model.set(run.id, { fields: step.isSearchable ? fieldsOf({ customer: step.id, city: step.city }) : {}, isStored: step.isStored, isSearchable: step.isSearchable, isEnded: false });
  } else if (step.kind === "kill") {
    bench = await (bench as Bench).reopen();
    for (const [id, { isStored }] of model) if (!isStored) model.delete(id);
    await bench.engine.load(ORDER);
    await bench.engine.load(PLAIN);
  } else if (known === undefined) return;
  else if (step.kind === "end") {
    if (known.isEnded || (step.how === "refuse" && !known.isSearchable)) return;
    if (step.how === "cancel") await engine.cancel(runId);
    else await engine.send(runId, step.how, { sum: step.sum });
    known.isEnded = true;
    if (step.how === "pay" && known.isSearchable) {
      Object.assign(known.fields, fieldsOf({ sum: step.sum, ...(typeof step.sum === "number" && { big: step.sum > 10 }) }));
    }
  } else if (step.kind === "delete" && known.isEnded) {
    await engine.runs.delete(runId);
    model.delete(runId);
  } else if (step.kind === "fork") {
    const run = await engine.fork(runId, 1, { durability: known.isStored ? "relaxed" : "none" });
    const { customer, city } = known.fields;
    model.set(run.id, { ...known, fields: fieldsOf({ customer, city }), isEnded: false });
  }
}

async function recordOf(text: string, input: Value = {}): Promise<RunRecord> {
  bench ??= await openBench();
  const run = await bench.engine.start(await bench.engine.load(text), input);
  await run.result.catch(() => undefined);
  return run.record();
}

test("a task graph: the run's id, an output in part, and what is no value to look for", async () => {
  const text = `millrace: 1
name: graph
input: {customer: map, when: timestamp, at: {type: string, default: north}}
vars: {id: "{{ workflow.id }}"}
tasks:
  one: {action: pass, input: "{{ input.customer.total }}", next: {when: result < 0, do: fail}}
output: {total: "{{ tasks.one.result }}", twice: "{{ tasks.one.result * 2 }}", items: [1]}
search:
  total: output.total
  rate: "{{ output.twice / 4 }}"
  items: output.items
  when: timestamp(input.when)
  at: input.at
  name: input.customer.name
  count: size(input.customer.name)
`;
  const name = "\u{1f600}".repeat(200);
  const { fields } = await recordOf(text, { customer: { total: 30, name }, when: "2026-01-02T03:04:05Z" });
  expect(fields).toEqual({ total: 30, rate: 15, when: "2026-01-02T03:04:05.000Z", at: "north", name: name.slice(0, SEARCH_TEXT_SIZE_MAX), count: 200 });
  const failed = await recordOf(text, { customer: { total: -1 }, when: "2026-01-02T03:04:05Z" });
  expect(failed).toMatchObject({ status: "failed", fields: { total: -1, rate: -0.5, at: "north" } });
  expect(Object.keys(failed.fields ?? {})).not.toContain("name");
});

test("sub-workflows and runs that are done again have what they are given", async () => {
  const child = "millrace: 1\nname: child\ninput: [n]\nsearch: {n: input.n}\ntasks: {one: {action: fail, message: no}}";
  const parent = `millrace: 1\nname: parent\ninput: [n]\nsearch: {n: input.n}\ntasks: {one: {workflow: child, input: {n: "{{ input.n + 1 }}"}}}`;
  bench = await openBench();
  await bench.engine.load(child);
  const { runId } = await recordOf(parent, { n: 1 });
  const again = await bench.engine.rerun(runId, { input: { n: 5 } });
  await again.result.catch(() => undefined);
  const forked = await bench.engine.fork(again.id, 1, { input: { n: 7 } });
  await forked.result.catch(() => undefined);
  const { records } = await bench.engine.runs.query({ order: "oldest" });
  expect(records.map(({ workflow, fields }) => `${workflow} ${String(fields?.["n"])}`).sort()).toEqual(["child 2", "child 6", "child 8", "parent 1", "parent 5", "parent 7"]);
});

test("a file of runs carries them; values that are left out are not found", async () => {
  bench = await openBench();
  const run = await bench.engine.start(await bench.engine.load(ORDER), { customer: { id: "c-1" } });
  await bench.engine.send(run.id, "pay", { sum: 12 });
  const other = await openBench();
  await other.engine.import(bench.engine.export());
  expect((await other.engine.runs.query({ fields: { sum: { from: 12 }, customer: "c-1" } })).records).toHaveLength(1);
  expect(await other.engine.runs.count({ filter: `run.fields.customer == "c-1" && fields.big && run.workflow == workflow` })).toBe(1);
  expect(await other.engine.runs.count({ filter: `run.fields.customer == "c-2"` })).toBe(0);
  await other.engine.close();
  const third = await openBench({ isVerified: false });
  await third.engine.import(bench.engine.export({}, { redact: ["input.customer.id"] }));
  expect(await third.engine.runs.count({ fields: { customer: {} } })).toBe(0);
  await third.engine.close();
});
