import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LOG_FIELDS_LENGTH_MAX, LOG_LEVELS, LOG_MESSAGE_LENGTH_MAX, type LogQuery, sizeOfEntry, type StoredLogEntry } from "../../../src/model/log.js";
import { decodeLog, encodeLog } from "../../../src/model/log-codec.js";
import { isGap, tellGaps } from "../../../src/model/log-gaps.js";
import { LogList } from "../../../src/model/log-list.js";
import { checkLogQuery, pageLog } from "../../../src/model/log-query.js";
import { toLogFields, toLogMessage } from "../../../src/model/log-value.js";

const text = fc.string({ unit: "grapheme", maxLength: 20 });
const place = fc.record(
  { task: text, visit: text, item: fc.nat(), attempt: fc.integer({ min: 1, max: 99 }) },
  { requiredKeys: ["task", "visit"], noNullPrototype: true },
);
const body = fc.record(
  {
    time: fc.oneof(fc.integer({ min: 0, max: 2e12 }), fc.double({ noNaN: true, noDefaultInfinity: true })),
    level: fc.constantFrom(...LOG_LEVELS),
    by: fc.constantFrom("task" as const, "engine" as const),
    message: text,
    fields: fc.dictionary(text, fc.jsonValue(), { maxKeys: 3 }).map((value) => JSON.stringify(value)),
    isCut: fc.constant(true as const),
  },
  { requiredKeys: ["time", "level", "by", "message"], noNullPrototype: true },
);
const entries: fc.Arbitrary<StoredLogEntry[]> = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 3 }), body, fc.option(place, { nil: undefined })), { maxLength: 30 })
  .map((parts) => {
    let number = 0;
    return parts.map(([step, entry, where]) => ({ ...entry, ...where, number: (number += step) }));
  });

describe("log entries as bytes", () => {
  test("are what they were", () => {
    fc.assert(
      fc.property(entries, (list) => {
        expect(decodeLog(encodeLog(list))).toEqual(list);
      }),
    );
  });

  test("that are damaged give entries or store/damaged, and nothing else", () => {
    fc.assert(
      fc.property(entries, fc.nat(), fc.integer({ min: 0, max: 255 }), (list, at, byte) => {
        const bytes = encodeLog(list);
        bytes[at % bytes.length] = byte;
        for (const damaged of [bytes, bytes.subarray(0, at % bytes.length)]) {
          try {
            decodeLog(damaged);
          } catch (error) {
            expect(error).toMatchObject({ code: "store/damaged" });
          }
        }
      }),
    );
  });
});

describe("what a handler hands over", () => {
  test("becomes JSON of bounded size, whatever it is", () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true }), (value) => {
        const { fields } = toLogFields(value);
        if (fields !== undefined) expect(JSON.parse(fields)).toEqual(expect.objectContaining({}));
        expect(fields?.length ?? 0).toBeLessThan(2 * LOG_FIELDS_LENGTH_MAX);
        expect(typeof toLogMessage(value).message).toBe("string");
      }),
    );
  });

  test("plain JSON stays as it is", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "grapheme-ascii", maxLength: 8 }), fc.jsonValue({ maxDepth: 4, noUnicodeString: true } as never), { maxKeys: 4 }), (value) => {
        const { fields, isCut } = toLogFields(value);
        expect(isCut).toBe(false);
        expect(JSON.parse(fields ?? "{}")).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test("a value that contains itself, one that throws, one without JSON and one that is too large are told with a mark", () => {
    const own: Record<string, unknown> = { name: "a" };
    own["self"] = own;
    const hostile = {
      get secret(): string {
        throw new Error("no");
      },
      call: () => 1,
      big: 2n,
      nan: Number.NaN,
    };
    expect(JSON.parse(toLogFields(own).fields ?? "")).toEqual({ name: "a", self: "[cyclic]" });
    expect(JSON.parse(toLogFields(hostile).fields ?? "")).toEqual({ secret: "[unreadable]", call: "[function]", big: "2", nan: "NaN" });
    expect(JSON.parse(toLogFields(new Proxy({}, { ownKeys: () => { throw new Error("no"); } })).fields ?? "")).toEqual({ value: "[unreadable]" });
    expect(JSON.parse(toLogFields(new Error("boom")).fields ?? "")).toMatchObject({ name: "Error", message: "boom" });
    const wide = toLogFields({ list: Array.from({ length: 100_000 }, (_, index) => index), after: "x" });
    expect(wide.isCut).toBe(true);
    expect(wide.fields?.length).toBeLessThan(2 * LOG_FIELDS_LENGTH_MAX);
    let deep: unknown = 1;
    for (let level = 0; level < 5_000; level += 1) deep = [deep];
    expect(toLogFields({ deep }).isCut).toBe(true);
    const long = toLogMessage("é".repeat(LOG_MESSAGE_LENGTH_MAX + 1));
    expect([long.message.length, long.isCut]).toEqual([LOG_MESSAGE_LENGTH_MAX, true]);
    expect(toLogMessage("\ud800x").message).toBe("\ufffdx");
  });
});

