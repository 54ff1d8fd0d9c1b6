// The recorded cases of what evaluations cost.
import { celCostSuite } from "./cel-cost-suite.js";
import { declareSuite } from "./suite-tests.js";

await declareSuite(celCostSuite);
