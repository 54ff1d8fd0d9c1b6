// Items as the kernel shows them to expressions, behind its typed door: how long it takes, and what they keep meanwhile.
import { createKernelFactory } from "../../src/kernel/kernel-factory.js";
import { CommandKind, EventKind } from "../../src/model/kernel-words.js";
import type { KernelPort } from "../../src/model/ports.js";
import type { Program } from "../../src/model/program.js";
import { encodeValue } from "../../src/model/value.js";
import type { LoadOf, Subject } from "../subject.js";
import { compileText } from "./loop-program.js";

const NOW = 1_800_000_000_000;
const BATCH_SIZE = 1_000;

/** At each event `go` all items are looked at, a list of them at a time. */
const BATCHES = `millrace: 1
name: views
input: {list: list}
tasks:
  begin: {action: noop, next: go}
  go: {action: await, event: go, next: items}
  items: {with: {items: "{{ input.list }}", batch_size: ${BATCH_SIZE}}, action: pass, input: "{{ size(item) }}", next: go}
`;

/** At the event `go` a task is asked for each item. */
const CALLS = `millrace: 1
name: calls
input: {list: list}
tasks:
  begin: {action: noop, next: go}
  go: {action: await, event: go, next: items}
  items: {with: "{{ input.list }}", action: work, input: "{{ index }}"}
`;

interface Place {
  readonly kernel: KernelPort;
  start(): number;
  /** Lets the run go over its items; the number of commands that it gives. */
  go(run: number): number;
}

async function openPlace(text: string, itemCount: number): Promise<Place> {
  const program: Program = compileText(text);
  const kernel = await createKernelFactory()({});
  const handle = kernel.loadProgram(program);
  const input = encodeValue({ list: Array.from({ length: itemCount }, (_, index) => index) });
  const event = program.eventNames.indexOf("go");
  const step = (run: number, kind: number, id: number, payload?: Uint8Array): number => {
    kernel.add(run, kind, id, NOW, 0, payload);
    const { commands } = kernel.step();
    return commands.some(({ kind: command }) => command === CommandKind.CONTINUE) ? commands.length + step(run, EventKind.CONTINUE, 0) : commands.length;
  };
  return {
    kernel,
    start() {
      const run = kernel.createRun(handle);
      step(run, EventKind.START, 0, input);
      return run;
    },
    go: (run) => step(run, EventKind.EVENT, event),
  };
}

export async function openItemViews({ itemCount }: LoadOf<"item-view">): Promise<Subject> {
  const place = await openPlace(BATCHES, itemCount);
  const run = place.start();
  return {
    run(count) {
      for (let done = 0; done < count; done += itemCount) place.go(run);
    },
    answer: () => place.go(run),
  };
}

export async function openItemSizes({ itemCount }: LoadOf<"item-view">): Promise<Subject> {
  const place = await openPlace(CALLS, itemCount);
  const measure = (): { readonly size: number; readonly callCount: number } => {
    const run = place.start();
    const before = place.kernel.statistics().usedBytes;
    const callCount = place.go(run);
    const size = (place.kernel.statistics().usedBytes - before) / itemCount;
    place.kernel.destroyRun(run);
    return { size, callCount };
  };
  return {
    run: () => void measure(),
    // The first run makes room for the kernel's output.
    gauge: async () => (measure(), measure().size),
    answer: () => measure().callCount,
  };
}
