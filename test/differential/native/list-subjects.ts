// Random loops over long lists of numbers and of objects, whose columns generated functions pass over: now and then an element is none that a column
// can have, or the list is too short, or what may be spent ends within it.
import { encodeValue } from "../../../src/model/value.js";
import { Chance } from "../../fuzz/chance.js";
import type { MadeSubject } from "./comparison.js";

const OPERATORS = ["<", "<=", ">", ">=", "==", "!="];
const CONSTANTS = ["0", "3", "2.5", "-1.0", "100", "1e300"];
const NUMBERS = [0, 1, 2, 2.5, 3, 4, -1, 100, Number.NaN, 1e300, -0];
const OTHERS: readonly unknown[] = [null, "3", 4n, true, { a: 1 }, [1], undefined];
const MACROS: readonly ((predicate: string) => string)[] = [
  (predicate) => `items.exists(i, ${predicate})`,
  (predicate) => `items.all(i, ${predicate})`,
  (predicate) => `items.exists_one(i, ${predicate})`,
  (predicate) => `items.filter(i, ${predicate}).size()`,
  (predicate) => `items.filter(i, ${predicate})`,
  (predicate) => `items.map(i, ${predicate}, i)`,
  (predicate) => `items.exists(i, ${predicate}) && items.all(i, ${predicate} || x > 1)`,
  (predicate) => `items.filter(i, ${predicate}).map(i, [i])`,
];
const FUEL_MAX = 1_000_000;

export function makeListSubject(seed: number): MadeSubject {
  const chance = new Chance(seed);
  const isObject = !chance.oneIn(3);
  const field = isObject ? "i.price" : "i";
  const compare = (): string => `${field} ${chance.pick(OPERATORS)} ${chance.pick(CONSTANTS)}`;
  const more = [compare(), `${compare()} && ${compare()}`, `${compare()} || ${isObject ? "i.name == 'n3'" : compare()}`, `!(${compare()})`, `${field} * 2 > x`];
  const predicate = chance.oneIn(2) ? compare() : chance.pick(more);
  const values = Array.from({ length: 2 }, () => ({ items: encodeValue(makeItems(chance, isObject)), x: encodeValue(chance.pick(NUMBERS)) }));
  const fuel = chance.below(300);
  return { seed, text: chance.pick(MACROS)(predicate), values, budgets: [[FUEL_MAX, Infinity], [fuel, Infinity], [FUEL_MAX, chance.below(600)]] };
}

function makeItems(chance: Chance, isObject: boolean): unknown[] {
  const count = chance.oneIn(4) ? chance.below(10) : chance.below(150);
  const isPure = !chance.oneIn(3);
  // Long stretches alike are what is passed over.
  const usual = chance.pick(NUMBERS);
  return Array.from({ length: count }, (_, index) => {
    const isOdd = !isPure && chance.oneIn(20);
    const value = isOdd ? chance.pick(OTHERS) : chance.oneIn(12) ? chance.pick(NUMBERS) : usual;
    if (!isObject) return value === undefined ? null : value;
    if (isOdd && chance.oneIn(3)) return value ?? null;
    const item = chance.oneIn(2) ? { name: `n${index}`, price: value } : { price: value, qty: index };
    return value === undefined ? { name: "none" } : item;
  });
}
