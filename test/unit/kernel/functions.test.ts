// Functions: conversions, strings and time, overload by overload.
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { ExpressionError, Fn, Op } from "../../../assembly/abi.js";
import type { ExactValue } from "../../../src/model/value.js";
import { assemble, BUILDS, Bench, bool, double, int, type Line, list, map, nothing, number, string, uint } from "./assembler.js";

const E = ExpressionError;
const fails = (error: ExpressionError) => expect.objectContaining({ error });
const overload = fails(E.NO_SUCH_OVERLOAD);
const duration = (seconds: number, nanos = 0): ExactValue => ({ duration: { seconds: String(seconds), nanos } });
const timestamp = (seconds: number, nanos = 0): ExactValue => ({ timestamp: { seconds: String(seconds), nanos } });
const bytes = (...values: number[]): ExactValue => ({ bytes: Buffer.from(values).toString("base64") });
const strings = (...values: string[]): ExactValue => list(...values.map(string));

type Case = readonly [Fn, readonly (ExactValue | undefined)[], unknown];
const s = string;

const CONVERSIONS: Case[] = [
  [Fn.SIZE, [s("añ😀")], int(3)],
  [Fn.SIZE, [s("")], int(0)],
  [Fn.SIZE, [bytes(1, 2, 3)], int(3)],
  [Fn.SIZE, [list(int(1), int(2))], int(2)],
  [Fn.SIZE, [map([s("a"), int(1)])], int(1)],
  [Fn.SIZE, [int(1)], overload],
  [Fn.SIZE, [undefined], fails(E.UNKNOWN_VARIABLE)],
  [Fn.TO_INT, [double(-7.9)], int(-7)],
  [Fn.TO_INT, [number(3)], int(3)],
  [Fn.TO_INT, [double(2 ** 63)], fails(E.RANGE)],
  [Fn.TO_INT, [double(-(2 ** 63))], fails(E.RANGE)],
  [Fn.TO_INT, [double(NaN)], fails(E.RANGE)],
  [Fn.TO_INT, [uint(2n ** 63n)], fails(E.RANGE)],
  [Fn.TO_INT, [s("1.5")], fails(E.INVALID_CONVERSION)],
  [Fn.TO_INT, [timestamp(12, 999)], int(12)],
  [Fn.TO_INT, [bool(true)], overload],
  [Fn.TO_UINT, [int(-1)], fails(E.RANGE)],
  [Fn.TO_UINT, [double(25.5)], uint(25)],
  [Fn.TO_UINT, [double(-0.5)], fails(E.RANGE)],
  [Fn.TO_UINT, [double(2 ** 64)], fails(E.RANGE)],
  [Fn.TO_DOUBLE, [number(1.5)], double(1.5)],
  [Fn.TO_DOUBLE, [int(2n ** 62n)], double(2 ** 62)],
  [Fn.TO_DOUBLE, [uint(2n ** 64n - 1n)], double(2 ** 64)],
  [Fn.TO_STRING, [double(-0.0045)], s("-0.0045")],
  [Fn.TO_STRING, [bool(false)], s("false")],
  [Fn.TO_STRING, [bytes(0xc3, 0xbf)], s("ÿ")],
  [Fn.TO_STRING, [bytes(0, 0xff)], fails(E.INVALID_CONVERSION)],
  [Fn.TO_STRING, [list()], overload],
  [Fn.TO_BYTES, [s("ÿ")], bytes(0xc3, 0xbf)],
  ...["1", "t", "true", "TRUE", "True"].map((text): Case => [Fn.TO_BOOL, [s(text)], bool(true)]),
  ...["0", "f", "false", "FALSE", "False"].map((text): Case => [Fn.TO_BOOL, [s(text)], bool(false)]),
  ...["TrUe", "", "yes", "2", "falses"].map((text): Case => [Fn.TO_BOOL, [s(text)], fails(E.INVALID_CONVERSION)]),
  [Fn.TO_BOOL, [int(1)], overload],
  ...(
    [
      [nothing, "null_type"],
      [bool(true), "bool"],
      [int(1), "int"],
      [uint(1), "uint"],
      [double(1), "double"],
      [number(1), "double"],
      [s(""), "string"],
      [bytes(), "bytes"],
      [list(), "list"],
      [map(), "map"],
      [timestamp(0), "google.protobuf.Timestamp"],
      [duration(0), "google.protobuf.Duration"],
      [{ type: "int" }, "type"],
      [{ optional: null }, "optional_type"],
    ] as [ExactValue, string][]
  ).map(([value, type]): Case => [Fn.TO_TYPE, [value], { type }]),
  [Fn.TO_DYN, [s("x")], s("x")],
];

