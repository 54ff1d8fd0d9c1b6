import { describe, expect, test } from "vitest";
import { EventKind } from "../../../assembly/abi.js";
import { compileWorkflow } from "../../../src/compile/compile-workflow.js";
import { parseWorkflow } from "../../../src/doors/format.js";
import { createConfigurationReader } from "../../../src/kernel/configuration.js";
import { createKernelFactory } from "../../../src/kernel/kernel-factory.js";
import { encodeValue } from "../../../src/model/value.js";

const TEXT = [
  "```mermaid",
  "stateDiagram-v2",
  "[*] --> A",
  "A --> B : success",
  "A --> A : again",
  "B --> A : back",
  "B --> A : after 5s",
  "```",
  "## Actions",
  "- A: call work with x=1 result y timeout 5s",
].join("\n");

const VALUES = [null, true, 1, -2.5, "text", new Date(5), new Uint8Array([1, 2]), [1, [2]], { a: { b: 1 }, c: [] }, 5n];

async function openKernel() {
  const kernel = await createKernelFactory()({});
  const { program } = compileWorkflow(parseWorkflow(TEXT).definition, "");
  if (program === undefined) throw new Error("the text does not compile");
  return { kernel, handle: kernel.loadProgram(program) };
}

describe("a configuration", () => {
  test("is the same wherever runs stand alike, and goes on as the run does", async () => {
    const { kernel, handle } = await openKernel();
    const reader = createConfigurationReader();
    const run = kernel.createRun(handle);
    const look = () => {
      const { bytes, actions, timers } = reader.read(kernel.snapshot(run));
      return { bytes: [...bytes], actions: actions.map(({ serial }) => serial), timers: timers.map(({ serial }) => serial) };
    };
    const send = (kind: EventKind, id: number, now: number) => {
      kernel.add(run, kind, id, now, 7);
      kernel.step();
    };
    send(EventKind.START, 0, 1_000);
    const first = look();
    expect(first).toMatchObject({ actions: [1], timers: [] });
    send(EventKind.EVENT, 0, 2_000);
    send(EventKind.EVENT, 0, 3_000);
    expect(look()).toEqual(first);
    const copy = kernel.restore(handle, Uint8Array.from(first.bytes));
    kernel.add(copy, EventKind.TASK_SUCCEEDED, 1, 0, 0, encodeValue(5));
    kernel.step();
    expect(kernel.activeNodes(copy)).toEqual([3]);
    expect(reader.read(kernel.snapshot(copy)).timers).toHaveLength(1);
  });

  test("what one configuration waits for does not change when another is read", async () => {
    const { kernel, handle } = await openKernel();
    const reader = createConfigurationReader();
    const run = kernel.createRun(handle);
    kernel.add(run, EventKind.START, 0, 0, 0);
    kernel.step();
    const first = reader.read(kernel.snapshot(run));
    expect([first.actions.length, first.timers.length]).toEqual([1, 0]);
    kernel.add(run, EventKind.TASK_SUCCEEDED, 1, 0, 0, encodeValue(5));
    kernel.step();
    const second = reader.read(kernel.snapshot(run));
    expect([second.actions.length, second.timers.length]).toEqual([0, 1]);
    expect([first.actions.length, first.timers.length]).toEqual([1, 0]);
  });

  test.each([...VALUES.keys()])("passes over value %i", async (index) => {
    const value = VALUES[index];
    const { kernel, handle } = await openKernel();
    const run = kernel.createRun(handle);
    kernel.add(run, EventKind.START, 0, 0, 0, encodeValue({ y: value }));
    kernel.step();
    const { bytes } = createConfigurationReader().read(kernel.snapshot(run));
    const copy = kernel.restore(handle, bytes);
    expect(kernel.context(copy)).toEqual(kernel.context(run));
  });

  test("bytes of another layout are refused", () => {
    expect(() => createConfigurationReader().read(new Uint8Array([99, 1, 1]))).toThrow(expect.objectContaining({ code: "kernel/bad-snapshot" }));
  });
});
