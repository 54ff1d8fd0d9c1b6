// Damaged programs and lost instances: a blob may be anything, and nothing that it holds may make the kernel trap or read
// what is not its own; after a trap every call says that the instance is lost.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Fn, Op } from "../../../assembly/abi.js";
import { layOutExpressions } from "../../../src/compile/blob.js";
import { instantiateKernel } from "../../../src/kernel/instance.js";
import { encodeValue } from "../../../src/model/value.js";
import { assemble, BUILDS, Bench, constant, int, list, map, NO_OPERAND, openInstance, slot, string } from "./assembler.js";

/** An expression of each kind of instruction that has checks of its own. */
const EXPRESSIONS = [
  assemble(
    [
      { op: Op.FIELD, dst: 0, a: slot(0), imm: 0 },
      { op: Op.GT_JUMP_FALSE, dst: 1, a: 0, b: constant(0), imm: 3 },
      { op: Op.CALL, dst: 1, a: 0, b: 1, imm: Fn.TO_STRING },
      { op: Op.RETURN, a: 1 },
    ],
    [int(3)],
    ["age"],
  ),
  assemble(
    [
      { op: Op.BUILDER_NEW, dst: 4 },
      { op: Op.ITER_START, dst: 0, a: slot(1), imm: 5 },
      { op: Op.ITER_NEXT, dst: 2, a: 0, b: NO_OPERAND, imm: 5 },
      { op: Op.BUILDER_PUSH, dst: 4, a: 2 },
      { op: Op.JUMP, imm: 2 },
      { op: Op.BUILDER_FINISH, dst: 5, a: 4 },
      { op: Op.IN, dst: 6, a: constant(0), b: 5 },
      { op: Op.BRANCH, dst: 6, a: 6, imm: 9, cache: 9 },
      { op: Op.MOVE, dst: 6, a: 5 },
      { op: Op.RETURN, a: 6 },
    ],
    [string("x"), list(int(1), map([string("k"), string("v")]))],
    ["name"],
  ),
];
const BLOB = layOutExpressions(EXPRESSIONS, ["user", "items"]);
const WORDS = [0, 1, 2, 3, 16, 64, 128, 256, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff, BLOB.length, BLOB.length - 16];

describe.each(BUILDS)("damaged programs ($build)", ({ build, file }) => {
  it("are refused, or run without harm", async () => {
    let bench = await Bench.open(file);
    const damage = fc.array(fc.tuple(fc.nat(BLOB.length / 4 - 1), fc.oneof(fc.constantFrom(...WORDS), fc.nat(BLOB.length), fc.nat())), {
      minLength: 1,
      maxLength: 4,
    });
    let loadedCount = 0;
    await fc.assert(
      fc.asyncProperty(damage, async (changes) => {
        const blob = BLOB.slice();
        const view = new DataView(blob.buffer);
        for (const [word, value] of changes) view.setUint32(word * 4, value, true);
        const { kernel } = bench;
        let program: number;
        try {
          program = kernel.loadProgram(blob);
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^kernel\/(bad-program|limit)$/) });
          return;
        }
        loadedCount++;
        bench.instance.exports.setContextFuel(2_000);
        const slotCount = 64;
        const context = kernel.createContext(slotCount);
        kernel.setSlot(context, 0, encodeValue({ name: "Ada", age: 36 }));
        kernel.setSlot(context, 1, encodeValue(["x", 1, null]));
        for (const index of [0, 1]) kernel.evaluate(kernel.expression(program, index), context);
        kernel.destroyContext(context);
        // The tables of a program that runs would use may be damaged in ways that only its own memory notices: start anew.
        bench = loadedCount % 50 === 0 ? await Bench.open(file) : bench;
      }),
      { numRuns: build === "release" ? 6_000 : 2_000 },
    );
    expect(loadedCount).toBeGreaterThan(20);
  });
});

describe("instances", () => {
  it("are lost after a trap, and say so in every later call", async () => {
    const instance = await openInstance();
    expect(() => instance.call(() => instance.exports.trap())).toThrow(expect.objectContaining({ code: "kernel/lost", isRetryable: true }));
    expect(() => instance.call(() => instance.exports.memorySize())).toThrow(expect.objectContaining({ code: "kernel/lost" }));
  });

  it("of another ABI are refused", async () => {
    // (module (func (export "abiVersion") (result i32) i32.const 99))
    const bytes = Uint8Array.from([
      0,
      97,
      115,
      109,
      1,
      0,
      0,
      0,
      1,
      5,
      1,
      96,
      0,
      1,
      127,
      3,
      2,
      1,
      0,
      7,
      14,
      1,
      10,
      ...Buffer.from("abiVersion"),
      0,
      0,
      10,
      7,
      1,
      5,
      0,
      65,
      0xe3,
      0,
      11,
    ]);
    await expect(instantiateKernel(await WebAssembly.compile(bytes))).rejects.toMatchObject({
      code: "kernel/abi-mismatch",
      details: { version: 99 },
    });
  });
});
