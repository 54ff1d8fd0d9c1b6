// The editor door alone, for the worker that proves: it must not pull the engine's client into its bundle.
export { analyseWorkflow, exploreWorkflow } from "../src/doors/editor.js";
export type { AnalysisFinding, Definition, Exploration, ExplorationBound, ExplorationFinding, WitnessStep } from "../src/doors/editor.js";
