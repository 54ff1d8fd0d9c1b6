// Target `programs`: random and damaged bytecode. The loader must refuse what is not sound, with a status; what it takes must
// run without a trap, without end only as far as the fuel goes, and without touching what is not its own.
import { Fn, INSTRUCTION_SIZE, NO_OPERAND, Op, OPERAND_BUILTIN, OPERAND_CONSTANT, OPERAND_SLOT, ProgramHeader } from "../../assembly/abi.js";
import { layOutExpressions } from "../../src/compile/blob.js";
import type { ExpressionKernel } from "../../src/kernel/context.js";
import type { KernelInstance } from "../../src/kernel/instance.js";
import type { ExpressionCode } from "../../src/model/program.js";
import { decodeExact, decodeValue } from "../../src/model/value.js";
import { AWKWARD_VALUES, Canary, catchCode, emitFreely, openExpressionKernel, openInstance } from "./bench.js";
import type { Chance } from "./chance.js";
import { EXPRESSION_TEXTS } from "./corpus.js";
import type { FuzzSession, FuzzTarget, KernelBuild } from "./fuzzer.js";

const OPS = Object.values(Op).filter((op) => typeof op === "number");
const FUNCTIONS = Object.values(Fn).filter((fn) => typeof fn === "number");
const KEYS = ["a", "b", "name", "age", "tags", "x", "", "key1", "none"];
/** Of so many inputs one is followed by the canary. */
const CANARY_STRIDE = 16;
/** A context for a program that says it has more slots is not made. */
const CONTEXT_SLOT_COUNT_MAX = 256;
const REFUSED = /^kernel\/(bad-program|limit|out-of-memory)$/;

export const programsTarget: FuzzTarget = {
  name: "programs",
  open: (build) => ProgramsSession.open(build),
};

class ProgramsSession implements FuzzSession {
  readonly #instance: KernelInstance;
  readonly #kernel: ExpressionKernel;
  readonly #canary: Canary;
  readonly #baseCount: number;
  #blob: Uint8Array = new Uint8Array(0);
  #count = 0;

  private constructor(instance: KernelInstance) {
    this.#instance = instance;
    this.#kernel = openExpressionKernel(instance);
    this.#canary = new Canary(this.#kernel);
    this.#baseCount = instance.exports.programCount();
  }

  static async open(build: KernelBuild): Promise<FuzzSession> {
    return new ProgramsSession(await openInstance(build));
  }

  get memorySize(): number {
    return this.#instance.exports.memorySize();
  }

  describe(): string {
    return `  blob (base64): ${Buffer.from(this.#blob).toString("base64")}`;
  }

