// A machine out of its parsed definition (or out of its text): compiled, loaded into the kernel, one run of it started.
// Afterwards run and program are freed, outside of the clock.
import { compileWorkflow } from "../../src/compile/compile-workflow.js";
import { parseWorkflow } from "../../src/doors/format.js";
import { createKernelFactory } from "../../src/kernel/kernel-factory.js";
import type { Definition } from "../../src/model/definition.js";
import { EventKind } from "../../src/model/kernel-words.js";
import { generateDiagram } from "../diagrams.js";
import type { LoadOf, Subject } from "../subject.js";

const NOW = 1_800_000_000_000;

export async function openMachineMaking({ stateCount }: LoadOf<"create">, from: "definition" | "text"): Promise<Subject> {
  const kernel = await createKernelFactory()({});
  const text = generateDiagram(stateCount);
  const parse = (): Definition => {
    const { definition } = parseWorkflow(text);
    if (definition === undefined) throw new Error("the diagram does not parse");
    return definition;
  };
  const parsed = parse();
  let made: { readonly program: number; readonly run: number }[] = [];
  const make = (): void => {
    const { program } = compileWorkflow(from === "text" ? parse() : parsed, "");
    if (program === undefined) throw new Error("the diagram does not compile");
    const loaded = kernel.loadProgram(program);
    const run = kernel.createRun(loaded);
    kernel.add(run, EventKind.START, 0, NOW, 0);
    kernel.step();
    made.push({ program: loaded, run });
  };
  const settle = (): void => {
    for (const { program, run } of made) {
      kernel.destroyRun(run);
      kernel.unloadProgram(program);
    }
    made = [];
  };
  return {
    run(count) {
      for (let index = 0; index < count; index += 1) make();
    },
    settle,
    answer() {
      make();
      const nodes = kernel.activeNodes(made[0]?.run ?? 0);
      settle();
      return nodes.length;
    },
  };
}
