// Number text against V8, both ways: known hard cases and random doubles.
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { ExpressionError, Fn, Op } from "../../../assembly/abi.js";
import { layOutExpressions } from "../../../src/compile/blob.js";
import { encodeValue } from "../../../src/model/value.js";
import { Chance } from "../../fuzz/chance.js";
import { HARD_TEXTS as LITERATURE, middleAbove, NumberProof } from "../../fuzz/numbers.js";
import { FUZZ_TEST_SEED } from "../../fuzz/seed.js";
import { assemble, BUILDS, Bench, double, int, slot, string, uint } from "./assembler.js";

const HARD = [
  0,
  1,
  10,
  0.1,
  0.3,
  1 / 3,
  2 / 3,
  100,
  123.456,
  1e21,
  1e20,
  123456789012345680000,
  1e-6,
  1e-7,
  1.5e-7,
  1.7976931348623157e308,
  5e-324,
  2.2250738585072014e-308,
  2.225073858507201e-308,
  9007199254740993,
  9007199254740992,
  4.35,
  0.000001,
  1.2345e-5,
  4503599627370495.5,
  2 ** 62,
  2 ** 63,
  2 ** 64,
  5e-323,
  1.5e300,
  8.41e21,
  9.5367431640625e-7,
  2.98023223876953125e-8,
  1.0000000000000002,
  0.9999999999999999,
  4.4501477170144023e-308,
  1e22,
  1e23,
  8.988465674311579e307,
  6.631236846766476e-316,
  3.237883913302901e-319,
];
const HARD_TEXTS = [
  "0.1",
  "1e400",
  "-1e400",
  "1e-400",
  "2.2250738585072011e-308",
  "2.2250738585072012e-308",
  "9007199254740993",
  "9007199254740993.00000000000000000000000000000000000001",
  "9007199254740992.99999999999999999999999",
  "1.7976931348623158e308",
  "1.7976931348623159e308",
  "2.4703282292062327208e-324",
  "2.4703282292062328e-324",
  "4.9406564584124654e-324",
  "0.5e-324",
  "00000000000000000000000000000000001.5",
  "1e0000000000000000003",
  ".5",
  "5.",
  "+5",
  "179769313486231580793728971405301e276",
  "6929495644600919.5",
  "3.7455744005952583e15",
  "8.50e-1",
  "1.00000000000000011102230246251565404236316680908203125",
  "1.00000000000000011102230246251565404236316680908203124",
  "1.00000000000000011102230246251565404236316680908203126",
  `0.${"0".repeat(400)}1e401`,
  `${"9".repeat(400)}e-200`,
  `1${"0".repeat(308)}`,
  `${"123456789".repeat(80)}e-700`,
  "7.4109846876186981626485318930233205854758970392148714663837852375101326090531312779794975454245398856969484704316857659638998506553390969459816219401617281718945106978546710679176872575177347315553307795408549809608457500958111373034747658096871009590975442271004757307809711118935784838675653998783503015228055934046593739791790738723868299395818481660169122019456499931289798411362062484498678713572180352209017023903285791732520220528974020802906854021606612375549983402671300035812486479041385743401875520901590172592547146296175134159774938718574737870961645638908718119841271673056017045493004705269590165763776884908267986972573366521765567941072508764337560846003984904972149117463085539556354188641513168478436313080237596295773983001708984375e-324",
];

