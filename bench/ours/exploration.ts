// Our exploration through the door `millrace/editor`: every configuration of a chart, with deadlocks looked for.
import { analyseWorkflow, exploreWorkflow, parseWorkflow } from "../../src/doors/editor.js";
import { EXPLORED_CONFIGURATION_COUNTS } from "../catalogue.js";
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

function writeChart(diagram: readonly string[], counters: readonly string[], more: readonly string[]): string {
  const front = ["---", "name: explored", "variables:", ...counters.map((name) => `  ${name}: { type: int, initial: 0 }`), "---"];
  return [...front, "", "```mermaid", "stateDiagram-v2", ...diagram, "```", ...more].join("\n");
}

/** Two states and three counters to 60: 2 * 61^3 configurations but one, B with all counters at 0. */
function writeFlat(): string {
  const ways = ["n0", "n1", "n2"].flatMap((name) => [
    `A --> B : up_${name} [${name} < 60] / set ${name} = ${name} + 1`,
    `B --> A : up_${name} [${name} < 60] / set ${name} = ${name} + 1`,
    `A --> A : zero_${name} / set ${name} = 0`,
  ]);
  return writeChart(["[*] --> A", ...ways, "B --> [*] : stop"], ["n0", "n1", "n2"], []);
}

/** More configurations than are looked at. */
function writeNested(): string {
  const diagram = [
    "[*] --> Work",
    "state Work {",
    "  [*] --> Outer",
    "  state Outer {",
    "    [*] --> Left",
    "    Left --> Right : turn",
    "    Right --> Left : turn / set m = (m + 1) % 100",
    "    --",
    "    [*] --> Low",
    "    Low --> High : raise [n < 5000]",
    "    High --> Low : raise",
    "  }",
    "  Outer --> Rest : rest",
    "  Rest --> Outer : work",
    "}",
    "Work --> Away : leave",
    "Away --> Work : back",
    "Work --> [*] : stop",
  ];
  const more = ["", "## Actions", "", "- High: set n = n + 1", "", "## States", "", "- Work: history", "", "## Invariants", "", "- n <= 5001 && m < 100"];
  return writeChart(diagram, ["n", "m"], more);
}

const TEXTS = { regions: writeRegions, flat: writeFlat, nested: writeNested };

export async function openExploration({ chart }: LoadOf<"explore">): Promise<Subject> {
  const { definition } = parseWorkflow(TEXTS[chart]());
  const size = EXPLORED_CONFIGURATION_COUNTS[chart];
  const explore = () => exploreWorkflow(definition, { configurationCountMax: chart === "nested" ? size : 1e7 });
  return {
    async run(count) {
      for (let done = 0; done < count; done += size) await explore();
    },
    async answer() {
      const { configurationCount, bounds, findings, way } = await explore();
      return [configurationCount, ...bounds, findings.length, way];
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
