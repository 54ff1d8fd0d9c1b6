// Values replaced by path: only those, whole, and with everything else the same to the byte.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EntryKind, type HistoryEntry } from "../../../src/model/history.js";
import type { StoredLogEntry } from "../../../src/model/log.js";
import { decodeExact, decodeValue, encodeExact, encodeValue } from "../../../src/model/value.js";
import { Redactor } from "../../../src/portable/redaction.js";
import { makeRun } from "./files.js";

function redact(paths: readonly string[], kind: EntryKind, value: unknown, marker?: string | null): unknown {
  const { record, entries } = makeRun("r", 0);
  const entry: HistoryEntry = { ...(entries[0] as HistoryEntry), kind, payload: encodeValue(value) };
  const redactor = new Redactor(marker === undefined ? paths : { paths, marker });
  return decodeValue(redactor.apply(record, [entry]).entries[0]?.payload ?? new Uint8Array(0));
}

describe("paths", () => {
  test.each<[string, unknown, unknown]>([
    ["input.a", { a: 1, b: { a: 2 } }, { a: "[redacted]", b: { a: 2 } }],
    ["input.a.b", { a: 1 }, { a: 1 }],
    ["input.*", { a: 1, b: [2] }, { a: "[redacted]", b: "[redacted]" }],
    ["input.*.a", { a: 1, b: { a: 2 }, c: [{ a: 3 }] }, { a: 1, b: { a: "[redacted]" }, c: [{ a: 3 }] }],
    ["**.a", { a: 1, b: { a: { a: 2 } }, c: [{ a: 3, d: 4 }] }, { a: "[redacted]", b: { a: "[redacted]" }, c: [{ a: "[redacted]", d: 4 }] }],
    ["*.a", { a: 1, b: { a: 2 } }, { a: "[redacted]", b: { a: 2 } }],
    ["input.**", { a: 1, b: { c: 2 } }, { a: "[redacted]", b: "[redacted]" }],
    ["input.**.c", { c: 1, b: { c: 2, d: { c: 3 } } }, { c: "[redacted]", b: { c: "[redacted]", d: { c: "[redacted]" } } }],
    ["input.l[1].a", { l: [{ a: 1 }, { a: 2 }] }, { l: [{ a: 1 }, { a: "[redacted]" }] }],
    ["input.l[*].a", { l: [{ a: 1 }, { a: 2 }] }, { l: [{ a: "[redacted]" }, { a: "[redacted]" }] }],
    ['input["card no"]["*"]', { "card no": { "*": 1, x: 2 } }, { "card no": { "*": "[redacted]", x: 2 } }],
    ["vars.card", { card: 1 }, { card: "[redacted]" }],
    ["**.**.**.a", { b: { c: { a: 1 } } }, { b: { c: { a: "[redacted]" } } }],
    ["event.a", { a: 1 }, { a: 1 }],
    // Beside the run's id, where the workflow asks for that.
    ["input.a", [{ a: 1 }, "r"], [{ a: "[redacted]" }, "r"]],
  ])("%s", (path, value, expected) => {
    expect(redact([path], EntryKind.START, value)).toEqual(expected);
  });

  test("of events, results and errors", () => {
    expect(redact(["event.a"], EntryKind.EVENT, { a: 1 }, null)).toEqual({ a: null });
    expect(redact(["result"], EntryKind.TASK_SUCCEEDED, 5, "gone")).toBe("gone");
    expect(redact(["error.details.card"], EntryKind.TASK_FAILED, { code: "a/b", message: "m", details: { card: 1 } })).toMatchObject({ details: { card: "[redacted]" } });
    expect(redact(["error.message"], EntryKind.CANCEL, { code: "a/b", message: "m" })).toMatchObject({ message: "[redacted]" });
    expect(redact(["error.message"], EntryKind.CANCEL, [{ code: "a/b", message: "m" }])).toMatchObject([{ message: "[redacted]" }]);
    expect(redact(["**.message"], EntryKind.CANCEL, true)).toBe(true);
  });

  test.each(["", "card", "input..a", "input.", "input[", "input[x]", 'input["a]', "input a", ".a", 'input["\\x"]'])("%j is none", (path) => {
    expect(() => new Redactor([path])).toThrow(expect.objectContaining({ code: "engine/invalid-argument" }));
  });
});

