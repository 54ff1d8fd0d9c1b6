// Our exploration through the door `millrace/editor`: every configuration of a chart of four regions, with deadlocks looked for.
import { analyseWorkflow, exploreWorkflow, parseWorkflow } from "../../src/doors/editor.js";
import { EXPLORED_CONFIGURATION_COUNT } from "../catalogue.js";
import { generateDiagram } from "../diagrams.js";
import type { LoadOf, Subject } from "../subject.js";

/** Four regions of five states each, every event taken somewhere: 5^4 configurations but the one that has ended. */
function writeRegions(): string {
  const regions = Array.from({ length: 4 }, (_, index) => [
    ...(index === 0 ? [] : ["--"]),
    `[*] --> A${index}`,
    `A${index} --> B${index} : e${index}`,
    `B${index} --> C${index} : e${index}`,
    `C${index} --> D${index} : f`,
    `D${index} --> A${index} : g`,
    `C${index} --> [*] : h${index}`,
  ]);
  return ["stateDiagram-v2", "[*] --> P", "state P {", ...regions.flat(), "}", "P --> [*]"].join("\n");
}

export async function openExploration(_: LoadOf<"explore">): Promise<Subject> {
  const { definition } = parseWorkflow(writeRegions());
  const explore = () => exploreWorkflow(definition);
  return {
    async run(count) {
      for (let done = 0; done < count; done += EXPLORED_CONFIGURATION_COUNT) await explore();
    },
    async answer() {
      const { configurationCount, isComplete, findings } = await explore();
      return [configurationCount, isComplete, findings.length];
    },
  };
}

export function openAnalysis({ stateCount }: LoadOf<"analyse">, withParsing: boolean): Subject {
  const text = generateDiagram(stateCount);
  const { definition } = parseWorkflow(text);
  const analyse = withParsing ? () => analyseWorkflow(parseWorkflow(text).definition) : () => analyseWorkflow(definition);
  return {
    run(count) {
      for (let index = 0; index < count; index += 1) analyse();
    },
    answer: () => analyse().length,
  };
}
