import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRunIds } from "../../../src/base/run-id.js";
import { WorkflowError } from "../../../src/model/errors.js";
import type { RunQuery, RunRecord } from "../../../src/model/run-record.js";
import { CACHED_ANSWER_COUNT_MAX, NOTED_CHANGE_COUNT_MAX } from "../../../src/store/query-cache.js";
import { RunIndex } from "../../../src/store/run-index.js";
import { decodeSegment, encodeSegment } from "../../../src/store/segment-columns.js";
import { easyQueryArbitrary, findNaively, queryArbitrary, recordArbitrary, RUN_IDS, toRows, walkPages } from "./random-runs.js";
import { makeRecord } from "./suite.js";

type Act =
  | { readonly act: "put"; readonly record: RunRecord }
  | { readonly act: "remove"; readonly runId: string }
  | { readonly act: "archive"; readonly segment: number; readonly part: number; readonly gone: number }
  | { readonly act: "drop"; readonly segment: number }
  | { readonly act: "ask"; readonly query: RunQuery };

const query = fc.oneof(easyQueryArbitrary, easyQueryArbitrary, queryArbitrary);
const actArbitrary: fc.Arbitrary<Act> = fc.oneof(
  { weight: 12, arbitrary: recordArbitrary.map((record) => ({ act: "put" as const, record })) },
  { weight: 3, arbitrary: fc.constantFrom(...RUN_IDS).map((runId) => ({ act: "remove" as const, runId })) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant("archive" as const), segment: fc.nat(3), part: fc.nat(2), gone: fc.nat(255) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("drop" as const), segment: fc.nat(3) }) },
  { weight: 8, arbitrary: query.map((asked) => ({ act: "ask" as const, query: asked })) },
);

/** Every record by its run, with the segment it is in. */
class Model {
  readonly runs = new Map<string, { readonly record: RunRecord; readonly segment: number | undefined }>();

  records(): RunRecord[] {
    return [...this.runs.values()].map(({ record }) => record);
  }

  drop(segment: number): void {
    for (const [runId, run] of this.runs) if (run.segment === segment) this.runs.delete(runId);
  }
}

/** The same act on the model and on every index. */
function perform(act: Exclude<Act, { readonly act: "ask" }>, model: Model, indexes: readonly RunIndex[]): void {
  if (act.act === "put") {
    model.runs.set(act.record.runId, { record: act.record, segment: undefined });
    for (const index of indexes) index.put(act.record);
  } else if (act.act === "remove") {
    model.runs.delete(act.runId);
    for (const index of indexes) index.remove(act.runId);
  } else if (act.act === "drop") {
    model.drop(act.segment);
    for (const index of indexes) index.dropSegment(act.segment);
  } else archive(act, model, indexes);
}

/** A third, two thirds or all of the loose runs become a segment; of each eight, those of `gone` are removed in it and stay loose. */
function archive({ segment, part, gone }: Extract<Act, { readonly act: "archive" }>, model: Model, indexes: readonly RunIndex[]): void {
  const loose = [...model.runs.values()].filter((run) => run.segment === undefined).map(({ record }) => record);
  const rows = toRows(loose.filter((_, at) => at % 3 <= part));
  const removed = Uint8Array.from({ length: Math.ceil(rows.length / 8) }, () => gone);
  model.drop(segment);
  rows.forEach((record, row) => {
    if (((gone >> (row & 7)) & 1) === 0) model.runs.set(record.runId, { record, segment });
  });
  for (const index of indexes) index.addSegment(segment, decodeSegment(encodeSegment(rows)), removed);
}

function expectSame(model: Model, index: RunIndex, asked: RunQuery): void {
  const wanted = findNaively(model.records(), asked);
  expect(walkPages((page) => index.query(page), asked)).toEqual(wanted);
  expect(index.count(asked)).toBe(wanted.length);
}

function makeRuns(count: number, change: (index: number) => Partial<RunRecord> = () => ({})): RunRecord[] {
  return createRunIds(count).map((runId, index) => makeRecord(runId, { startedAt: 1_000 + index, updatedAt: 1_000 + index, status: "succeeded", endedAt: 1_000 + index, ...change(index) }));
}

function toColumns(rows: readonly RunRecord[]): ReturnType<typeof decodeSegment> {
  return decodeSegment(encodeSegment(rows));
}

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof WorkflowError) return error.code;
    throw error;
  }
  return "no error";
}

