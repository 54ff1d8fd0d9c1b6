// What the evaluation in hand may still spend, in one counter, so that a loop turn pays and asks only once: fuel (work
// done: a unit is half a loop turn, or 16 bytes built) in the upper 25 bits, cost units in the lower 39, each with a sign of
// its own. Cost is what cel-go counts (cost.ts and the emitter say how much); a debt of cost borrows one unit of fuel.

import { COST_SIGN_SHIFT } from "./abi";

const FUEL_SHIFT: i64 = COST_SIGN_SHIFT + 1;
const FUEL_UNIT: i64 = 1 << FUEL_SHIFT;
const TURN_FUEL: i64 = 2;
const COST_SIGN: i64 = 1 << COST_SIGN_SHIFT;
const SPENT: i64 = i64.MIN_VALUE | COST_SIGN;
/** No more fuel than this, 16 million units. */
const FUEL_MAX: i32 = 0xffffff;
/** No more cost than this, and so what is as good as no limit. What an operation gives back of its cost finds room above. */
const COST_MAX: f64 = 137438953471;

/** The counter: in memory, where the machine reaches it in one instruction. */
export const LEFT: usize = memory.data(8, 8);

/** Both limits in one number; what is beyond the greatest or below 0 becomes that. */
export function makeBudget(fuel: i32, cost: f64): i64 {
  return (<i64>min(max(fuel, 0), FUEL_MAX) << FUEL_SHIFT) | <i64>min(max<f64>(cost == cost ? cost : 0, 0), COST_MAX);
}

/** Sets what may still be spent. */
@inline
export function setBudget(budget: i64): void {
  store<i64>(LEFT, budget);
}

/** Does a budget cover so many units? */
export function isAffordable(budget: i64, units: u32): bool {
  return (budget & (COST_SIGN - 1)) >= <i64>units;
}

/** What a loop turn that costs so many units spends, for `spend`. Its lower word is the cost. */
export function turnOf(units: u32): i64 {
  return FUEL_UNIT * TURN_FUEL | <i64>units;
}

/** Takes fuel and cost at once. False: fuel has run out, or the cost is above its limit. */
@inline
export function spend(turn: i64): bool {
  const left = load<i64>(LEFT) - turn;
  store<i64>(LEFT, left);
  return (left & SPENT) == 0;
}

/** Units of fuel left; negative when an evaluation ran out. */
export function fuelLeft(): i32 {
  return <i32>(load<i64>(LEFT) >> FUEL_SHIFT);
}

/** Cost that has been counted since `budget` was set. */
export function costSince(budget: i64): i64 {
  return (budget - load<i64>(LEFT)) << (64 - FUEL_SHIFT) >> (64 - FUEL_SHIFT);
}

/** Counts cost; whether there was enough is asked by the next turn, and at the end. */
@inline
export function charge(units: i64): void {
  store<i64>(LEFT, load<i64>(LEFT) - units);
}

/** Is the cost counted above its limit? */
@inline
export function isOverCost(): bool {
  return (load<i64>(LEFT) & COST_SIGN) != 0;
}

/** Takes what building `size` bytes costs. False: there was not enough fuel, and none is left now; or the cost is above its limit. */
export function spendSize(size: usize): bool {
  const cost = <i64>min<usize>((size >> 4) + 1, 0x3fffffff);
  const left = load<i64>(LEFT);
  if ((left >> FUEL_SHIFT) < cost || (left & COST_SIGN) != 0) {
    store<i64>(LEFT, left | i64.MIN_VALUE);
    return false;
  }
  store<i64>(LEFT, left - (cost << FUEL_SHIFT));
  return true;
}
