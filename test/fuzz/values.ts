// Target `values`: damaged wire bytes as the values of slots. What the kernel takes it must be able to give back unchanged,
// and the functions that look at values must bear all of them.
import { KernelStatus, Wire } from "../../assembly/abi.js";
import { layOutExpressions } from "../../src/compile/blob.js";
import type { ExpressionKernel } from "../../src/kernel/context.js";
import type { KernelInstance } from "../../src/kernel/instance.js";
import { decodeExact } from "../../src/model/value.js";
import { AWKWARD_VALUES, Canary, catchCode, emitFreely, openExpressionKernel, openInstance } from "./bench.js";
import type { Chance } from "./chance.js";
import type { FuzzSession, FuzzTarget, KernelBuild } from "./fuzzer.js";
import { readResult } from "./programs.js";

const TAGS = Object.values(Wire).filter((tag) => typeof tag === "number");
const CANARY_STRIDE = 64;
/** Looked at by each input, over the slots a, b and c. The first gives slot a back. */
const TEXTS = [
  "a",
  "a == b",
  "a in b",
  "a[b]",
  "[a, b, c].distinct().sort()",
  "{a: b, c: a}",
  "[a, b].flatten(3)",
  "'%s %s'.format([a, b])",
  "type(a) == type(b)",
  "a.exists(x, x == b) || c.all(k, v, k == v)",
  "a < b",
  "a + b",
  "size(a)",
  "string(a)",
  "timestamp(a)",
  "a.name",
  "sets.equivalent(a, b)",
  "a.matches(b)",
  "a.getHours(b)",
  "duration(a)",
  "optional.ofNonZeroValue(a)",
  "a.transformMap(k, v, v)",
  "math.greatest(a, b)",
  "ip(a)",
];

export const valuesTarget: FuzzTarget = {
  name: "values",
  open: (build) => ValuesSession.open(build),
};

class ValuesSession implements FuzzSession {
  readonly #instance: KernelInstance;
  readonly #kernel: ExpressionKernel;
  readonly #canary: Canary;
  readonly #context: number;
  readonly #records: readonly number[];
  #values: readonly Uint8Array[] = [];
  #record = 0;
  #count = 0;

  private constructor(instance: KernelInstance) {
    this.#instance = instance;
    this.#kernel = openExpressionKernel(instance);
    this.#canary = new Canary(this.#kernel);
    const names = ["a", "b", "c"];
    const codes = TEXTS.map((text) => {
      const code = emitFreely(text, names);
      if (code === undefined) throw new Error(`${text} does not compile`);
      return code;
    });
    const program = this.#kernel.loadProgram(layOutExpressions(codes, names));
    this.#records = codes.map((_, index) => this.#kernel.expression(program, index));
    this.#context = this.#kernel.createContext(names.length);
  }

  static async open(build: KernelBuild): Promise<FuzzSession> {
    return new ValuesSession(await openInstance(build));
  }

  get memorySize(): number {
    return this.#instance.exports.memorySize();
  }

  describe(): string {
    const values = this.#values.map((value, slot) => `  ${"abc"[slot]} (hex): ${Buffer.from(value).toString("hex")}`);
    return [...values, `  ${TEXTS[this.#record]}`].join("\n");
  }

