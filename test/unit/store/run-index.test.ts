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

/** As `expectSame`, by ids alone: much faster for long lists. */
function expectSameIds(model: Model, index: RunIndex, asked: RunQuery): void {
  const wanted = findNaively(model.records(), asked).map(({ runId }) => runId);
  expect(walkPages((page) => index.query(page), asked).map(({ runId }) => runId).join()).toBe(wanted.join());
  expect(index.count(asked)).toBe(wanted.length);
}

function modelOf(records: readonly RunRecord[]): Model {
  const model = new Model();
  for (const record of records) model.runs.set(record.runId, { record, segment: undefined });
  return model;
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

  test("answers so with hundreds of runs of few values, removed ones among them", () => {
    const ids = createRunIds(300).flatMap((id, at) => (at % 10 === 0 ? [id, `${id}~1`] : at % 17 === 0 ? [id.slice(1)] : [id]));
    // Some archived runs have no end; most segments have none of these.
    const rowArbitrary = fc.tuple(recordArbitrary, fc.nat(5), fc.nat(9)).map(([record, end, luck]) => ({ endedAt: luck === 0 && record.startedAt < 1_004 ? undefined : 1_000 + end, record }));
    fc.assert(
      fc.property(fc.array(rowArbitrary, { minLength: 40, maxLength: 40 }), fc.array(fc.tuple(query, fc.nat()), { minLength: 4, maxLength: 4 }), (kinds, turns) => {
        const model = new Model();
        const indexes = [new RunIndex(), new RunIndex({ isCaching: false, ordersMadeMax: 0 }), new RunIndex({ isCaching: false, ordersMadeMax: 1 })];
        const records = ids.map((runId, at) => {
          const { record, endedAt } = kinds[(at * 7) % kinds.length] as (typeof kinds)[number];
          const { endedAt: _, ...rest } = record;
          return { ...rest, runId, ...(record.parentRunId !== undefined && { parentRunId: runId.includes("~") ? runId.slice(0, -2) : (ids[at % 5] as string) }), ...(endedAt !== undefined && { endedAt }) };
        });
        for (let segment = 0; segment < 3; segment += 1) {
          for (const record of records.slice(100 * segment, 100 * segment + 100)) perform({ act: "put", record }, model, indexes);
          archive({ act: "archive", segment, part: 2, gone: segment }, model, indexes);
        }
        for (const record of records.slice(300)) perform({ act: "put", record }, model, indexes);
        for (const [asked, luck] of turns) {
          for (const index of indexes) expectSameIds(model, index, { ...asked, limit: 1 + (luck % 30) });
          for (const index of indexes) expectSameIds(model, index, { ...asked, parentRunId: ids[luck % 5] as string });
          perform({ act: "remove", runId: ids[luck % ids.length] as string }, model, indexes);
          for (const index of indexes) expectSameIds(model, index, { ...asked, limit: 25 });
        }
      }),
      { numRuns: 15 },
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

  test("counts of one condition follow removals, asked for before and after", () => {
    const rows = makeRuns(200, (at) => ({ tags: [`t${at % 4}`], endedAt: 5_000 + (at % 10), fields: { n: at % 8, s: `s${at % 5}` } }));
    const index = new RunIndex({ isCaching: false });
    index.addSegment(1, toColumns(rows));
    const questions: RunQuery[] = [{ tag: "t1" }, { fields: { n: 3 } }, { fields: { n: { from: 2, to: 4 } } }, { fields: { s: "s2" } }, { endedFrom: 5_003, endedTo: 5_004 }, { durationMin: 3_900, durationMax: 3_950 }];
    let left = rows;
    for (const removed of [[], [11], [3, 12, 13, 27, 53, 93]]) {
      for (const at of removed) index.remove((rows[at] as RunRecord).runId);
      left = left.filter((record) => !removed.some((at) => rows[at] === record));
      for (const asked of questions) expect([asked, index.count(asked)]).toEqual([asked, findNaively(left, asked).length]);
    }
  });

  test("a few rows out of the middle of a column's order come by start", () => {
    const rows = makeRuns(400, (at) => ({ endedAt: 5_000 + ((at * 37) % 400), fields: { n: (at * 53) % 400 } }));
    const index = new RunIndex({ isCaching: false });
    index.addSegment(1, toColumns(rows));
    for (const order of ["newest", "oldest"] as const)
      for (const asked of [{ fields: { n: { from: 100, to: 130 } } }, { endedFrom: 5_020, endedTo: 5_080, fields: { n: { from: 30, to: 380 } } }, { durationMin: 4_000, durationMax: 4_030, startedFrom: 1_050 }])
        expect(walkPages((page) => index.query(page), { ...asked, order, limit: 7 })).toEqual(findNaively(rows, { ...asked, order }));
  });

  test("a condition on what runs are ordered by bounds the order: whole, in the middle, with others, after removals", () => {
    const rows = makeRuns(400, (at) => ({ endedAt: 5_000 + ((at * 37) % 90), tags: [`t${at % 3}`] }));
    for (const ordersMadeMax of [0, 16]) {
      const index = new RunIndex({ isCaching: false, ordersMadeMax });
      index.addSegment(1, toColumns(rows.slice(0, 150)));
      index.addSegment(2, toColumns(rows.slice(150)));
      for (const at of [7, 200, 201]) index.remove((rows[at] as RunRecord).runId);
      const left = rows.filter((_, at) => ![7, 200, 201].includes(at));
      const ended = [{ endedFrom: 5_020 }, { endedTo: 5_044 }, { endedFrom: 5_030, endedTo: 5_030 }, { endedFrom: 5_010, endedTo: 5_080, tag: "t1" }];
      const durations = [{ durationMin: 3_800 }, { durationMax: 3_900 }, { durationMin: 3_750, durationMax: 3_950, tag: "t2" }];
      for (const [sort, conditions] of [["ended", ended], ["duration", durations], ["ended", durations], ["updated", ended]] as const)
        for (const asked of conditions)
          for (const order of ["newest", "oldest"] as const) expect(walkPages((page) => index.query(page), { ...asked, sort, order, limit: 7 })).toEqual(findNaively(left, { ...asked, sort, order }));
    }
  });

  test("of many loose runs, a page by any time has the first ones", () => {
    const rows = makeRuns(300, (at) => ({ endedAt: at % 7 === 0 ? 9_000 : 5_000 + ((at * 37) % 300), updatedAt: 1_000 + ((at * 91) % 50) }));
    const index = new RunIndex({ isCaching: false });
    for (const record of rows) index.put(record);
    for (const sort of ["started", "updated", "ended", "duration"] as const)
      for (const order of ["newest", "oldest"] as const) expect(walkPages((page) => index.query(page), { sort, order, limit: 11 })).toEqual(findNaively(rows, { sort, order }));
  });

  test("archived runs that have no end stand last, with and without orders of values", () => {
    const rows = makeRuns(120, (at) => ({ endedAt: 5_000 + ((at * 37) % 40) })).map((record, at) => {
      const { endedAt: _, ...without } = record;
      return at % 6 === 0 ? (without as RunRecord) : record;
    });
    for (const ordersMadeMax of [0, 16]) {
      const index = new RunIndex({ isCaching: false, ordersMadeMax });
      index.addSegment(1, toColumns(rows.slice(0, 60)));
      index.addSegment(2, toColumns(rows.slice(60)));
      for (const sort of ["ended", "duration"] as const)
        for (const order of ["newest", "oldest"] as const)
          for (const limit of [7, 110]) expect(walkPages((page) => index.query(page), { sort, order, limit })).toEqual(findNaively(rows, { sort, order }));
    }
  });

  test("children are found by their parent, named after it or not", () => {
    const [parent, other, ...rest] = createRunIds(40) as [string, string, ...string[]];
    const children = [...[1, 2, 3].map((child) => makeRecord(`${parent}~${child}`, { parentRunId: parent })), ...rest.map((runId, at) => makeRecord(runId, at % 3 === 0 ? { parentRunId: parent } : at % 3 === 1 ? { parentRunId: other } : {}))];
    const index = new RunIndex({ isCaching: false });
    index.addSegment(1, toColumns(toRows(children)));
    for (const asked of [{ parentRunId: parent }, { parentRunId: other }, { parentRunId: `${parent}~1` }, { parentRunId: "" }]) expectSameIds(modelOf(children), index, asked);
    const named = new RunIndex({ isCaching: false });
    named.addSegment(1, toColumns(children.slice(0, 3)));
    expect([named.count({ parentRunId: parent }), named.count({ parentRunId: other })]).toEqual([3, 0]);
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
    const next = () => index.query({ workflow: "even", limit: 10, cursor: before.cursor as string });
    const second = next();
    index.put({ ...(rows[80] as RunRecord), seq: 9 });
    expect(next()).toBe(second);
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
