// Suite `cel-cost`: recorded cases of cel-go's run-time cost. What counts is the number of units, whether a limit stops the
// evaluation, and that the estimate holds. Inputs are recorded as the Go text of a literal, which is read here; their types are those of the values.
import { compileExpression, loadExpressions } from "../../src/create-expressions.js";
import type { FunctionCosts } from "../../src/expression/cost.js";
import { WorkflowError } from "../../src/model/errors.js";
import { readGoLiteral } from "./go-literal.js";
import type { CaseResult, Suite } from "./suite.js";

interface CostCase {
  readonly name: string;
  readonly expr: string;
  /** Units; null where the limit stops the evaluation. */
  readonly want: number | null;
  readonly limit?: number;
  readonly exceeds?: boolean;
  /** Go text of the variables. */
  readonly goIn?: string;
  readonly needsProto: boolean;
}

/** What the recorded test gives to every case: a function whose cost its embedder sets. */
const EMBEDDED_COSTS: FunctionCosts = { getFullYear: { perCall: 7 } };
/** Cases whose embedder sets another cost besides; the recorded text leaves that out. */
const CUSTOM_COSTS: Readonly<Record<string, FunctionCosts>> = {
  "str concat custom cost tracker": { contains: { perCharacter: 0.2 } },
};

export const celCostSuite: Suite = {
  name: "cel-cost",
  files: ["cel/runtime-cost.json"],
  async run(cases) {
    await loadExpressions();
    return Promise.all((cases as readonly CostCase[]).map(runCase));
  },
};

async function runCase(item: CostCase): Promise<CaseResult> {
  const name = `${item.name}: ${item.expr}`;
  if (item.name.includes("no has() cost")) return { name, status: "skipped", detail: "has() always costs one unit: there is no option" };
  if (item.expr.includes("google.") || item.goIn?.includes("proto3pb"))
    return { name, status: "skipped", detail: "needs protobuf messages" };
  const detail = await findFault(item);
  return detail === undefined ? { name, status: "passed" } : { name, status: "failed", detail };
}

/** What is wrong with the case's outcome, or undefined. */
async function findFault({ name, expr, want, limit = 0, exceeds = false, goIn }: CostCase): Promise<string | undefined> {
  const context = goIn === undefined ? {} : (readGoLiteral(goIn) as Record<string, unknown>);
  const functionCosts = { ...EMBEDDED_COSTS, ...CUSTOM_COSTS[name] };
  const expression = compileExpression(expr, { isStrict: true, functionCosts });
  try {
    const { cost } = expression.evaluateWithCost(context, { costMax: limit > 0 ? limit : Infinity });
    if (exceeds) return `expected more than ${limit} units, got ${cost}`;
    const { min, max } = await expression.estimateCost();
    if (min > cost || max < cost) return `${cost} units, estimated as ${min} to ${max}`;
    return cost === want ? undefined : `expected ${want} units, got ${cost}`;
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error;
    return exceeds && error.code === "expression/cost-exceeded" ? undefined : `got the error ${error.code}: ${error.message}`;
  } finally {
    expression.dispose();
  }
}
