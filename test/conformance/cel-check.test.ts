// The recorded cases of CEL's parser and checker.
import { celCheckSuite } from "./cel-check-suite.js";
import { declareSuite } from "./suite-tests.js";

await declareSuite(celCheckSuite);
