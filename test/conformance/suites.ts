// The suites that `npm run conformance` knows, each loaded when it is asked for.
import type { Suite } from "./suite.js";

export const suites: Readonly<Record<string, () => Promise<Suite>>> = {
  cel: async () => (await import("./cel-suite.js")).celSuite,
  mermaid: async () => (await import("./mermaid-suite.js")).mermaidSuite,
  "mermaid-labels": async () => (await import("./mermaid-labels-suite.js")).mermaidLabelsSuite,
};
