import { describe, expect, test } from "vitest";
import { describeDiagram, generateDiagram } from "../../../bench/diagrams.js";

describe("generateDiagram", () => {
  test.each([1, 5, 10, 50, 73, 1_000])("names exactly %i states", (stateCount) => {
    const ids = generateDiagram(stateCount).match(/\bS\d+\b/g) ?? [];
    expect(describeDiagram(ids, 0).stateIds).toEqual(Array.from({ length: stateCount }, (_, index) => `S${index}`));
  });

  test("is the same every time", () => {
    expect(generateDiagram(100)).toBe(generateDiagram(100));
  });
});
