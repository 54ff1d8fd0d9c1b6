// The paths that an expression is said to read are all that it reads: whatever else changes in the context, its value does not.
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { readReferences } from "../../../src/analysis/editor/references.js";
import { compileAnew, loadExpressions } from "../../../src/create-expressions.js";
import { WorkflowError } from "../../../src/model/errors.js";
import { anyText, everything } from "./expressions.js";

beforeAll(async () => {
  await loadExpressions();
});

function outcomeOf(text: string, context: Readonly<Record<string, unknown>>): unknown {
  const expression = compileAnew(text);
  try {
    return { value: expression.evaluate(context) };
  } catch (error) {
    return { error: error instanceof WorkflowError ? error.code : String(error) };
  } finally {
    expression.dispose();
  }
}

function compiles(text: string): boolean {
  try {
    compileAnew(text).dispose();
    return true;
  } catch {
    return false;
  }
}

/** Changes every leaf of a value that no path reads; `path` is where it stands. */
function disturb(value: unknown, path: string, read: readonly string[]): unknown {
  if (read.includes(path)) return value;
  const below = read.filter((item) => item.startsWith(path) && /^[.[]/.test(item.slice(path.length)));
  if (below.length === 0) return typeof value === "string" ? 17 : "disturbed";
  if (Array.isArray(value)) return value.map((item, index) => disturb(item, chooseStep(path, `[${index}]`, below), below));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, disturb(item, chooseStep(path, nameStep(name), below), below)]));
}

function nameStep(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

/** The step by its own name where a path has it, else as any element. */
function chooseStep(path: string, own: string, read: readonly string[]): string {
  const isOwn = read.some((item) => item.startsWith(path + own));
  const isAny = read.some((item) => item.startsWith(`${path}[]`));
  return isAny && !isOwn ? `${path}[]` : path + own;
}

/** Both an element by its number and all elements are read: then nothing below is changed. */
function isMixed(read: readonly string[]): boolean {
  return read.some((path) => path.includes("[]")) && read.some((path) => /\[\d|\["|\.\w+/.test(path.slice(path.indexOf("[]") + 2)) || /\[\d/.test(path));
}

test("5,000 random expressions over a context whose other parts are changed", { timeout: 300_000 }, () => {
  let count = 0;
  let disturbedCount = 0;
  fc.assert(
    fc.property(anyText, (text) => {
      if (!compiles(text)) return;
      const read = readReferences(text).map(({ path }) => path);
      if (isMixed(read)) return;
      const other = Object.fromEntries(Object.entries(everything).map(([name, value]) => [name, disturb(value, name, read)]));
      count += 1;
      if (JSON.stringify(other, replacer) !== JSON.stringify(everything, replacer)) disturbedCount += 1;
      expect(outcomeOf(text, other), `${text}\nreads ${read.join(", ")}`).toEqual(outcomeOf(text, everything));
    }),
    { numRuns: 5_000 },
  );
  expect(count).toBeGreaterThan(3_000);
  expect(disturbedCount).toBe(count);
});

function replacer(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}n` : value;
}

describe("paths as they are written", () => {
  const options = { variables: { items: { list: "any" }, list: { list: "any" } }, constants: { LIMIT: { type: "int", value: 3 } } };
  test.each([
    ["user.age > 18", ["user.age"]],
    ["user == other", ["user", "other"]],
    ["items.exists(i, i.price > 9)", ["items[].price"]],
    ["items.filter(i, i.price > 9).map(j, j.name)", ["items[].price", "items[].name"]],
    ["items.filter(i, i.ok)[0].name", ["items[].ok", "items[].name"]],
    ["items.filter(i, i.ok)", ["items", "items[].ok"]],
    ["items.map(i, 1)", ["items"]],
    ["items.exists(i, [1].exists(i, i > 0))", ["items"]],
    ["list[0].a + list[n].b", ["list[0].a", "list[].b", "n"]],
    ["has(user.address.city)", ["user.address.city"]],
    ['rates["EUR/USD"] + rates["x"]', ['rates["EUR/USD"]', "rates.x"]],
    ["cel.bind(u, user.address, u.city + u.zip)", ["user.address.city", "user.address.zip"]],
    ["(a ? b : c).d", ["a", "b.d", "c.d"]],
    ["user.?address.?city.orValue('?')", ["user.address.city"]],
    ["math.greatest(a, LIMIT) + size(string(now))", ["a"]],
    ["type(x) == int", ["x"]],
    ["m.transformList(k, v, v.n)", ["m[].n"]],
    ["a.b && a.b", ["a.b"]],
    ["1 +", []],
  ])("%s", (text, paths) => expect(readReferences(text, options).map(({ path }) => path).sort()).toEqual([...paths].sort()));

  test("each with its places", () => {
    const [reference] = readReferences("a.b > 1 && a.b < 5");
    expect(reference).toMatchObject({ path: "a.b", variable: "a", places: [{ start: 0, end: 3, line: 1, column: 1 }, { start: 11, end: 14, column: 12 }] });
  });
});