const STRINGS: Case[] = [
  [Fn.CONTAINS, [s("añb"), s("ñ")], bool(true)],
  [Fn.CONTAINS, [s("abc"), s("")], bool(true)],
  [Fn.CONTAINS, [s("abc"), s("bd")], bool(false)],
  [Fn.CONTAINS, [s("abc"), int(1)], overload],
  [Fn.STARTS_WITH, [s("abc"), s("ab")], bool(true)],
  [Fn.STARTS_WITH, [s("ab"), s("abc")], bool(false)],
  [Fn.ENDS_WITH, [s("abc"), s("bc")], bool(true)],
  [Fn.ENDS_WITH, [s("abc"), s("ab")], bool(false)],
  [Fn.CHAR_AT, [s("©αT"), int(1)], s("α")],
  [Fn.CHAR_AT, [s("tacocat"), int(7)], s("")],
  [Fn.CHAR_AT, [s("tacocat"), number(0)], s("t")],
  [Fn.CHAR_AT, [s("tacocat"), int(8)], fails(E.INDEX_OUT_OF_RANGE)],
  [Fn.CHAR_AT, [s("tacocat"), bool(true)], overload],
  [Fn.INDEX_OF, [s("ta©o©αT"), s("©"), int(3)], int(4)],
  [Fn.INDEX_OF, [s("tacocat"), s("")], int(0)],
  [Fn.INDEX_OF, [s("tacocat"), s(""), int(3)], int(3)],
  [Fn.INDEX_OF, [s("tacocat"), s("x")], int(-1)],
  [Fn.INDEX_OF, [s("tacocat"), s("a"), int(30)], fails(E.INDEX_OUT_OF_RANGE)],
  [Fn.LAST_INDEX_OF, [s("tacocat"), s("")], int(7)],
  [Fn.LAST_INDEX_OF, [s(""), s("@@")], int(-1)],
  [Fn.LAST_INDEX_OF, [s("tacocat"), s("a"), int(3)], int(1)],
  [Fn.LAST_INDEX_OF, [s("ta©o©αT"), s("©α"), int(4)], int(4)],
  [Fn.LAST_INDEX_OF, [s("bananananana"), s("nana"), int(7)], int(6)],
  [Fn.LAST_INDEX_OF, [s("tacocat"), s("a"), int(-1)], fails(E.INDEX_OUT_OF_RANGE)],
  [Fn.LOWER_ASCII, [s("TacoCÆt")], s("tacocÆt")],
  [Fn.UPPER_ASCII, [s("tacoCαt")], s("TACOCαT")],
  [Fn.REPLACE, [s("{0} days {0} hours"), s("{0}"), s("2"), int(1)], s("2 days {0} hours")],
  [Fn.REPLACE, [s("aaa"), s("a"), s("bb")], s("bbbbbb")],
  [Fn.REPLACE, [s("aaa"), s("a"), s("b"), int(0)], s("aaa")],
  [Fn.REPLACE, [s("añ"), s(""), s("-")], s("-a-ñ-")],
  [Fn.REPLACE, [s("ab"), s(""), s("-"), int(1)], s("-ab")],
  [Fn.REPLACE, [s("42"), s("2"), int(1)], overload],
  [Fn.SPLIT, [s("a,b,c"), s(",")], strings("a", "b", "c")],
  [Fn.SPLIT, [s("a,b,c"), s(","), int(2)], strings("a", "b,c")],
  [Fn.SPLIT, [s("a,b,c"), s(","), int(0)], list()],
  [Fn.SPLIT, [s("a,b,c"), s(","), int(-1)], strings("a", "b", "c")],
  [Fn.SPLIT, [s("a,,"), s(",")], strings("a", "", "")],
  [Fn.SPLIT, [s(""), s(",")], strings("")],
  [Fn.SPLIT, [s("aéb"), s("")], strings("a", "é", "b")],
  [Fn.SPLIT, [s("aéb"), s(""), int(2)], strings("a", "éb")],
  [Fn.SUBSTRING, [s("tacocat"), int(4)], s("cat")],
  [Fn.SUBSTRING, [s("ta©o©αT"), int(2), int(6)], s("©o©α")],
  [Fn.SUBSTRING, [s("abc"), int(3)], s("")],
  [Fn.SUBSTRING, [s("abc"), int(2), int(1)], fails(E.INVALID_ARGUMENT)],
  [Fn.SUBSTRING, [s("abc"), int(4)], fails(E.INDEX_OUT_OF_RANGE)],
  [Fn.SUBSTRING, [s("abc"), int(0), int(4)], fails(E.INDEX_OUT_OF_RANGE)],
  [Fn.TRIM, [s(" \t\n\u0085\u00a0\u1680\u2000\u200a\u2028\u202f\u205f\u3000 a b \u3000\r")], s("a b")],
  [Fn.TRIM, [s("\u180e\u200b\ufeff")], s("\u180e\u200b\ufeff")],
  [Fn.TRIM, [s("  ")], s("")],
  [Fn.JOIN, [strings("x", "y", "z"), s(", ")], s("x, y, z")],
  [Fn.JOIN, [strings("x", "y")], s("xy")],
  [Fn.JOIN, [list()], s("")],
  [Fn.JOIN, [list(int(1)), s("")], overload],
  [Fn.REVERSE, [s("Ta©oCαt😀")], s("😀tαCo©aT")],
];

