// The door `millrace/testing`: what tests of workflows need.
export { SimulatedClock } from "../testing/simulated-clock.js";
export { SIMULATION_RUN_COUNT_MAX, simulate } from "../testing/simulation.js";
export { verifyRuns } from "../testing/verify-runs.js";
export type { RunDifference, RunRefusal, VerifiedRuns, VerifyRunsOptions } from "../testing/verify-runs.js";
export type {
  Distribution,
  SimulatedAnswer,
  SimulatedCall,
  SimulatedEvent,
  SimulatedHandler,
  SimulatedRun,
  SimulatedTime,
  SimulationOptions,
  SimulationReport,
  TaskTally,
} from "../testing/simulation-words.js";
