// Regular expressions: matches() against JavaScript's own engine where both mean the same, and what is RE2's alone.
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { compileExpression, type Expression, loadExpressions } from "../../../src/create-expressions.js";
import { WorkflowError } from "../../../src/model/errors.js";

let matcher: Expression;
let extractor: Expression;

beforeAll(async () => {
  await loadExpressions();
  matcher = compileExpression("t.matches(p)");
  extractor = compileExpression("regex.extractAll(t, p)");
});

/** true, false, or the code of the error. */
function match(pattern: string, text: string): unknown {
  try {
    return matcher.evaluate({ t: text, p: pattern });
  } catch (error) {
    if (error instanceof WorkflowError) return error.code;
    throw error;
  }
}

describe("as in JavaScript", () => {
  const TEXTS = ["", "a", "ab", "abc", "aab", "b\na", "foo bar", "x1_y-2", "ÄäЖж", "😀a", "aaaa", "]", "-", "\\", "a.b", "AbC", "\t"];
  test.each([
    "a",
    "^a",
    "a$",
    "^$",
    "a|b|cd|",
    "(a|ab)(c|bcd)?",
    "a*b+c?",
    "a{2}",
    "a{2,}",
    "a{1,3}b",
    "a{0}b",
    "a{0,2}$",
    "(a*)*b",
    "(a|b)*?c",
    "[abc]+",
    "[^abc]",
    "[a-cx-z]+$",
    "[]a]".replace("[]a]", "[\\]a]"),
    "[a\\-z]",
    "\\d+",
    "\\W",
    "\\w\\s\\w",
    "[\\d_]+",
    "[^\\w]",
    "\\bbar\\b",
    "o\\Bo",
    ".",
    "^.$",
    "\\.",
    "\\\\",
    "\\x61",
    "\\t",
    "😀.",
    "(?:a|b)c",
    "^(a+)+$",
    "a||b",
    "()",
    "(|a)+$",
  ])("%s", (pattern) => {
    for (const text of TEXTS) expect([text, match(pattern, text)]).toEqual([text, new RegExp(pattern, "u").test(text)]);
  });

  test("random patterns", () => {
    const { pattern } = fc.letrec<{ pattern: string }>((tie) => {
      const atom = fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom("a", "b", "c", ".", "[ab]", "[^a]", "\\w", "\\b", "^", "$") },
        tie("pattern").map((inner) => `(${inner})`),
      );
      const repeated = fc
        .tuple(atom, fc.constantFrom("", "", "*", "+", "?", "{2}", "{1,2}", "*?", "+?", "??"))
        .map(([text, suffix]) => (/^(\^|\$|\\b)$/.test(text) ? text : text + suffix));
      return {
        pattern: fc
          .array(
            fc.array(repeated, { maxLength: 4 }).map((parts) => parts.join("")),
            { minLength: 1, maxLength: 3 },
          )
          .map((parts) => parts.join("|")),
      };
    });
    fc.assert(
      fc.property(pattern, fc.array(fc.constantFrom("a", "b", "c", "\n", "é"), { maxLength: 8 }), (source, letters) => {
        const text = letters.join("");
        expect(match(source, text)).toBe(new RegExp(source, "u").test(text));
      }),
      { numRuns: 1_000 },
    );
  });

  test("matches that do not overlap", () => {
    for (const [pattern, text] of [
      ["a+", "aabaaa"],
      ["a|ab", "abab"],
      ["[^,]+", "x,yy,,z"],
      ["a+?", "aaa"],
      ["\\w+$", "one two"],
      ["😀", "😀a😀"],
    ] as const) {
      expect(extractor.evaluate({ t: text, p: pattern })).toEqual(text.match(new RegExp(pattern, "gu")) ?? []);
    }
  });
});

describe("RE2's own", () => {
  test.each([
    ["(?i)ABC", "xabcx", true],
    ["(?i)straße", "STRAßE", true],
    ["(?i)жук", "ЖУК", true],
    ["(?i:A)b", "ab", true],
    ["(?i:A)b", "aB", false],
    ["a(?i)b|c", "aC", true],
    ["(?s).", "\n", true],
    ["(?m)^b$", "a\nb\nc", true],
    ["^b$", "a\nb\nc", false],
    ["\\Ab\\z", "b", true],
    ["\\Qa.b\\E+", "a.b+", "expression/invalid-argument"],
    ["\\Qa.b\\E", "xa.by", true],
    ["\\Qa.b\\E", "xacby", false],
    ["(?P<year>\\d{4})-(?<month>\\d\\d)", "on 2026-11-20", true],
    ["[[:alpha:]_]+$", "ab_", true],
    ["^[[:^digit:]]$", "5", false],
    ["^[[:xdigit:]]+$", "aF09", true],
    ["^[[:word:]]+$", "aF_09", true],
    ["[[:cntrl:]]", "\0", true],
    ["^[[:punct:]]$", "~", true],
    ["\\x{1F600}", "😀", true],
    ["\\07", "\x07", true],
    ["x{,2}", "x{,2}", true],
    ["x{a", "x{a", true],
    ["(?U)a+", "a", true],
    ["$a", "a", false],
  ])("%s over %s", (pattern, text, expected) => {
    expect(match(pattern, text)).toBe(expected);
  });

  test.each([
    "(",
    ")",
    "a)",
    "(a",
    "[a",
    "[]",
    "[b-a]",
    "*a",
    "a**",
    "a{2}{3}",
    "a{1001}",
    "a{2,1}",
    "\\",
    "\\8",
    "\\y",
    "(?=a)",
    "(?<!a)b",
    "(?P<n",
    "(?P<>a)",
    "(?z)",
    "[[:nope:]]",
    "\\x{110000}",
    "\\pL",
    "\\1(a)",
  ])("%s is no pattern", (pattern) => {
    expect(match(pattern, "a")).toBe("expression/invalid-argument");
  });
});

describe("cost", () => {
  test("what backtracking takes for ever is linear", () => {
    expect(match("^(a+)+$", "a".repeat(10_000))).toBe(true);
    expect(match("^(a+)+$", `${"a".repeat(10_000)}!`)).toBe(false);
    expect(match("(x+x+)+y", "x".repeat(10_000))).toBe(false);
    expect(match(`${"a?".repeat(100)}${"a".repeat(100)}`, "a".repeat(100))).toBe(true);
  });

  test("a long search ends when the fuel does", () => {
    expect(match("[a-q][^u-z]{500}x", "a".repeat(100_000))).toBe("expression/out-of-fuel");
  });

  test("groups nested too deep, too many of them, and too large a program", () => {
    expect(match("(".repeat(201) + ")".repeat(201), "a")).toBe("expression/invalid-argument");
    expect(match("()".repeat(101), "a")).toBe("expression/invalid-argument");
    expect(match("(a{100}){100}", "a")).toBe("expression/out-of-memory");
  });

  test("more patterns than are kept", () => {
    for (let round = 0; round < 2; round += 1) {
      for (let index = 0; index < 500; index += 1) expect(match(`^k${index}$`, `k${index}`)).toBe(true);
    }
  });
});
