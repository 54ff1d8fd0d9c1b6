// Cost units, as cel-go counts them: what every operation costs by itself. Costs that depend on sizes are the kernel's
// business (assembly/cost.ts); how far they may go before anything runs is estimated in cost-estimate.ts.
import { Fn } from "../../assembly/abi.js";
import { argumentError, isRecord } from "../model/arguments.js";
import type { Ast } from "./ast.js";

export const LIST_COST = 10;
export const MAP_COST = 30;
/** Thousandths of a unit per character of a text that a function goes through. */
export const TEXT_RATE = 100;
const CALL_COST_MAX = 1_000_000;
const CHARACTER_COST_MAX = 65;

/** What a call of a function costs, in the place of what cel-go counts. */
export interface FunctionCost {
  /** Units of one call, whatever its arguments: 0 to 1,000,000. */
  readonly perCall?: number;
  /**
   * Units per character of a text that the function goes through, 0.001 to 65; 0.1 where nothing is said. For functions
   * whose cost depends on a text: `contains`, `startsWith`, `endsWith`, `matches`, `string`, `bytes` and those of strings.
   */
  readonly perCharacter?: number;
}

/** By the function's name, a library's with its namespace: `{ "math.sqrt": { perCall: 5 } }`. */
export type FunctionCosts = Readonly<Record<string, FunctionCost>>;

/** The same number, or throws `expression/invalid-call`. */
export function checkCostMax(costMax: number): number {
  if (typeof costMax !== "number" || !(costMax >= 0)) throw argumentError("expression/invalid-call", "costMax", costMax, "a number from 0");
  return costMax;
}

/** The same costs, or throws `expression/invalid-call`. */
export function checkFunctionCosts(costs: FunctionCosts | undefined): FunctionCosts | undefined {
  if (costs === undefined) return undefined;
  if (!isRecord(costs)) throw argumentError("expression/invalid-call", "functionCosts", costs, "an object");
  for (const [name, cost] of Object.entries(costs)) {
    const argument = `functionCosts["${name}"]`;
    if (!isRecord(cost)) throw argumentError("expression/invalid-call", argument, cost, "an object");
    const { perCall = 0, perCharacter = 1 } = cost as FunctionCost;
    if (!Number.isInteger(perCall) || perCall < 0 || perCall > CALL_COST_MAX)
      throw argumentError("expression/invalid-call", `${argument}.perCall`, perCall, `a whole number from 0 to ${CALL_COST_MAX}`);
    if (!(perCharacter >= 0.001 && perCharacter <= CHARACTER_COST_MAX))
      throw argumentError(
        "expression/invalid-call",
        `${argument}.perCharacter`,
        perCharacter,
        `a number from 0.001 to ${CHARACTER_COST_MAX}`,
      );
  }
  return costs;
}

/** Does the cost of the kernel's function depend on the sizes of its arguments or its result? */
export function isSizedFunction(fn: Fn): boolean {
  if (fn <= Fn.ENDS_WITH) return fn !== Fn.SIZE;
  if (fn >= Fn.CHAR_AT && fn <= Fn.REVERSE) return true;
  if (fn >= Fn.DISTINCT && fn <= Fn.SETS_EQUIVALENT) return fn !== Fn.FIRST && fn !== Fn.LAST;
  return (
    fn === Fn.TO_STRING || fn === Fn.TO_BYTES || (fn >= Fn.FORMAT && fn <= Fn.BASE64_DECODE) || (fn >= Fn.MATCHES && fn <= Fn.REGEX_REPLACE)
  );
}

/** What building a literal of literals costs. */
export function costOfLiteral(node: Ast): number {
  if (node.kind === "list") return node.items.reduce((sum, item) => sum + costOfLiteral(item), LIST_COST);
  if (node.kind === "map") return node.entries.reduce((sum, { value }) => sum + costOfLiteral(value), MAP_COST);
  return 0;
}

/** Can a chain of selections go on behind it, at a unit each? Behind anything else it costs one more. */
export function isChainRoot({ kind }: Ast): boolean {
  return kind === "identifier" || kind === "conditional";
}

export function isChain(node: Ast): boolean {
  return isChainRoot(node) || node.kind === "select" || node.kind === "index" || node.kind === "has";
}

/** Units of what a chain begins with; 0 of what is no chain. */
export function costOfChainRoot(node: Ast): number {
  if (!isChain(node)) return 0;
  let inner = node;
  while (inner.kind === "select" || inner.kind === "index" || inner.kind === "has") inner = inner.operand;
  return inner.kind === "conditional" ? 0 : 1;
}
