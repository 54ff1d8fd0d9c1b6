// The format door alone, for the parse worker: it must not pull the engine's client into its bundle.
export { parseWorkflow } from "../src/doors/format.js";
export type { Definition, Finding } from "../src/doors/format.js";
