// Values in and out: every value that goes into a slot comes out the same, and no bytes whatever break the kernel.
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { Op, Wire, WIRE_DEPTH_MAX } from "../../../assembly/abi.js";
import { layOutExpressions } from "../../../src/compile/blob.js";
import { decodeExact, encodeExact, encodeValue, type ExactValue } from "../../../src/model/value.js";
import { assemble, BUILDS, Bench, bool, double, int, list, map, nothing, number, slot, string, uint } from "./assembler.js";

const float = fc.double({ noNaN: true }).filter((value) => !Object.is(value, -0) && Number.isFinite(value));
const key = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: "grapheme", maxLength: 12 }).map(string) },
  fc.bigInt({ min: -9n, max: 9n }).map(int),
  fc.boolean().map(bool),
);
const { value: anyValue } = fc.letrec<{ value: ExactValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constant(nothing),
    fc.boolean().map(bool),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(int),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(uint),
    float.map(double),
    float.map(number),
    fc.maxSafeInteger().map(number),
    fc.string({ unit: "grapheme" }).map(string),
    fc.uint8Array().map((bytes) => ({ bytes: Buffer.from(bytes).toString("base64") })),
    fc.array(tie("value"), { maxLength: 8 }).map((values) => list(...values)),
    fc
      .uniqueArray(fc.tuple(key, tie("value")), { selector: ([name]) => JSON.stringify(name), maxLength: 20 })
      .map((pairs) => map(...pairs)),
    fc
      .tuple(fc.integer({ min: -62135596800, max: 253402300799 }), fc.nat(999_999_999))
      .map(([seconds, nanos]) => ({ timestamp: { seconds: String(seconds), nanos } })),
    fc.tuple(fc.integer({ min: 1, max: 9_000_000 }), fc.nat(999_999_999), fc.boolean()).map(([seconds, nanos, isNegative]) => ({
      duration: { seconds: String(isNegative ? -seconds : seconds), nanos: isNegative && nanos !== 0 ? -nanos : nanos },
    })),
    fc.constantFrom("int", "string", "google.protobuf.Timestamp").map((type) => ({ type })),
    fc.option(tie("value")).map((optional) => ({ optional })),
  ),
}));

