// What the run index costs, by the number of runs: `node bench/run-index.mjs`. Runs of eight journals in segments, most of them succeeded, with
// tags and searchable fields; each query is asked with many values, without the cache of answers.
import { createPrng } from "../src/base/prng.js";
import type { RunQuery, RunRecord } from "../src/model/run-record.js";
import { RunIndex } from "../src/store/run-index.js";
import { decodeSegment, encodeSegment, SEGMENT_RUN_COUNT_MAX } from "../src/store/segment-columns.js";
import { formatTable } from "./report.js";

const JOURNAL_COUNT = 8;
const FIRST_START = 1_750_000_000_000;
const SPACING_MS = 40;
const ASK_COUNT = 200;
const WORKFLOWS = Array.from({ length: 20 }, (_, index) => `workflow-${index}`);
const CODES = ["task/failed", "task/timed-out", "run/limit", "expression/type-mismatch", "net/unreachable"];
const CITIES = Array.from({ length: 50 }, (_, index) => `city ${index}`);

type Random = (below: number) => number;

interface Question {
  readonly name: string;
  readonly make: (random: Random, runCount: number) => RunQuery;
}

/** Prints tables of pages, counts and changes. `memorySize` gives the bytes in use after a collection. */
export function printRunIndex(runCount: number, memorySize: () => number): void {
  const random = createRandom(1);
  const before = memorySize();
  const index = new RunIndex({ isCaching: false });
  const { encodedSize, decodeMs, addMs, columnsSize } = fillIndex(index, runCount, random);
  const size = (memorySize() - before) / runCount;
  console.log(`\n${runCount.toLocaleString("en")} runs: ${encodedSize.toFixed(1)} bytes a run encoded, ${columnsSize.toFixed(1)} in columns, ${size.toFixed(1)} in all; decoded in ${decodeMs.toFixed(0)} ms, added in ${addMs.toFixed(0)}`);
  const pages = QUESTIONS.map(({ name, make }) => measure(`page: ${name}`, () => make(random, runCount), (query) => index.query(query)));
  const counts = QUESTIONS.filter(({ name }) => !name.startsWith("by ")).map(({ name, make }) => measure(`count: ${name}`, () => make(random, runCount), (query) => index.count(query)));
  const finds = measure("get by id", () => makeId(random(runCount)), (id) => index.get(id));
  console.log(formatTable([["question", "first ms", "p50 ms", "p95 ms", "CPU p50", "CPU p95"], ...pages, ...counts, finds]));
  console.log(formatTable([["change or question", "CPU µs"], ...measureChanges(index, runCount, random)]));
  if (index.size < runCount) throw new Error("runs are missing");
}

