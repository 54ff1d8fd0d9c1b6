// Where a text stops being JSON: the fault stands where the parser of the platform stops, whatever it says of it.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findJsonFault } from "../../../web/text/json-place.js";

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test("of JSON that is cut short all is right, up to its end", () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), (text, place) => {
      const part = text.slice(0, place % (text.length + 1));
      if (isJson(part)) return;
      // A word, a number or a string that is cut is wrong from its beginning.
      expect(part.slice(findJsonFault(part))).toMatch(/^$|^"|^[a-zA-Z.]|^-/);
    }),
    { numRuns: 1_000 },
  );
});

test("a character that can stand nowhere is found where it is put", () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), (text, place) => {
      const at = place % (text.length + 1);
      const broken = `${text.slice(0, at)}\u0001${text.slice(at)}`;
      const fault = findJsonFault(broken);
      expect(fault).toBeLessThanOrEqual(at);
      expect(isJson(broken)).toBe(false);
    }),
    { numRuns: 1_000 },
  );
});

describe("examples", () => {
  test.each([
    ['{"a": oops}', 6],
    ['{"a": 1,}', 8],
    ["[1 2]", 3],
    ['{"a" 1}', 5],
    ["[1,]", 3],
    ["{a: 1}", 1],
    ['{"a": 1} x', 9],
    ['["\\q"]', 1],
    ["[1, 2", 5],
    ["", 0],
  ])("%s", (text, offset) => expect(findJsonFault(text)).toBe(offset));
});
