// Random task graphs in the kernel against the reference model in test/reference: after everything that happens to a run, the calls
// and timers that it asked for or gave up, the active tasks and the end are the same. At random steps the run goes on from its
// own snapshot.
import { testSeeds } from "./task-graphs/seeds.js";

testSeeds(0);
