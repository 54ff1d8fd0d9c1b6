// The suites that `npm run conformance` knows.
import { celCheckSuite } from "./cel-check-suite.js";
import { celCostSuite } from "./cel-cost-suite.js";
import { celSuite } from "./cel-suite.js";
import { mermaidLabelsSuite } from "./mermaid-labels-suite.js";
import { mermaidSuite } from "./mermaid-suite.js";
import { attuneExpressionsSuite, orquestaExpressionsSuite } from "./orquesta-expressions-suite.js";
import { orquestaSuite } from "./orquesta-suite.js";
import { orquestaValidationSuite } from "./orquesta-validation-suite.js";
import type { Suite } from "./suite.js";

export const suites: readonly Suite[] = [celSuite, celCheckSuite, celCostSuite, mermaidSuite, mermaidLabelsSuite, orquestaSuite, orquestaValidationSuite, orquestaExpressionsSuite, attuneExpressionsSuite];