test("a run is marked where something was replaced, and loses its searchable fields; else it is the same", () => {
  const item = makeRun("r", 3, { fields: { total: 5 }, status: "failed", error: { code: "a/b", message: "m", details: { card: 1 } } });
  const untouched = new Redactor(["input.none", "**.nothing"]).apply(item.record, item.entries);
  expect(untouched.record).toBe(item.record);
  expect(untouched.entries).toBe(item.entries);
  const { record, entries } = new Redactor(["**.card"]).apply(item.record, item.entries);
  expect(record).toMatchObject({ isRedacted: true, error: { code: "a/b", details: { card: "[redacted]" } } });
  expect(record.fields).toBeUndefined();
  expect(entries).toEqual(item.entries);
});

test("what is not named keeps its type and its bytes", () => {
  const value = fc.anything({ maxDepth: 3, withBigInt: true, withDate: true, withTypedArray: false, withNullPrototype: false, withObjectString: false });
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: "grapheme-ascii" }), value), (input) => {
      let payload: Uint8Array;
      try {
        payload = encodeValue({ ...input, secret: { a: 1 } });
      } catch {
        return;
      }
      const item = makeRun("r", 0);
      const entry: HistoryEntry = { ...(item.entries[0] as HistoryEntry), payload };
      const replaced = new Redactor(["input.secret"]).apply(item.record, [entry]).entries[0]?.payload ?? payload;
      const [was, is] = [decodeExact(payload), decodeExact(replaced)] as { map: (readonly [{ string: string }, unknown])[] }[];
      expect(is?.map.map(([key]) => key.string)).toEqual(was?.map.map(([key]) => key.string));
      for (const [index, [key, item]] of (was?.map ?? []).entries()) expect(is?.map[index]?.[1]).toEqual(key.string === "secret" ? { string: "[redacted]" } : item);
      expect(Buffer.compare(encodeExact(decodeExact(payload)), payload)).toBe(0);
    }),
    { numRuns: 300 },
  );
});

describe("of logs", () => {
  const log: readonly StoredLogEntry[] = [
    { number: 1, time: 1, level: "info", by: "task", task: "t", visit: "1", message: "card 5", fields: '{"card":5,"order":{"card":6},"error":{"message":"m"}}' },
    { number: 2, time: 1, level: "error", by: "engine", message: "The run failed", fields: '{"code":"run/failed","error":{"code":"a/b","message":"card 5"}}' },
    { number: 3, time: 1, level: "info", by: "task", message: "plain" },
  ];
  const fieldsOf = (paths: readonly string[]): unknown[] => new Redactor(paths).applyLog(log).map(({ fields }) => (fields === undefined ? undefined : JSON.parse(fields)));

  test("fields go by path, texts as log.message, what the engine says of an error as error", () => {
    expect(fieldsOf(["log.card"])[0]).toEqual({ card: "[redacted]", order: { card: 6 }, error: { message: "m" } });
    expect(fieldsOf(["**.card"])[0]).toEqual({ card: "[redacted]", order: { card: "[redacted]" }, error: { message: "m" } });
    expect(fieldsOf(["error.message"])).toEqual([JSON.parse(log[0]?.fields ?? ""), { code: "run/failed", error: { code: "a/b", message: "[redacted]" } }, undefined]);
    expect(new Redactor(["log.message"]).applyLog(log).map(({ message }) => message)).toEqual(["[redacted]", "[redacted]", "[redacted]"]);
    for (const path of ["log", "*", "**"]) expect(new Redactor([path]).applyLog(log)[0]).toEqual({ number: 1, time: 1, level: "info", by: "task", task: "t", visit: "1", message: "[redacted]" });
    expect(new Redactor(["input.card", "event.**"]).applyLog(log)).toEqual(log);
  });

  test("a run is not another one for its log", () => {
    const redactor = new Redactor(["log.card"]);
    redactor.applyLog(log);
    const { record, entries } = makeRun("r", 1);
    expect(redactor.apply(record, entries)).toEqual({ record, entries });
  });
});
