// Proves that the kernel's number text is exact, both ways, against V8: doubles of random bits, of sizes that people write,
// subnormal, beside powers of ten and two; texts that lie half way between two doubles; and the hard cases of the literature.
import { Fn, Op } from "../../assembly/abi.js";
import { layOutExpressions } from "../../src/compile/blob.js";
import type { ExpressionKernel } from "../../src/kernel/context.js";
import { encodeValue } from "../../src/model/value.js";
import { assemble, Bench, slot } from "../unit/kernel/assembler.js";
import type { Chance } from "./chance.js";

/** Decimal texts that lie close to the middle between two doubles (Paxson, "A Program for Testing IEEE Decimal-Binary Conversion", 1991). */
const PAXSON = `5e125 69e267 999e-26 7861e-34 75569e-254 928609e-261 9210917e80 84863171e114 653777767e273 5232604057e-298 27235667517e-109
653532977297e-123 3142213164987e-294 46202199371337e-72 231010996856685e-73 9324754620109615e212 78459735791271921e49 272104041512242479e200
6802601037806061975e198 20505426358836677347e-221 836168422905420598437e-234 4891559871276714924261e222 9e-265 85e-37 623e100 3571e263
81661e153 920657e-23 4603285e-24 87575437e-309 245540327e122 6138508175e120 83356057653e193 619534293513e124 2335141086879e218
36167929443327e-159 609610927149051e-255 3743626360493413e-165 94080055902682397e-242 899810892172646163e283 7120190517612959703e120
25188282901709339043e-252 308984926168550152811e-52 6372891218502368041059e64`.split(/\s+/);
/** Others that broke conversions: Gay's tests, PHP's and Java's endless loops, limits. */
const INFAMOUS = `2.2250738585072011e-308 2.2250738585072012e-308 2.2250738585072014e-308 1e23 8.5e22 1.7976931348623157e308 1.7976931348623158e308
1.7976931348623159e308 4.9406564584124654e-324 2.4703282292062327e-324 2.4703282292062328e-324 9007199254740993 9007199254740992.5 0.1e-6 5e-324
6631236846766476e-331 3237883913302901e-334 104308485241983990666713401708072175773165034278682682111762292935331163328 1.00000000000000011102230246251565
6929495644600919.5 3.518437208883201171875e13 62.5364939768271845828 8.10109172351e-10 1.50000000000000011102230246251565 9007199254740991.4999999999999999`.split(/\s+/);
export const HARD_TEXTS: readonly string[] = [...PAXSON, ...INFAMOUS];

const float = new Float64Array(1);
const bits = new BigUint64Array(float.buffer);

function fromBits(value: bigint): number {
  bits[0] = BigInt.asUintN(64, value);
  return float[0] as number;
}

function bitsOf(value: number): bigint {
  float[0] = value;
  return bits[0] as bigint;
}

/** The exact decimal text of the middle between a finite double above zero and the next one. */
export function middleAbove(value: number): string {
  const raw = bitsOf(value);
  const exponent = Number((raw >> 52n) & 0x7ffn);
  const mantissa = exponent === 0 ? raw & 0xfffffffffffffn : (raw & 0xfffffffffffffn) | (1n << 52n);
  // value = mantissa * 2^power; the middle is (2 * mantissa + 1) * 2^(power - 1).
  const power = Math.max(exponent, 1) - 1075 - 1;
  const odd = 2n * mantissa + 1n;
  if (power >= 0) return String(odd << BigInt(power));
  const digits = String(odd * 5n ** BigInt(-power));
  return `${digits}e${power}`;
}

export class NumberProof {
  readonly #kernel: ExpressionKernel;
  readonly #context: number;
  readonly #toText: number;
  readonly #toDouble: number;

  private constructor(kernel: ExpressionKernel) {
    this.#kernel = kernel;
    const call = (imm: number) =>
      assemble([
        { op: Op.MOVE, dst: 0, a: slot(0) },
        { op: Op.CALL, dst: 1, a: 0, b: 1, imm },
        { op: Op.RETURN, a: 1 },
      ]);
    const program = kernel.loadProgram(layOutExpressions([call(Fn.TO_STRING), call(Fn.TO_DOUBLE)], ["x"]));
    this.#context = kernel.createContext(1);
    this.#toText = kernel.expression(program, 0);
    this.#toDouble = kernel.expression(program, 1);
  }

  static async open(file?: string): Promise<NumberProof> {
    return new NumberProof((await Bench.open(file)).kernel);
  }

  print(value: number): unknown {
    this.#kernel.setNumber(this.#context, 0, value);
    return this.#kernel.value(this.#kernel.evaluate(this.#toText, this.#context));
  }

  read(text: string): unknown {
    this.#kernel.setSlot(this.#context, 0, encodeValue(text));
    const cell = this.#kernel.evaluate(this.#toDouble, this.#context);
    return this.#kernel.error(cell)?.error ?? this.#kernel.value(cell);
  }

  /** What is wrong with a double: its text is not V8's, or the text is not read as the double. */
  faultOf(value: number): string | undefined {
    const text = String(value);
    const printed = this.print(value);
    if (printed !== text) return `${text} is printed as ${String(printed)}`;
    return Number.isNaN(value) ? undefined : this.faultOfText(text);
  }

  /** What is wrong with a text: it is not read as the double that V8 reads. */
  faultOfText(text: string): string | undefined {
    const value = Number(text);
    const read = this.read(text);
    return Object.is(read, value) ? undefined : `${text} is read as ${String(read)}, not as ${value}`;
  }

  /** One random double, printed and read, and every few a text with another length or at a middle. */
  step(chance: Chance): string | undefined {
    const value = makeDouble(chance);
    const fault = this.faultOf(value);
    if (fault !== undefined || !Number.isFinite(value)) return fault;
    const kind = chance.below(8);
    if (kind === 0) return this.faultOfText(value.toPrecision(chance.between(1, 21)));
    if (kind === 1) return this.faultOfText(value.toExponential(17));
    if (kind === 2) return this.#faultAtMiddle(Math.abs(value), chance);
    return undefined;
  }

  /** The middle itself goes to the even double; a digit more or less decides. */
  #faultAtMiddle(value: number, chance: Chance): string | undefined {
    const middle = middleAbove(value);
    const [digits = "", power = "0"] = middle.split("e");
    const kind = chance.below(3);
    if (kind === 0) return this.faultOfText(middle);
    if (kind === 1) return this.faultOfText(`${digits}.${"0".repeat(chance.below(30))}1e${power}`);
    return this.faultOfText(`${BigInt(digits) - 1n}.${"9".repeat(1 + chance.below(30))}e${power}`);
  }
}

function makeDouble(chance: Chance): number {
  switch (chance.below(8)) {
    case 0:
      return Number((((fromBits(chance.long()) % 1e6) || 0) * 10 ** chance.below(9)).toPrecision(1 + chance.below(17)));
    case 1:
      return fromBits(chance.long() >> BigInt(12 + chance.below(52)));
    case 2:
      return fromBits(bitsOf(Number(`1e${chance.between(-323, 308)}`)) + BigInt(chance.between(-3, 3)));
    case 3:
      return fromBits(bitsOf(2 ** chance.between(-1074, 1023)) + BigInt(chance.between(-3, 3)));
    case 4:
      return Number(chance.long() >> BigInt(chance.below(64))) * (chance.oneIn(2) ? 1 : 0.5);
    default:
      return fromBits(chance.long());
  }
}
