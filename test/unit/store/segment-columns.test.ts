import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRunIds } from "../../../src/base/run-id.js";
import { WorkflowError } from "../../../src/model/errors.js";
import type { RunRecord } from "../../../src/model/run-record.js";
import { COLUMNS_VERSION, decodeSegment, encodeSegment, SEGMENT_RUN_COUNT_MAX } from "../../../src/store/segment-columns.js";
import { recordArbitrary, toRows } from "./random-runs.js";
import { makeRecord } from "./suite.js";

const rowsArbitrary = fc.array(recordArbitrary, { maxLength: 30 }).map(toRows);

function readAll(bytes: Uint8Array): RunRecord[] {
  const columns = decodeSegment(bytes);
  return Array.from({ length: columns.count }, (_, row) => columns.record(row));
}

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof WorkflowError) return error.code;
    throw error;
  }
  return "";
}

function makeSucceeded(count: number): RunRecord[] {
  return createRunIds(count).map((runId, index) => {
    const startedAt = 1_760_000_000_000 + 7 * index;
    const endedAt = startedAt + ((index * 7_919) % 5_000);
    return makeRecord(runId, { workflow: index % 3 === 0 ? "orders" : "mail", identity: `sha-${index % 3}`, status: "succeeded", startedAt, endedAt, updatedAt: endedAt, seq: 12 });
  });
}

describe("columns of a segment", () => {
  test("give back every record as it was", () => {
    fc.assert(
      fc.property(rowsArbitrary, (rows) => {
        expect(readAll(encodeSegment(rows))).toEqual(rows);
      }),
      { numRuns: 300 },
    );
  });

  test("give back what is odd: any id, exact times, fields of several types, what later versions say", () => {
    const rows = toRows([
      makeRecord("not a UUID", { startedAt: 0.1, updatedAt: 1e15 + 0.5, endedAt: -7.25, seq: Number.MAX_SAFE_INTEGER }),
      makeRecord("0197aa00-0000-7000-8000-000000000001~3~1", { parentRunId: "0197aa00-0000-7000-8000-000000000001~3", fields: {} }),
      makeRecord("0197aa00-0000-7000-8000-000000000001~3~2", { parentRunId: "elsewhere", fields: { a: 1, b: "1", c: true, d: -0.5 } }),
      makeRecord("0197aa00-0000-7000-8000-000000000002", { fields: { a: "1", b: false, c: 0 }, tags: ["x", "", "x"], priority: 0, rerunOf: "r" }),
      { ...makeRecord("0197aa00-0000-7000-8000-000000000003"), later: { deep: [1, null] }, fields: { odd: [1] } } as unknown as RunRecord,
      makeRecord("e1", { error: { code: "a/b", message: "", details: { deep: [{ x: null }] }, isRetryable: false } }),
      makeRecord("e2", { error: { code: "", message: "ü\n", findings: [] } }),
      makeRecord("e3", { error: { message: "without a code" } as never }),
    ]);
    expect(readAll(encodeSegment(rows))).toEqual(rows);
    expect(decodeSegment(encodeSegment([])).count).toBe(0);
  });

  test("do not depend on where the bytes lie, nor on what becomes of them", () => {
    const rows = makeSucceeded(9);
    const bytes = encodeSegment(rows);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    const columns = decodeSegment(shifted.subarray(3));
    shifted.fill(0xff);
    expect(rows.map((_, row) => columns.record(row))).toEqual(rows);
  });

  test("take in a full segment only, in its order", () => {
    const rows = makeSucceeded(SEGMENT_RUN_COUNT_MAX + 1);
    expect(readAll(encodeSegment(rows.slice(1)))).toEqual(rows.slice(1));
    expect(() => encodeSegment(rows)).toThrow(RangeError);
    expect(() => encodeSegment([rows[1], rows[0]] as RunRecord[])).toThrow(RangeError);
    expect(() => encodeSegment([rows[0], rows[0]] as RunRecord[])).toThrow(RangeError);
  });

  test("are small", () => {
    const rows = makeSucceeded(SEGMENT_RUN_COUNT_MAX);
    const bytes = encodeSegment(rows);
    expect(bytes.length / rows.length).toBeLessThan(30);
    expect(decodeSegment(bytes).size / rows.length).toBeLessThan(45);
  });

  test("of another version are not touched", () => {
    const bytes = encodeSegment(makeSucceeded(2));
    bytes[0] = COLUMNS_VERSION + 1;
    expect(codeOf(() => decodeSegment(bytes))).toBe("store/version-unsupported");
  });

  test("that are damaged give a code, or records, and nothing else", () => {
    const rows = toRows([
      ...makeSucceeded(3),
      makeRecord("a", { tags: ["t", "u"], error: { code: "a/b", message: "m" }, fields: { n: 1, s: "x", b: true }, parentRunId: "p", priority: 1 }),
      makeRecord("b~1", { tags: ["t"], fields: { n: 2.5, s: "y" }, parentRunId: "b", endedAt: 2_000.5 }),
    ]);
    const bytes = encodeSegment(rows);
    let damagedCount = 0;
    for (let at = 1; at < bytes.length; at += 1) {
      for (const change of [1, 2, 4, 8, 16, 32, 64, 128, 0xff]) {
        const damaged = bytes.slice();
        damaged[at]! ^= change;
        const code = codeOf(() => readAll(damaged));
        if (code !== "") damagedCount += 1;
        if (code !== "" && code !== "store/damaged") expect.fail(`${code} for byte ${at} with ${change}`);
      }
      if (codeOf(() => readAll(bytes.subarray(0, at))) !== "store/damaged") expect.fail(`${at} of ${bytes.length} bytes were read`);
    }
    expect(damagedCount).toBeGreaterThan(bytes.length);
    expect(codeOf(() => decodeSegment(Uint8Array.from([...bytes, 0])))).toBe("store/damaged");
  });

  test("that were never columns give a code", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const code = codeOf(() => readAll(Uint8Array.from([COLUMNS_VERSION, ...bytes])));
        return code === "" || code === "store/damaged";
      }),
      { numRuns: 2_000 },
    );
  });
});