describe("run index", () => {
  test("answers as a filtered and sorted list does, whatever happened before, and with a cache as without", () => {
    fc.assert(
      fc.property(fc.array(actArbitrary, { maxLength: 60 }), (acts) => {
        const model = new Model();
        const indexes = [new RunIndex(), new RunIndex({ isCaching: false, ordersMadeMax: 0 }), new RunIndex({ isCaching: false, ordersMadeMax: 1 })];
        const asked: RunQuery[] = [{}];
        for (const act of acts) {
          if (act.act === "ask") asked.push(act.query);
          else perform(act, model, indexes);
          // Asked again after each change: the cache has an answer to each.
          for (const again of act.act === "ask" ? [act.query] : asked.slice(-3)) for (const index of indexes) expectSame(model, index, again);
        }
        for (const index of indexes) {
          expect(index.size).toBe(model.runs.size);
          for (const runId of RUN_IDS) {
            expect(index.get(runId)).toEqual(model.runs.get(runId)?.record);
            expect(index.has(runId)).toBe(model.runs.has(runId));
            expect(index.locate(runId)?.segment).toBe(model.runs.get(runId)?.segment);
          }
          for (const identity of ["id-1", "id-2"]) expect(index.hasIdentity(identity)).toBe(model.records().some((record) => record.identity === identity));
          const loose = [...model.runs.values()].filter((run) => run.segment === undefined).map(({ record }) => record);
          expect(toRows([...index.values()])).toEqual(toRows(loose));
        }
      }),
      { numRuns: 120 },
    );
  });

  test("a page with a condition of the caller's is the same pages, filtered", () => {
    fc.assert(
      fc.property(fc.array(recordArbitrary, { maxLength: 60 }), fc.nat(2), query, (records, part, asked) => {
        const model = new Model();
        const index = new RunIndex();
        for (const record of records) perform({ act: "put", record }, model, [index]);
        archive({ act: "archive", segment: 1, part, gone: 4 }, model, [index]);
        const accept = ({ seq }: RunRecord) => seq % 3 === 0;
        const wanted = findNaively(model.records(), asked).filter(accept);
        expect(walkPages((page) => index.query({ ...page, filter: "seq % 3 == 0" }, accept), asked)).toEqual(wanted);
        expect(index.count({ ...asked, filter: "seq % 3 == 0" }, accept)).toBe(wanted.length);
      }),
      { numRuns: 200 },
    );
  });

  test("queries that cannot be answered", () => {
    const index = new RunIndex();
    for (const record of makeRuns(3)) index.put(record);
    const cursor = index.query({ limit: 1, sort: "ended" }).cursor as string;
    const bad = [
      ...[0, 1_001, 1.5, Number.NaN].map((limit) => ({ limit })),
      ...["", "x", "started::1:a", "started:1:b:a", "ended:x:1:a"].map((text) => ({ cursor: text })),
      ...(["started", "updated", "duration"] as const).map((sort) => ({ cursor, sort })),
      { filter: "true" },
      { sort: "name" as never },
      { order: "best" as never },
      { fields: { total: { from: 1, to: "2" } } },
      { fields: { total: null as never } },
    ];
    for (const asked of bad) expect([asked, codeOf(() => index.query(asked))]).toEqual([asked, "store/bad-query"]);
    for (const asked of bad.slice(-2)) expect(codeOf(() => index.count(asked))).toBe("store/bad-query");
    expect(index.query({ cursor, sort: "ended" }).records.length).toBe(2);
  });

  test("an archived run is found by any of its ids, and its removal is there to be stored", () => {
    const rows = makeRuns(300);
    const index = new RunIndex();
    for (let segment = 0; segment < 3; segment += 1) index.addSegment(segment, toColumns(rows.slice(100 * segment, 100 * segment + 100)));
    rows.forEach(({ runId }, at) => expect(index.locate(runId)).toEqual({ segment: Math.floor(at / 100), row: at % 100 }));
    expect(index.removedOf(1)).toBeUndefined();
    index.remove((rows[109] as RunRecord).runId);
    index.remove((rows[109] as RunRecord).runId);
    expect(index.removedOf(1)).toEqual(Uint8Array.from([0, 2, ...Array.from({ length: 11 }, () => 0)]));
    expect([index.size, index.count({ startedFrom: 0 }), index.count({})]).toEqual([299, 299, 299]);
    const copy = new RunIndex();
    copy.addSegment(1, toColumns(rows.slice(100, 200)), index.removedOf(1));
    expect([copy.size, copy.get((rows[109] as RunRecord).runId), copy.removedOf(7)]).toEqual([99, undefined, undefined]);
  });

  test("runs of one start stand in the order of their ids, across segments and loose ones", () => {
    const rows = makeRuns(600, () => ({ startedAt: 5, endedAt: 9, updatedAt: 9 }));
    const index = new RunIndex();
    const parts = [0, 1, 2].map((part) => rows.filter((_, at) => at % 3 === part));
    index.addSegment(1, toColumns(parts[0] as RunRecord[]));
    index.addSegment(2, toColumns(parts[1] as RunRecord[]));
    for (const record of parts[2] as RunRecord[]) index.put(record);
    for (const sort of ["started", "ended", "duration"] as const) {
      expect(walkPages((page) => index.query(page), { sort, order: "oldest", limit: 7 })).toEqual(rows);
      expect(walkPages((page) => index.query(page), { sort, limit: 11 })).toEqual([...rows].reverse());
    }
  });

  test("many removed and replaced loose runs leave the order as it is", () => {
    const index = new RunIndex();
    const rows = makeRuns(2_000);
    for (const record of [...rows].reverse()) index.put(record);
    for (const { runId } of rows.slice(100)) index.remove(runId);
    for (const record of rows.slice(50, 150)) index.put({ ...record, startedAt: record.startedAt + 5_000 });
    const wanted = [...rows.slice(0, 50), ...rows.slice(50, 150).map((record) => ({ ...record, startedAt: record.startedAt + 5_000 }))];
    expect(walkPages((page) => index.query(page), { order: "oldest" })).toEqual(wanted);
  });
});

