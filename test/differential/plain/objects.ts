// Random expressions that reach into objects, and objects as callers give them: of any order of keys, with fields that are
// missing, of another type, inherited, asked of a Map or a class, and with values beside them that nobody reads.
import type { Chance } from "../../fuzz/chance.js";

const FIELDS = ["a", "b", "name", "toString", "é"] as const;
/** Fields that text can select by a dot. */
const NAMES = FIELDS.filter((name) => name !== "é");
const ROOTS = ["user", "items", "x", "now", "constructor"] as const;

class Point {
  a = 1;
  name = "point";
  get b(): number {
    return 2;
  }
}

/** A value of any kind that a context may hold, mostly small. */
export function makeAny(chance: Chance, depth: number): unknown {
  const kind = chance.below(depth > 0 ? 50 : 17);
  if (kind < 6) return chance.pick([0, 1, -1, 2.5, 1e300, Number.NaN, -0, 41, 2 ** 53]);
  if (kind < 9) return chance.pick(["", "a", "name", "a12", "ümlaut", "x".repeat(50), "y".repeat(200), "2026-01-01T00:00:00Z", "😀"]);
  if (kind < 11) return chance.oneIn(2);
  if (kind === 11) return null;
  if (kind === 12) return undefined;
  if (kind === 13) return chance.pick([1n, -5n, 2n ** 63n, 2n ** 62n]);
  if (kind === 14) return new Date(chance.pick([0, -1, 1_767_225_600_123, -62_135_596_800_000]));
  if (kind === 15) return new Uint8Array([1, 2, 255]);
  if (kind === 16) return chance.oneIn(8) ? makeOdd(chance, 0) : 7;
  if (kind < 42) return makeObject(chance, depth);
  if (kind < 49) return makeList(chance, depth);
  return makeOdd(chance, depth);
}

function makeObject(chance: Chance, depth: number): Record<string, unknown> {
  const object: Record<string, unknown> = chance.oneIn(8) ? Object.create(null) : {};
  const names = [...FIELDS].sort(() => chance.below(3) - 1);
  for (const name of names) if (!chance.oneIn(7)) object[name] = makeAny(chance, depth - 1);
  return object;
}

function makeList(chance: Chance, depth: number): unknown[] {
  const count = chance.pick([0, 1, 2, 3, 17, 40]);
  const isUniform = !chance.oneIn(4);
  const make = chance.pick([
    () => ({ a: chance.below(5), b: chance.pick([1.5, 2, "t"]), name: chance.pick(["n", "name", "ö"]) }),
    () => ({ b: chance.below(9), a: chance.oneIn(2), z: makeAny(chance, 0) }),
    () => chance.below(9),
    () => chance.pick(["a", "name", "long ".repeat(9)]),
  ]);
  return Array.from({ length: count }, () => (isUniform || !chance.oneIn(3) ? make() : makeAny(chance, depth - 1)));
}

/** What is not plain data, and mostly is a value all the same. */
function makeOdd(chance: Chance, depth: number): unknown {
  switch (chance.below(7)) {
    case 0:
      return new Point();
    case 1:
      return new Map<unknown, unknown>([["a", makeAny(chance, depth - 1)], ["name", "map"]]);
    case 2:
      return Object.create({ a: 1, name: "inherited" });
    case 3:
      return { get a() { return chance.oneIn(3) ? 1 : 1; }, name: "getter" };
    case 4:
      return new Map<unknown, unknown>([[1n, "one"], [true, 2]]);
    case 5:
      return { a: makeAny(chance, depth - 1), toJSON: () => 1 };
    default:
      return Object.assign(Object.create(null), { constructor: 1, a: [1, undefined, 3] });
  }
}

export function makeContext(chance: Chance): Record<string, unknown> {
  const context: Record<string, unknown> = {};
  for (const root of ROOTS) {
    if (chance.oneIn(8) || ((root === "now" || root === "constructor") && !chance.oneIn(4))) continue;
    if (root === "items" && !chance.oneIn(5)) context.items = makeList(chance, 2);
    else context[root] = root === "user" && !chance.oneIn(6) ? makeObject(chance, 3) : makeAny(chance, 3);
  }
  return context;
}

/** Text of an expression; most give a value over some contexts. */
export function makeExpression(chance: Chance): string {
  return new Writer(chance).any(chance.between(1, 3));
}

