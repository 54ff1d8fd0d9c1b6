import { describe, expect, test } from "vitest";
import { makeGroups } from "../../../bench/compile-load.js";
import { CONTEXT_COUNT, EXPRESSION_IDS, makeConditions, makeContexts } from "../../../bench/contexts.js";

describe("contexts of the expression scenarios", () => {
  test("there are fourteen expressions, each with sixteen contexts", () => {
    expect(EXPRESSION_IDS).toHaveLength(14);
    for (const id of EXPRESSION_IDS) expect(makeContexts(id)).toHaveLength(CONTEXT_COUNT);
  });

  test("sixteen shapes are sixteen orders of fields with the same values", () => {
    const [one, many] = [makeContexts("user-age-country"), makeContexts("user-age-country", { shapeCount: 16 })];
    const namesOf = (contexts: typeof one) => new Set(contexts.map(({ user }) => Object.keys(user as object).join(" ")));
    expect(namesOf(one).size).toBe(1);
    expect(namesOf(many).size).toBe(16);
    many.forEach((context, index) => expect(context).toMatchObject(one[index] ?? {}));
  });

  test("integers are what the reader asks for, lists as long", () => {
    const [context] = makeContexts("exists", { itemCount: 1_000, integer: BigInt });
    expect(context?.items).toHaveLength(1_000);
    expect(context?.items).toContainEqual({ price: 1.25, qty: 1n });
  });

  test("conditions are distinct", () => {
    expect(new Set(makeConditions(1_000).texts).size).toBe(1_000);
    expect(makeGroups({ family: "compile", texts: "all" })).toHaveLength(14);
  });
});