const QUESTIONS: readonly Question[] = [
  { name: "all", make: () => ({}) },
  { name: "by start, deep", make: (random, count) => makeDeep(startOf(random(count))) },
  { name: "by end", make: () => ({ sort: "ended" }) },
  { name: "by update, oldest", make: () => ({ sort: "updated", order: "oldest" }) },
  { name: "by duration", make: () => ({ sort: "duration" }) },
  { name: "by duration, shortest", make: () => ({ sort: "duration", order: "oldest" }) },
  { name: "by duration, deep", make: (random, count) => ({ sort: "duration", cursor: `duration:${random(20_000)}:${startOf(random(count))}:x` }) },
  { name: "by duration, failed of a workflow", make: (random) => ({ sort: "duration", status: "failed", workflow: pick(WORKFLOWS, random) }) },
  { name: "by duration, a field's range", make: (random) => ({ sort: "duration", fields: { total: { from: random(9_000), to: 9_500 } } }) },
  { name: "workflow", make: (random) => ({ workflow: pick(WORKFLOWS, random) }) },
  { name: "status", make: () => ({ status: "failed" }) },
  { name: "workflow and status", make: (random) => ({ workflow: pick(WORKFLOWS, random), status: "failed" }) },
  { name: "error code", make: (random) => ({ errorCode: pick(CODES, random) }) },
  { name: "no such error code", make: () => ({ errorCode: "none" }) },
  { name: "tag", make: (random) => ({ tag: `tag-${random(20)}` }) },
  { name: "rare tag", make: () => ({ tag: "rare" }) },
  { name: "start within an hour", make: (random, count) => makeHour("started", startOf(random(count))) },
  { name: "end within an hour", make: (random, count) => makeHour("ended", startOf(random(count))) },
  { name: "duration", make: (random) => ({ durationMin: random(20_000), durationMax: 40_000 }) },
  { name: "number field, one value", make: (random) => ({ fields: { total: random(10_000) } }) },
  { name: "number field, a range", make: (random) => ({ fields: { total: { from: random(9_000), to: 9_900 } } }) },
  { name: "number field, far out", make: () => ({ fields: { total: { from: 9_999, to: 9_999.5 } } }) },
  { name: "text field", make: (random) => ({ fields: { city: pick(CITIES, random) } }) },
  { name: "text field, a range", make: () => ({ fields: { city: { from: "city 2", to: "city 30" } } }) },
  { name: "text field, all different", make: (random) => ({ fields: { order: `order-${random(1e6)}` } }) },
  { name: "boolean field", make: () => ({ fields: { isGift: true } }) },
  { name: "parent", make: (random, count) => ({ parentRunId: makeId(random(count)) }) },
  { name: "four conditions that few fulfil", make: (random) => ({ status: "failed", tag: "tag-3", durationMin: 3_000, fields: { total: { from: random(5_000), to: 9_000 } } }) },
];

function makeDeep(startedAt: number): RunQuery {
  return { cursor: `started:${startedAt}:${startedAt}:x` };
}

function makeHour(column: "started" | "ended", from: number): RunQuery {
  return { [`${column}From`]: from, [`${column}To`]: from + 3_600_000 };
}

/** Runs end in the order of their starts, roughly; each journal moves its own into segments. */
function fillIndex(index: RunIndex, runCount: number, random: Random): { encodedSize: number; decodeMs: number; addMs: number; columnsSize: number } {
  const journals: RunRecord[][] = Array.from({ length: JOURNAL_COUNT }, () => []);
  let [encodedSize, decodeMs, addMs, columnsSize, segment] = [0, 0, 0, 0, 0];
  const flush = (journal: RunRecord[]): void => {
    if (journal.length === 0) return;
    journal.sort((a, b) => a.startedAt - b.startedAt || (a.runId < b.runId ? -1 : 1));
    const bytes = encodeSegment(journal);
    encodedSize += bytes.length;
    const used = process.cpuUsage();
    const columns = decodeSegment(bytes);
    decodeMs += toMs(process.cpuUsage(used));
    const usedSoFar = process.cpuUsage();
    index.addSegment(segment++, columns);
    addMs += toMs(process.cpuUsage(usedSoFar));
    columnsSize += columns.size;
    journal.length = 0;
  };
  for (let run = 0; run < runCount; run += 1) {
    const journal = journals[random(JOURNAL_COUNT)] as RunRecord[];
    journal.push(makeRun(run, random));
    if (journal.length === SEGMENT_RUN_COUNT_MAX) flush(journal);
  }
  journals.forEach(flush);
  return { encodedSize: encodedSize / runCount, decodeMs, addMs, columnsSize: columnsSize / runCount };
}

function makeRun(run: number, random: Random): RunRecord {
  const startedAt = startOf(run);
  // Most are quick, some take long.
  const endedAt = startedAt + Math.floor(20 * Math.exp(random(8_000) / 1_000));
  const isFailed = random(100) < 8;
  const code = pick(CODES, random);
  return {
    runId: makeId(run),
    workflow: pick(WORKFLOWS, random),
    identity: `sha-${random(2)}`,
    status: isFailed ? "failed" : random(100) < 2 ? "canceled" : "succeeded",
    startedAt,
    updatedAt: endedAt,
    endedAt,
    ...(isFailed && { error: { code, message: `Task "charge" failed: ${code}`, isRetryable: false } }),
    tags: random(10_000) === 0 ? ["rare"] : [`tag-${random(20)}`, `zone-${random(4)}`],
    fields: { total: random(10_000), city: pick(CITIES, random), isGift: random(2) === 0, order: `order-${run}` },
    seq: 4 + random(30),
  };
}

