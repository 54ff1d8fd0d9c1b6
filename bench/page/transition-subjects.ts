// Who takes part in the transition scenarios. Each is a module of its own, fetched when it is opened.
import type { LoadOf, SubjectTable } from "../subject.js";

export const TRANSITION_SUBJECTS: SubjectTable<LoadOf<"transition">> = {
  "hand-written JS": async (load) => (await import("../peers/hand-written-loop.js")).openHandWrittenLoop(load),
  "JS closure table": async (load) => (await import("../peers/closure-table-loop.js")).openClosureTableLoop(load),
  robot3: async (load) => (await import("../peers/robot-loop.js")).openRobotLoop(load),
  "XState 5": async (load) => (await import("../peers/xstate-loop.js")).openXStateLoop(load),
};
