// Random CEL programs and contexts, in strict mode, against @bufbuild/cel and @marcbachmann/cel-js: a second quarter.
import { testShare } from "./cel/seeds.js";

testShare(1, 4);
