// The recorded cases of the CEL conformance suite, run through the kernel.
import { celSuite } from "./cel-suite.js";
import { declareSuite } from "./suite-tests.js";

await declareSuite(celSuite);
