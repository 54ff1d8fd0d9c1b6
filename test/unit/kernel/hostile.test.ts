// Damaged programs, values and checkpoints, and lost instances: what comes to the kernel may be anything, and nothing that it
// holds may make the kernel trap, run for ever or read what is not its own; after a trap every call says that the instance is lost.
import { describe, expect, it } from "vitest";
import { NodeKind, Op, ProgramHeader } from "../../../assembly/abi.js";
import { layOutExpressions } from "../../../src/compile/blob.js";
import { instantiateKernel } from "../../../src/kernel/instance.js";
import type { Program } from "../../../src/model/program.js";
import { describeFailure, runRound } from "../../fuzz/fuzzer.js";
import { FUZZ_TEST_SEED } from "../../fuzz/seed.js";
import { TARGETS } from "../../fuzz/targets.js";
import { assemble, Bench, openInstance, slot } from "./assembler.js";
import { compileChart, newKernel } from "./chart.js";

/** Rounds of each target: the fourth is on the build with assertions. */
const ROUNDS = [0, 1, 3];

describe.each(TARGETS.kernel ?? [])("fuzzed $name", (target) => {
  it.each(ROUNDS)("round %d", { timeout: 120_000 }, async (round) => {
    const { failure } = await runRound(target, FUZZ_TEST_SEED, round);
    expect(failure === undefined ? "passed" : describeFailure(failure)).toBe("passed");
  });
});

describe("the graph of a program", () => {
  const CHART = compileChart({
    states: ["s:start", "A", "P:parallel", "P/R:region", "R/r:start", "R/B", "P/Q:region", "Q/q:start", "Q/C", "D", "e:end"],
    transitions: ["s -> A", "A -> D on go", "A -> P on split", "r -> B", "q -> C", "P -> e", "D -> A after 5", "D -> e on go"],
  });
  /** Nodes are numbered as the states are written, after the root. */
  const NODES = { root: 0, start: 1, A: 2, P: 3, R: 4, B: 6, Q: 7, D: 10 };

  /** The chart with one word changed: of a node's or a transition's record, or of the header. */
  function change(section: "header" | "node" | "transition", index: number, offset: number, value: number): Program {
    const bytes = CHART.bytes.slice();
    const view = new DataView(bytes.buffer);
    const field = section === "node" ? ProgramHeader.NODES : ProgramHeader.TRANSITIONS;
    const start = section === "header" ? 0 : view.getUint32(field * 4, true) + index * (section === "node" ? 64 : 48);
    view.setUint32(start + offset, value, true);
    return { ...CHART, bytes };
  }

  it("is taken as it is", async () => {
    expect((await newKernel()).loadProgram(CHART)).toBeGreaterThan(0);
  });

  it.each([
    ["a root that is not the first node", change("header", 0, ProgramHeader.ROOT * 4, 2)],
    ["a root that stands in another", change("node", NODES.root, 4, 0)],
    ["a root that does not hold all", change("node", NODES.root, 8, 3)],
    ["a root of another kind", change("node", NODES.root, 0, NodeKind.END)],
    ["a parent that is not around its child", change("node", NODES.A, 4, NODES.start)],
    ["a node that reaches beyond its parent", change("node", NODES.R, 8, NODES.Q)],
    ["an unknown kind", change("node", NODES.A, 0, 99)],
    ["a parallel state without regions", change("node", NODES.A, 0, NodeKind.PARALLEL)],
    ["a state among regions", change("node", NODES.R, 0, NodeKind.COMPOSITE)],
    ["a region outside of a parallel state", change("node", NODES.P, 0, NodeKind.COMPOSITE)],
    ["a leaf that holds nodes", change("node", NODES.P, 0, NodeKind.FORK)],
    ["an initial node of another scope", change("node", NODES.root, 12, NODES.B)],
    ["a transition out of another node", change("transition", 1, 0, NODES.D)],
    ["a transition to nowhere", change("transition", 1, 4, 99)],
    ["a domain that is an end of its transition", change("transition", 1, 40, NODES.A)],
    ["a domain that does not hold both ends", change("transition", 5, 40, NODES.P)],
    ["a short way from a state with timers", change("transition", 7, 12, 1 | (1 << 16))],
    ["a short way to a scope", change("transition", 2, 12, 1 | (1 << 16))],
  ])("is refused with %s", async (_, program) => {
    const kernel = await newKernel();
    expect(() => kernel.loadProgram(program)).toThrow(expect.objectContaining({ code: "kernel/bad-program" }));
    expect(kernel.statistics().programCount).toBe(0);
  });
});

it("keys that are not UTF-8 are refused", async () => {
  const blob = layOutExpressions([assemble([{ op: Op.RETURN, a: slot(0) }])], ["x"]);
  const { kernel } = await Bench.open();
  kernel.unloadProgram(kernel.loadProgram(blob));
  blob[new DataView(blob.buffer).getUint32(ProgramHeader.KEYS * 4, true) + 4] = 0xff;
  expect(() => kernel.loadProgram(blob)).toThrow(expect.objectContaining({ code: "kernel/bad-program" }));
});

it("an expression that the program does not have is refused", async () => {
  const { kernel } = await Bench.open();
  const program = kernel.loadProgram(layOutExpressions([assemble([{ op: Op.RETURN, a: slot(0) }])], ["x"]));
  expect(kernel.expression(program, 0)).toBeGreaterThan(0);
  expect(() => kernel.expression(program, 1)).toThrow(expect.objectContaining({ code: "kernel/bad-handle" }));
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
