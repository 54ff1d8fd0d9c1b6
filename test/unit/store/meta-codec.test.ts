import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteReader, ByteWriter } from "../../../src/base/bytes.js";
import { WorkflowError } from "../../../src/model/errors.js";
import { RUN_STATUSES } from "../../../src/model/status.js";
import { decodeMeta, EMPTY_ROW, encodeMeta, type MetaRow, readRunId, writeRunId } from "../../../src/store/meta-codec.js";
import { isStateWorth, LEVEL_FINAL, LEVEL_LOST, MERGE_ROWS, MERGE_SIZE_MAX, mergeRows, pickMerge, type RowPlace } from "../../../src/store/meta-merge.js";

const GROUP = 1_000;
const runId = fc.oneof(fc.uuid(), fc.string());
const time = fc.oneof(
  fc.integer({ min: 0, max: 8.64e15 }),
  fc.double({ noNaN: true, min: 0, max: 8.64e15 }).map((value) => value + 0),
);
const piece = fc.record({
  group: fc.integer({ min: 0, max: GROUP }),
  firstSeq: fc.nat(),
  count: fc.nat(),
  offset: fc.nat(),
  size: fc.nat(),
});
const rowArbitrary: fc.Arbitrary<MetaRow> = fc.record({
  removed: fc.array(runId, { maxLength: 4 }),
  runs: fc.array(
    fc.record({
      record: fc.record(
        {
          runId,
          workflow: fc.string(),
          identity: fc.string(),
          status: fc.constantFrom(...RUN_STATUSES),
          startedAt: time,
          updatedAt: time,
          endedAt: time,
          error: fc.record({ code: fc.string(), message: fc.string() }),
          parentRunId: runId,
          forkOf: fc.record({ runId, seq: fc.nat() }),
          tags: fc.array(fc.string(), { maxLength: 3 }),
          seq: fc.nat(),
        },
        { requiredKeys: ["runId", "workflow", "identity", "status", "startedAt", "updatedAt", "tags", "seq"], noNullPrototype: true },
      ),
      pieces: fc.array(piece, { maxLength: 4 }),
      checkpoint: fc.option(fc.record({ group: fc.integer({ min: 0, max: GROUP }), seq: fc.nat(), offset: fc.nat(), size: fc.nat() }), {
        nil: undefined,
      }),
    }),
    { maxLength: 6 },
  ),
  segments: fc.array(
    fc.record({
      id: fc.nat(),
      runCount: fc.nat(),
      blockCount: fc.nat(),
      sizeBytes: fc.nat(),
      startedFrom: time,
      startedTo: time,
      endedFrom: time,
      endedTo: time,
      identities: fc.array(fc.string(), { maxLength: 2 }),
    }),
    { maxLength: 3 },
  ),
  dropped: fc.array(fc.nat(), { maxLength: 3 }),
  erased: fc.array(runId, { maxLength: 3 }),
  logs: fc.array(fc.record({ runId, from: fc.nat(), length: fc.nat(), pieces: fc.array(piece, { maxLength: 3 }) }), { maxLength: 3 })
    .map((logs) => logs.map(({ length, ...log }) => ({ ...log, last: log.from + length }))),
});

describe("meta codec", () => {
  test("what was encoded is decoded", () => {
    fc.assert(
      fc.property(rowArbitrary, (row) => {
        expect(decodeMeta(encodeMeta(row, GROUP), GROUP)).toEqual(row);
      }),
    );
  });

  test("fields that this version does not know are kept", () => {
    const record = {
      runId: "a",
      workflow: "w",
      identity: "i",
      status: "running" as const,
      startedAt: 1,
      updatedAt: 2,
      tags: [],
      seq: 1,
      later: { deep: [1] },
    };
    const row: MetaRow = { ...EMPTY_ROW, runs: [{ record, pieces: [], checkpoint: undefined }] };
    expect(decodeMeta(encodeMeta(row, 1), 1)).toEqual(row);
  });

  test("cut or changed bytes give a code, never another error", () => {
    fc.assert(
      fc.property(rowArbitrary, fc.nat(), fc.integer({ min: 1, max: 255 }), (row, where, change) => {
        const bytes = encodeMeta(row, GROUP);
        const at = where % bytes.length;
        expect(codeOf(() => decodeMeta(bytes.subarray(0, at), GROUP))).toBe("store/damaged");
        const changed = bytes.slice();
        changed[at] = (changed[at] ?? 0) ^ change;
        expect(["none", "store/damaged", "store/version-unsupported"]).toContain(codeOf(() => decodeMeta(changed, GROUP)));
      }),
    );
  });
});

describe("run ids", () => {
  test("are written as version 1 wrote them", () => {
    const writer = new ByteWriter();
    writeRunId(writer, "01234567-89ab-cdef-fedc-ba9876543210");
    const bytes = writer.take();
    expect(Buffer.from(bytes).toString("hex")).toBe("0067452301efcdab8998badcfe10325476");
    expect(readRunId(new ByteReader(bytes))).toBe("01234567-89ab-cdef-fedc-ba9876543210");
  });

  test("that only look like UUIDs stay as they are", () => {
    const ids = ["01234567-89AB-cdef-fedc-ba9876543210", "01234567-89ab-cdef-fedc-ba987654321", "01234567x89ab-cdef-fedc-ba9876543210", "0123456\u0130-89ab-cdef-fedc-ba9876543210", "g1234567-89ab-cdef-fedc-ba9876543210"];
    for (const runId of ids) {
      const writer = new ByteWriter();
      writeRunId(writer, runId);
      expect(readRunId(new ByteReader(writer.take()))).toBe(runId);
    }
  });
});

