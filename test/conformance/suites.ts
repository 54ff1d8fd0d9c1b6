// The suites that `npm run conformance` knows.
import { celSuite } from "./cel-suite.js";
import type { Suite } from "./suite.js";

export const suites: readonly Suite[] = [celSuite];
