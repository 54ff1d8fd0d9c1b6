// Operators: arithmetic with its overflows, comparison across types, and comparisons fused with a jump.
import { beforeAll, describe, expect, it } from "vitest";
import { ExpressionError, Op } from "../../../assembly/abi.js";
import type { ExactValue } from "../../../src/model/value.js";
import {
  assemble,
  BUILDS,
  Bench,
  bool,
  constant,
  double,
  int,
  type Line,
  list,
  map,
  nothing,
  number,
  slot,
  string,
  uint,
} from "./assembler.js";

const E = ExpressionError;
const fails = (error: ExpressionError) => expect.objectContaining({ error });
const INT_MAX = 2n ** 63n - 1n;
const INT_MIN = -(2n ** 63n);
const UINT_MAX = 2n ** 64n - 1n;
const duration = (seconds: number, nanos = 0): ExactValue => ({ duration: { seconds: String(seconds), nanos } });
const timestamp = (seconds: number, nanos = 0): ExactValue => ({ timestamp: { seconds: String(seconds), nanos } });

describe.each(BUILDS)("operators ($build)", ({ file }) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await Bench.open(file);
  });
  const run = (
    lines: readonly Line[],
    constants: readonly ExactValue[] = [],
    slots: readonly (ExactValue | undefined)[] = [],
    keys: readonly string[] = [],
  ) => bench.run(assemble(lines, constants, keys), slots);

  describe("arithmetic", () => {
    const table: [Op, ExactValue, ExactValue, unknown][] = [
      [Op.ADD, int(1), int(2), int(3)],
      [Op.ADD, int(INT_MAX), int(1), fails(E.INT_OVERFLOW)],
      [Op.ADD, int(INT_MIN), int(-1), fails(E.INT_OVERFLOW)],
      [Op.ADD, int(INT_MAX), int(INT_MIN), int(-1)],
      [Op.ADD, int(2 ** 53), int(2 ** 53), int(2 ** 54)],
      [Op.SUB, int(INT_MIN), int(1), fails(E.INT_OVERFLOW)],
      [Op.SUB, int(0), int(INT_MIN), fails(E.INT_OVERFLOW)],
      [Op.SUB, int(-1), int(INT_MIN), int(INT_MAX)],
      [Op.MUL, int(3_000_000_000), int(3_000_000_000), int(9_000_000_000_000_000_000n)],
      [Op.MUL, int(4_000_000_000), int(4_000_000_000), fails(E.INT_OVERFLOW)],
      [Op.MUL, int(INT_MIN), int(-1), fails(E.INT_OVERFLOW)],
      [Op.MUL, int(-1), int(INT_MIN), fails(E.INT_OVERFLOW)],
      [Op.MUL, int(INT_MIN), int(1), int(INT_MIN)],
      [Op.MUL, int(-7), int(6), int(-42)],
      [Op.DIV, int(7), int(-2), int(-3)],
      [Op.DIV, int(7), int(0), fails(E.DIVIDE_BY_ZERO)],
      [Op.DIV, int(INT_MIN), int(-1), fails(E.INT_OVERFLOW)],
      [Op.MOD, int(-7), int(3), int(-1)],
      [Op.MOD, int(7), int(0), fails(E.MODULUS_BY_ZERO)],
      [Op.MOD, int(INT_MIN), int(-1), fails(E.INT_OVERFLOW)],
      [Op.ADD, uint(UINT_MAX), uint(1), fails(E.UINT_OVERFLOW)],
      [Op.SUB, uint(1), uint(2), fails(E.UINT_OVERFLOW)],
      [Op.MUL, uint(2n ** 33n), uint(2n ** 31n), fails(E.UINT_OVERFLOW)],
      [Op.MUL, uint(2n ** 32n), uint(2n ** 31n), uint(2n ** 63n)],
      [Op.DIV, uint(UINT_MAX), uint(2), uint(2n ** 63n - 1n)],
      [Op.DIV, uint(1), uint(0), fails(E.DIVIDE_BY_ZERO)],
      [Op.MOD, uint(UINT_MAX), uint(10), uint(5)],
      [Op.ADD, int(1), uint(1), fails(E.NO_SUCH_OVERLOAD)],
      [Op.ADD, int(1), double(1), fails(E.NO_SUCH_OVERLOAD)],
      [Op.ADD, double(0.1), double(0.2), double(0.1 + 0.2)],
      [Op.DIV, double(1), double(0), double(Infinity)],
      [Op.DIV, double(0), double(0), double(NaN)],
      [Op.MOD, double(1), double(1), fails(E.NO_SUCH_OVERLOAD)],
      // JSON numbers adapt.
      [Op.ADD, number(1), int(2), number(3)],
      [Op.ADD, int(2), number(1.5), number(3.5)],
      [Op.SUB, number(1), uint(2), number(-1)],
      [Op.MUL, number(2), double(1.5), double(3)],
      [Op.ADD, number(2 ** 53), number(1), number(2 ** 53)],
      [Op.DIV, number(7), int(2), number(3.5)],
      [Op.DIV, int(7), number(2), number(3.5)],
      [Op.DIV, number(1), int(0), number(Infinity)],
      [Op.DIV, number(1), double(4), double(0.25)],
      [Op.MOD, number(7), int(4), number(3)],
      [Op.MOD, int(-7), number(4), number(-3)],
      [Op.MOD, int(2n ** 53n + 1n), number(2), number(1)],
      [Op.MOD, int(INT_MIN), number(-1), number(0)],
      [Op.MOD, number(-7), uint(2), number(-1)],
      [Op.MOD, uint(UINT_MAX), number(2), fails(E.NO_SUCH_OVERLOAD)],
      [Op.MOD, number(7.5), int(2), fails(E.NO_SUCH_OVERLOAD)],
      [Op.MOD, number(7), number(0), fails(E.MODULUS_BY_ZERO)],
      [Op.ADD, number(1), string("a"), fails(E.NO_SUCH_OVERLOAD)],
      // Texts, lists and times.
      [Op.ADD, string("a"), string("ö"), string("aö")],
      [Op.ADD, string(""), string("b"), string("b")],
      [Op.ADD, { bytes: "AQ==" }, { bytes: "Ag==" }, { bytes: "AQI=" }],
      [Op.ADD, list(int(1)), list(string("x")), list(int(1), string("x"))],
      [Op.SUB, string("a"), string("b"), fails(E.NO_SUCH_OVERLOAD)],
      [Op.ADD, timestamp(10), duration(5, 1), timestamp(15, 1)],
      [Op.ADD, duration(-1, -1), timestamp(10), timestamp(8, 999_999_999)],
      [Op.SUB, timestamp(10), timestamp(12, 5), duration(-2, -5)],
      [Op.SUB, duration(1), duration(0, 1), duration(0, 999_999_999)],
      [Op.ADD, timestamp(253402300799), duration(1), fails(E.TIMESTAMP_RANGE)],
      [Op.SUB, timestamp(253402300799), timestamp(-62135596800), fails(E.DURATION_RANGE)],
      [Op.ADD, duration(9_000_000_000), duration(9_000_000_000), fails(E.DURATION_RANGE)],
      [Op.ADD, nothing, nothing, fails(E.NO_SUCH_OVERLOAD)],
    ];
    it.each(table)("op %i of %j and %j", (op, a, b, expected) => {
      expect(bench.binary(op, a, b)).toEqual(expected);
    });

    it("negates", () => {
      expect(bench.unary(Op.NEGATE, int(5))).toEqual(int(-5));
      expect(bench.unary(Op.NEGATE, int(INT_MIN))).toEqual(fails(E.INT_OVERFLOW));
      expect(bench.unary(Op.NEGATE, double(0))).toEqual(double(-0));
      expect(bench.unary(Op.NEGATE, uint(1))).toEqual(fails(E.NO_SUCH_OVERLOAD));
      expect(bench.unary(Op.NEGATE, number(2))).toEqual(number(-2));
    });

    it("names an absent slot, and keeps the instruction of the first error", () => {
      expect(bench.binary(Op.ADD, undefined, int(1))).toEqual({ error: E.UNKNOWN_VARIABLE, instruction: 0, detail: "" });
      const lines = [
        { op: Op.MOVE, dst: 0, a: slot(0) },
        { op: Op.DIV, dst: 1, a: 0, b: constant(0) },
        { op: Op.ADD, dst: 2, a: 1, b: slot(0) },
        { op: Op.RETURN, a: 2 },
      ];
      expect(run(lines, [int(0)], [int(5)])).toMatchObject({ error: E.DIVIDE_BY_ZERO, instruction: 1 });
    });
  });

  describe("comparison", () => {
    // In rising order; those of one row are equal.
    const rows: ExactValue[][] = [
      [double(-Infinity), number(-Infinity)],
      [int(INT_MIN), double(-(2 ** 63))],
      [int(-1), number(-1), double(-1)],
      [int(0), uint(0), number(0), double(-0)],
      [double(0.5), number(0.5)],
      [int(1), uint(1), number(1)],
      [int(2n ** 53n), uint(2n ** 53n), double(2 ** 53)],
      [int(2n ** 54n), uint(2n ** 54n), number(2 ** 54)],
      [uint(2n ** 63n), double(2 ** 63), number(2 ** 63)],
      [double(2 ** 65), number(2 ** 65)],
      [number(Infinity)],
    ];
    it("orders ints and uints exactly, and both beside a float as the nearest double", () => {
      expect(bench.binary(Op.LT, int(INT_MAX), uint(2n ** 63n))).toEqual(bool(true));
      expect(bench.binary(Op.LT, int(INT_MAX), double(2 ** 63))).toEqual(bool(false));
      expect(bench.binary(Op.EQ, int(INT_MAX), double(2 ** 63))).toEqual(bool(true));
      expect(bench.binary(Op.EQ, int(2n ** 53n + 1n), number(2 ** 53))).toEqual(bool(true));
      expect(bench.binary(Op.EQ, uint(UINT_MAX), double(2 ** 64))).toEqual(bool(true));
      expect(bench.binary(Op.IN, double(2 ** 53), map([int(2n ** 53n + 1n), nothing]))).toEqual(bool(false));
    });

    it("orders numbers of all types", () => {
      rows.forEach((row, i) => {
        rows.forEach((other, j) => {
          for (const a of row) {
            for (const b of other) {
              const answers = [Op.EQ, Op.NE, Op.LT, Op.LE, Op.GT, Op.GE].map((op) => bench.binary(op, a, b));
              expect([a, b, answers]).toEqual([a, b, [i === j, i !== j, i < j, i <= j, i > j, i >= j].map(bool)]);
            }
          }
        });
      });
    });

    it("knows that NaN is neither equal nor ordered", () => {
      for (const other of [double(NaN), number(NaN), int(1), uint(1), double(1)]) {
        const answers = [Op.EQ, Op.NE, Op.LT, Op.LE, Op.GT, Op.GE].map((op) => bench.binary(op, double(NaN), other));
        expect(answers).toEqual([false, true, false, false, false, false].map(bool));
        const others = [Op.EQ, Op.NE, Op.LT, Op.LE, Op.GT, Op.GE].map((op) => bench.binary(op, other, number(NaN)));
        expect(others).toEqual([false, true, false, false, false, false].map(bool));
      }
      expect(bench.binary(Op.EQ, list(double(NaN)), list(double(NaN)))).toEqual(bool(false));
    });

    const pairs: [ExactValue, ExactValue, boolean][] = [
      [string("a"), string("a"), true],
      [string("a"), string("b"), false],
      [string("1"), int(1), false],
      [nothing, nothing, true],
      [nothing, int(0), false],
      [bool(true), bool(true), true],
      [list(int(1), string("x")), list(number(1), string("x")), true],
      [list(int(1)), list(int(1), int(2)), false],
      [map([string("a"), int(1)], [string("b"), int(2)]), map([string("b"), uint(2)], [string("a"), double(1)]), true],
      [map([int(1), string("x")]), map([uint(1), string("x")]), true],
      [map([string("a"), int(1)]), map([string("a"), int(2)]), false],
      [map([string("a"), int(1)]), map([string("b"), int(1)]), false],
      [{ type: "int" }, { type: "int" }, true],
      [timestamp(1, 5), timestamp(1, 5), true],
      [duration(1), duration(1, 1), false],
      [{ optional: int(1) }, { optional: number(1) }, true],
      [{ optional: null }, { optional: int(1) }, false],
    ];
    it.each(pairs)("%j == %j is %s", (a, b, expected) => {
      expect(bench.binary(Op.EQ, a, b)).toEqual(bool(expected));
      expect(bench.binary(Op.NE, a, b)).toEqual(bool(!expected));
      expect(bench.binary(Op.EQ, b, a)).toEqual(bool(expected));
    });

    it("orders texts, bools and times, and refuses the rest", () => {
      const less: [ExactValue, ExactValue][] = [
        [string("a"), string("ab")],
        [string("ab"), string("b")],
        [string("z"), string("ö")],
        [string("\uffff"), string("😀")],
        [bool(false), bool(true)],
        [{ bytes: "AA==" }, { bytes: "/w==" }],
        [timestamp(1), timestamp(1, 1)],
        [duration(-1), duration(0)],
        [duration(0, -5), duration(0, 5)],
      ];
      for (const [a, b] of less)
        expect([Op.LT, Op.LE, Op.GT, Op.GE].map((op) => bench.binary(op, a, b))).toEqual([true, true, false, false].map(bool));
      for (const [a, b] of [
        [string("a"), int(1)],
        [list(), list()],
        [map(), map()],
        [nothing, nothing],
        [{ type: "int" }, { type: "int" }],
      ] as const) {
        expect(bench.binary(Op.LT, a, b)).toEqual(fails(E.NO_SUCH_OVERLOAD));
      }
      expect(bench.binary(Op.EQ, undefined, int(1))).toEqual(fails(E.UNKNOWN_VARIABLE));
    });

    it("jumps when fused with a branch", () => {
      const fused = (op: Op, a: ExactValue, b: ExactValue) => {
        const lines = [
          { op, dst: 0, a: slot(0), b: slot(1), imm: 2 },
          { op: Op.MOVE, dst: 0, a: constant(0) },
          { op: Op.RETURN, a: 0 },
        ];
        return run(lines, [string("fell through")], [a, b]);
      };
      const fell = string("fell through");
      expect(fused(Op.LT_JUMP_FALSE, int(1), int(2))).toEqual(fell);
      expect(fused(Op.LT_JUMP_FALSE, int(2), int(1))).toEqual(bool(false));
      expect(fused(Op.LT_JUMP_TRUE, int(1), int(2))).toEqual(bool(true));
      expect(fused(Op.LT_JUMP_TRUE, int(2), int(1))).toEqual(fell);
      expect(fused(Op.NE_JUMP_FALSE, string("a"), string("a"))).toEqual(bool(false));
      expect(fused(Op.EQ_JUMP_TRUE, string("a"), string("a"))).toEqual(bool(true));
      expect(fused(Op.GE_JUMP_FALSE, string("a"), int(1))).toEqual(fell);
    });
  });
});
