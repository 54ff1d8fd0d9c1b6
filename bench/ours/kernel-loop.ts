// The machines in the kernel, through its typed door: one call per event, or one packed call per batch. No engine, no history.
import { createKernelFactory } from "../../src/kernel/kernel-factory.js";
import { EventKind } from "../../src/model/kernel-words.js";
import type { KernelPort } from "../../src/model/ports.js";
import type { Program } from "../../src/model/program.js";
import { decodeValue } from "../../src/model/value.js";
import { ANSWER_EVENT_COUNT, EVENT_NAME, type Machine, type Position, describeEnds, describePosition, findMachine } from "../machines.js";
import type { LoadOf, Subject } from "../subject.js";
import { compileText } from "./loop-program.js";

/** The time of every event: a kernel has no clock. */
const NOW = 1_800_000_000_000;

export async function openKernelLoop({ runCount, batchCount, machine: id }: LoadOf<"transition">): Promise<Subject> {
  const machine = findMachine(id);
  const program = compileText(machine.text);
  const kernel = await createKernelFactory()({});
  const runs = startRuns(kernel, program, runCount);
  const handles = Uint32Array.from(runs);
  const event = program.eventNames.indexOf(EVENT_NAME);
  // A batch is packed once: which runs, which events. A batch that is no whole round over the runs would need several.
  const records = Uint32Array.from({ length: batchCount * 2 }, (_, index) => (index % 2 === 0 ? (index / 2) % runCount : 0));
  const names = { handles, ids: Uint32Array.of(event) };
  if (batchCount % runCount !== 0) throw new Error(`a batch of ${batchCount} is no whole round over ${runCount} runs`);
  const runBatches = (eventCount: number): void => {
    for (let done = 0; done < eventCount; done += batchCount) kernel.stepPacked({ count: batchCount, records, names, isRepeated: false }, NOW);
  };
  const runSingly = (eventCount: number): void => {
    const [only = 0] = runs;
    for (let done = 0; done < eventCount; done += 1) {
      if (kernel.stepOne(only, event, NOW) >= 0) continue;
      kernel.add(only, EventKind.EVENT, event, NOW, 0);
      kernel.step();
    }
  };
  const run = batchCount === 1 ? runSingly : runBatches;
  return {
    run,
    answer() {
      run(ANSWER_EVENT_COUNT * runCount);
      return describeEnds((index) => readPosition(kernel, program, machine, runs[index] ?? 0), runCount);
    },
  };
}

function startRuns(kernel: KernelPort, program: Program, runCount: number): readonly number[] {
  const handle = kernel.loadProgram(program);
  const runs = Array.from({ length: runCount }, () => kernel.createRun(handle));
  for (const run of runs) kernel.add(run, EventKind.START, 0, NOW, 0);
  kernel.step();
  return runs;
}

function readPosition(kernel: KernelPort, program: Program, machine: Machine, run: number): Position {
  const states = kernel.activeNodes(run).map((node) => program.definition.states[program.nodeStates[node] ?? -1]?.id ?? "");
  return describePosition(machine, states, decodeValue(kernel.context(run)) as Readonly<Record<string, unknown>>);
}
