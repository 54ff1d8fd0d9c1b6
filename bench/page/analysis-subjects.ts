// Who takes part in the scenarios of analysis. Each is a module of its own, fetched when it is opened.
import type { LoadOf, SubjectTable } from "../subject.js";

export const EXPLORE_SUBJECTS: SubjectTable<LoadOf<"explore">> = {
  exploreWorkflow: async (load) => (await import("../ours/exploration.js")).openExploration(load),
};

export const ANALYSE_SUBJECTS: SubjectTable<LoadOf<"analyse">> = {
  analyseWorkflow: async (load) => (await import("../ours/exploration.js")).openAnalysis(load, false),
  "analyseWorkflow, with parsing": async (load) => (await import("../ours/exploration.js")).openAnalysis(load, true),
};
