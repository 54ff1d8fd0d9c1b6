import { describe, expect, test } from "vitest";
import { checkExpression } from "../../../src/expression/checker/checker.js";
import { type FunctionDeclaration, readFunction, type TypeDeclaration } from "../../../src/expression/checker/declaration.js";
import { ALL_LIBRARIES, FunctionSet, type LibraryName } from "../../../src/expression/checker/library.js";
import type { CheckScope } from "../../../src/expression/checker/scope.js";
import { formatType } from "../../../src/expression/checker/type.js";
import { VariableSet } from "../../../src/expression/checker/variable-set.js";
import { FindingList } from "../../../src/expression/finding-list.js";
import { parseExpression } from "../../../src/expression/parser.js";
import type { Finding } from "../../../src/model/errors.js";

const variables: Readonly<Record<string, TypeDeclaration>> = {
  n: "number",
  i: "int",
  u: "uint",
  d: "double",
  s: "string",
  ok: "bool",
  at: "timestamp",
  any: "any",
  ints: { list: "int" },
  texts: "list(string)",
  ages: { map: ["string", "number"] },
  maybe: { optional: "string" },
  wrapped: { nullable: "int" },
  user: {
    name: "user",
    fields: {
      name: "string",
      age: "number",
      tags: { list: "string" },
      address: { fields: { city: "string" }, rest: false, name: "address" },
    },
    rest: false,
  },
  open: { fields: { id: "string" } },
  "order.total": "number",
};

function check(text: string, options: Partial<CheckScope> = {}): { type: string; findings: readonly Finding[] } {
  const { ast, findings } = parseExpression(text);
  expect(findings).toEqual([]);
  const set = new VariableSet(variables, options.isStrict ?? false);
  const list = new FindingList();
  const type = formatType(checkExpression(ast, { typeOf: (name) => set.declarationOf(name), ...options }, list));
  return { type, findings: list.resolve(text) };
}

const infer = (text: string, options?: Partial<CheckScope>) => {
  const { type, findings } = check(text, options);
  return findings.length === 0 ? type : findings.map(({ message }) => message).join("; ");
};
const codes = (text: string, options?: Partial<CheckScope>) =>
  check(text, options).findings.map(({ code, place }) => `${code.replace("expression/", "")}@${place.start}-${place.end}`);

describe("inferred types", () => {
  test.each([
    ["[1, 2]", "list(int)"],
    ["[1, 'a']", "list(dyn)"],
    ["{'a': [1.5]}", "map(string, list(double))"],
    ["user", "user"],
    ["user.address.city", "string"],
    ["user['age']", "number"],
    ["user.tags[0].size()", "int"],
    ["user.tags.map(t, t.size())", "list(int)"],
    ["open.id + 'x'", "string"],
    ["open.other", "dyn"],
    ["order.total + 1", "number"],
    ["ages.bob", "number"],
    ["ages.map(k, ages[k])", "list(number)"],
    ["ages.transformMap(k, v, v > 1)", "map(string, bool)"],
    ["ages.transformList(k, v, k)", "list(string)"],
    ["ints.transformMapEntry(i, v, {string(v): i})", "map(string, int)"],
    ["texts.transformList(i, t, i)", "list(int)"],
    ["ints.filter(x, x > 1)", "list(int)"],
    ["ints.sortBy(x, -x)", "list(int)"],
    ["ints.exists_one(x, x > 1) ? 1 : 2", "int"],
    ["ok ? 1 : n", "number"],
    ["ok ? 1 : 'a'", "dyn"],
    ["cel.bind(x, ints, x[0])", "int"],
    ["maybe.orValue('none')", "string"],
    ["maybe.optMap(m, size(m))", "optional_type(int)"],
    ["maybe.optFlatMap(m, optional.of(1u))", "optional_type(uint)"],
    ["ints[?0]", "optional_type(int)"],
    ["user.?age.orValue(0)", "number"],
    ["[?maybe, s]", "list(string)"],
    ["{?'a': maybe}", "map(string, string)"],
    ["texts.first().value()", "string"],
    ["[[1], [2]].flatten()", "list(int)"],
    ["texts.sort().join(',').split(',')", "list(string)"],
    ["lists.range(3)", "list(int)"],
    ["sets.contains(ints, [1])", "bool"],
    ["regex.extract(s, 'a')", "optional_type(string)"],
    ["math.greatest(1, 2)", "int"],
    ["math.least([1.5])", "double"],
    ["math.greatest(1, 2.5)", "dyn"],
    ["base64.encode(b'a')", "string"],
    ["cidr('10.0.0.0/8').ip().family()", "int"],
    ["type(ints)", "type(list(int))"],
    ["type(ip('::1')) == net.IP", "bool"],
    ["at - at", "duration"],
    ["now - duration('1s')", "timestamp"],
    ["wrapped == null || wrapped > 1", "bool"],
    ["any.x[1].y()", 'There is no function "y"'],
    ["any.x[1].size()", "int"],
    ["dyn(1)", "dyn"],
    ["[]", "list(dyn)"],
    ["[].map(x, x + 1)", "list(dyn)"],
    ["{}", "map(dyn, dyn)"],
  ])("%s is %s", (text, expected) => {
    expect(infer(text)).toBe(expected);
  });

  test("JSON numbers adapt to what stands beside them", () => {
    const texts = [
      "n + 1",
      "n % 2",
      "n > 1.5",
      "size(ints) + n",
      "u * n",
      "n == 1",
      "n in ints",
      "ints[n]",
      "timestamp(n)",
      "s.substring(n)",
      "-n",
    ];
    expect(texts.map((text) => infer(text))).toEqual([
      "number",
      "number",
      "bool",
      "number",
      "number",
      "bool",
      "bool",
      "int",
      "timestamp",
      "string",
      "number",
    ]);
    expect(infer("n + 1.5")).toBe("double");
    expect(codes("n % 1.5")).toEqual(["no-such-overload@2-3"]);
  });

  test("in strict mode JSON numbers are doubles, and only equal types are compared", () => {
    const options = { isStrict: true };
    expect(infer("n + 1.5", options)).toBe("double");
    expect(infer("ages.bob", options)).toBe("double");
    for (const text of ["n + 1", "1 == 1.0", "1 < 1.5", "'a' in ints", "ok ? 1 : 'a'", "ints[0.0]", "i == null"]) {
      expect(check(text, options).findings, text).toHaveLength(1);
      expect(check(text.replaceAll("n +", "1.0 +"), {}).findings, text).toHaveLength(text === "n + 1" ? 1 : 0);
    }
  });
});