const TIMES: Case[] = [
  [Fn.TO_TIMESTAMP, [s("2009-02-13T23:31:30Z")], timestamp(1234567890)],
  [Fn.TO_TIMESTAMP, [s("2009-02-14T01:31:30.5+02:00")], timestamp(1234567890, 500_000_000)],
  [Fn.TO_TIMESTAMP, [s("1969-12-31T23:59:59.999999999Z")], timestamp(-1, 999_999_999)],
  [Fn.TO_TIMESTAMP, [s("2024-02-29T00:00:00Z")], timestamp(Date.UTC(2024, 1, 29) / 1000)],
  [Fn.TO_TIMESTAMP, [s("2023-02-29T00:00:00Z")], fails(E.INVALID_CONVERSION)],
  [Fn.TO_TIMESTAMP, [s("2023-01-01")], fails(E.INVALID_CONVERSION)],
  [Fn.TO_TIMESTAMP, [s("2023-01-01T24:00:00Z")], fails(E.INVALID_CONVERSION)],
  [Fn.TO_TIMESTAMP, [s("2023-01-01T00:00:00")], fails(E.INVALID_CONVERSION)],
  [Fn.TO_TIMESTAMP, [s("2023-01-01T00:00:00.Z")], fails(E.INVALID_CONVERSION)],
  [Fn.TO_TIMESTAMP, [s("0000-01-01T00:00:00Z")], fails(E.TIMESTAMP_RANGE)],
  [Fn.TO_TIMESTAMP, [s("10000-01-01T00:00:00Z")], fails(E.TIMESTAMP_RANGE)],
  [Fn.TO_TIMESTAMP, [int(-62135596801)], fails(E.TIMESTAMP_RANGE)],
  [Fn.TO_TIMESTAMP, [number(60)], timestamp(60)],
  [Fn.TO_STRING, [timestamp(253402300799, 999_999_999)], s("9999-12-31T23:59:59.999999999Z")],
  [Fn.TO_STRING, [timestamp(-62135596800)], s("0001-01-01T00:00:00Z")],
  [Fn.TO_DURATION, [s("1h30m")], duration(5400)],
  [Fn.TO_DURATION, [s("-1.5s")], duration(-1, -500_000_000)],
  [Fn.TO_DURATION, [s("1.5h")], duration(5400)],
  [Fn.TO_DURATION, [s("100ms20us3µs7ns")], duration(0, 100_023_007)],
  [Fn.TO_DURATION, [s("0")], duration(0)],
  [Fn.TO_DURATION, [s(".5s")], duration(0, 500_000_000)],
  [Fn.TO_DURATION, [s("999ms1ms")], duration(1)],
  [Fn.TO_DURATION, [s("4611686018427387904ns")], duration(4_611_686_018, 427_387_904)],
  [Fn.TO_DURATION, [s("9223372036854775807ns")], duration(9_223_372_036, 854_775_807)],
  [Fn.TO_DURATION, [s("-9223372036854775807ns")], duration(-9_223_372_036, -854_775_807)],
  [Fn.TO_DURATION, [s("0.1234567891h")], duration(444, 444_440_760)],
  [Fn.TO_DURATION, [s("0.0000000000001h")], duration(0)],
  [Fn.TO_DURATION, [s("1.9999999999999999999s")], duration(2)],
  [Fn.TO_DURATION, [s("00000000000000000000000001s")], duration(1)],
  ...["", "s", "1", "1.s.", "1d", "-", "1h 30m", "1e3s"].map((text): Case => [Fn.TO_DURATION, [s(text)], fails(E.INVALID_CONVERSION)]),
  [Fn.TO_DURATION, [s("-9223372036854775808ns")], duration(-9_223_372_036, -854_775_808)],
  [Fn.TO_DURATION, [s("-9223372036854775809ns")], fails(E.DURATION_RANGE)],
  [Fn.TO_DURATION, [s("9223372036854775808ns")], fails(E.DURATION_RANGE)],
  [Fn.TO_DURATION, [s("99999999999999999999999999ns")], fails(E.DURATION_RANGE)],
  [Fn.TO_DURATION, [s("320000000000s")], fails(E.DURATION_RANGE)],
  [Fn.TO_DURATION, [s("-320000000000s")], fails(E.DURATION_RANGE)],
  [Fn.TO_DURATION, [s("99999999999999999999h")], fails(E.DURATION_RANGE)],
  [Fn.TO_STRING, [duration(1_000_000)], s("1000000s")],
  [Fn.TO_STRING, [duration(0, -1_000_000)], s("-0.001s")],
  [Fn.GET_DATE, [timestamp(1234567890)], int(13)],
  [Fn.GET_DAY_OF_MONTH, [timestamp(1234567890), s("+11:00")], int(13)],
  [Fn.GET_DAY_OF_MONTH, [timestamp(1234490400), s("-02:30")], int(11)],
  [Fn.GET_DAY_OF_WEEK, [timestamp(1234567890), s("UTC")], int(5)],
  [Fn.GET_DAY_OF_YEAR, [timestamp(1234567890)], int(43)],
  [Fn.GET_FULL_YEAR, [timestamp(-1)], int(1969)],
  [Fn.GET_MONTH, [timestamp(1234567890)], int(1)],
  [Fn.GET_HOURS, [timestamp(1234567890), s("02:00")], int(1)],
  [Fn.GET_MINUTES, [timestamp(-1)], int(59)],
  [Fn.GET_SECONDS, [timestamp(-1)], int(59)],
  [Fn.GET_MILLISECONDS, [timestamp(1, 123_456_789)], int(123)],
  [Fn.GET_HOURS, [timestamp(0), s("Europe/Nowhere")], fails(E.INVALID_ARGUMENT)],
  [Fn.GET_HOURS, [timestamp(0), int(1)], overload],
  [Fn.GET_HOURS, [duration(10_000)], int(2)],
  [Fn.GET_MINUTES, [duration(3730)], int(62)],
  [Fn.GET_SECONDS, [duration(3730)], int(3730)],
  [Fn.GET_MILLISECONDS, [duration(123, 321_456_789)], int(321)],
  [Fn.GET_FULL_YEAR, [duration(1)], overload],
];

