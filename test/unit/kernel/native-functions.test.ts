// Generated functions beside steps: who gets one, when it is made by itself, and what becomes of it when its program goes.
import { describe, expect, it, vi } from "vitest";
import { EventKind, EventOutcome, Op } from "../../../assembly/abi.js";
import { layOutExpressions } from "../../../src/compile/blob.js";
import { emitNativeModule, NATIVE_STEP_COUNT_MAX } from "../../../src/expression/native/native-module.js";
import { createRunKernel } from "../../../src/kernel/run-kernel.js";
import type { NativeEmitter } from "../../../src/kernel/native-functions.js";
import { assemble, Bench, constant, openInstance, slot } from "./assembler.js";
import { compileChart } from "./chart.js";

const MORE_THAN_TEN = assemble([{ op: Op.GT, dst: 0, a: slot(0), b: constant(0) }, { op: Op.RETURN, a: 0 }], [{ int: "10" }]);

function load(bench: Bench, code = MORE_THAN_TEN): { readonly program: number; readonly record: number } {
  const program = bench.kernel.loadProgram(layOutExpressions([code], ["x"]));
  return { program, record: bench.kernel.expression(program, 0) };
}

const always = () => true;

describe("functions of expressions", () => {
  it("evaluate in the place of steps, as long as the program is there", async () => {
    const bench = await Bench.open();
    const { kernel } = bench;
    const { program, record } = load(bench);
    const context = kernel.createContext(1);
    kernel.setNumber(context, 0, 11);
    expect(await kernel.native.install([{ record, isCurrent: always }], emitNativeModule)).toBe(1);
    expect([kernel.native.count, kernel.isTrue(kernel.evaluate(record, context))]).toEqual([1, true]);
    kernel.setNumber(context, 0, 10);
    expect(kernel.isTrue(kernel.evaluate(record, context))).toBe(false);
    expect(await kernel.native.install([{ record, isCurrent: always }], emitNativeModule)).toBe(0);
    kernel.unloadProgram(program);
    expect(kernel.native.count).toBe(0);
    // The same place in memory may hold another program now, which has no function.
    const next = load(bench, assemble([{ op: Op.RETURN, a: constant(0) }], [{ string: "other" }]));
    expect(kernel.value(kernel.evaluate(next.record, context))).toBe("other");
  });

  it("are not put in where the program has gone meanwhile", async () => {
    const bench = await Bench.open();
    const { program, record } = load(bench);
    let isLoaded = true;
    const installing = bench.kernel.native.install([{ record, isCurrent: () => isLoaded }], emitNativeModule);
    bench.kernel.unloadProgram(program);
    isLoaded = false;
    expect([await installing, bench.kernel.native.count]).toEqual([0, 0]);
  });

  it("give their entries of the table back", async () => {
    const bench = await Bench.open();
    const sizes = new Set<number>();
    for (let round = 0; round < 200; round += 1) {
      const { program, record } = load(bench);
      await bench.kernel.native.install([{ record, isCurrent: always }], emitNativeModule);
      bench.kernel.unloadProgram(program);
      sizes.add(bench.instance.exports.table.length);
    }
    expect(sizes.size).toBe(1);
  });

  it("are not made of very long code, or of jumps that no compiler writes", async () => {
    const bench = await Bench.open();
    const moves = Array.from({ length: NATIVE_STEP_COUNT_MAX }, () => ({ op: Op.MOVE, dst: 0, a: slot(0) }));
    const long = load(bench, assemble([...moves, { op: Op.RETURN, a: 0 }]));
    // Step 1 leads into the middle of the loop from step 2 to step 4.
    const knot = load(
      bench,
      assemble([
        { op: Op.JUMP_TRUE, a: slot(0), imm: 3 },
        { op: Op.ITER_START, dst: 1, a: slot(0), imm: 5 },
        { op: Op.ITER_NEXT, dst: 2, a: 1, b: 0xffff, imm: 5 },
        { op: Op.MOVE, dst: 3, a: slot(0) },
        { op: Op.JUMP, imm: 2 },
        { op: Op.RETURN, a: slot(0) },
      ]),
    );
    const targets = [long, knot].map(({ record }) => ({ record, isCurrent: always }));
    expect(await bench.kernel.native.install(targets, emitNativeModule)).toBe(0);
    const context = bench.kernel.createContext(1);
    bench.kernel.setNumber(context, 0, 3);
    for (const { record } of [long, knot]) expect(bench.kernel.value(bench.kernel.evaluate(record, context))).toBe(3);
  });

  it("fail with what WebAssembly says, and leave the steps", async () => {
    const bench = await Bench.open();
    const { record } = load(bench);
    const emit: NativeEmitter = (_memory, requests) => ({ bytes: new Uint8Array([0, 1, 2, 3]), done: requests });
    await expect(bench.kernel.native.install([{ record, isCurrent: always }], emit)).rejects.toThrow(/WebAssembly/);
    expect(bench.kernel.native.has(record)).toBe(false);
    expect(await bench.kernel.native.install([{ record, isCurrent: always }], emitNativeModule)).toBe(1);
  });
});

describe("programs of runs", () => {
  const CHART = compileChart({
    states: ["s:start", "A"],
    transitions: ["s -> A", "A -> A on go if size(list.filter(i, i > 1)) == 2"],
    variables: { list: [1, 2, 3] },
  });

  it("get functions after so many events, and lose them with the program", async () => {
    const kernel = createRunKernel(await openInstance(), { loadEmitter: async () => emitNativeModule, hotEventCount: 100 });
    const program = kernel.loadProgram(CHART);
    const run = kernel.createRun(program);
    kernel.add(run, EventKind.START, 0, 0, 1);
    kernel.step();
    const step = (count: number): readonly number[] => {
      for (let index = 0; index < count; index += 1) kernel.add(run, EventKind.EVENT, 0, 0, 1);
      return [...kernel.step().outcomes];
    };
    const before = step(90);
    expect(kernel.statistics().nativeCount).toBe(0);
    step(200);
    // Compiling waits for an idle moment, which a busy machine is slow to give.
    await vi.waitFor(() => expect(kernel.statistics().nativeCount).toBeGreaterThan(0), { timeout: 60_000, interval: 5 });
    expect([step(90), before.every((outcome) => outcome === EventOutcome.TAKEN)]).toEqual([before, true]);
    kernel.destroyRun(run);
    kernel.unloadProgram(program);
    expect(kernel.statistics()).toMatchObject({ nativeCount: 0, programCount: 0 });
  });

  it("that are unloaded before the idle moment are left", async () => {
    const kernel = createRunKernel(await openInstance(), { loadEmitter: async () => emitNativeModule, hotEventCount: 1 });
    const program = kernel.loadProgram(CHART);
    const run = kernel.createRun(program);
    kernel.add(run, EventKind.START, 0, 0, 1);
    for (let index = 0; index < 300; index += 1) kernel.add(run, EventKind.EVENT, 0, 0, 1);
    kernel.step();
    kernel.destroyRun(run);
    kernel.unloadProgram(program);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(kernel.statistics().nativeCount).toBe(0);
  });
});