describe("mistakes", () => {
  test.each([
    ["i + s", ["no-such-overload@2-3"]],
    ["i - at", ["no-such-overload@2-3"]],
    ["user.nmae", ["no-such-field@0-9"]],
    ["has(user.emial)", ["no-such-field@0-15"]],
    ["user.address['zip']", ["no-such-field@0-19"]],
    ["user[1]", ["no-such-overload@5-6"]],
    ["ages[1]", ["no-such-overload@5-6"]],
    ["texts[0] + 1", ["no-such-overload@9-10"]],
    ["ints.map(x, x + 'a')", ["no-such-overload@14-15"]],
    ["ints.all(x, x)", ["no-such-overload@12-13"]],
    ["ints.filter(x, [x])", ["no-such-overload@4-18"]],
    ["i.exists(x, true)", ["no-such-overload@0-1"]],
    ["ints.transformMapEntry(i, v, i)", ["no-such-overload@29-30"]],
    ["ints.sortBy(x, [x])", ["no-such-overload@15-18"]],
    ["s.optMap(x, x)", ["no-such-overload@0-1"]],
    ["maybe.optFlatMap(x, x)", ["no-such-overload@20-21"]],
    ["[?s]", ["no-such-overload@2-3"]],
    ["math.greatest(1, s)", ["no-such-overload@17-18"]],
    ["texts.join(1)", ["no-such-overload@6-10"]],
    ["ints.join(',')", ["no-such-overload@5-9"]],
    ["ip('a').masked()", ["no-such-overload@8-14"]],
    ["string(ints)", ["no-such-overload@0-6"]],
    ["lists.reverse(ints)", ["unknown-function@6-13"]],
    [
      "i + s || user.nmae > 1 && foo(s - 1) && size(i) > 0 || !s",
      [
        "no-such-overload@2-3",
        "no-such-field@9-18",
        "no-such-overload@32-33",
        "unknown-function@26-29",
        "no-such-overload@40-44",
        "no-such-overload@55-57",
      ],
    ],
  ])("%s", (text, expected) => {
    expect(codes(text)).toEqual(expected);
  });

  test("name what there is", () => {
    expect(infer("size(i)")).toBe("There is no overload size(int); there is size(bytes), size(list(A)), size(map(A, B)), size(string)");
    expect(infer("s.contains(i)")).toBe("There is no overload string.contains(int); there is string.contains(string)");
    expect(infer("s + i")).toMatch(/^No overload of "\+" takes string and int; there is bytes \+ bytes, .* and more$/);
    expect(infer("user.nmae")).toBe('A value of type user has no field "nmae"; did you mean "name"?');
    expect(infer("s.toUpperCase()")).toBe('There is no function "toUpperCase"; did you mean "upperAscii"?');
    expect(infer("s.startWith('a')")).toBe('There is no function "startWith"; did you mean "startsWith"?');
    expect(infer("lists.reverse(ints)")).toBe('There is no function "lists.reverse"; did you mean "reverse"?');
    expect(infer("contains(s, 'a')")).toBe("contains() is a method: call it as value.contains(…)");
    expect(infer("s.substring()")).toBe("substring() takes 1 to 2 arguments, not 0");
  });

  test("one mistake is one finding", () => {
    expect(codes("(i + s) * 2 > ints[0] && size(i + s) == 1 || [i + s].all(x, x > 1)")).toEqual([
      "no-such-overload@3-4",
      "no-such-overload@32-33",
      "no-such-overload@48-49",
    ]);
  });

  test("a place is the document's line and column", () => {
    const [finding] = check("ok &&\n  s + 1 == s").findings;
    expect(finding?.place).toMatchObject({ line: 2, column: 5, start: 10, end: 11 });
  });

  test("names that nobody declares, where that is asked for", () => {
    expect(codes("nobody.x + i")).toEqual([]);
    expect(codes("nobody.x + i", { isClosed: true })).toEqual(["undeclared-variable@0-6"]);
    expect(codes("[1].map(x, x + y)", { isClosed: true })).toEqual(["undeclared-variable@15-16"]);
    expect(codes("Message{a: 1}", { isClosed: true })).toEqual(["unsupported@0-7"]);
  });

  test("an open scope leaves names of types to the context", () => {
    expect(infer("int")).toBe("type(int)");
    expect(infer("int + 1", { isOpen: true })).toBe("dyn");
  });
});

