// A ring of states in the kernel: batches of events for one run, so that what a step costs can be seen to depend on
// nothing but the step.
import { createKernelFactory } from "../../src/kernel/kernel-factory.js";
import { EventKind } from "../../src/model/kernel-words.js";
import { decodeValue } from "../../src/model/value.js";
import { makeRing } from "../rings.js";
import type { Subject } from "../subject.js";
import { compileDefinition } from "./loop-program.js";

const NOW = 1_800_000_000_000;
const BATCH_COUNT = 1_000;

export async function openKernelRing(stateCount: number): Promise<Subject> {
  const kernel = await createKernelFactory()({});
  const handle = kernel.createRun(kernel.loadProgram(compileDefinition(makeRing(stateCount))));
  kernel.add(handle, EventKind.START, 0, NOW, 0);
  kernel.step();
  const records = new Uint32Array(BATCH_COUNT * 2);
  const names = { handles: Uint32Array.of(handle), ids: Uint32Array.of(0) };
  const run = (eventCount: number): void => {
    for (let done = 0; done < eventCount; done += BATCH_COUNT) kernel.stepPacked({ count: BATCH_COUNT, records, names, isRepeated: false }, NOW);
  };
  return {
    run,
    answer() {
      run(BATCH_COUNT);
      return Number((decodeValue(kernel.context(handle)) as { readonly count: bigint }).count);
    },
  };
}
