// Fuel: how much work the expressions of the step in hand may still do. One unit is a loop turn, or 16 bytes built.

/** Units left; negative: spent. */
let fuel: i32 = 0x7fffffff;

/** Sets the fuel for the evaluations that follow. */
export function setFuel(count: i32): void {
  fuel = count;
}

/** Units left; negative when an evaluation ran out. */
export function fuelLeft(): i32 {
  return fuel;
}

/** Takes one unit. False: there was none. */
@inline
export function spendTurn(): bool {
  return --fuel >= 0;
}

/** Takes what building `size` bytes costs. False: there was not enough, and none is left now. */
export function spendSize(size: usize): bool {
  const cost = <i32>min<usize>((size >> 4) + 1, 0x3fffffff);
  if (fuel < cost) {
    fuel = -1;
    return false;
  }
  fuel -= cost;
  return true;
}
