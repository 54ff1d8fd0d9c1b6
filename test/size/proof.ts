// That nothing is capped: many items, many tasks and a large context are run to their end, and what the kernel has in use on the way
// is held against its bounds. The command makes them large, the tests small.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { makeContext } from "../../bench/task-graphs.js";
import { createClock } from "../../src/base/clock.js";
import { openBench } from "../unit/engine/harness.js";

/** Of a context's size as JSON. */
export const CONTEXT_FACTOR_MAX = 3.5;
/** Of an item, beside what its list and its result take, bytes. */
export const ITEM_SIZE_MAX = 64;
/** What the kernel has in use however small a run is: programs, and room for its input and output, bytes. */
export const ROOM_SIZE_MAX = 4 << 20;
/** What the script heap may grow by, bytes, beside the input, which is part of the history: the rest of a history of durability `none`. */
export const HEAP_SIZE_MAX = 64 << 20;

export interface Measurement {
  readonly what: string;
  /** Bytes of kernel memory in use: the most that was seen from outside a step, and at the end. */
  readonly usedMost: number;
  /** The whole memory of the kernel, which never shrinks: what a step has needed meanwhile is in it. */
  readonly memorySize: number;
  readonly heapGrowth: number;
  readonly heapMax: number;
  /** What may be in use at the most. */
  readonly usedMax: number;
  readonly timeMs: number;
  readonly isRight: boolean;
}

export const isWithin = ({ isRight, usedMost, usedMax, heapGrowth, heapMax }: Measurement): boolean => isRight && usedMost <= usedMax && heapGrowth <= heapMax;

export function describeMeasurement({ what, usedMost, usedMax, memorySize, heapGrowth, heapMax, timeMs, isRight }: Measurement): string {
  const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  return `${what}: ${isRight ? "right" : "WRONG"}, ${mib(usedMost)} of the kernel in use (at most ${mib(usedMax)}), its memory ${mib(memorySize)}, script heap ${mib(heapGrowth)} more (at most ${mib(heapMax)}), ${(timeMs / 1_000).toFixed(1)} s`;
}

/** Bytes in use after a collection. */
function readHeap(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const sizeOf = (value: unknown): number => JSON.stringify(value).length;

interface Plan {
  readonly what: string;
  readonly text: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** Bytes, beside ROOM_SIZE_MAX. */
  readonly usedMax: number;
  readonly isRight: (output: unknown) => boolean;
}

/** Runs the plan to its end; looks at the kernel every time a handler is called and the event loop has a turn. */
async function measure({ what, text, input, usedMax, isRight }: Plan): Promise<Measurement> {
  const clock = createClock();
  let look = (): void => undefined;
  // What is deferred runs between two slices of a long run.
  const looking = { ...clock, defer: (callback: () => void) => clock.defer(() => (look(), callback())) };
  let callCount = 0;
  const work = async (item: unknown): Promise<unknown> => {
    if (callCount++ % 1_000 === 0) look();
    return item;
  };
  const { engine, kernel } = await openBench({ durability: "none", clock: looking, tasks: { work }, runSizeMax: 2 ** 31 });
  const workflow = await engine.load(text);
  let usedMost = 0;
  let memorySize = 0;
  look = () => {
    const { usedBytes, sizeBytes } = kernel().statistics();
    usedMost = Math.max(usedMost, usedBytes);
    memorySize = Math.max(memorySize, sizeBytes);
  };
  const heapBefore = readHeap();
  const begin = performance.now();
  const run = await engine.start(workflow, input as never);
  look();
  const output = await run.result;
  const timeMs = performance.now() - begin;
  look();
  const heapGrowth = readHeap() - heapBefore;
  await engine.close();
  return { what, usedMost, memorySize, heapGrowth, heapMax: HEAP_SIZE_MAX + sizeOf(input), usedMax: usedMax + ROOM_SIZE_MAX, timeMs, isRight: isRight(output) };
}

/** A task for each of `count` items: a handler's, and one of the kernel's own. */
export async function measureItems(count: number): Promise<readonly Measurement[]> {
  const list = Array.from({ length: count }, (_, index) => index);
  const input = { list };
  const measured: Measurement[] = [];
  for (const action of ["work", "pass"]) {
    const text = `millrace: 1
name: items
input: {list: list}
tasks:
  each: {with: "{{ input.list }}", action: ${action}, input: "{{ item }}", next: [{publish: {count: "{{ size(result) }}", last: "{{ result[size(result) - 1] }}"}}]}
output: {count: "{{ vars.count }}", last: "{{ vars.last }}"}
`;
    const isRight = (output: unknown): boolean => {
      const { count: done, last } = output as { readonly count: unknown; readonly last: unknown };
      return Number(done) === count && Number(last) === count - 1;
    };
    const usedMax = CONTEXT_FACTOR_MAX * sizeOf(input) + ITEM_SIZE_MAX * count;
    measured.push(await measure({ what: `${count} items, ${action}`, text, input, usedMax, isRight }));
  }
  return measured;
}

/** A run of `count` tasks: ten of them in a cycle, a handler's and the kernel's own in turn. */
export async function measureTasks(count: number): Promise<readonly Measurement[]> {
  const measured: Measurement[] = [];
  for (const action of ["work", "noop"]) {
    const tasks = Array.from({ length: 9 }, (_, at) => `  t${at}: {action: ${action}, next: t${at + 1}}`);
    const text = `millrace: 1
name: tasks
vars: {count: 0}
tasks:
  begin: {next: t0}
${tasks.join("\n")}
  t9:
    action: ${action}
    next:
      - publish: {count: "{{ vars.count + 10 }}"}
        do: more
  more:
    switch: vars.count < ${count}
    cases: {true: t0}
    default: noop
output: "{{ vars.count }}"
`;
    measured.push(await measure({ what: `${count} tasks, ${action}`, text, input: {}, usedMax: 0, isRight: (output) => Number(output) === count }));
  }
  return measured;
}

/** A run whose context has `size` bytes as JSON: branches that share it, publish of it, and lists that are made of its parts. */
export async function measureContext(size: number): Promise<readonly Measurement[]> {
  const input = { data: makeContext(size) };
  const branch = (at: number): string => `  b${at}: {action: pass, input: "{{ input.data.records }}", next: [{publish: {v${at}: "{{ result }}", n${at}: ${at}}, do: all}]}`;
  const text = `millrace: 1
name: context
input: {data: map}
tasks:
  begin: {next: [b0, b1, b2, b3]}
${[0, 1, 2, 3].map(branch).join("\n")}
  all: {join: all, action: work, input: "{{ size(vars.v0) + vars.n3 }}", next: [{publish: {whole: "{{ input.data }}", open: "{{ vars.v1.filter(one, one.isOpen) }}"}, do: again}]}
  again: {action: work, input: 1, next: [{publish: {open: "{{ vars.v2.filter(one, one.isOpen) }}"}, do: last}]}
  last: {action: work, input: "{{ size(vars.open) }}", next: [{publish: {count: "{{ result }}"}}]}
output: "{{ vars.count }}"
`;
  const openCount = Math.ceil(Math.ceil(size / 100) / 3);
  // A list of parts has a cell for each.
  const usedMax = CONTEXT_FACTOR_MAX * sizeOf(input) + openCount * 16;
  return [await measure({ what: `a context of ${size} bytes`, text, input, usedMax, isRight: (output) => Number(output) === openCount })];
}
