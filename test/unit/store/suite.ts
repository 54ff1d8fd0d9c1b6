// What every store promises, as one suite: run over the store in memory in Node, and over IndexedDB in a real browser.
// It brings its own small checks, so that the same file runs in a page without a test runner.
import { createPrng } from "../../../src/base/prng.js";
import type { Durability } from "../../../src/model/engine.js";
import type { RunRecord } from "../../../src/model/run-record.js";
import { WorkflowError } from "../../../src/model/errors.js";
import { EntryKind, type HistoryEntry } from "../../../src/model/history.js";
import type { NewLogEntry } from "../../../src/model/log.js";
import type { RunChange, StorePort } from "../../../src/model/ports.js";

/** Opens stores on one and the same disk (or database); each call is another tab. */
export type StoreFactory = () => StorePort;

export interface StoreCase {
  readonly name: string;
  run(makeStore: StoreFactory): Promise<void>;
}

export function makeRecord(runId: string, changes: Partial<RunRecord> = {}): RunRecord {
  return { runId, workflow: "w", identity: "id-w", status: "running", startedAt: 1_000, updatedAt: 1_000, tags: [], seq: 1, ...changes };
}

export function makeEntries(fromSeq: number, toSeq: number, payloadSize = 3): HistoryEntry[] {
  const entries: HistoryEntry[] = [];
  for (let seq = fromSeq; seq <= toSeq; seq += 1) {
    const payload = seq % 2 === 0 ? undefined : new Uint8Array(payloadSize).fill(seq);
    entries.push({
      seq,
      kind: seq === 1 ? EntryKind.START : EntryKind.EVENT,
      isHeld: seq % 5 === 0,
      id: seq * 3,
      now: 1_700_000_000_000 + seq * 17,
      seed: seq * 99_991,
      ...(payload && { payload }),
    });
  }
  return entries;
}

export function makeChange(runId: string, fromSeq: number, toSeq: number, changes: Partial<RunRecord> = {}): RunChange {
  return { record: makeRecord(runId, { seq: toSeq, updatedAt: 1_000 + toSeq, ...changes }), entries: makeEntries(fromSeq, toSeq) };
}

/** A log entry without a number. */
export function makeLog(message: string, changes: Partial<NewLogEntry> = {}): NewLogEntry {
  return { time: 1_700_000_000_000, level: "info", by: "task", message, ...changes };
}

function same(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [show(actual), show(expected)];
  if (a !== b) throw new Error(`${what}: expected ${b}, got ${a}`);
}

function show(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (part instanceof Uint8Array) return `bytes ${[...part].join(",")}`;
    if (part === null || typeof part !== "object" || Array.isArray(part)) return part;
    return Object.fromEntries(
      Object.entries(part)
        .filter(([, inner]) => inner !== undefined)
        .sort(([x], [y]) => (x < y ? -1 : 1)),
    );
  });
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof WorkflowError) return error.code;
    throw error;
  }
  return "no error";
}

async function openDriver(makeStore: StoreFactory): Promise<StorePort> {
  const store = makeStore();
  await store.open();
  await store.takeOver();
  return store;
}

const RELAXED: Durability = "relaxed";

