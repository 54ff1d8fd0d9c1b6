// The recorded state diagrams, and the recorded readings of labels and actions.
import { mermaidLabelsSuite } from "./mermaid-labels-suite.js";
import { mermaidSuite } from "./mermaid-suite.js";
import { declareSuite } from "./suite-tests.js";

await declareSuite(mermaidSuite);
await declareSuite(mermaidLabelsSuite);
