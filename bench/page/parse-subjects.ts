// Who takes part in the parse scenarios. Each is a module of its own, fetched when it is opened.
import type { LoadOf, SubjectTable } from "../subject.js";

export const PARSE_SUBJECTS: SubjectTable<LoadOf<"parse">> = {
  parseWorkflow: async (load) => (await import("../ours/workflow-parse.js")).openWorkflowParse(load),
  "mermaid.parse": async (load) => (await import("../peers/mermaid-parse.js")).openMermaidParse(load),
};
