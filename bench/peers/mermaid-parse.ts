// Mermaid's own parser, through its public door: `mermaid.parse`, warm (the state diagram module is already loaded).
import mermaid from "mermaid";
import { describeDiagram, generateDiagram } from "../diagrams.js";
import type { LoadOf, Subject } from "../subject.js";

/** A statement of Mermaid's syntax tree, as far as this file looks at it. */
interface Statement {
  readonly stmt: string;
  readonly id?: string;
  readonly doc?: readonly Statement[];
  readonly state1?: Statement;
  readonly state2?: Statement;
}

export async function openMermaidParse({ stateCount }: LoadOf<"parse">): Promise<Subject> {
  const text = generateDiagram(stateCount);
  mermaid.initialize({ startOnLoad: false, maxTextSize: 10_000_000, maxEdges: 100_000 });
  await mermaid.parse(text);
  return {
    async run(count) {
      for (let index = 0; index < count; index += 1) await mermaid.parse(text);
    },
    async answer() {
      const diagram = await mermaid.mermaidAPI.getDiagramFromText(text);
      const ids: string[] = [];
      const { rootDoc } = diagram.db as unknown as { readonly rootDoc: readonly Statement[] };
      const transitionCount = readStatements(rootDoc, ids);
      return describeDiagram(ids, transitionCount);
    },
  };
}

function readStatements(statements: readonly Statement[], ids: string[]): number {
  let transitionCount = 0;
  for (const statement of statements) {
    if (statement.stmt === "relation") {
      transitionCount += 1;
      ids.push(statement.state1?.id ?? "", statement.state2?.id ?? "");
    } else if (statement.stmt === "state") {
      ids.push(statement.id ?? "");
      transitionCount += readStatements(statement.doc ?? [], ids);
    }
  }
  return transitionCount;
}