describe.each(BUILDS)("number text ($build)", ({ build, file }) => {
  let bench: Bench;
  let print: (value: number) => unknown;
  let read: (text: string) => unknown;
  beforeAll(async () => {
    bench = await Bench.open(file);
    const { kernel } = bench;
    const call = (imm: number) =>
      assemble([
        { op: Op.MOVE, dst: 0, a: slot(0) },
        { op: Op.CALL, dst: 1, a: 0, b: 1, imm },
        { op: Op.RETURN, a: 1 },
      ]);
    const program = kernel.loadProgram(layOutExpressions([call(Fn.TO_STRING), call(Fn.TO_DOUBLE)], ["x"]));
    const context = kernel.createContext(1);
    const toText = kernel.expression(program, 0);
    const toDouble = kernel.expression(program, 1);
    print = (value) => {
      kernel.setNumber(context, 0, value);
      return kernel.value(kernel.evaluate(toText, context));
    };
    read = (text) => {
      kernel.setSlot(context, 0, encodeValue(text));
      const cell = kernel.evaluate(toDouble, context);
      return kernel.error(cell)?.error ?? kernel.value(cell);
    };
  });

  it("prints hard doubles as JavaScript does", () => {
    for (const value of HARD) {
      expect(print(value)).toBe(String(value));
      expect(print(-value)).toBe(String(-value));
    }
    for (const value of [NaN, Infinity, -Infinity, -0]) expect(print(value)).toBe(String(value));
  });

  it("reads hard texts as JavaScript does", () => {
    for (const text of HARD_TEXTS) expect([text, read(text)]).toEqual([text, Number(text)]);
    for (const text of HARD_TEXTS)
      expect([text, read(`-${text.replace(/^[+-]/, "")}`)]).toEqual([text, Number(`-${text.replace(/^[+-]/, "")}`)]);
  });

  it("reads NaN and infinities, and refuses what is not a number", () => {
    expect(read("NaN")).toBeNaN();
    expect(read("Infinity")).toBe(Infinity);
    expect(read("-inf")).toBe(-Infinity);
    for (const text of ["", " 1", "1 ", "1e", "e1", ".", "-", "1.2.3", "0x10", "1_000", "1e+", "infinit", "--1"]) {
      expect([text, read(text)]).toEqual([text, ExpressionError.INVALID_CONVERSION]);
    }
  });

  it("prints and reads random doubles exactly", () => {
    const count = build === "release" ? 150_000 : 5_000;
    const bits = new BigUint64Array(1);
    const float = new Float64Array(bits.buffer);
    let state = 0x9e3779b97f4a7c15n;
    for (let i = 0; i < count; i++) {
      state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
      bits[0] = state ^ (state >> 29n);
      // Every second one of a size that people write.
      const value = i % 2 === 0 ? (float[0] as number) : Number((((float[0] as number) % 1e6) * 10 ** (i % 9)).toPrecision(1 + (i % 17)));
      if (Number.isNaN(value)) continue;
      const text = String(value);
      if (print(value) !== text) expect(print(value)).toBe(text);
      if (!Object.is(read(text), value) && value !== 0) expect([text, read(text)]).toEqual([text, value]);
    }
  });

  it("reads random decimal texts as JavaScript does", () => {
    const digits = fc.stringMatching(/^[0-9]{1,40}$/);
    fc.assert(
      fc.property(digits, digits, fc.integer({ min: -345, max: 330 }), (whole, fraction, exponent) => {
        const text = `${whole}.${fraction}e${exponent}`;
        expect(read(text)).toBe(Number(text));
      }),
      { numRuns: build === "release" ? 20_000 : 1_000 },
    );
  });

  it("is exact for doubles at which conversions go wrong, and at the middles between two", async () => {
    const proof = await NumberProof.open(file);
    for (const text of LITERATURE) expect(proof.faultOfText(text) ?? proof.faultOf(Number(text))).toBeUndefined();
    expect([Number(middleAbove(1)), Number(middleAbove(1 + Number.EPSILON))]).toEqual([1, 1 + 2 * Number.EPSILON]);
    const chance = new Chance(FUZZ_TEST_SEED);
    for (let count = build === "release" ? 100_000 : 5_000; count > 0; count -= 1) {
      const fault = proof.step(chance);
      if (fault !== undefined) expect(fault).toBeUndefined();
    }
  });

  it("reads texts halfway between two doubles to the even one", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n }), (value) => {
        const text = String(value);
        expect(read(text)).toBe(Number(text));
        expect(read(`${text}.5`)).toBe(Number(`${text}.5`));
      }),
      { numRuns: 2_000 },
    );
  });

  it("prints and reads 64-bit integers", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        (signed, unsigned) => {
          expect(bench.call(Fn.TO_STRING, int(signed))).toEqual(string(String(signed)));
          expect(bench.call(Fn.TO_INT, string(String(signed)))).toEqual(int(signed));
          expect(bench.call(Fn.TO_STRING, uint(unsigned))).toEqual(string(String(unsigned)));
          expect(bench.call(Fn.TO_UINT, string(String(unsigned)))).toEqual(uint(unsigned));
        },
      ),
      { numRuns: 300 },
    );
    for (const text of ["9223372036854775808", "-9223372036854775809", "99999999999999999999"]) {
      expect(bench.call(Fn.TO_INT, string(text))).toMatchObject({ error: ExpressionError.RANGE });
    }
    expect(bench.call(Fn.TO_INT, string("-9223372036854775808"))).toEqual(int(-(2n ** 63n)));
    expect(bench.call(Fn.TO_UINT, string("18446744073709551616"))).toMatchObject({ error: ExpressionError.RANGE });
    expect(bench.call(Fn.TO_UINT, string("-1"))).toMatchObject({ error: ExpressionError.INVALID_CONVERSION });
    expect(bench.call(Fn.TO_DOUBLE, string("1"))).toEqual(double(1));
  });
});
