// Who takes part in the expression scenarios. Each is a module of its own, fetched when it is opened.
import type { LoadOf, SubjectTable } from "../subject.js";

export const EXPRESSION_SUBJECTS: SubjectTable<LoadOf<"expression">> = {
  resident: async (load) => (await import("../ours/expression.js")).openResidentExpression(load),
  "resident, cost limited": async (load) => (await import("../ours/expression.js")).openResidentExpression(load, { costMax: 1_000_000 }),
  batch: async (load) => (await import("../ours/expression.js")).openBatchExpression(load),
  "hand-written JS": async (load) => (await import("../peers/hand-written-expression.js")).openHandWrittenExpression(load),
  "cel-js dynamic": async (load) => (await import("../peers/cel-js-expression.js")).openCelJsExpression(load, "dynamic"),
  "cel-js typed": async (load) => (await import("../peers/cel-js-expression.js")).openCelJsExpression(load, "typed"),
};

export const STOP_SUBJECTS: SubjectTable<LoadOf<"stop">> = {
  "cost limited": async () => (await import("../ours/expression.js")).openStoppedExpression(),
};
