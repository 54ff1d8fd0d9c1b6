// What one expression of a run may spend, and the evaluation within that.
import { evaluateWithin } from "./evaluate";
import { limitExpress } from "./express";
import { makeBudget } from "./fuel";

/** Fuel of one expression, in the machine's units. */
const EXPRESSION_FUEL_MAX: i32 = 10_000_000;

let expressionBudget: i64 = makeBudget(EXPRESSION_FUEL_MAX, Infinity);

/** Limits the cost units of one expression in runs. */
export function setExpressionCost(max: f64): void {
  expressionBudget = makeBudget(EXPRESSION_FUEL_MAX, max);
  limitExpress(max);
}

/** Evaluates an expression of a run. */
export function evaluateInRun(expression: usize, slots: usize): usize {
  return evaluateWithin(expression, slots, expressionBudget);
}
