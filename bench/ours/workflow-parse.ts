// Our parser through the door `millrace/format`: text to a whole definition, labels read and expressions checked, which is
// more than Mermaid's parser does.
import { parseWorkflow } from "../../src/doors/format.js";
import { describeDiagram, generateDiagram } from "../diagrams.js";
import type { LoadOf, Subject } from "../subject.js";

export function openWorkflowParse({ stateCount }: LoadOf<"parse">): Subject {
  const text = generateDiagram(stateCount);
  return {
    run(count) {
      for (let index = 0; index < count; index += 1) {
        if (parseWorkflow(text).definition === undefined) throw new Error("the diagram does not parse");
      }
    },
    answer() {
      const { definition, findings } = parseWorkflow(text);
      if (definition === undefined) throw new Error(findings.map(({ message }) => message).join("; "));
      return describeDiagram(
        definition.states.map(({ id }) => id),
        definition.transitions.length,
      );
    },
  };
}
