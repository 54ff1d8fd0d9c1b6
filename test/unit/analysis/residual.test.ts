import { beforeAll, describe, expect, test } from "vitest";
import { LITERAL_NODE_COUNT_MAX, LITERAL_TEXT_LENGTH_MAX } from "../../../src/analysis/constant.js";
import { PARTIAL_STEP_COUNT_MAX, UNROLL_COUNT_MAX } from "../../../src/analysis/partial.js";
import { evaluatePartially as evaluateAlone, RESIDUAL_GROWTH_MAX } from "../../../src/analysis/residual.js";
import { CONSTANT_PROGRAM_COUNT_MAX, evaluatePartially, kernelConstants } from "../../../src/create-editor.js";
import { compileExpression, loadExpressions } from "../../../src/create-expressions.js";

beforeAll(async () => {
  await loadExpressions();
});

const known = {
  role: "admin",
  roles: ["admin", "editor"],
  limit: 100,
  count: 3n,
  isOpen: true,
  user: { name: "Ada", age: 36, isOwner: false },
  nothing: null,
};

/** `value: …`, `failure: code | text`, or `residual | paths | known names`. */
function describeResult(text: string, unknown: readonly string[] = []): string {
  const result = evaluatePartially(text, known, { unknown });
  if (result.kind === "value") return `value: ${JSON.stringify(result.value)}`;
  if (result.kind === "failure") return `${result.code} | ${result.text}`;
  return [result.text, result.paths.join(" "), result.names.join(" ")].join(" | ");
}

describe("what is left", () => {
  test.each([
    ['role == "admin"', "value: true"],
    ["limit * 2 + 1", "value: 201"],
    ["limit / 3 > 33", "value: true"],
    ["count / 2", "value: 1"],
    ['role == "guest" && order.total > 5', "value: false"],
    ['role == "admin" && order.total > 5', "order.total > 5 | order.total | "],
    ["order.total > limit", "order.total > 100 | order.total | "],
    ["order.total > limit * 1.5", "order.total > 150.0 | order.total | "],
    // A JSON number is neither an int nor a double, so in a sum it keeps its name.
    ["order.total + limit", "order.total + limit | order.total | limit"],
    ["order.total + count", "order.total + 3 | order.total | "],
    ["x in roles", 'x in ["admin", "editor"] | x | '],
    ["roles.exists(r, r == x)", '"admin" == x || "editor" == x | x | '],
    ["roles.all(r, r != x)", '"admin" != x && "editor" != x | x | '],
    ["roles.exists(r, r == role)", "value: true"],
    ['roles.map(r, r + "s")', 'value: ["admins","editors"]'],
    ["roles.map(r, r + x)", "roles.map(r, r + x) | x | roles"],
    ["items.exists(i, i.price > limit)", "items.exists(i, i.price > 100) | items | "],
    ["isOpen ? a.b : c.d", "a.b | a.b | "],
    ["flag ? user.name : x", 'flag ? "Ada" : x | flag x | '],
    // Only what is certainly a bool or an error may lose the true beside it.
    ["isOpen && flag", "true && flag | flag | "],
    ["flag && isOpen", "flag && true | flag | "],
    ["isOpen && !flag", "!flag | flag | "],
    ["a > 1 || user.isOwner || b > 2", "a > 1 || b > 2 | a b | "],
    ["cel.bind(half, limit / 2, half > 10 && x > half)", "x > 50 | x | "],
    ["cel.bind(half, limit / 2, x + half)", "cel.bind(half, limit / 2, x + half) | x | limit"],
    ["has(user.name) && has(order.id)", "has(order.id) | order | "],
    ['duration("1h") > duration("1s") && x > 1', "x > 1 | x | "],
    ["now > timestamp(0)", "now > timestamp(0) | now | "],
    ["math.abs(lists.first) > lists.range(3)[1]", "math.abs(lists.first) > 1 | lists.first | "],
    ["type(role) == string", "value: true"],
    ["items[0].price + items[n].price", "items[0].price + items[n].price | items[0].price items n | "],
    ["a.?b.orValue(limit)", "a.?b.orValue(limit) | a.b | limit"],
    // A literal where the checker would refuse it is hidden by dyn().
    ["role * x", 'dyn("admin") * x | x | '],
  ])("%s", (text, expected) => {
    expect(describeResult(text)).toBe(expected);
  });
});

describe("errors stay errors", () => {
  test.each([
    ["user.missing == 1", "expression/no-such-key | user.missing"],
    ["user.missing == x", "expression/no-such-key | user.missing"],
    ["user.missing || x > 1", "user.missing || x > 1 | x | user"],
    ["nothing.field", "expression/no-such-overload | nothing.field"],
    ["1 / (count - 3) > 0", "expression/divide-by-zero | 1 / (count - 3)"],
    ["roles[7]", "expression/index-out-of-range | roles[7]"],
    ["role && x > 1", 'dyn("admin") && x > 1 | x | '],
    ['matches(role, "(")', 'expression/invalid-argument | matches(role, "(")'],
  ])("%s", (text, expected) => {
    expect(describeResult(text)).toBe(expected);
  });
});

