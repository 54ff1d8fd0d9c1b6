// Random patterns of the syntax that RE2 and JavaScript share, over random texts: matches() against V8's own engine, and
// where and what a pattern with one group finds. Patterns that are no trouble for an automaton but for one that goes back
// and forth take fuel in proportion to the text.
import { beforeAll, describe, expect, test } from "vitest";
import { ExpressionError, Fn, Op } from "../../assembly/abi.js";
import { seedAt } from "../../src/base/prng.js";
import { layOutExpressions } from "../../src/compile/blob.js";
import { compileExpression, type Expression, loadExpressions } from "../../src/create-expressions.js";
import { WorkflowError } from "../../src/model/errors.js";
import { encodeValue } from "../../src/model/value.js";
import { Chance } from "../fuzz/chance.js";
import { assemble, Bench, slot } from "../unit/kernel/assembler.js";

const SEED = Number(process.env.MILLRACE_DIFFERENTIAL_START ?? 20_261_120);
const PATTERN_COUNT = 15_000;
const TEXTS_PER_PATTERN = 4;
/** Pairs of pattern and text that are compared at least. */
const PAIR_COUNT_MIN = 50_000;

let matches: Expression;
let findAll: Expression;
beforeAll(async () => {
  await loadExpressions();
  matches = compileExpression("t.matches(p)");
  findAll = compileExpression("regex.extractAll(t, p)");
});

// --- random patterns and texts ---------------------------------------------------------------------------------------

const CLASSES = ["[ab]", "[^a]", "[a-c]", "[^\\n]", "[\\d_]", "[^\\w]", "[é-ü]", "[😀-😎x]", "[-a]", "[a\\-c]", "[\\]\\\\]", "[.]", "[^a-z0-9]", "[\\s,]"];
const ATOMS = ["a", "b", "c", "ab", ".", "é", "😀", "1", "_", " ", "\\.", "\\d", "\\D", "\\w", "\\W", "\\s", "\\S", "\\t", "\\n", "\\x61", "\\\\", "\\(", ...CLASSES];
const REPEATS = ["", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{0,2}", "{1,3}", "{2,}", "{0}", "{1,2}?", "{0,}?"];
const LETTERS = ["a", "a", "b", "c", "1", "_", " ", ".", "\n", "\t", "é", "ü", "😀", "-", "\\", "(", "]", "x", "Z", "\u0301", "\u2028"];

/** `groupRepeats`: what may stand behind a group. */
function makePattern(chance: Chance, depth: number, groupCountMax: number, groupRepeats: readonly string[] = REPEATS): string {
  let groupsLeft = groupCountMax;
  const piece = (level: number): string => {
    const kind = chance.below(12);
    if (kind === 0) return chance.pick(["^", "$", "\\b", "\\B"]);
    if (kind <= 2 && level > 0) {
      const isCapture = groupsLeft > 0 && chance.oneIn(2);
      if (isCapture) groupsLeft -= 1;
      return `(${isCapture ? "" : "?:"}${alternatives(level - 1)})${chance.pick(groupRepeats)}`;
    }
    return chance.pick(ATOMS.filter((atom) => atom !== "ab")) + chance.pick(REPEATS);
  };
  const sequence = (level: number) => Array.from({ length: chance.below(4) }, () => piece(level)).join("");
  const alternatives = (level: number): string => Array.from({ length: chance.oneIn(3) ? chance.between(2, 3) : 1 }, () => sequence(level)).join("|");
  return alternatives(depth);
}

function makeText(chance: Chance): string {
  return Array.from({ length: chance.below(14) }, () => chance.pick(LETTERS)).join("");
}

function attempt(expression: Expression, t: string, p: string): unknown {
  try {
    return expression.evaluate({ t, p });
  } catch (error) {
    if (error instanceof WorkflowError) return error.code;
    throw error;
  }
}

/**
 * JavaScript's reading of a pattern. Differences: RE2's dot takes \r and the separators of lines and paragraphs, `$` without m
 * is the very end in both, and \s, \d and \w are ASCII in RE2.
 */
function toJavaScript(pattern: string): string {
  let isInClass = false;
  let translated = "";
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at] as string;
    const next = pattern[at + 1] ?? "";
    if (character === "\\") {
      const inner = "\\t\\n\\f\\r ";
      translated += next === "s" ? (isInClass ? inner : `[${inner}]`) : next === "S" ? `[^${inner}]` : character + next;
      at += 1;
    } else if (character === "." && !isInClass) translated += "[^\\n]";
    else {
      if (character === "[") isInClass = true;
      else if (character === "]") isInClass = false;
      translated += character;
    }
  }
  return translated;
}

