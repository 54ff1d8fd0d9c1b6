import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ProgramCache } from "../../../src/expression/program-cache.js";

const A = {};
const B = {};

describe("a cache of programs", () => {
  test("keeps what was used last and counts", () => {
    const dropped: string[] = [];
    const cache = new ProgramCache<string>(2, (program) => dropped.push(program));
    cache.add("x", A, "1");
    cache.add("y", A, "2");
    expect(cache.get("x", A)).toBe("1");
    cache.add("z", A, "3");
    expect(cache.get("y", A)).toBeUndefined();
    expect(cache.get("x", A)).toBe("1");
    expect(dropped).toEqual(["2"]);
    expect(cache.statistics).toEqual({ hitCount: 2, missCount: 1, evictionCount: 1, hitRate: 2 / 3, count: 2, countMax: 2 });
  });

  test("tells programs of one source apart", () => {
    const cache = new ProgramCache<string>(10);
    cache.add("x", A, "1");
    cache.add("x", B, "2");
    expect([cache.get("x", A), cache.get("x", B), cache.get("x", {})]).toEqual(["1", "2", undefined]);
    expect(cache.invalidate("x")).toBe(2);
    expect([cache.get("x", A), cache.get("x", B)]).toEqual([undefined, undefined]);
    expect(cache.statistics.count).toBe(0);
  });

  test("forgets all", () => {
    const cache = new ProgramCache<string>(10);
    cache.add("x", A, "1");
    cache.add("y", A, "2");
    cache.clear();
    expect(cache.get("x", A)).toBeUndefined();
    cache.add("x", A, "3");
    expect(cache.get("x", A)).toBe("3");
    expect(cache.statistics.hitRate).toBe(1 / 2);
  });

  test("of no size keeps nothing", () => {
    const cache = new ProgramCache<string>(0);
    cache.add("x", A, "1");
    expect(cache.get("x", A)).toBeUndefined();
  });

  test("does as a plain list does", () => {
    const steps = fc.array(
      fc.tuple(fc.constantFrom("use", "use", "use", "invalidate"), fc.constantFrom("a", "b", "c", "d"), fc.constantFrom(A, B)),
      {
        maxLength: 60,
      },
    );
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 5 }), (list, countMax) => {
        const cache = new ProgramCache<string>(countMax);
        let model: { readonly source: string; readonly variant: object }[] = [];
        for (const [step, source, variant] of list) {
          if (step === "invalidate") {
            expect(cache.invalidate(source)).toBe(model.filter((entry) => entry.source === source).length);
            model = model.filter((entry) => entry.source !== source);
            continue;
          }
          const isKnown = model.some((entry) => entry.source === source && entry.variant === variant);
          expect(cache.get(source, variant) !== undefined).toBe(isKnown);
          if (!isKnown) cache.add(source, variant, source);
          model = [{ source, variant }, ...model.filter((entry) => entry.source !== source || entry.variant !== variant)].slice(
            0,
            countMax,
          );
          expect(cache.statistics.count).toBe(model.length);
        }
      }),
    );
  });
});
