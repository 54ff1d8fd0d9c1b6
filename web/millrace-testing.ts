// The simulation, from the package's door.
export { simulate } from "../src/doors/testing.js";
export type { Distribution, SimulatedHandler, SimulationOptions, SimulationReport } from "../src/doors/testing.js";
