// Formatting keeps the meaning and the comments, and does nothing to what it has formatted: over every expression of the
// conformance cases and the reference page, random trees, and random comments.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatExpression, type FormatOptions } from "../../../src/analysis/editor/format.js";
import { readTokens } from "../../../src/analysis/editor/tokens.js";
import { Token } from "../../../src/expression/lexer.js";
import { parseExpression } from "../../../src/expression/parser.js";
import { printExpression } from "../../../src/expression/print.js";
import { EXPRESSION_TEXTS } from "../../fuzz/corpus.js";
import { stripPlaces } from "../expression/print.js";
import { anyTree } from "../expression/trees.js";

const sound = EXPRESSION_TEXTS.filter((text) => parseExpression(text).findings.length === 0);

function commentsOf(text: string): string[] {
  return readTokens(text)
    .filter(({ token }) => token === Token.END)
    .map(({ start, end }) => text.slice(start, end).trimEnd())
    .sort();
}

/** The tree without places; the name of a message stands in it as it was written, comments included. */
function treeOf(text: string): unknown {
  const { ast, findings } = parseExpression(text);
  expect(findings, text).toEqual([]);
  return JSON.parse(JSON.stringify(stripPlaces(ast), (key, value: unknown) => (key === "name" ? String(value).replace(/\/\/[^\n]*\n|\s/g, "") : typeof value === "bigint" ? `${value}n` : value)));
}

function check(text: string, options: FormatOptions): void {
  const formatted = formatExpression(text, options);
  expect(treeOf(formatted), formatted).toEqual(treeOf(text));
  expect(commentsOf(formatted), formatted).toEqual(commentsOf(text));
  expect(formatExpression(formatted, options)).toBe(formatted);
}

test(`${sound.length} expressions mean the same, and stay as they are when formatted again`, () => {
  expect(sound.length).toBeGreaterThan(1_500);
  for (const text of sound) for (const quotes of ["double", "single", "keep"] as const) for (const lineWidth of [20, 60, 10_000]) check(text, { quotes, lineWidth });
});

test("2,000 random trees", () => {
  fc.assert(
    fc.property(anyTree, fc.integer({ min: 20, max: 200 }), (ast, lineWidth) => check(printExpression(ast), { lineWidth })),
    { numRuns: 2_000 },
  );
});

test("comments anywhere between tokens are kept", () => {
  const commented = fc.record({ ast: anyTree, lineWidth: fc.integer({ min: 20, max: 120 }), places: fc.array(fc.nat(), { maxLength: 6 }) });
  fc.assert(
    fc.property(commented, ({ ast, lineWidth, places }) => {
      let text = printExpression(ast);
      const tokens = readTokens(text);
      const offsets = [...new Set(places.map((place) => (tokens[place % tokens.length] as { start: number }).start))].sort((a, b) => b - a);
      offsets.forEach((offset, index) => {
        text = `${text.slice(0, offset)}${index % 2 === 0 ? " " : "\n"}// note ${index}  \n${text.slice(offset)}`;
      });
      check(text, { lineWidth });
    }),
    { numRuns: 2_000 },
  );
});

describe("what it looks like", () => {
  test("one line where it fits", () => expect(formatExpression("a   &&b||\n(c)")).toBe("a && b || c"));
  test("strings in one kind of quotes, or as they are", () => {
    expect(formatExpression(`'it"s' + "x"`)).toBe(`"it\\"s" + "x"`);
    expect(formatExpression(`"it's" + "x"`, { quotes: "single" })).toBe(`'it\\'s' + 'x'`);
    expect(formatExpression(`'x'+r"\\d"`, { quotes: "keep" })).toBe(`'x' + r"\\d"`);
  });
  test("long chains and lists, each part on its line", () => {
    const text = "order.total > 100 && order.customer.isVerified && order.items.exists(item, item.price > 50 && item.name in ['a', 'b'])";
    expect(formatExpression(text, { lineWidth: 60 })).toBe(
      `order.total > 100
  && order.customer.isVerified
  && order.items.exists(
    item,
    item.price > 50 && item.name in ["a", "b"]
  )`,
    );
  });
  test("comments", () => {
    expect(formatExpression("// why\na && // first\n b // second\n")).toBe("// why\na // first\n  && b // second");
    expect(formatExpression("[ // none\n]")).toBe("[\n  // none\n]");
  });
  test("a text that does not parse stays", () => expect(formatExpression("a &&")).toBe("a &&"));
});