describe("meta merge", () => {
  test("rows of one level are picked at the limit, not before", () => {
    const rows = Array.from(
      { length: MERGE_ROWS - 1 },
      (_, index): RowPlace => ({ from: index + 1, group: index + 1, level: 0, size: 10, runCount: 1 }),
    );
    expect(pickMerge(rows)).toBeUndefined();
    rows.push({ from: 64, group: 64, level: 0, size: 10, runCount: 1 });
    expect(pickMerge(rows)).toEqual({ start: 0, count: MERGE_ROWS });
    rows[10] = { from: 11, group: 11, level: 1, size: 10, runCount: 1 };
    expect(pickMerge(rows)).toBeUndefined();
  });

  test("rows are merged up to the size limit; one beyond it is left alone", () => {
    const size = MERGE_SIZE_MAX / 4;
    const rows = Array.from({ length: 10 }, (_, index): RowPlace => ({ from: index + 1, group: index + 1, level: 0, size, runCount: 1 }));
    expect(pickMerge(rows)).toEqual({ start: 0, count: 4 });
    const large: RowPlace[] = [{ from: 1, group: 1, level: 0, size: MERGE_SIZE_MAX + 1, runCount: 1 }];
    expect(pickMerge(large)).toBeUndefined();
    expect(large[0]?.level).toBe(LEVEL_FINAL);
  });

  test("the state takes the place of all rows where they name far more than there is, of those as well that are too large to be merged", () => {
    const rows = Array.from({ length: 5 }, (_, index): RowPlace => ({ from: index + 1, group: index + 1, level: LEVEL_FINAL, size: MERGE_SIZE_MAX, runCount: 20_000 }));
    expect(isStateWorth(rows, undefined, 300)).toBe(true);
    expect(isStateWorth(rows, undefined, 16_000)).toBe(true);
    // So many are left as they are.
    expect(isStateWorth(rows, undefined, 17_000)).toBe(false);
    expect(isStateWorth(rows.slice(0, 2), undefined, 16_000)).toBe(false);
    expect(isStateWorth([{ from: 1, group: 9, level: 1, size: 10, runCount: 16_000 }], undefined, 1)).toBe(false);
    expect(isStateWorth([...rows, { from: 6, group: 6, level: LEVEL_LOST, size: 0, runCount: 0 }], undefined, 300)).toBe(false);
  });

  test("the state takes the place of rows where that is less work than merging some of them", () => {
    const rows = Array.from({ length: MERGE_ROWS }, (_, index): RowPlace => ({ from: index + 1, group: index + 1, level: 0, size: 10, runCount: 2 }));
    const merge = { start: 0, count: MERGE_ROWS };
    expect(isStateWorth(rows, merge, 2 * MERGE_ROWS)).toBe(true);
    expect(isStateWorth(rows, merge, 2 * MERGE_ROWS + 1)).toBe(false);
    expect(isStateWorth(rows, undefined, 1)).toBe(false);
  });

  test("nothing is merged across rows that are lost", () => {
    const rows = Array.from({ length: MERGE_ROWS + 1 }, (_, index): RowPlace => ({ from: index + 1, group: index + 1, level: index === 3 ? LEVEL_LOST : 0, size: 10, runCount: 1 }));
    expect(pickMerge(rows)).toBeUndefined();
    rows.push(...Array.from({ length: 3 }, (_, index): RowPlace => ({ from: 66 + index, group: 66 + index, level: 0, size: 10, runCount: 1 })));
    expect(pickMerge(rows)).toEqual({ start: 4, count: MERGE_ROWS });
  });

  test("a run that was removed and came back has its new history only", () => {
    const record = { runId: "a", workflow: "w", identity: "i", status: "running" as const, startedAt: 1, updatedAt: 2, tags: [], seq: 1 };
    const run = (group: number) => ({ record, pieces: [{ group, firstSeq: 1, count: 1, offset: 1, size: 9, runCount: 1 }], checkpoint: undefined });
    const rows: MetaRow[] = [
      { ...EMPTY_ROW, runs: [run(1)] },
      { ...EMPTY_ROW, removed: ["a"] },
      { ...EMPTY_ROW, runs: [run(3)] },
    ];
    expect(mergeRows(rows, false)).toEqual({ ...EMPTY_ROW, removed: ["a"], runs: [run(3)] });
    expect(mergeRows(rows, true)).toEqual({ ...EMPTY_ROW, runs: [run(3)] });
  });

  test("a segment that was dropped is not named any more, one whose entry changed by its last", () => {
    const segment = (id: number, runCount: number) => ({ id, runCount, blockCount: 1, sizeBytes: 1, startedFrom: 1, startedTo: 1, endedFrom: 1, endedTo: 1, identities: [] });
    const rows: MetaRow[] = [
      { ...EMPTY_ROW, segments: [segment(1, 5), segment(2, 5)], removed: ["x"] },
      { ...EMPTY_ROW, segments: [segment(2, 4)], dropped: [1], erased: ["x"] },
    ];
    expect(mergeRows(rows, true)).toEqual({ ...EMPTY_ROW, segments: [segment(2, 4)] });
    expect(mergeRows(rows, false)).toEqual({ ...EMPTY_ROW, removed: ["x"], segments: [segment(2, 4)], dropped: [1], erased: ["x"] });
  });
});

function codeOf(work: () => unknown): string {
  try {
    work();
    return "none";
  } catch (error) {
    if (error instanceof WorkflowError) return error.code;
    throw error;
  }
}