describe("functions", () => {
  const declare = (
    declarations: Readonly<Record<string, readonly FunctionDeclaration[]>>,
    libraries: readonly LibraryName[] = ALL_LIBRARIES,
  ) => new FunctionSet(libraries, new Map(Object.entries(declarations).map(([name, list]) => [name, list.map(readFunction)])));

  test("of an embedder, with type parameters", () => {
    const functions = declare({
      pick: [{ params: [{ list: { param: "T" } }, "int"], result: { param: "T" } }],
      pair: [{ params: [{ param: "A" }, { param: "B" }], result: { abstract: "pair", params: [{ param: "A" }, { param: "B" }] } }],
      "geo.near": [{ params: ["string", "double"], result: "bool" }],
      shout: [{ isMember: true, params: ["string"], result: "string" }],
    });
    expect(infer("pick(texts, 0)", { functions })).toBe("string");
    expect(infer("pair(1, [s])", { functions })).toBe("pair(int, list(string))");
    expect(infer("geo.near(s, 1.5)", { functions })).toBe("bool");
    expect(infer("near(s, 1.5)", { functions, container: "geo" })).toBe("bool");
    expect(infer("s.shout()", { functions })).toBe("string");
    expect(infer("pick(i, 0)", { functions })).toBe("There is no overload pick(int, int); there is pick(list(T), int)");
  });

  test("of libraries that are not wanted are unknown", () => {
    expect(codes("math.abs(1) + size(texts.sort())", { functions: declare({}, ["standard"]) })).toEqual([
      "unknown-function@5-8",
      "unknown-function@25-29",
    ]);
  });

  test("a variable hides a library of its name", () => {
    expect(
      infer("math.size()", {
        typeOf: (name) => (name === "math" ? new VariableSet({ math: "string" }, false).declarationOf("math") : undefined),
      }),
    ).toBe("int");
  });

  test("the kernel has every function, but for what is emitted as code", () => {
    const functions = new FunctionSet();
    expect(functions.names.filter((name) => functions.find(name)?.fn === undefined)).toEqual(["optional.none", "or", "orValue"]);
  });

  test("math.greatest() and math.least() take any number of arguments but none", () => {
    expect(infer("math.greatest(1, 2, 3)")).toBe("int");
    expect(infer("math.least()")).toBe("math.least() takes 1 or more arguments, not 0");
  });

  test("every signature can be read", () => {
    const functions = new FunctionSet();
    expect(functions.names.length).toBeGreaterThan(90);
    const isVariadic = (name: string) => name === "math.greatest" || name === "math.least";
    for (const name of functions.names) expect(functions.signaturesOf(name).length > 0, name).toBe(!isVariadic(name));
    expect(functions.signaturesOf("constructor")).toEqual([]);
  });
});

test("a sum of 10,000 terms needs no deep stack", () => {
  expect(infer(Array.from({ length: 10_000 }, () => "i").join(" + "))).toBe("int");
});
