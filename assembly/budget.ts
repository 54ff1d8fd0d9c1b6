// What one expression of a run may spend, and the evaluation within that.
import { copyCell } from "./cell";
import { evaluateWithin } from "./evaluate";
import { limitExpress } from "./express";
import { makeBudget } from "./fuel";
import { RESULT_CELL } from "./machine";

/** Fuel of one expression, in the machine's units. */
const EXPRESSION_FUEL_MAX: i32 = 10_000_000;

let expressionBudget: i64 = makeBudget(EXPRESSION_FUEL_MAX, Infinity);

/** Limits the cost units of one expression in runs. */
export function setExpressionCost(max: f64): void {
  expressionBudget = makeBudget(EXPRESSION_FUEL_MAX, max);
  limitExpress(max);
}

/**
 * Evaluates an expression of a run. A generated function may give a cell within a value of the run, which ends when the run's block is moved: like
 * a register's, the result stays where it is until the next evaluation.
 */
export function evaluateInRun(expression: usize, slots: usize): usize {
  const cell = evaluateWithin(expression, slots, expressionBudget);
  if (cell < __heap_base || load<u32>(expression, 12) == 0) return cell;
  copyCell(RESULT_CELL, cell);
  return RESULT_CELL;
}