  feed(chance: Chance): void {
    this.#values = Array.from({ length: 3 }, () => makeWire(chance));
    this.#values.forEach((value, slot) => {
      this.#setSlot(slot, value);
    });
    for (let tries = 0; tries < 3; tries += 1) {
      this.#record = chance.below(this.#records.length);
      readResult(this.#kernel, this.#kernel.evaluate(this.#records[this.#record] as number, this.#context));
    }
    this.#count += 1;
    if (this.#count % CANARY_STRIDE === 0) this.#canary.check();
  }

  check(): void {
    this.#canary.check();
  }

  /** Sets a slot, and checks that a value taken is one: what it is written as must be read as the same. */
  #setSlot(slot: number, value: Uint8Array): void {
    const kernel = this.#kernel;
    const refusal = catchCode(/^(value\/malformed|kernel\/out-of-memory)$/, () => kernel.setSlot(this.#context, slot, value));
    if (refusal !== undefined || slot !== 0) return;
    this.#record = 0;
    const cell = kernel.evaluate(this.#records[0] as number, this.#context);
    if (kernel.error(cell) !== undefined) return;
    const wire = kernel.wire(cell);
    const { exports } = this.#instance;
    decodeExact(wire);
    const region = this.#instance.call(() => exports.inputRegion(wire.length)) >>> 0;
    this.#instance.bytes().set(wire, region);
    const status = this.#instance.call(() => exports.setSlot(this.#context, 0, region, wire.length));
    if (status === KernelStatus.OUT_OF_MEMORY) return;
    if (status !== KernelStatus.OK) throw new Error(`the kernel gave ${Buffer.from(wire).toString("hex")} and does not take it (${status})`);
    const again = kernel.wire(kernel.evaluate(this.#records[0] as number, this.#context));
    if (Buffer.compare(wire, again) !== 0) throw new Error(`${Buffer.from(wire).toString("hex")} came back as ${Buffer.from(again).toString("hex")}`);
  }
}

// --- making values ---------------------------------------------------------------------------------------------------

/** Bytes of a value, sound ones half of the time. */
export function makeWire(chance: Chance): Uint8Array {
  const kind = chance.below(10);
  if (kind <= 1) return chance.pick(AWKWARD_VALUES);
  if (kind === 2) return chance.bytes(chance.below(40));
  const bytes: number[] = [];
  writeRandom(bytes, chance, 0);
  return kind <= 6 ? Uint8Array.from(bytes) : damage(Uint8Array.from(bytes), chance);
}

function damage(wire: Uint8Array, chance: Chance): Uint8Array {
  let bytes = [...wire];
  for (let changes = chance.between(1, 3); changes > 0 && bytes.length > 0; changes -= 1) {
    const at = chance.below(bytes.length);
    const kind = chance.below(6);
    if (kind === 0) bytes[at] = chance.below(256);
    else if (kind === 1) bytes[at] = (bytes[at] ?? 0) + chance.between(-2, 2);
    else if (kind === 2) bytes = bytes.slice(0, at);
    else if (kind === 3) bytes.splice(at, 0, ...chance.pick(AWKWARD_VALUES).slice(0, 40));
    else if (kind === 4) bytes.splice(at, chance.below(6));
    else bytes[at] = chance.pick([0x80, 0xff, 0x7f, Wire.LIST, Wire.MAP, Wire.ABSENT, Wire.OPTIONAL_SOME]);
  }
  return Uint8Array.from(bytes);
}

function writeVarint(bytes: number[], value: number): void {
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
}

const TEXT_PIECES = ["a", "b", "name", "", "é", "😀", "\u0301", "\0", "%s", "(", "0", "2026-01-01T00:00:00Z", "1.5", "1h", "::1", "10.0.0.1"];

function writeRandom(bytes: number[], chance: Chance, depth: number): void {
  const tag = depth > 6 ? Wire.NULL : chance.pick(TAGS);
  bytes.push(tag);
  switch (tag) {
    case Wire.SMALL_NUMBER:
      return writeVarint(bytes, chance.oneIn(4) ? chance.word() * 4096 : chance.below(300));
    case Wire.NUMBER:
    case Wire.DOUBLE:
    case Wire.INT:
    case Wire.UINT:
      bytes.push(...eightBytes(chance));
      return;
    case Wire.STRING:
    case Wire.TYPE: {
      const text = Buffer.from(Array.from({ length: chance.below(4) }, () => chance.pick(TEXT_PIECES)).join(""));
      writeVarint(bytes, text.length);
      bytes.push(...text);
      return;
    }
    case Wire.BYTES: {
      const content = chance.bytes(chance.below(20));
      writeVarint(bytes, content.length);
      bytes.push(...content);
      return;
    }
    case Wire.LIST: {
      const count = chance.below(5);
      writeVarint(bytes, count);
      for (let index = 0; index < count; index += 1) writeRandom(bytes, chance, depth + 1);
      return;
    }
    case Wire.MAP:
      return writeMap(bytes, chance, depth);
    case Wire.TIMESTAMP:
    case Wire.DURATION: {
      bytes.push(...eightBytes(chance, 0x3_ffff_ffff));
      const nanos = chance.oneIn(3) ? chance.word() : chance.below(1_000_000_000);
      bytes.push(nanos & 0xff, (nanos >> 8) & 0xff, (nanos >> 16) & 0xff, (nanos >> 24) & 0xff);
      return;
    }
    case Wire.OPTIONAL_SOME:
      return writeRandom(bytes, chance, depth + 1);
    case Wire.ADDRESS:
      bytes.push(Wire.BYTES);
      writeVarint(bytes, 4);
      bytes.push(...chance.bytes(4));
      return;
    default:
      return;
  }
}

function writeMap(bytes: number[], chance: Chance, depth: number): void {
  const count = chance.oneIn(10) ? chance.between(60, 90) : chance.below(5);
  writeVarint(bytes, count);
  for (let index = 0; index < count; index += 1) {
    if (chance.oneIn(8)) writeRandom(bytes, chance, depth + 1);
    else {
      const key = Buffer.from(chance.oneIn(3) ? chance.pick(TEXT_PIECES) : `key${index}`);
      bytes.push(Wire.STRING);
      writeVarint(bytes, key.length);
      bytes.push(...key);
    }
    writeRandom(bytes, chance, count > 10 ? 9 : depth + 1);
  }
}

const LONGS = [0n, 1n, -1n, 2n ** 53n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n), 0x7ff0000000000000n, 0x7ff8000000000001n, 1n << 62n];

function eightBytes(chance: Chance, max?: number): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  const kind = chance.below(3);
  if (max !== undefined && kind !== 0) view.setBigInt64(0, BigInt(chance.between(-max, max)), true);
  else if (kind === 0) view.setBigUint64(0, BigInt.asUintN(64, chance.pick(LONGS)), true);
  else if (kind === 1) view.setBigInt64(0, BigInt(chance.between(-5, 5)), true);
  else view.setBigUint64(0, chance.long(), true);
  return bytes;
}
