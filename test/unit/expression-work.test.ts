// How much work each of the benchmark's expressions takes, counted rather than timed: instructions of its code, cost units (a
// loop's turns among them), bytes built in the kernel, calls into it. No counter may grow unnoticed: MILLRACE_UPDATE_WORK=1
// writes test/fixtures/expression-work.json anew, and its change is read like any other.
import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { CONTEXT_COUNT, EXPRESSIONS } from "../../bench/contexts.js";
import { makeWayContexts, nameCase, WAY_LOADS, type WayLoad } from "../../bench/ways.js";
import { layOutExpressions } from "../../src/compile/blob.js";
import { compilePlain } from "../../src/create-plain-call.js";
import { ExpressionKernel, FAILED } from "../../src/kernel/context.js";
import { compileKernel, instantiateKernel, type KernelExports, type KernelInstance } from "../../src/kernel/instance.js";
import { PlainContext } from "../../src/kernel/plain-context.js";
import { freeVariables } from "../../src/expression/ast.js";
import { FindingList } from "../../src/expression/finding-list.js";
import { parseInto } from "../../src/expression/parser.js";

const FIXTURE = new URL("../fixtures/expression-work.json", import.meta.url);
const IS_UPDATE = process.env.MILLRACE_UPDATE_WORK === "1";

interface Work {
  /** Of the code; a loop's run once a turn. */
  readonly instructionCount: number;
  /** Over the sixteen contexts, as all that follow. */
  readonly cost: number;
  readonly scratchSize: number;
  readonly crossingCount: number;
}

let kernel: ExpressionKernel;
let exports: KernelExports;
let crossingCount = 0;

beforeAll(async () => {
  const instance = await instantiateKernel(await compileKernel());
  exports = instance.exports;
  kernel = new ExpressionKernel(countCalls(instance));
  kernel.setNow(1_767_225_600_000);
});

/** The instance, with every call into it counted. */
function countCalls(instance: KernelInstance): KernelInstance {
  const counted = Object.fromEntries(
    Object.entries(instance.exports).map(([name, entry]) => {
      if (typeof entry !== "function") return [name, entry];
      return [name, (...args: number[]) => { crossingCount += 1; return (entry as (...args: number[]) => number)(...args); }];
    }),
  ) as unknown as KernelExports;
  return {
    exports: counted,
    customs: instance.customs,
    get refusal() {
      return instance.refusal;
    },
    bytes: () => instance.bytes(),
    call: (call) => instance.call(call),
    lose: (message) => instance.lose(message),
  };
}

/** Where the next object that an evaluation builds will lie. */
function scratchTop(): number {
  return exports.allocateScratch(0) >>> 0;
}

function countWork(load: WayLoad): Work {
  const source = EXPRESSIONS[load.expression].text;
  const variables = freeVariables(parseInto(source, new FindingList())).map(({ name }) => name);
  const plain = compilePlain(source, variables, { isOpen: true, hasPaths: false, isStrict: false });
  if (plain === undefined) throw new Error(`${source} is not read by path`);
  const program = kernel.loadProgram(layOutExpressions([plain.code], plain.reading.slotNames));
  const context = new PlainContext(kernel, plain.reading, false);
  const record = kernel.expression(program, 0);
  const contexts = makeWayContexts(load);
  // What is taken once, is taken.
  for (const values of contexts) context.fill(values);
  let work = { instructionCount: plain.code.spans.length / 2, cost: 0, scratchSize: 0, crossingCount: 0 };
  for (const values of contexts) {
    exports.resetScratch();
    const bottom = scratchTop();
    const before = crossingCount;
    expect(context.fill(values)).toBe(true);
    expect(kernel.result(kernel.evaluate(record, context.handle), context)).not.toBe(FAILED);
    work = {
      ...work,
      crossingCount: work.crossingCount + crossingCount - before,
      scratchSize: work.scratchSize + Math.max(0, scratchTop() - bottom),
      cost: work.cost + kernel.cost,
    };
  }
  context.dispose();
  kernel.unloadProgram(program);
  return work;
}

test("no expression takes more work than it did", () => {
  const loads = WAY_LOADS.filter(({ shapeCount }) => shapeCount === 1);
  const counted = Object.fromEntries(loads.map((load) => [nameCase(load), countWork(load)]));
  if (IS_UPDATE) writeFileSync(FIXTURE, `${JSON.stringify(counted, undefined, 1)}\n`);
  const recorded = JSON.parse(readFileSync(FIXTURE, "utf8")) as Readonly<Record<string, Work>>;
  expect(Object.keys(counted)).toEqual(Object.keys(recorded));
  for (const [name, work] of Object.entries(counted)) {
    for (const counter of Object.keys(work) as (keyof Work)[]) {
      expect(work[counter], `${name}: ${counter}`).toBeLessThanOrEqual(recorded[name]?.[counter] ?? 0);
    }
  }
});

test("sixteen shapes take the work that one takes", () => {
  const fit = ({ shapeCount, expression }: WayLoad): boolean => shapeCount === 16 && expression !== "filter-map";
  for (const load of WAY_LOADS.filter(fit)) expect(countWork(load), nameCase(load)).toEqual(countWork({ ...load, shapeCount: 1 }));
});

test("one call into the kernel is enough where the result needs none", () => {
  const work = countWork({ family: "way", expression: "user-age-country", itemCount: 10, shapeCount: 1 });
  expect(work.crossingCount).toBe(CONTEXT_COUNT);
});