  feed(chance: Chance): void {
    this.#blob = makeBlob(chance);
    let program = 0;
    const refusal = catchCode(REFUSED, () => {
      program = this.#kernel.loadProgram(this.#blob);
    });
    if (refusal === undefined) {
      this.#run(program, chance);
      this.#kernel.unloadProgram(program);
    }
    this.#count += 1;
    if (this.#count % CANARY_STRIDE === 0) this.#canary.check();
  }

  check(): void {
    this.#canary.check();
    const count = this.#instance.exports.programCount();
    if (count !== this.#baseCount) throw new Error(`${count} programs are loaded; ${this.#baseCount} should be`);
  }

  #run(program: number, chance: Chance): void {
    const kernel = this.#kernel;
    const header = new DataView(this.#blob.buffer, this.#blob.byteOffset);
    const expressionCount = header.getUint32(ProgramHeader.EXPRESSION_COUNT * 4, true);
    const slotCount = header.getUint32(ProgramHeader.SLOT_COUNT * 4, true);
    if (slotCount > CONTEXT_SLOT_COUNT_MAX) return;
    const context = kernel.createContext(slotCount);
    for (let slot = 0; slot < Math.min(slotCount, 8); slot += 1) {
      if (!chance.oneIn(5)) kernel.setSlot(context, slot, chance.pick(AWKWARD_VALUES));
    }
    for (let index = 0; index < Math.min(expressionCount, 4); index += 1) {
      const record = kernel.expression(program, index);
      readResult(kernel, kernel.evaluate(record, context));
      if (chance.oneIn(8)) kernel.evaluateMany(record, context, 1, slotCount);
    }
    kernel.destroyContext(context);
  }
}

/** Whatever came out must be a value that can be read, or an error that can be told. */
export function readResult(kernel: ExpressionKernel, cell: number): void {
  if (kernel.error(cell) !== undefined) return;
  catchCode(/^kernel\/out-of-memory$/, () => {
    const wire = kernel.wire(cell);
    decodeExact(wire);
    decodeValue(wire);
    kernel.value(cell);
  });
}

// --- making programs -------------------------------------------------------------------------------------------------

let compiled: readonly { readonly code: ExpressionCode; readonly names: readonly string[] }[] | undefined;

function compiledTexts(): NonNullable<typeof compiled> {
  compiled ??= EXPRESSION_TEXTS.flatMap((text) => {
    const names: string[] = [];
    const code = emitFreely(text, names);
    return code === undefined ? [] : [{ code, names }];
  });
  return compiled;
}

function makeBlob(chance: Chance): Uint8Array {
  const kind = chance.below(8);
  if (kind === 0) return chance.bytes(chance.below(600));
  if (kind <= 2) {
    const { code, names } = chance.pick(compiledTexts());
    return damage(layOutExpressions([code], names), chance);
  }
  const slotCount = chance.below(5);
  const codes = Array.from({ length: chance.between(1, 2) }, () => makeCode(chance, slotCount));
  const blob = layOutExpressions(
    codes,
    Array.from({ length: slotCount }, (_, slot) => `slot${slot}`),
  );
  return chance.oneIn(4) ? damage(blob, chance) : blob;
}

/** Changes some words, most of them where the tables are. */
function damage(blob: Uint8Array, chance: Chance): Uint8Array {
  const damaged = chance.oneIn(20) ? blob.slice(0, chance.below(blob.length)) : blob.slice();
  const view = new DataView(damaged.buffer);
  const wordCount = damaged.length >> 2;
  if (wordCount === 0) return damaged;
  for (let changes = chance.between(1, 4); changes > 0; changes -= 1) {
    const at = chance.below(chance.oneIn(3) ? Math.min(wordCount, 32) : wordCount) * 4;
    const kind = chance.below(5);
    if (kind === 0) damaged[at + chance.below(4)] = chance.below(256);
    else if (kind === 1) view.setUint32(at, view.getUint32(at, true) + chance.between(-2, 2), true);
    else if (kind === 2) view.setUint32(at, view.getUint32(chance.below(wordCount) * 4, true), true);
    else if (kind === 3) view.setUint16(at + chance.below(2) * 2, chance.sharpWord() & 0xffff, true);
    else view.setUint32(at, chance.sharpWord(), true);
  }
  return damaged;
}

/** One expression of instructions that are mostly sound. */
export function makeCode(chance: Chance, slotCount: number): ExpressionCode {
  const registerCount = chance.between(1, 10);
  const constantCount = chance.below(6);
  const keys = KEYS.slice(0, chance.between(1, KEYS.length));
  const instructionCount = chance.between(1, 24);
  const code = new Uint8Array(instructionCount * INSTRUCTION_SIZE);
  const view = new DataView(code.buffer);
  const shape = { registerCount, constantCount, slotCount, keyCount: keys.length, instructionCount };
  for (let index = 0; index < instructionCount; index += 1) writeInstruction(view, index, shape, chance);
  const wires = Array.from({ length: constantCount }, () => (chance.oneIn(60) ? chance.bytes(chance.below(20)) : chance.pick(AWKWARD_VALUES)));
  return {
    code,
    instructionCount,
    registerCount: chance.oneIn(60) ? chance.sharpWord() : registerCount,
    constants: Uint8Array.from(wires.flatMap((wire) => [...wire])),
    constantCount,
    keys,
    spans: new Uint32Array(instructionCount * 2),
  };
}

interface CodeShape {
  readonly registerCount: number;
  readonly constantCount: number;
  readonly slotCount: number;
  readonly keyCount: number;
  readonly instructionCount: number;
}

const HAS_RANGE: ReadonlySet<Op> = new Set([Op.CALL, Op.MAKE_LIST, Op.MAKE_MAP, Op.TEMPLATE]);

function writeInstruction(view: DataView, index: number, shape: CodeShape, chance: Chance): void {
  const at = index * INSTRUCTION_SIZE;
  const isLast = index === shape.instructionCount - 1;
  const op = isLast && !chance.oneIn(40) ? Op.RETURN : chance.oneIn(400) ? (chance.below(80) as Op) : chance.pick(OPS);
  view.setUint16(at, op, true);
  view.setUint16(at + 2, chance.oneIn(300) ? chance.sharpWord() & 0xffff : chance.below(shape.registerCount), true);
  if (HAS_RANGE.has(op)) {
    const first = chance.below(shape.registerCount);
    const room = shape.registerCount - first;
    view.setUint16(at + 4, first, true);
    view.setUint16(at + 6, chance.oneIn(300) ? chance.sharpWord() & 0xffff : chance.between(op === Op.CALL ? 1 : 0, op === Op.MAKE_MAP ? room >> 1 : room), true);
  } else {
    view.setUint16(at + 4, op === Op.ITER_NEXT ? chance.below(shape.registerCount) : makeOperand(shape, chance), true);
    const second = op === Op.ITER_NEXT ? (chance.oneIn(2) ? NO_OPERAND : chance.below(shape.registerCount)) : makeOperand(shape, chance);
    view.setUint16(at + 6, second, true);
  }
  view.setInt32(at + 8, makeImmediate(op, index, shape, chance), true);
  view.setUint32(at + 12, op === Op.BRANCH ? makeTarget(index, shape, chance) : 0, true);
}

function makeOperand(shape: CodeShape, chance: Chance): number {
  if (chance.oneIn(300)) return chance.sharpWord() & 0xffff;
  const kind = chance.below(8);
  if (kind === 0 && shape.slotCount > 0) return OPERAND_SLOT | chance.below(shape.slotCount);
  if (kind <= 2 && shape.constantCount > 0) return OPERAND_CONSTANT | chance.below(shape.constantCount);
  return kind === 3 && chance.oneIn(4) ? OPERAND_BUILTIN : chance.below(shape.registerCount);
}

function makeImmediate(op: Op, index: number, shape: CodeShape, chance: Chance): number {
  if (op === Op.CALL) return chance.oneIn(100) ? chance.sharpWord() | 0 : chance.pick(FUNCTIONS);
  // The keys of an expression are numbered anew when it is laid out: a number beyond them is the shell's own error.
  if (op === Op.FIELD || op === Op.HAS_FIELD) return chance.below(shape.keyCount);
  if (op === Op.CHECK_BOOL) return chance.between(1, 19);
  return makeTarget(index, shape, chance);
}

/** Mostly forwards, so that most programs come to their end. */
function makeTarget(index: number, shape: CodeShape, chance: Chance): number {
  if (chance.oneIn(300)) return chance.sharpWord() | 0;
  if (chance.oneIn(4)) return chance.below(shape.instructionCount);
  return Math.min(shape.instructionCount - 1, index + chance.between(1, 4));
}