class Writer {
  readonly #chance: Chance;
  readonly #locals: string[] = [];
  #localCount = 0;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  any(depth: number): string {
    const chance = this.#chance;
    if (depth <= 0) return chance.oneIn(4) ? chance.pick(["1", "2.5", '"a"', "true", "null", "[1, 2]", '["a"]', '{"a": 1}']) : this.path();
    switch (chance.below(22)) {
      case 0:
        return `${this.any(depth - 1)} ${chance.pick(["==", "!=", "<", ">=", "in"])} ${this.any(depth - 1)}`;
      case 1:
        return `(${this.any(depth - 1)} ${chance.pick(["+", "-", "*", "/", "%"])} ${this.any(depth - 1)})`;
      case 2:
        return `(${this.any(depth - 1)} ${chance.pick(["&&", "||"])} ${this.any(depth - 1)})`;
      case 3:
        return `(${this.any(depth - 1)} ? ${this.any(depth - 1)} : ${this.any(depth - 1)})`;
      case 4:
      case 5:
        return `has(${this.path()}.${chance.pick(NAMES)})`;
      case 6:
        return `(has(${this.path()}.${chance.pick(NAMES)}) ? ${this.any(depth - 1)} : ${this.any(depth - 1)})`;
      case 7:
        return `size(${this.any(depth - 1)})`;
      case 8:
        return chance.pick([(path: string) => `type(${path})`, (path: string) => `string(${path})`, (path: string) => `${path}.startsWith("n")`, (path: string) => `double(${path})`])(this.path());
      case 9:
        return `[${this.any(depth - 1)}, ${this.path()}]`;
      case 10:
        return `{"a": ${this.any(depth - 1)}, "b": ${this.path()}}`;
      case 11:
        return `${this.path()}[${chance.pick(["0", "1", '"a"', '"name"', this.path()])}]`;
      case 12:
        return `${this.path()}.?${chance.pick(NAMES)}.orValue(${this.path()})`;
      case 13:
        return this.#bind(depth);
      default:
        return this.#loop(depth);
    }
  }

  path(): string {
    const chance = this.#chance;
    const isLocal = this.#locals.length > 0 && !chance.oneIn(3);
    let path = isLocal ? chance.pick(this.#locals) : chance.pick(["user", "user", "items", "items", "x", "now", "constructor"]);
    for (let count = chance.below(isLocal ? 2 : 4); count > 0; count -= 1) path += `.${chance.pick(NAMES)}`;
    return path;
  }

  #bind(depth: number): string {
    const value = this.any(depth - 1);
    return this.#within(1, ([name]) => `cel.bind(${name}, ${value}, ${this.any(depth - 1)})`);
  }

  #loop(depth: number): string {
    const chance = this.#chance;
    const range = chance.oneIn(3) ? this.any(depth - 1) : chance.pick(["items", "items", "user.a", "user.name"]);
    const macro = chance.pick(["all", "exists", "exists_one", "filter", "map", "map3", "sortBy", "exists2", "transformList", "transformMap"]);
    const tail = macro === "filter" || macro === "map" ? chance.pick(["", ".size()", "[0]", ".map(w, w.a)", ".exists(w, w.b == 2)", `.filter(user, user.a == 1)`]) : "";
    const inner = (names: readonly string[], begin: string): string => this.#within(names.length, (own) => `${range}.${begin}(${own.join(", ")}, ${this.any(depth - 1)})${tail}`);
    switch (macro) {
      case "map3":
        return this.#within(1, ([name]) => `${range}.map(${name}, ${this.any(depth - 1)}, ${this.any(depth - 1)})`);
      case "exists2":
        return inner(["i", "v"], "exists");
      case "transformList":
      case "transformMap":
        return inner(["i", "v"], macro);
      default:
        return inner(["v"], macro);
    }
  }

  #within(count: number, write: (names: readonly string[]) => string): string {
    // A name may hide a variable.
    const names = Array.from({ length: count }, () => (this.#chance.oneIn(6) ? this.#chance.pick(["user", "x"]) : `v${(this.#localCount += 1)}`));
    if (new Set(names).size < count) names[0] = `v${(this.#localCount += 1)}`;
    this.#locals.push(...names);
    const text = write(names);
    this.#locals.length -= count;
    return text;
  }
}