describe.each(BUILDS)("functions ($build)", ({ build, file }) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await Bench.open(file);
  });
  const name = ([fn, values, expected]: Case) =>
    [`${Fn[fn]}(${values.map((value) => JSON.stringify(value)).join(", ")})`, [fn, values, expected]] as const;

  it.each(CONVERSIONS.map(name))("converts: %s", (_, [fn, values, expected]) => {
    expect(bench.call(fn, ...values)).toEqual(expected);
  });
  it.each(STRINGS.map(name))("strings: %s", (_, [fn, values, expected]) => {
    expect(bench.call(fn, ...values)).toEqual(expected);
  });
  it.each(TIMES.map(name))("times: %s", (_, [fn, values, expected]) => {
    expect(bench.call(fn, ...values)).toEqual(expected);
  });

  it("agrees with JavaScript's calendar over ten thousand years", () => {
    fc.assert(
      fc.property(fc.integer({ min: -62135596800, max: 253402300799 }), (seconds) => {
        const date = new Date(seconds * 1000);
        const at = timestamp(seconds);
        const text = date.toISOString().replace(".000Z", "Z");
        expect(bench.call(Fn.TO_STRING, at)).toEqual(string(text));
        expect(bench.call(Fn.TO_TIMESTAMP, string(text))).toEqual(at);
        expect(bench.call(Fn.GET_DAY_OF_WEEK, at)).toEqual(int(date.getUTCDay()));
        const newYear = Date.UTC(2000, 0, 1) + 0;
        const start = new Date(newYear).setUTCFullYear(date.getUTCFullYear());
        expect(bench.call(Fn.GET_DAY_OF_YEAR, at)).toEqual(int(Math.floor((date.getTime() - start) / 86_400_000)));
      }),
      { numRuns: build === "release" ? 1_000 : 100 },
    );
  });

  it("agrees with JavaScript on strings of any letters", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "ß", "€", "😀"), maxLength: 12 });
    const part = fc.string({ unit: fc.constantFrom("a", "b", "ß", "😀"), minLength: 1, maxLength: 2 });
    fc.assert(
      fc.property(text, part, (whole, piece) => {
        const points = (utf16: number) => (utf16 < 0 ? -1 : [...whole.slice(0, utf16)].length);
        expect(bench.call(Fn.INDEX_OF, string(whole), string(piece))).toEqual(int(points(whole.indexOf(piece))));
        expect(bench.call(Fn.LAST_INDEX_OF, string(whole), string(piece))).toEqual(int(points(whole.lastIndexOf(piece))));
        expect(bench.call(Fn.SPLIT, string(whole), string(piece))).toEqual(strings(...whole.split(piece)));
        expect(bench.call(Fn.REPLACE, string(whole), string(piece), string("-"))).toEqual(string(whole.replaceAll(piece, "-")));
        expect(bench.call(Fn.REVERSE, string(whole))).toEqual(string([...whole].reverse().join("")));
        expect(bench.call(Fn.SIZE, string(whole))).toEqual(int([...whole].length));
      }),
      { numRuns: build === "release" ? 1_000 : 100 },
    );
  });

  it("never traps on random code, and ends", () => {
    const word = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constantFrom(0x4000, 0x4001, 0x8000, 0x8001, 0x8002, 0x8003, 0xc000, 0xffff));
    const op = fc.constantFrom(...Object.values(Op).filter((value): value is Op => typeof value === "number"));
    const line: fc.Arbitrary<Line> = fc.record({
      op,
      dst: fc.integer({ min: 0, max: 5 }),
      a: word,
      b: word,
      imm: fc.integer({ min: 0, max: 36 }),
      cache: fc.integer({ min: 0, max: 9 }),
    });
    const constants = [string("ab"), int(3), list(int(1), string("x"), map([string("ab"), int(1)])), map([string("ab"), list(int(2))])];
    const slots = [map([string("ab"), string("cd")], [int(1), bool(true)]), number(2)];
    let soundCount = 0;
    bench.instance.exports.setContextBudget(2_000, Infinity);
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 12 }), (lines) => {
        const bounded = lines.map((each) =>
          each.op === Op.CALL || each.op === Op.FIELD || each.op === Op.HAS_FIELD || each.op === Op.CHECK_BOOL
            ? each
            : { ...each, imm: (each.imm ?? 0) % (lines.length + 1), cache: (each.cache ?? 0) % (lines.length + 1) },
        );
        const keyed = bounded.map((each) => (each.op === Op.FIELD || each.op === Op.HAS_FIELD ? { ...each, imm: 0 } : each));
        try {
          bench.run(assemble([...keyed, { op: Op.RETURN, a: 0 }], constants, ["ab"], 6), slots);
          soundCount++;
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^kernel\/(bad-program|out-of-memory)$/) });
        }
      }),
      { numRuns: build === "release" ? 20_000 : 4_000 },
    );
    expect(soundCount).toBeGreaterThan(300);
  });
});
