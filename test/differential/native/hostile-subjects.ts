// Random instructions that the loader takes though no compiler writes them: jumps anywhere, registers that are read before they are written, loops over
// what is no list.
import { AWKWARD_VALUES } from "../../fuzz/bench.js";
import { Chance } from "../../fuzz/chance.js";
import { makeCode } from "../../fuzz/programs.js";
import type { MadeSubject } from "./comparison.js";

const FUEL_MAX = 3_000;

export function makeHostileSubject(seed: number): MadeSubject {
  const chance = new Chance(seed);
  const slotCount = chance.below(5);
  const code = makeCode(chance, slotCount);
  const values = Array.from({ length: 2 }, () =>
    Object.fromEntries(Array.from({ length: slotCount }, (_, slot) => [`slot${slot}`, chance.pick(AWKWARD_VALUES)])),
  );
  return { seed, text: "(instructions)", code, values, budgets: [[FUEL_MAX, Infinity], [chance.below(30), chance.below(50)]] };
}