export const STORE_CASES: readonly StoreCase[] = [
  {
    name: "a committed run is there after a restart, entry by entry",
    async run(makeStore) {
      const store = await openDriver(makeStore);
      await store.commit([makeChange("a", 1, 3)], RELAXED);
      await store.commit([makeChange("a", 4, 9), makeChange("b", 1, 1)], "strict");
      await store.close();
      const again = makeStore();
      const open = await again.open();
      same(open.map((record) => record.runId).sort(), ["a", "b"], "open runs");
      same(await again.history("a"), makeEntries(1, 9), "history of a");
      same(await again.history("a", 5), makeEntries(6, 9), "history of a after 5");
      same(await again.history("a", 9), [], "history of a after its last");
      same(await again.history("nobody"), [], "history of an unknown run");
      same(await again.get("a"), makeChange("a", 4, 9).record, "record of a");
      await again.close();
    },
  },
  {
    name: "ended runs are not opened, but found",
    async run(makeStore) {
      const store = await openDriver(makeStore);
      const error = { code: "task/failed", message: "no", details: { deep: [1, { two: null }] } };
      await store.commit(
        [makeChange("a", 1, 2, { status: "failed", endedAt: 5, error, tags: ["x", "ü"], parentRunId: "p" }), makeChange("b", 1, 1)],
        RELAXED,
      );
      await store.close();
      const again = makeStore();
      same(
        (await again.open()).map((record) => record.runId),
        ["b"],
        "open runs",
      );
      same(
        await again.get("a"),
        makeChange("a", 1, 2, { status: "failed", endedAt: 5, error, tags: ["x", "ü"], parentRunId: "p" }).record,
        "record of a",
      );
      same(await again.get("c"), undefined, "record of c");
      await again.close();
    },
  },
  {
    name: "commits made at once keep their order and all resolve",
    async run(makeStore) {
      const store = await openDriver(makeStore);
      const commits: Promise<void>[] = [];
      for (let seq = 1; seq <= 40; seq += 1) commits.push(store.commit([makeChange("a", seq, seq), makeChange(`b${seq}`, 1, 2)], RELAXED));
      await Promise.all(commits);
      same(await store.history("a"), makeEntries(1, 40), "history of a");
      same(await store.count({}), 41, "runs");
      await store.close();
      const again = makeStore();
      await again.open();
      same(await again.history("a"), makeEntries(1, 40), "history of a after a restart");
      same((await again.get("a"))?.seq, 40, "seq of a after a restart");
      same(await again.history("b17"), makeEntries(1, 2), "history of b17");
      await again.close();
    },
  },
  {
    name: "two changes of one run in one commit follow each other",
    async run(makeStore) {
      const store = await openDriver(makeStore);
      await store.commit([makeChange("a", 1, 2), makeChange("a", 3, 4)], RELAXED);
      same(await store.history("a", 1), makeEntries(2, 4), "history of a");
      await store.close();
    },
  },
  {
    name: "a gap in the history is refused",
    async run(makeStore) {
      const store = await openDriver(makeStore);
      await store.commit([makeChange("a", 1, 2)], RELAXED);
      same(await codeOf(store.commit([makeChange("a", 4, 4)], RELAXED)), "store/out-of-order", "gap");
      same(await codeOf(store.commit([makeChange("a", 2, 3)], RELAXED)), "store/out-of-order", "overlap");
      await store.commit([makeChange("a", 3, 3)], RELAXED);
      same(await store.history("a"), makeEntries(1, 3), "history of a");
      await store.close();
    },
  },
  {
    name: "durability none is read back at once and kept after close",
    async run(makeStore) {
      const store = await openDriver(makeStore);
      await store.commit([makeChange("a", 1, 2)], "none");
      same(await store.history("a"), makeEntries(1, 2), "history of a");
      same((await store.get("a"))?.seq, 2, "record of a");
      await store.close();
      const again = makeStore();
      await again.open();
      same(await again.history("a"), makeEntries(1, 2), "history of a after a restart");
      await again.close();
    },
  },
  {
    name: "the newest checkpoint is kept",
    async run(makeStore) {
      const store = await openDriver(makeStore);
      same(await store.checkpoint("a"), undefined, "no checkpoint");
      await store.commit(
        [
          { ...makeChange("a", 1, 2), checkpoint: { seq: 2, bytes: new Uint8Array([1, 2]) } },
          { ...makeChange("b", 1, 1), checkpoint: { seq: 1, bytes: new Uint8Array([7]) } },
        ],
        RELAXED,
      );
      await store.commit([{ ...makeChange("a", 3, 4), checkpoint: { seq: 4, bytes: new Uint8Array([3, 4, 5]) } }], RELAXED);
      await store.close();
      const again = makeStore();
      await again.open();
      same(await again.checkpoint("a"), { seq: 4, bytes: new Uint8Array([3, 4, 5]) }, "checkpoint of a");
      same(await again.checkpoint("b"), { seq: 1, bytes: new Uint8Array([7]) }, "checkpoint of b");
      await again.close();
    },
  },
  {
    name: "what many runs are taken up from is what each of them has",
    async run(makeStore) {
      const next = createPrng(7);
      const store = await openDriver(makeStore);
      const seqs = new Map<string, number>();
      for (let group = 0; group < 150; group += 1) {
        const changes = [next() % 20, 20 + (next() % 20), 40 + (next() % 20)].map((number): RunChange => {
          const runId = `r${number}`;
          const from = (seqs.get(runId) ?? 0) + 1;
          const to = from + (next() % 3);
          seqs.set(runId, to);
          const checkpoint = { seq: to, bytes: new Uint8Array([number, to]) };
          return { ...makeChange(runId, from, to), ...(next() % 4 === 0 && { checkpoint }) };
        });
        await store.commit(changes, RELAXED);
      }
      await store.close();
      const again = makeStore();
      await again.open();
      const runIds = [...seqs.keys(), "nobody"];
      const pasts = await again.pasts(0, runIds);
      same(pasts.length, runIds.length, "how many");
      for (const [index, runId] of runIds.entries()) {
        const checkpoint = await again.checkpoint(runId);
        same(pasts[index], { checkpoint, entries: await again.history(runId, checkpoint?.seq ?? 0) }, `past of ${runId}`);
      }
      same(pasts.some((past) => past.checkpoint !== undefined && past.entries.length > 0), true, "some have both");
      await again.close();
    },
  },
  {
    name: "a takeover fences the driver before",
    async run(makeStore) {
      const first = await openDriver(makeStore);
      await first.commit([makeChange("a", 1, 2)], RELAXED);
      const second = await openDriver(makeStore);
      same(await codeOf(first.commit([makeChange("a", 3, 3)], RELAXED)), "store/fenced", "the first driver");
      await second.commit([makeChange("a", 3, 4)], RELAXED);
      same(await second.history("a"), makeEntries(1, 4), "history of a");
      const epoch = await first.takeOver();
      same(await codeOf(second.commit([makeChange("a", 5, 5)], RELAXED)), "store/fenced", "the second driver");
      same(epoch > 2, true, "epochs rise");
      await first.close();
      await second.close();
    },
  },
  {
    name: "a driver that was replaced writes nothing, also when it has read what its heir wrote",
    async run(makeStore) {
      const first = await openDriver(makeStore);
      await first.commit([makeChange("a", 1, 2)], RELAXED);
      const second = await openDriver(makeStore);
      await second.commit([makeChange("a", 3, 4), makeChange("b", 1, 1)], RELAXED);
      await first.refresh();
      same((await first.get("b"))?.seq, 1, "what the heir wrote");
      same(await codeOf(first.commit([makeChange("a", 5, 5)], RELAXED)), "store/fenced", "the first driver");
      same(await codeOf(first.commit([makeChange("c", 1, 1)], RELAXED)), "store/fenced", "the first driver, again");
      await second.commit([makeChange("a", 5, 5)], RELAXED);
      same(await second.history("a"), makeEntries(1, 5), "history of a");
      await first.close();
      await second.close();
    },
  },
  {
    name: "a watcher sees what the driver wrote after a refresh",
    async run(makeStore) {
      const driver = await openDriver(makeStore);
      const watcher = makeStore();
      await watcher.open();
      same(await codeOf(watcher.commit([makeChange("a", 1, 1)], RELAXED)), "store/fenced", "a watcher's commit");
      await driver.commit([makeChange("a", 1, 3)], RELAXED);
      await driver.commit([makeChange("a", 4, 4), makeChange("b", 1, 2)], RELAXED);
      await watcher.refresh();
      same(await watcher.history("a"), makeEntries(1, 4), "history of a");
      same(await watcher.count({}), 2, "runs");
      await driver.delete(["b"]);
      await watcher.refresh();
      same(await watcher.get("b"), undefined, "record of b");
      await watcher.takeOver();
      await watcher.commit([makeChange("a", 5, 5)], RELAXED);
      same(await watcher.history("a"), makeEntries(1, 5), "history of a, by the heir");
      await driver.close();
      await watcher.close();
    },
  },
  {
    name: "sources are kept while a run refers to them",
    async run(makeStore) {
      const store = await openDriver(makeStore);
      await store.putSource({ identity: "id-w", name: "w", source: "text ü" });
      await store.putSource({ identity: "id-w", name: "w", source: "text ü" });
      await store.commit([makeChange("a", 1, 1, { status: "succeeded" })], RELAXED);
      await store.close();
      const again = await openDriver(makeStore);
      same(await again.getSource("id-w"), { identity: "id-w", name: "w", source: "text ü" }, "source");
      same(await again.getSource("id-x"), undefined, "unknown source");
      await again.delete(["a"]);
      same(await again.getSource("id-w"), undefined, "source after its last run");
      await again.close();
    },
  },
  {
    name: "deleted runs are gone, their neighbours stay",
    async run(makeStore) {
      const store = await openDriver(makeStore);
      await store.commit([makeChange("a", 1, 2, { status: "succeeded" }), makeChange("b", 1, 2)], RELAXED);
      await store.commit([makeChange("c", 1, 2, { status: "succeeded" })], RELAXED);
      await store.commit([makeChange("b", 3, 3)], RELAXED);
      await store.delete(["a", "c", "nobody"]);
      same(await store.get("a"), undefined, "record of a");
      same(await store.history("a"), [], "history of a");
      await store.close();
      const again = await openDriver(makeStore);
      same(
        (await again.query({})).records.map((record) => record.runId),
        ["b"],
        "runs",
      );
      same(await again.history("b"), makeEntries(1, 3), "history of b");
      same(await again.history("c"), [], "history of c");
      await again.commit([makeChange("a", 1, 1)], RELAXED);
      same(await again.history("a"), makeEntries(1, 1), "history of a new run with an old name");
      await again.close();
    },
  },
  {
    name: "pages are stable, filtered and counted",
    async run(makeStore) {
      const store = await openDriver(makeStore);
      const changes: RunChange[] = [];
      for (let index = 0; index < 97; index += 1) {
        const status = index % 3 === 0 ? "succeeded" : index % 3 === 1 ? "failed" : "running";
        const runId = `r${String(index).padStart(3, "0")}`;
        changes.push(
          makeChange(runId, 1, 1, {
            status,
            workflow: index % 2 === 0 ? "even" : "odd",
            startedAt: 1_000 + Math.floor(index / 4),
            tags: index % 5 === 0 ? ["five"] : [],
            ...(index % 7 === 0 && { parentRunId: "p" }),
          }),
        );
      }
      await store.commit([...changes].reverse(), RELAXED);
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.query({ limit: 10, ...(cursor !== undefined && { cursor }) });
        seen.push(...page.records.map((record) => record.runId));
        cursor = page.cursor;
        if (seen.length === 10) await store.commit([makeChange("zzz", 1, 1, { startedAt: 99_999 })], RELAXED);
      } while (cursor !== undefined);
      same(seen, changes.map((change) => change.record.runId).reverse(), "newest first, across pages");
      const oldest = await store.query({ order: "oldest", limit: 3 });
      same(
        oldest.records.map((record) => record.runId),
        ["r000", "r001", "r002"],
        "oldest first",
      );
      const next = await store.query({ order: "oldest", limit: 2, cursor: oldest.cursor ?? "" });
      same(
        next.records.map((record) => record.runId),
        ["r003", "r004"],
        "oldest first, second page",
      );
      same(await store.count({ status: "failed" }), 32, "failed");
      same(await store.count({ status: ["failed", "succeeded"], workflow: "even" }), 33, "ended and even");
      same(await store.count({ tag: "five" }), 20, "tagged");
      same(await store.count({ parentRunId: "p", startedFrom: 1_001, startedTo: 1_010 }), 6, "children in a time");
      same((await store.query({ tag: "five", status: "failed", limit: 1_000 })).records.length, 6, "tagged and failed");
      same(await codeOf(store.query({ limit: 0 })), "store/bad-query", "a limit too small");
      same(await codeOf(store.query({ limit: 1_001 })), "store/bad-query", "a limit too large");
      same(await codeOf(store.query({ cursor: "x" })), "store/bad-query", "a broken cursor");
      await store.close();
    },
  },
  {
    name: "log entries are numbered, kept with the next group, read from any entry on, and gone with their run",
    async run(makeStore) {
      const store = await openDriver(makeStore);
      store.addLogs("a", [makeLog("early")]);
      await store.commit([makeChange("a", 1, 2), makeChange("b", 1, 1)], RELAXED);
      store.addLogs("a", [makeLog("second", { task: "t", visit: "2.0", item: 3, attempt: 2, fields: '{"n":1}' }), makeLog("third")]);
      same((await store.logs("a")).map(({ number, message }) => [number, message]), [[1, "early"], [2, "second"], [3, "third"]], "log of a before it is written");
      await store.commit([makeChange("b", 2, 2)], RELAXED);
      store.addLogs("a", [makeLog("fourth")]);
      store.addLogs("b", [makeLog("of b", { level: "error", by: "engine" })]);
      await store.flushLogs();
      await store.flushLogs();
      await store.close();
      const again = await openDriver(makeStore);
      const fields = { task: "t", visit: "2.0", item: 3, attempt: 2, fields: '{"n":1}' };
      same(await again.logs("a"), [{ ...makeLog("early"), number: 1 }, { ...makeLog("second", fields), number: 2 }, { ...makeLog("third"), number: 3 }, { ...makeLog("fourth"), number: 4 }], "log of a");
      same((await again.logs("a", 2)).map(({ number }) => number), [3, 4], "log of a after its second entry");
      same(await again.logs("b"), [{ ...makeLog("of b", { level: "error", by: "engine" }), number: 1 }], "log of b");
      same(await again.logs("nobody"), [], "log of an unknown run");
      again.addLogs("a", [makeLog("fifth")]);
      same((await again.logs("a")).map(({ number }) => number), [1, 2, 3, 4, 5], "numbers go on");
      await again.commit([makeChange("a", 3, 3, { status: "succeeded", endedAt: 9 })], RELAXED);
      await again.delete(["a"]);
      same(await again.logs("a"), [], "log of a deleted run");
      await again.close();
    },
  },
  {
    name: "a watcher reads logs and hears of the runs that were logged",
    async run(makeStore) {
      const store = await openDriver(makeStore);
      await store.commit([makeChange("a", 1, 1), makeChange("b", 1, 1)], RELAXED);
      const watcher = makeStore();
      await watcher.open();
      await watcher.refresh();
      store.addLogs("b", [makeLog("hear")]);
      await store.flushLogs();
      const told: string[] = [];
      watcher.onRecords = (records) => told.push(...records.map(({ runId }) => runId));
      await watcher.refresh();
      same(told, ["b"], "runs with news");
      same((await watcher.logs("b")).map(({ message }) => message), ["hear"], "what the watcher reads");
      watcher.addLogs("b", [makeLog("of no driver")]);
      same((await watcher.logs("b")).length, 1, "what a watcher adds");
      await watcher.close();
      await store.close();
    },
  },
  {
    name: "a log beyond its limits loses its oldest entries, and says how many",
    async run(makeStore) {
      const store = await openDriver(makeStore);
      await store.commit([makeChange("a", 1, 1)], RELAXED);
      for (let round = 0; round < 12; round += 1) {
        store.addLogs("a", Array.from({ length: 1_000 }, (_, index) => makeLog(`${round}.${index}`)));
        await store.flushLogs();
      }
      const log = await store.logs("a");
      same([log.length, log[0]?.number, log[0]?.fields], [10_001, 2_000, '{"code":"log/dropped","count":2000}'], "what is left, and what is told");
      same([log[1]?.number, log[1]?.message, log.at(-1)?.number, log.at(-1)?.message], [2_001, "2.0", 12_000, "11.999"], "the newest");
      await store.close();
    },
  },
];
