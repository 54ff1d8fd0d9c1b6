// What is written is what is read, in the bytes that the form says.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteReader, ByteWriter } from "../../../src/base/bytes.js";

const text = fc.oneof(fc.string({ maxLength: 200 }), fc.string({ unit: "grapheme", maxLength: 140 }), fc.string({ unit: "binary", maxLength: 140 }), fc.constantFrom(126, 127, 128, 129).map((length) => "x".repeat(length)));

describe("texts", () => {
  test("are their size and UTF-8, whatever their letters are, wherever they begin", () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 8 }), (texts) => {
        const writer = new ByteWriter(16);
        const expected: number[] = [];
        for (const one of texts) {
          const encoded = new TextEncoder().encode(one);
          const size = new ByteWriter();
          size.varint(encoded.length);
          expected.push(...size.take(), ...encoded);
          writer.text(one);
        }
        expect([...writer.view()]).toEqual(expected);
        const reader = new ByteReader(writer.take());
        for (const one of texts) expect(reader.text()).toBe(one.replace(/\p{Surrogate}/gu, "\uFFFD"));
        expect(reader.isAtEnd).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe("whole numbers", () => {
  test("take seven bits a byte, and come back", () => {
    const sizeOf = (value: number): number => {
      const writer = new ByteWriter();
      writer.varint(value);
      return writer.size;
    };
    expect([0, 127, 128, 16_383, 16_384, 2 ** 31 - 1, 2 ** 31, 2 ** 49, Number.MAX_SAFE_INTEGER].map(sizeOf)).toEqual([1, 1, 2, 2, 3, 5, 5, 8, 8]);
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(300), fc.maxSafeNat()), { maxLength: 40 }), (values) => {
        const writer = new ByteWriter(16);
        for (const value of values) writer.varint(value);
        const reader = new ByteReader(writer.take());
        for (const value of values) expect(reader.varint()).toBe(value);
        expect(reader.isAtEnd).toBe(true);
      }),
    );
  });
});
