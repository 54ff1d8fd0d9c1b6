// The door to custom functions from the kernel's side: whatever the shell answers is read as a stranger's bytes, and programs
// that call what is not there get an error.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ExpressionError, Op } from "../../../assembly/abi.js";
import { layOutExpressions } from "../../../src/compile/blob.js";
import { ExpressionKernel } from "../../../src/kernel/context.js";
import type { CustomFunction } from "../../../src/model/custom-function.js";
import { encodeExact, encodeValue } from "../../../src/model/value.js";
import { assemble, BUILDS, openInstance, slot } from "./assembler.js";

const call = (count: number, imm = 0) => assemble([
  { op: Op.MOVE, dst: 0, a: slot(0) },
  { op: Op.MOVE, dst: 1, a: slot(1) },
  { op: Op.CALL_CUSTOM, dst: 2, a: 0, b: count, imm },
  { op: Op.RETURN, a: 2 },
]);

describe.each(BUILDS)("calls of custom functions ($build)", ({ file }) => {
  async function open(answer: CustomFunction["call"], count = 2, imm = 0) {
    const instance = await openInstance(file);
    const kernel = new ExpressionKernel(instance);
    const functions = [{ name: "f", call: answer }];
    const program = kernel.loadProgram(layOutExpressions([{ ...call(count, imm), functions: imm === 0 ? functions : [] }], ["a", "b"]), functions);
    const expression = kernel.expression(program, 0);
    const context = kernel.createContext(2);
    return { instance, kernel, program, context, evaluate: () => kernel.evaluate(expression, context) };
  }

  test("arguments are wire values, one after the other; none are none", async () => {
    const seen: [number[], number][] = [];
    const bench = await open((bytes, count) => {
      seen.push([[...bytes], count]);
      return encodeValue("yes");
    });
    bench.kernel.setNumber(bench.context, 0, 5);
    bench.kernel.setSlot(bench.context, 1, encodeExact({ list: [{ int: "1" }] }));
    expect(bench.kernel.value(bench.evaluate())).toBe("yes");
    expect(seen).toEqual([[[...encodeValue(5), ...encodeExact({ list: [{ int: "1" }] })], 2]]);
    const none = await open((bytes, count) => encodeValue([bytes.length, count]), 0);
    expect(none.kernel.value(none.evaluate())).toEqual([0, 0]);
  });

  test("any bytes for an answer are a value or an error, never a trap", async () => {
    let answer = new Uint8Array(0);
    const bench = await open(() => answer, 0);
    let valueCount = 0;
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.anything({ maxDepth: 2, values: [fc.integer(), fc.string(), fc.constant(null)] }).map(encode)), (bytes) => {
        answer = Uint8Array.from(bytes);
        const cell = bench.evaluate();
        const error = bench.kernel.error(cell);
        if (error === undefined) {
          valueCount += 1;
          bench.kernel.value(cell);
        } else expect([ExpressionError.INVALID_ARGUMENT, ExpressionError.OUT_OF_MEMORY]).toContain(error.error);
      }),
      { numRuns: 400 },
    );
    expect(valueCount).toBeGreaterThan(50);
  });

  test("memory may grow, and the region move, while a function is called", async () => {
    let size = 1;
    const bench = await open(() => encodeValue("x".repeat(size)), 0);
    for (const next of [1, 10_000, 100_000, 5_000_000, 10]) {
      size = next;
      expect(String(bench.kernel.value(bench.evaluate())).length).toBe(next);
    }
  });

  test("a function that is not there is an error with its place", async () => {
    const bench = await open(() => encodeValue(1), 0, 7);
    expect(bench.kernel.error(bench.evaluate())).toMatchObject({ error: ExpressionError.FUNCTION_FAILED, instruction: 2, detail: "\nThere is no such function" });
    bench.kernel.unloadProgram(bench.program);
    expect(bench.instance.customs.call(bench.program, 0, 0, 0, 0)).toBeLessThan(0);
  });
});

function encode(value: unknown): Uint8Array {
  try {
    return encodeValue(value);
  } catch {
    return encodeValue(null);
  }
}