describe("query cache", () => {
  test("an answer is the same object until a run changes it", () => {
    const index = new RunIndex();
    const rows = makeRuns(100, (at) => ({ workflow: at % 2 === 0 ? "even" : "odd" }));
    for (const record of rows) index.put(record);
    const ask = () => index.query({ workflow: "even", limit: 10 });
    const page = ask();
    expect(index.query({ limit: 10, workflow: "even" })).toBe(page);
    index.put({ ...(rows[1] as RunRecord), seq: 9 });
    index.put({ ...(rows[0] as RunRecord), seq: 9 });
    index.remove((rows[2] as RunRecord).runId);
    expect(ask()).toBe(page);
    index.put({ ...(rows[98] as RunRecord), seq: 9 });
    expect(ask()).not.toBe(page);
    expect(ask().records[0]?.seq).toBe(9);
    // The eleventh is not shown, but without it there is no page after this one.
    const before = ask();
    index.remove((rows[78] as RunRecord).runId);
    expect(ask()).not.toBe(before);
  });

  test("answers that are asked for outlive any number of changes beside them", () => {
    const index = new RunIndex();
    const [run, ...others] = makeRuns(50) as [RunRecord, ...RunRecord[]];
    index.put({ ...run, workflow: "rare" });
    for (const record of others) index.put(record);
    const page = index.query({ workflow: "rare" });
    for (let turn = 0; turn < 2 * NOTED_CHANGE_COUNT_MAX + 10; turn += 1) {
      index.put({ ...(others[turn % others.length] as RunRecord), seq: turn });
      if (turn % 1_000 === 0) expect(index.query({ workflow: "rare" })).toBe(page);
    }
    expect(index.query({ workflow: "rare" })).toBe(page);
    for (let turn = 0; turn < 2 * NOTED_CHANGE_COUNT_MAX + 10; turn += 1) index.put({ ...(others[0] as RunRecord), seq: turn });
    expect(index.query({ workflow: "rare" })).not.toBe(page);
    expect(index.query({ workflow: "rare" })).toEqual(page);
  });

  test("the oldest answers go", () => {
    const index = new RunIndex();
    for (const record of makeRuns(5)) index.put(record);
    const first = index.query({ startedFrom: 0 });
    for (let from = 1; from < CACHED_ANSWER_COUNT_MAX; from += 1) index.query({ startedFrom: from });
    expect(index.query({ startedFrom: 0 })).toBe(first);
    for (let from = 1; from <= CACHED_ANSWER_COUNT_MAX; from += 1) index.query({ startedFrom: -from });
    expect(index.query({ startedFrom: 0 })).not.toBe(first);
  });
});
