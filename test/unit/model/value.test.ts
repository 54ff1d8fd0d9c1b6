import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WIRE_DEPTH_MAX, Wire } from "../../../assembly/abi.js";
import { WorkflowError } from "../../../src/model/errors.js";
import { decodeExact, decodeValue, encodeExact, encodeValue, type ExactValue, ValueReader, ValueWriter } from "../../../src/model/value.js";

const text = fc.string({ unit: "binary" });
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.double(),
    fc.maxSafeInteger(),
    text,
    fc.uint8Array(),
    fc.date({ noInvalidDate: true, min: new Date("0001-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59.999Z") }),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(text, tie("value"), { maxKeys: 5 }),
  ),
})).value;

function failure(act: () => unknown): WorkflowError {
  try {
    act();
  } catch (error) {
    if (error instanceof WorkflowError) return error;
    throw error;
  }
  throw new Error("no error was thrown");
}

describe("JavaScript values in wire form", () => {
  test("come back as they went in", () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(normalize(decodeValue(encodeValue(value)))).toEqual(normalize(value));
      }),
    );
  });

  test("integers keep every digit", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), (value) => {
        expect(BigInt(decodeValue(encodeValue(value)) as bigint)).toBe(value);
      }),
    );
  });

  test.each([0, 1, -1, 63, 64, -64, -65, 2 ** 31, -(2 ** 31), 2 ** 53 - 1, -(2 ** 53 - 1)])("small number %d", (value) => {
    const bytes = encodeValue(value);
    expect(bytes[0]).toBe(Wire.SMALL_NUMBER);
    expect(decodeValue(bytes)).toBe(value);
  });

  test("minus zero, NaN and fractions are numbers", () => {
    for (const value of [-0, Number.NaN, 1.5, Number.POSITIVE_INFINITY, 2 ** 53]) {
      const bytes = encodeValue(value);
      expect(bytes[0]).toBe(Wire.NUMBER);
      expect(Object.is(decodeValue(bytes), value)).toBe(true);
    }
  });

  test("bigints are int, above 2^63-1 uint", () => {
    expect(decodeExact(encodeValue(5n))).toEqual({ int: "5" });
    expect(decodeExact(encodeValue(2n ** 63n))).toEqual({ uint: "9223372036854775808" });
    expect(decodeValue(encodeValue(2n ** 63n))).toBe(2n ** 63n);
  });

  test("strict numbers are doubles", () => {
    const writer = new ValueWriter({ isStrict: true });
    writer.writeValue(3);
    expect(decodeExact(writer.take())).toEqual({ double: 3 });
  });

  test("undefined is absent in objects, null elsewhere", () => {
    expect(decodeValue(encodeValue({ a: undefined, b: [undefined] }))).toEqual({ b: [null] });
    expect(decodeValue(encodeValue(undefined))).toBe(null);
  });

  test("maps may have keys that are not strings", () => {
    const map = new Map<unknown, unknown>([
      ["a", 1],
      [2, "two"],
      [true, null],
    ]);
    expect(decodeValue(encodeValue(map))).toEqual(
      new Map<unknown, unknown>([
        ["a", 1],
        [2, "two"],
        [true, null],
      ]),
    );
    expect(decodeValue(encodeValue(new Map([["a", 1]])))).toEqual({ a: 1 });
  });

  test("__proto__ is a key like any other", () => {
    const bytes = encodeValue(JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}'));
    const back = decodeValue(bytes) as Record<string, unknown>;
    expect(Object.keys(back)).toEqual(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect("polluted" in back).toBe(false);
  });

  test("dates before 1970 keep their milliseconds", () => {
    expect(decodeExact(encodeValue(new Date(-1)))).toEqual({ timestamp: { seconds: "-1", nanos: 999_000_000 } });
  });

  test("long text", () => {
    for (const length of [42, 43, 127, 128, 5461, 5462, 16383, 16384, 100_000]) {
      for (const unit of ["x", "é", "漢", "😀"]) {
        const value = unit.repeat(length);
        expect(decodeValue(encodeValue(value))).toBe(value);
      }
    }
  });
});

