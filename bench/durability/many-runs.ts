// Pages, counts and removal over very many ended runs, which are written through the store as an engine writes them.
import type { RunQuery } from "../../src/model/run-record.js";
import { EntryKind } from "../../src/model/history.js";
import type { RunChange } from "../../src/model/ports.js";
import { createPrng } from "../../src/base/prng.js";
import { createRunIds } from "../../src/base/run-id.js";
import { createIndexedDbStore } from "../../src/store/journal-store.js";
import type { Open } from "./options.js";

const NAME = "many-runs";
const RUNS_PER_COMMIT = 2_000;
/** Nothing is moved any more when nothing was for so long, ms. */
const QUIET_MS = 3_000;
const PAGE_COUNT = 200;
const STATUSES = ["succeeded", "succeeded", "succeeded", "failed", "canceled"] as const;
const STARTED_AT = 1_760_000_000_000;

/** Writes ended runs with a history of four entries each; resolves when all of them stand in segments. */
export async function fillRuns(count: number): Promise<void> {
  const store = createIndexedDbStore({ name: NAME });
  await store.open();
  await store.takeOver();
  await store.putSource({ identity: "id", name: "w", source: "text" });
  const next = createPrng(1);
  for (let from = 0; from < count; from += RUNS_PER_COMMIT) {
    const changes = createRunIds(Math.min(RUNS_PER_COMMIT, count - from)).map((runId, index): RunChange => makeRun(runId, from + index, next));
    await store.commit(changes, "relaxed");
  }
  // A look every so often: moving them is done in quiet time, and one segment may take a while.
  for (let last = -1; ; await new Promise((resolve) => setTimeout(resolve, QUIET_MS))) {
    const group = store.lastGroup(0);
    if (group === last) break;
    last = group;
  }
  await store.close();
}

function makeRun(runId: string, index: number, next: () => number): RunChange {
  const startedAt = STARTED_AT + index * 40 + (next() % 100);
  const endedAt = startedAt + (next() % 60_000);
  const status = STATUSES[next() % STATUSES.length] ?? "succeeded";
  const entries = Array.from({ length: 4 }, (_, at) => ({
    seq: at + 1,
    kind: at === 0 ? EntryKind.START : EntryKind.TASK_SUCCEEDED,
    isHeld: false,
    id: at,
    now: startedAt + at,
    seed: next(),
    payload: new Uint8Array([at, next() & 255, 3]),
  }));
  const record = { runId, workflow: `workflow-${next() % 20}`, identity: "id", status, startedAt, updatedAt: endedAt, endedAt, tags: [`customer-${next() % 200}`], seq: 4 };
  return { record: { ...record, ...(status === "failed" && { error: { code: `task/code-${next() % 8}`, message: "it failed" } }) }, entries };
}

export interface PageTimes {
  readonly openMs: number;
  readonly firstMs: number;
  /** Milliseconds of each, by what was asked. */
  readonly samples: Readonly<Record<string, readonly number[]>>;
}

/** In the worker, as embedders ask: crossing included. */
export async function measurePages(open: Open, count: number): Promise<PageTimes> {
  const startedAt = performance.now();
  const engine = await open("worker", { name: NAME, retention: "none" });
  const openMs = performance.now() - startedAt;
  const askedAt = performance.now();
  if ((await engine.runs.count()) !== count) throw new Error(`there are ${await engine.runs.count()} runs of ${count}`);
  const firstMs = performance.now() - askedAt;
  const next = createPrng(2);
  const time = (): number => STARTED_AT + (next() % count) * 40;
  const queries: Readonly<Record<string, () => RunQuery>> = {
    "page, newest": () => ({ startedTo: time() }),
    "page, by end": () => ({ sort: "ended", endedTo: time() }),
    "page, by duration": () => ({ sort: "duration", durationMax: next() % 60_000 }),
    "page, a workflow": () => ({ workflow: `workflow-${next() % 20}`, startedTo: time() }),
    "page, a status": () => ({ status: "failed", startedTo: time() }),
    "page, a tag": () => ({ tag: `customer-${next() % 200}`, startedTo: time() }),
    "page, a code": () => ({ errorCode: `task/code-${next() % 8}`, startedTo: time() }),
    "page, a tag and a status": () => ({ tag: `customer-${next() % 200}`, status: "failed" }),
  };
  const counts: Readonly<Record<string, () => RunQuery>> = {
    "count, a status": () => ({ status: "failed" }),
    "count, a status since a time": () => ({ status: "failed", startedFrom: time() }),
    "count, a tag": () => ({ tag: `customer-${next() % 200}` }),
  };
  const samples: Record<string, number[]> = {};
  for (let round = 0; round < PAGE_COUNT; round += 1) {
    for (const [name, make] of [...Object.entries(queries), ...Object.entries(counts)]) {
      const query = { ...make(), limit: 50 };
      const at = performance.now();
      if (name.startsWith("page")) await engine.runs.query(query);
      else await engine.runs.count(make());
      (samples[name] ??= []).push(performance.now() - at);
    }
  }
  await engine.close();
  return { openMs, firstMs, samples };
}

export interface CleaningTimes {
  readonly runCount: number;
  readonly totalMs: number;
  /** How late a timer of 5 ms fired in the page meanwhile, ms. */
  readonly lateness: readonly number[];
  /** Tasks of the page's thread over 50 ms. */
  readonly longTaskCount: number;
}

export async function measureCleaning(open: Open): Promise<CleaningTimes> {
  const engine = await open("worker", { name: NAME, retention: { rules: [{ ageMax: 1 }] } });
  await engine.runs.count();
  const lateness: number[] = [];
  let longTaskCount = 0;
  const observer = new PerformanceObserver((list) => (longTaskCount += list.getEntries().length));
  observer.observe({ entryTypes: ["longtask"] });
  let due = performance.now() + 5;
  const timer = setInterval(() => {
    const now = performance.now();
    lateness.push(Math.max(0, now - due));
    due = now + 5;
  }, 5);
  const startedAt = performance.now();
  const { runCount } = await engine.runs.clean();
  const totalMs = performance.now() - startedAt;
  clearInterval(timer);
  observer.disconnect();
  const left = await engine.runs.count();
  if (left !== 0) throw new Error(`${left} runs are left of ${runCount} that were removed in ${totalMs} ms`);
  await engine.close();
  return { runCount, totalMs, lateness, longTaskCount };
}