describe.each(BUILDS)("wire ($build)", ({ build, file }) => {
  let bench: Bench;
  let identity: number;
  let context: number;
  beforeAll(async () => {
    bench = await Bench.open(file);
    const program = bench.kernel.loadProgram(layOutExpressions([assemble([{ op: Op.RETURN, a: slot(0) }])], ["x"]));
    identity = bench.kernel.expression(program, 0);
    context = bench.kernel.createContext(1);
  });
  const pass = (wire: Uint8Array) => {
    bench.kernel.setSlot(context, 0, wire);
    return bench.kernel.wire(bench.kernel.evaluate(identity, context));
  };

  it("gives back every value as it came", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const wire = encodeExact(value);
        const back = pass(wire);
        expect(Buffer.from(back).equals(Buffer.from(wire)) || decodeExact(back)).toEqual(true);
      }),
      { numRuns: build === "release" ? 3_000 : 500 },
    );
  });

  it("says of equal values that they are equal, also through a constant", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const text = JSON.stringify(value);
        if (text.includes("optional") || text.includes("NaN")) return;
        expect(bench.binary(Op.EQ, value, value)).toEqual(bool(true));
      }),
      { numRuns: 300 },
    );
  });

  it("keeps large maps, long keys and repeated shapes", () => {
    const large = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`key${index}`, index]));
    const long = {
      ["k".repeat(200)]: 1,
      b: [
        { x: 1, y: 2 },
        { x: 3, y: 4 },
        { y: 5, x: 6 },
      ],
    };
    for (const value of [large, long, { a: large, b: long, c: {} }]) {
      const wire = encodeValue(value);
      expect(Buffer.from(pass(wire)).equals(Buffer.from(wire))).toBe(true);
    }
  });

  it("refuses repeated keys and keys that are no keys", () => {
    const pair = (first: ExactValue, second: ExactValue) => encodeExact(map([first, int(1)], [second, int(2)]));
    for (const wire of [
      pair(string("a"), string("a")),
      pair(int(1), uint(1)),
      pair(int(1), number(1)),
      pair(string("k".repeat(300)), string("k".repeat(300))),
    ]) {
      expect(() => pass(wire)).toThrow("not a value");
    }
    for (const wrong of [double(1), nothing, list(), number(1.5)])
      expect(() => pass(encodeExact(map([wrong, int(1)])))).toThrow("not a value");
    const many = map(...Array.from({ length: 100 }, (_, index) => [int(index % 99), nothing] as const));
    expect(() => pass(encodeExact(many))).toThrow("not a value");
  });

  it(`reads ${WIRE_DEPTH_MAX} levels and refuses more`, () => {
    const nested = (depth: number) => Uint8Array.from([...Array.from({ length: depth }, () => [Wire.LIST, 1]).flat(), Wire.NULL]);
    expect(pass(nested(WIRE_DEPTH_MAX))).toEqual(nested(WIRE_DEPTH_MAX));
    expect(() => pass(nested(WIRE_DEPTH_MAX + 1))).toThrow("not a value");
    expect(() => pass(nested(100_000))).toThrow("not a value");
  });

  it("refuses text that is not UTF-8", () => {
    for (const bytes of [
      [0x80],
      [0xc0, 0x80],
      [0xc1, 0xbf],
      [0xe0, 0x80, 0x80],
      [0xed, 0xa0, 0x80],
      [0xf0, 0x80, 0x80, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0xf5, 0x80, 0x80, 0x80],
      [0xc3],
      [0xe2, 0x82],
      [0xf0, 0x9f, 0x98],
      [0x61, 0xff, 0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0x61],
    ]) {
      expect(() => pass(Uint8Array.from([Wire.STRING, bytes.length, ...bytes]))).toThrow("not a value");
      expect(pass(Uint8Array.from([Wire.BYTES, bytes.length, ...bytes])).length).toBe(bytes.length + 2);
    }
  });

  it("refuses lengths and counts beyond the bytes that follow", () => {
    for (const wire of [
      [],
      [99],
      [Wire.NUMBER, 1, 2],
      [Wire.STRING, 5, 97],
      [Wire.LIST, 0xff, 0xff, 0xff, 0xff, 0x0f],
      [Wire.MAP, 2, 8, 1, 97, 0],
      [Wire.STRING, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
      [Wire.LIST, 1, Wire.ABSENT],
      [Wire.NULL, Wire.NULL],
      [Wire.SMALL_NUMBER, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    ]) {
      expect(() => pass(Uint8Array.from(wire))).toThrow("not a value");
    }
  });

  it("survives any bytes, and any damage to good ones", () => {
    const survive = (wire: Uint8Array) => {
      if (wire[0] === Wire.ABSENT) return;
      try {
        pass(wire);
      } catch (error) {
        expect(error).toMatchObject({ code: "value/malformed" });
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), survive), { numRuns: 3_000 });
    fc.assert(
      fc.property(anyValue, fc.nat(), fc.integer({ min: 0, max: 255 }), (value, at, byte) => {
        const wire = encodeExact(value);
        wire[at % wire.length] = byte;
        survive(wire);
      }),
      { numRuns: 2_000 },
    );
  });

  if (build === "release") {
    it("goes on with hashed maps when keys and shapes have reached their limits", async () => {
      const fresh = await Bench.open(file);
      const { kernel } = fresh;
      const program = kernel.loadProgram(layOutExpressions([assemble([{ op: Op.RETURN, a: slot(0) }])], ["x"]));
      const home = kernel.createContext(1);
      const echo = (value: unknown) => {
        const wire = encodeValue(value);
        kernel.setSlot(home, 0, wire);
        expect(Buffer.from(kernel.wire(kernel.evaluate(kernel.expression(program, 0), home))).equals(Buffer.from(wire))).toBe(true);
      };
      // SHAPE_COUNT_MAX is 16,384, KEY_COUNT_FROM_VALUES_MAX 49,152.
      for (let i = 0; i < 17_000; i++) echo({ [`a${i % 150}`]: 1, [`b${Math.floor(i / 150)}`]: 2 });
      for (let i = 0; i < 1_000; i++) echo(Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`key${i}_${index}`, index])));
      const size = kernel.sizeBytes;
      for (let i = 0; i < 1_000; i++) echo({ [`new${i}`]: { [`newer${i}`]: i } });
      expect(kernel.sizeBytes).toBe(size);
      // Programs still find room for their own names, and fields of hashed maps are found.
      const field = assemble(
        [
          { op: Op.FIELD, dst: 0, a: slot(0), imm: 0 },
          { op: Op.RETURN, a: 0 },
        ],
        [],
        ["new7"],
      );
      expect(fresh.run(field, [map([string("new7"), int(7)])])).toEqual(int(7));
    });
  }

  it("stays flat while a slot is written again and again", () => {
    const wire = encodeValue({ items: Array.from({ length: 200 }, (_, index) => ({ name: `item ${index}`, count: index })) });
    for (let i = 0; i < 50; i++) pass(wire);
    const size = bench.kernel.sizeBytes;
    for (let i = 0; i < 2_000; i++) pass(wire);
    expect(bench.kernel.sizeBytes).toBe(size);
  });
});