describe("values without a wire form", () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = [cycle];
  let deep: unknown = 1;
  for (let level = 0; level <= WIRE_DEPTH_MAX; level += 1) deep = [deep];
  test.each([
    ["a function", { a: [1, () => 1] }, "input.a[1]"],
    ["a symbol", { "b c": Symbol("s") }, 'input["b c"]'],
    ["a lone surrogate", ["\ud800x"], "input[0]"],
    ["a lone surrogate in a long text", `${"x".repeat(50)}\udc00`, "input"],
    ["a lone surrogate in a key", { "\ud800": 1 }, 'input["\\ud800"]'],
    ["a cycle", cycle, "input.self[0]"],
    ["an invalid date", { at: new Date(Number.NaN) }, "input.at"],
    ["a date before the year 1", { at: new Date(-8.64e15) }, "input.at"],
    ["a date after the year 9999", [new Date("+010000-01-01T00:00:00Z")], "input[0]"],
    ["a key that stands there twice", { m: new Map<unknown, unknown>([[1, "a"], [1n, "b"]]) }, "input.m"],
    ["a getter that throws", { get a() { throw new Error("no"); } }, "input"],
    ["a proxy that throws", new Proxy({}, { ownKeys() { throw new Error("no"); } }), "input"],
    ["a large integer", [2n ** 64n], "input[0]"],
    ["a small integer", [-(2n ** 63n) - 1n], "input[0]"],
    ["a set", new Set([1]), "input"],
    ["an error", { e: new Error("x") }, "input.e"],
    ["a key of another type", new Map([[1.5, 1]]), "input"],
    ["a deep value", deep, `input${"[0]".repeat(WIRE_DEPTH_MAX)}`],
  ])("%s is refused with its path", (_name, value, path) => {
    const error = failure(() => encodeValue(value, "input"));
    expect(error.code).toBe("value/unsupported");
    expect(error.details.path).toBe(path);
  });

  test("a list with more holes than a value may have bytes is refused at once", () => {
    const holes: unknown[] = [];
    holes.length = 4_000_000_000;
    expect(failure(() => encodeValue(holes)).code).toBe("value/too-large");
  });

  test("a writer takes back what it began", () => {
    const writer = new ValueWriter();
    writer.writeValue(1);
    const { size } = writer;
    expect(() => writer.writeValue([1, 2, () => 3])).toThrow(WorkflowError);
    expect(writer.size).toBe(size);
  });

  test("variables stand in a map one level above the deepest value", () => {
    let value: unknown = 1;
    for (let level = 0; level < WIRE_DEPTH_MAX; level += 1) value = [value];
    const bytes = Uint8Array.from([Wire.MAP, 1, ...encodeValue("a"), ...encodeValue(value)]);
    expect(decodeValue(bytes)).toEqual({ a: value });
  });

  test("the deepest permitted value passes", () => {
    let value: unknown = 1;
    for (let level = 0; level < WIRE_DEPTH_MAX; level += 1) value = [value];
    expect(decodeValue(encodeValue(value))).toEqual(value);
  });
});

describe("exact values", () => {
  test.each<ExactValue>([
    { null: true },
    { int: "-9223372036854775808" },
    { uint: "18446744073709551615" },
    { double: "NaN" },
    { double: "-0" },
    { string: "é" },
    { bytes: "AP8=" },
    { list: [{ bool: true }] },
    { map: [[{ int: "1" }, { string: "a" }]] },
    { timestamp: { seconds: "1234567890", nanos: 5 } },
    { duration: { seconds: "-3", nanos: -500_000_000 } },
    { type: "int" },
    { optional: null },
    { optional: { int: "1" } },
  ])("%j", (value) => {
    expect(decodeExact(encodeExact(value))).toEqual(value);
  });

  test("durations read as text", () => {
    const spell = (seconds: string, nanos: number) => decodeValue(encodeExact({ duration: { seconds, nanos } }));
    expect([spell("3600", 0), spell("1", 500_000_000), spell("0", -1), spell("-2", -250_000_000)]).toEqual([
      "3600s",
      "1.5s",
      "-0.000000001s",
      "-2.25s",
    ]);
  });
});

describe("malformed bytes", () => {
  test("never crash or hang", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        for (const decode of [decodeValue, decodeExact]) {
          try {
            decode(bytes);
          } catch (error) {
            expect((error as WorkflowError).code).toBe("value/malformed");
          }
        }
      }),
    );
  });

  test("every truncation is found", () => {
    const bytes = encodeValue({ a: [1, 2.5, "text", new Date(0)], b: { c: new Uint8Array(3) } });
    for (let size = 0; size < bytes.length; size += 1) {
      expect(failure(() => decodeValue(bytes.subarray(0, size))).code).toBe("value/malformed");
    }
  });

  test("too deep", () => {
    const bytes = new Uint8Array((WIRE_DEPTH_MAX + 2) * 2 + 1);
    for (let level = 0; level <= WIRE_DEPTH_MAX + 1; level += 1) bytes.set([Wire.LIST, 1], level * 2);
    expect(failure(() => decodeValue(bytes)).code).toBe("value/malformed");
    expect(failure(() => decodeExact(bytes)).code).toBe("value/malformed");
  });

  test("a reader reads value after value", () => {
    const writer = new ValueWriter();
    writer.writeValue("a");
    writer.writeValue([1]);
    const reader = new ValueReader(writer.take());
    expect([reader.readValue(), reader.readValue(), reader.isAtEnd]).toEqual(["a", [1], true]);
  });
});

/** JSON numbers in wire form do not keep prototypes; typed arrays compare by content. */
function normalize(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normalize);
  if (value instanceof Uint8Array) return [...value];
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "object" && value !== null) return Object.entries(value).map(([key, item]) => [key, normalize(item)]);
  return Object.is(value, -0) ? "-0" : value;
}
