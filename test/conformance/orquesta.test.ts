// Recorded workflows of Orquesta's dialect: how its conductor runs them, what its validator finds, and what its expressions come to.
import { attuneExpressionsSuite, orquestaExpressionsSuite } from "./orquesta-expressions-suite.js";
import { orquestaSuite } from "./orquesta-suite.js";
import { orquestaValidationSuite } from "./orquesta-validation-suite.js";
import { declareSuite } from "./suite-tests.js";

await declareSuite(orquestaSuite);
await declareSuite(orquestaValidationSuite);
await declareSuite(orquestaExpressionsSuite);
await declareSuite(attuneExpressionsSuite);