describe("places inside of known values may be unknown", () => {
  test.each([
    ["user.age > 18 && user.name == role", ["user.age"], "value: false"],
    ["user.age > 18", ["user.age"], "user.age > 18 | user.age | user"],
    ["user.name", ["user.age"], 'value: "Ada"'],
    ["size(user) > 2", ["user.age"], "size(user) > 2 | user | user"],
    ["has(user.age)", ["user.age"], "has(user.age) | user | user"],
    ["has(user.name)", ["user.age"], "value: true"],
    ["roles[0] == x", ["roles[1]"], '"admin" == x | x | '],
    ["roles[1] == x", ["roles[1]"], "roles[1] == x | roles[1] x | roles"],
    ["role == x", ["role"], "role == x | role x | "],
  ])("%s without %s", (text, unknown, expected) => {
    expect(describeResult(text, unknown)).toBe(expected);
  });
});

test("without the kernel, what only it computes is left", () => {
  const result = evaluateAlone('role.upperAscii() == x && limit > 1 && role == "admin"', known);
  expect(result).toMatchObject({ kind: "residual", text: '"admin".upperAscii() == x' });
});

test("a library's name wins over a variable's, as in the kernel", () => {
  expect(evaluatePartially("math.abs(-2) + x", { math: { abs: 1 } })).toMatchObject({ text: "2 + x", names: [] });
  expect(evaluatePartially("math.abs + x", { math: { abs: 1n } })).toMatchObject({ text: "1 + x" });
});

test("a strict residual reads numbers as doubles", () => {
  expect(evaluatePartially("x + limit", known, { isStrict: true })).toMatchObject({ text: "x + 100.0" });
});

test("a text with errors is refused, and a path that is none", () => {
  expect(() => evaluatePartially("a +", {})).toThrow(expect.objectContaining({ code: "expression/invalid" }));
  expect(() => evaluatePartially("1 + 'a'", {})).toThrow(expect.objectContaining({ code: "expression/invalid" }));
  expect(() => evaluatePartially("a", { a: 1 }, { unknown: ["a + b"] })).toThrow(
    expect.objectContaining({ code: "analysis/invalid-path" }),
  );
});

describe("limits", () => {
  test("a list beyond UNROLL_COUNT_MAX stays a loop, a shorter one is written out where that is not too long", () => {
    const listOf = (count: number) => Array.from({ length: count }, (_, index) => BigInt(index));
    const text = `list.exists(item, item > someone && item > somebody && item > everyone)`;
    expect(evaluatePartially(text, { list: listOf(UNROLL_COUNT_MAX + 1) })).toMatchObject({ kind: "residual", names: ["list"] });
    const few = evaluatePartially(text, { list: listOf(3) });
    expect(few).toMatchObject({ kind: "residual", names: [] });
    const many = evaluatePartially(text, { list: listOf(UNROLL_COUNT_MAX) });
    expect(many).toMatchObject({ kind: "residual", names: ["list"] });
    expect((many as { text: string }).text.length).toBeLessThan(text.length * RESIDUAL_GROWTH_MAX);
  });

  test("loops within loops stop being written out", () => {
    const list = Array.from({ length: UNROLL_COUNT_MAX }, (_, index) => BigInt(index));
    const text = "l.all(a, l.all(b, l.all(c, l.all(d, a + b + c + d >= 0))))";
    expect(UNROLL_COUNT_MAX ** 3).toBeGreaterThan(PARTIAL_STEP_COUNT_MAX);
    const result = evaluateAlone(text, { l: list });
    expect(result.kind).toBe("residual");
  });

  test("large values keep the names they have", () => {
    const long = "x".repeat(LITERAL_TEXT_LENGTH_MAX + 1);
    const list = Array.from({ length: LITERAL_NODE_COUNT_MAX }, () => true);
    expect(evaluatePartially("a + long", { long })).toMatchObject({ text: "a + long", names: ["long"] });
    expect(evaluatePartially("a in list", { list })).toMatchObject({ text: "a in list", names: ["list"] });
  });

  test("more than CONSTANT_PROGRAM_COUNT_MAX parts are computed all the same", () => {
    for (let index = 0; index < CONSTANT_PROGRAM_COUNT_MAX + 10; index += 1) {
      expect(kernelConstants.evaluate(`a * ${index}`, { a: { int: "2" } })).toEqual({ value: { int: String(index * 2) } });
    }
  });
});

test("the kernel says nothing of what it cannot spell out or does not know", () => {
  expect(kernelConstants.evaluate("a + b", { a: { int: "1" } })).toBeUndefined();
  expect(kernelConstants.evaluate("a +", {})).toBeUndefined();
  expect(kernelConstants.evaluate("a / 0", { a: { int: "1" } })).toEqual({ error: "expression/divide-by-zero" });
  expect(evaluatePartially('ip("10.0.0.1").family() == x', {})).toMatchObject({ text: 'ip("10.0.0.1").family() == x' });
});

test("a residual is an expression like any other", () => {
  const result = evaluatePartially("order.total > limit && role in order.roles", known);
  expect(result.kind).toBe("residual");
  const { text } = result as { text: string };
  expect(text).toBe('order.total > 100 && "admin" in order.roles');
  expect(compileExpression(text).evaluate({ order: { total: 120, roles: ["admin"] } })).toBe(true);
});