test.each([0, 1, 2])("matches() is V8's over random patterns, part %d", { timeout: 300_000 }, (part) => {
  const count = PATTERN_COUNT / 3;
  let comparedCount = 0;
  for (let index = part * count; index < (part + 1) * count; index += 1) {
    const chance = new Chance(seedAt(SEED, index));
    const pattern = makePattern(chance, 3, 3);
    const reference = new RegExp(toJavaScript(pattern), "u");
    for (let tries = 0; tries < TEXTS_PER_PATTERN; tries += 1) {
      const text = makeText(chance);
      // V8 finds no word's edge within a character of two units, where there is no place at all.
      if (pattern.includes("\\B") && text.includes("😀")) continue;
      comparedCount += 1;
      const found = attempt(matches, text, pattern);
      if (found !== reference.test(text)) expect([index, pattern, text, found]).toEqual([index, pattern, text, reference.test(text)]);
    }
  }
  expect(comparedCount).toBeGreaterThan(PAIR_COUNT_MIN / 3);
});

test("extractAll() finds what V8 finds", { timeout: 300_000 }, () => {
  for (let index = 0; index < 5_000; index += 1) {
    const chance = new Chance(seedAt(SEED + 1, index));
    // A group that takes nothing is another turn for RE2, but not for JavaScript: groups are not repeated.
    const pattern = makePattern(chance, 2, 1, [""]);
    const reference = new RegExp(toJavaScript(pattern), "gu");
    const hasGroup = /\((?!\?)/.test(pattern.replace(/\\./g, "e").replace(/\[[^\]]*\]/g, "c"));
    const text = makeText(chance);
    if (pattern.includes("\\B") && text.includes("😀")) continue;
    const all = [...text.matchAll(reference)];
    // What RE2 and JavaScript leave to each other: an empty match right behind another, and a group that took no part.
    if (all.some(([whole], at) => whole === "" || (hasGroup && all[at]?.[1] === undefined) || all[at]?.[1] === "")) continue;
    const expected = all.map((match) => match[hasGroup ? 1 : 0]);
    const found = attempt(findAll, text, pattern);
    if (JSON.stringify(found) !== JSON.stringify(expected)) expect([index, pattern, text, found]).toEqual([index, pattern, text, expected]);
  }
});

// --- linear work -----------------------------------------------------------------------------------------------------

describe("work grows with the text, not with its powers", () => {
  const CATASTROPHES: readonly (readonly [string, string, string])[] = [
    ["^(a+)+$", "a", "!"],
    ["^(a+)+$", "a", ""],
    ["^(a|aa)+$", "a", "b"],
    ["^(a|a?)+$", "a", "b"],
    ["(x+x+)+y", "x", ""],
    ["^(([a-z])+.)+[A-Z]([a-z])+$", "a", ""],
    ["(.*a){12}", "a", "b"],
    ["(a*)*b", "a", ""],
    ["^(\\w+\\s?)*$", "word ", "!"],
    ["(?:a|b|ab)*c", "ab", ""],
    ["^((ab)*)*$", "ab", "c"],
    ["\\b(\\w+\\W*)+$", "ab, ", "\n"],
  ];

  test.each(CATASTROPHES)("%s over many %j, then %j", async (pattern, piece, tail) => {
    const bench = await Bench.open();
    const { kernel, instance } = bench;
    const code = assemble([
      { op: Op.MOVE, dst: 0, a: slot(0) },
      { op: Op.MOVE, dst: 1, a: slot(1) },
      { op: Op.CALL, dst: 2, a: 0, b: 2, imm: Fn.MATCHES },
      { op: Op.RETURN, a: 2 },
    ]);
    const program = kernel.loadProgram(layOutExpressions([code], ["t", "p"]));
    const context = kernel.createContext(2);
    kernel.setSlot(context, 1, encodeValue(pattern));
    const write = (length: number) => kernel.setSlot(context, 0, encodeValue(piece.repeat(length / piece.length) + tail));
    const isEnough = (fuel: number): boolean => {
      instance.exports.setContextBudget(fuel, Infinity);
      const error = kernel.error(kernel.evaluate(kernel.expression(program, 0), context));
      if (error !== undefined) expect(error.error).toBe(ExpressionError.OUT_OF_FUEL);
      return error === undefined;
    };
    write(2_000);
    let least = 0;
    for (let step = 1 << 23; step > 0; step >>= 1) if (!isEnough(least + step)) least += step;
    expect(least).toBeGreaterThan(0);
    write(20_000);
    expect(isEnough(least * 11 + 1_000)).toBe(true);
  });
});