/** A UUID of version 7 that can be made again: of the run's start and number. */
function makeId(run: number): string {
  const time = startOf(run).toString(16).padStart(12, "0");
  const tail = (Math.imul(run + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${tail.slice(0, 3)}-8${tail.slice(3, 6)}-${run.toString(16).padStart(12, "0")}`;
}

function startOf(run: number): number {
  return FIRST_START + SPACING_MS * run;
}

/** [name, first, p50, p95, p95 of the processor's time] in ms: on a busy machine only the last is the question's own. */
function measure<T>(name: string, make: () => T, ask: (question: T) => unknown): string[] {
  const times: number[] = [];
  const processorTimes: number[] = [];
  for (let turn = 0; turn < ASK_COUNT; turn += 1) {
    const question = make();
    const used = process.cpuUsage();
    const began = performance.now();
    ask(question);
    times.push(performance.now() - began);
    processorTimes.push(toMs(process.cpuUsage(used)));
  }
  const [first = 0] = times;
  const at = (list: number[], share: number) => list.sort((a, b) => a - b)[Math.floor(ASK_COUNT * share)] as number;
  return [name, ...[first, at(times, 0.5), at(times, 0.95), at(processorTimes, 0.5), at(processorTimes, 0.95)].map((part) => part.toFixed(3))];
}

/** New runs beside the archived ones, each put twice; and archived ones removed. */
function measureChanges(index: RunIndex, runCount: number, random: Random): string[][] {
  const count = 100_000;
  const runs = Array.from({ length: count }, (_, at) => makeRun(runCount + at, random));
  const begun = runs.map((run): RunRecord => ({ ...run, status: "running" }));
  const rows: string[][] = [];
  const time = (name: string, times: number, act: () => void): void => {
    const used = process.cpuUsage();
    act();
    rows.push([name, ((toMs(process.cpuUsage(used)) * 1_000) / times).toFixed(3)]);
  };
  time("put a new run", count, () => {
    for (const run of begun) index.put(run);
  });
  time("put it again", count, () => {
    for (const run of runs) index.put(run);
  });
  for (const asked of [{}, { sort: "duration" }, { status: "failed" }, { fields: { total: 5 } }] as RunQuery[])
    time(`page ${JSON.stringify(asked)}, 100,000 loose`, 20, () => {
      for (let turn = 0; turn < 20; turn += 1) index.query(asked);
    });
  for (const asked of [{ tag: "tag-1" }, { fields: { total: 5 } }] as RunQuery[])
    time(`count ${JSON.stringify(asked)}, 100,000 loose`, 20, () => {
      for (let turn = 0; turn < 20; turn += 1) index.count(asked);
    });
  time("put one out of turn, then a page", 20, () => {
    for (let turn = 0; turn < 20; turn += 1) {
      index.put({ ...(runs[turn] as RunRecord), startedAt: FIRST_START + turn });
      index.query({});
    }
  });
  const ids = Array.from({ length: 100_000 }, () => makeId(random(runCount)));
  for (const name of ["look up an archived run, with the tables made", "look up an archived run"])
    time(name, ids.length, () => {
      for (const id of ids) index.locate(id);
    });
  time("look up an unknown run", ids.length, () => {
    for (const id of ids) index.locate(`unknown ${id}`);
  });
  return rows;
}

function toMs({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1_000;
}

function pick<T>(values: readonly T[], random: Random): T {
  return values[random(values.length)] as T;
}

function createRandom(seed: number): Random {
  const next = createPrng(seed);
  return (below) => next() % below;
}