describe("a log's limits", () => {
  test("keep the newest, numbered on, as a plain list does", () => {
    fc.assert(
      fc.property(fc.array(body, { maxLength: 200 }), fc.integer({ min: 1, max: 50 }), fc.integer({ min: 50, max: 3_000 }), (bodies, entriesMax, sizeMax) => {
        const list = new LogList({ entriesMax, sizeMax });
        const plain: StoredLogEntry[] = [];
        for (const [index, entry] of bodies.entries()) {
          list.add(entry);
          plain.push({ ...entry, number: index + 1 });
          while (plain.length > 1 && (plain.length > entriesMax || plain.reduce((sum, each) => sum + sizeOfEntry(each), 0) > sizeMax)) plain.shift();
          expect([list.count, list.lastNumber]).toEqual([plain.length, index + 1]);
        }
        expect(list.after()).toEqual(plain);
        expect(list.after(7)).toEqual(plain.filter(({ number }) => number > 7));
      }),
    );
  });
});

describe("what is missing", () => {
  test("is told in its place: every number up to the last is an entry's or within a gap's", () => {
    fc.assert(
      fc.property(entries, (list) => {
        const told = tellGaps(list);
        expect(told.filter((entry) => !isGap(entry))).toEqual(list.filter((entry) => !isGap(entry)));
        let last = 0;
        for (const entry of told) {
          const { count = 1 } = (isGap(entry) ? JSON.parse(entry.fields ?? "{}") : {}) as { count?: number };
          expect(entry.number - count).toBe(last);
          last = entry.number;
        }
      }),
    );
  });

  test("dropped, lost and damaged entries are told apart", () => {
    const entry = (number: number): StoredLogEntry => ({ number, time: 5, level: "info", by: "task", message: `m${number}` });
    const told = tellGaps([entry(3), { lostFrom: 4, count: 2, why: "group 7: it is damaged" }, entry(8)]);
    expect(told.map(({ number, level, message }) => [number, level, message])).toEqual([
      [2, "warning", "2 entries before this were dropped: a run's log has limits"],
      [3, "info", "m3"],
      [5, "error", "2 entries cannot be read: group 7: it is damaged"],
      [7, "warning", "2 entries are missing: they were not stored"],
      [8, "info", "m8"],
    ]);
  });
});

describe("a query of a log", () => {
  const conditions: fc.Arbitrary<LogQuery> = fc.record(
    { level: fc.constantFrom(...LOG_LEVELS), task: text, text, from: fc.nat(), to: fc.nat(), after: fc.nat(20), order: fc.constantFrom("oldest" as const, "newest" as const) },
    { requiredKeys: [], noNullPrototype: true },
  );

  test("its pages, one behind the other, are all that fits, in order, each once", () => {
    fc.assert(
      fc.property(entries, conditions, fc.integer({ min: 1, max: 7 }), (list, query, limit) => {
        const whole = pageLog("r", list, { ...query, limit: 1_000 }).entries;
        const pieces: unknown[] = [];
        let cursor: string | undefined;
        do {
          const page = pageLog("r", list, { ...query, limit, ...(cursor !== undefined && { cursor }) });
          expect(page.entries.length).toBeLessThanOrEqual(limit);
          pieces.push(...page.entries);
          ({ cursor } = page);
        } while (cursor !== undefined);
        expect(pieces).toEqual(whole);
        const sought = query.text?.toLowerCase() ?? "";
        const expected = list.filter(
          ({ level, task, time, number, message, fields = "" }) =>
            LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(query.level ?? "debug") &&
            (query.task === undefined || task === query.task) &&
            time >= (query.from ?? -Infinity) &&
            time <= (query.to ?? Infinity) &&
            number > (query.after ?? 0) &&
            [message, fields, task ?? ""].some((part) => part.toLowerCase().includes(sought)),
        );
        const numbers = expected.map(({ number }) => number);
        expect(whole.map(({ number }) => number)).toEqual(query.order === "newest" ? numbers.reverse() : numbers);
      }),
    );
  });

  test("that is none is refused", () => {
    const wrong = [{ level: "warn" }, { limit: 0 }, { limit: 1_001 }, { order: "up" }, { cursor: "x" }, { from: "1" }, { task: 1 }, 7] as unknown as LogQuery[];
    for (const query of wrong) expect(() => checkLogQuery(query)).toThrow(expect.objectContaining({ code: "engine/invalid-argument" }));
    for (const query of [undefined, {}, { level: "debug", limit: 1_000, cursor: "12" }] as const) expect(() => checkLogQuery(query)).not.toThrow();
  });
});
