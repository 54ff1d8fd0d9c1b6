// Limits of expressions, each reached: what is just within passes, one more has its code and, where a text is at fault, its place.
// Also what may never be reached through a field: anything but own properties.
import { beforeAll, describe, expect, test } from "vitest";
import { ARGUMENT_COUNT_MAX, OPERAND_INDEX_MASK, REGISTER_COUNT_MAX, WIRE_DEPTH_MAX } from "../../../assembly/abi.js";
import { compileExpression, EXPRESSION_CACHE_COUNT_MAX, EXPRESSION_PROGRAM_COUNT_MAX, expressionCache, loadExpressions } from "../../../src/create-expressions.js";
import { DECLARATION_DEPTH_MAX, SCHEMA_PART_COUNT_MAX, schemaToType, type TypeDeclaration } from "../../../src/expression/checker/declaration.js";
import { MAP_ENTRY_COUNT_MAX } from "../../../src/expression/collection-emitter.js";
import { FINDING_COUNT_MAX } from "../../../src/expression/finding-list.js";
import { BLOCK_VALUE_COUNT_MAX } from "../../../src/expression/macro.js";
import { EXPRESSION_DEPTH_MAX, EXPRESSION_SIZE_MAX } from "../../../src/expression/parser.js";
import { WorkflowError } from "../../../src/model/errors.js";

beforeAll(() => loadExpressions());

function failureOf(act: () => unknown): WorkflowError {
  try {
    act();
  } catch (error) {
    if (error instanceof WorkflowError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** Code of the first finding, which has a place; or of the error. */
function codeOf(source: string, context: Record<string, unknown> = {}): string {
  const error = failureOf(() => compileExpression(source).evaluate(context));
  expect(error.place).toMatchObject({ line: expect.any(Number), column: expect.any(Number), start: expect.any(Number), end: expect.any(Number) });
  return error.findings[0]?.code ?? error.code;
}

const repeat = (text: string, count: number, separator = "") => Array.from({ length: count }, () => text).join(separator);

describe("limits of a text", () => {
  test("its size", () => {
    expect(compileExpression(`1${" ".repeat(EXPRESSION_SIZE_MAX - 1)}`).evaluate()).toBe(1);
    expect(codeOf(`1${" ".repeat(EXPRESSION_SIZE_MAX)}`)).toBe("expression/too-large");
  });

  test.each([
    ["brackets", "(", "1", ")"],
    ["lists", "[", "1", "]"],
    ["maps", "{'a': ", "1", "}"],
    ["calls", "dyn(", "1", ")"],
    ["indexes", "[0][", "0", "]"],
    ["conditions", "true ? 1 : (", "1", ")"],
  ])("nesting of %s", (_, open, inner, close) => {
    const nest = (depth: number) => `${repeat(open, depth)}${inner}${repeat(close, depth)}`;
    expect(compileExpression(nest(Math.floor(EXPRESSION_DEPTH_MAX / 2) - 1)).source).toContain(inner);
    expect(codeOf(nest(EXPRESSION_DEPTH_MAX + 1))).toBe("expression/too-deep");
    expect(codeOf(nest(5_000))).toBe("expression/too-deep");
  });

  test("signs in a row", () => {
    expect(codeOf(`${repeat("!", EXPRESSION_DEPTH_MAX + 1)}true`)).toBe("expression/too-deep");
    expect(codeOf(`${repeat("- ", EXPRESSION_DEPTH_MAX + 1)}1`)).toBe("expression/too-deep");
  });

  test("what leans to the left has no depth", () => {
    expect(compileExpression(repeat("1", 10_000, "+")).evaluate()).toBe(10_000);
    expect(compileExpression(repeat("true", 10_000, "&&")).evaluate()).toBe(true);
    expect(compileExpression(`x${repeat(".a", EXPRESSION_DEPTH_MAX - 2)}`).variables).toEqual(["x"]);
    expect(codeOf(`x${repeat(".a", 10_000)}`)).toBe("expression/too-deep");
  });

  test("entries of a map, values of a block, arguments of a call", () => {
    const entries = (count: number) => `{${Array.from({ length: count }, (_, index) => `'k${index}': x`).join()}}.k0`;
    expect(compileExpression(entries(MAP_ENTRY_COUNT_MAX)).evaluate({ x: 1 })).toBe(1);
    expect(codeOf(entries(MAP_ENTRY_COUNT_MAX + 1))).toBe("expression/too-large");
    const block = (count: number) => `cel.block([${repeat("x", count, ",")}], cel.index(0))`;
    expect(compileExpression(block(BLOCK_VALUE_COUNT_MAX)).evaluate({ x: 1 })).toBe(1);
    expect(codeOf(block(BLOCK_VALUE_COUNT_MAX + 1))).toBe("expression/invalid-macro");
    const call = (count: number) => `math.greatest(${repeat("x", count, ",")})`;
    expect(compileExpression(call(ARGUMENT_COUNT_MAX)).evaluate({ x: 1 })).toBe(1);
    expect(codeOf(call(ARGUMENT_COUNT_MAX + 1))).toBe("expression/too-large");
  });

  test("elements of a list, which take a register each; constants and variables", () => {
    const list = (count: number) => `[${repeat("x", count, ",")}].size()`;
    expect(compileExpression(list(1_000)).evaluate({ x: 1 })).toBe(1_000);
    // As many as there are registers are built in parts, or refused: never a trap.
    const large = list(REGISTER_COUNT_MAX * 4);
    expect(compileExpression(large).evaluate({ x: 1 })).toBe(REGISTER_COUNT_MAX * 4);
    const names = Array.from({ length: 9_000 }, (_, index) => `v${index}`);
    expect(compileExpression(names.join("+")).variables.length).toBe(9_000);
    expect(names.length).toBeLessThan(OPERAND_INDEX_MASK);
  });

  test("values in hand at a time", () => {
    const nest = (depth: number): string => `1 + 2 == 3 && ${repeat(`math.greatest(${repeat("x", ARGUMENT_COUNT_MAX - 1, ",")},`, depth)}x${repeat(")", depth)} > 0`;
    const depthMax = Math.floor(REGISTER_COUNT_MAX / ARGUMENT_COUNT_MAX);
    expect(compileExpression(nest(depthMax - 1)).evaluate({ x: 1 })).toBe(true);
    const error = failureOf(() => compileExpression(nest(depthMax + 1)));
    expect(error.findings.map(({ code }) => code)).toEqual(["expression/too-large"]);
    expect(error.message).toContain(String(REGISTER_COUNT_MAX));
    expect(error.place?.start).toBeGreaterThan("1 + 2 == 3 && ".length);
  });

  test("errors told of one text", () => {
    const error = failureOf(() => compileExpression(repeat("nope()", FINDING_COUNT_MAX + 5, " + ")));
    expect(error.findings.length).toBe(FINDING_COUNT_MAX);
  });

  test("five and more mistakes of different kinds are told at once, each with its place", () => {
    const source = "nope(1) &&\n 'a' * 2 == 1 &&\n size() > 1 &&\n user.age.foo() == 2 &&\n [1].map(1, 2) == [] &&\n has(x) && 'a'.toUpperCase() == 'A'";
    const { findings } = failureOf(() => compileExpression(source, { variables: { user: { fields: { age: "int" }, rest: false }, x: "int" } }));
    expect(findings.length).toBeGreaterThanOrEqual(5);
    for (const { place, code, severity } of findings) {
      expect(severity).toBe("error");
      expect(code).toMatch(/^expression\//);
      expect(place.end).toBeGreaterThan(place.start);
      expect(place.snippet).toContain("^");
    }
    const checked = failureOf(() => compileExpression("nope(1) &&\n 'a' * 2 == 1 &&\n size() > 1 &&\n user.agee == 2 &&\n -'a' == 1 && 'a'.toUpperCase() == ''", { variables: { user: { fields: { age: "int" }, rest: false } } }));
    expect(new Set(checked.findings.map(({ place }) => place.line)).size).toBe(5);
    expect(checked.findings.length).toBe(6);
  });
});

describe("limits of values and work", () => {
  test("depth of a value that goes in", () => {
    const nest = (depth: number) => {
      let value: unknown = 1;
      for (let level = 0; level < depth; level += 1) value = [value];
      return value;
    };
    const isList = compileExpression("type(x) == list");
    expect(isList.evaluate({ x: nest(WIRE_DEPTH_MAX) })).toBe(true);
    expect(failureOf(() => isList.evaluate({ x: nest(WIRE_DEPTH_MAX + 1) }))).toMatchObject({ code: "value/unsupported" });
    // Its elements are not looked at.
    expect(compileExpression("size(x)").evaluate({ x: nest(WIRE_DEPTH_MAX + 1) })).toBe(1);
  });

  test("depth and size of what is built, and loops within loops", () => {
    const context = { items: Array.from({ length: 200 }, (_, index) => index), text: "x".repeat(100_000) };
    expect(codeOf("items.all(a, items.all(b, items.all(c, a + b + c >= 0)))", context)).toBe("expression/out-of-fuel");
    expect(codeOf("items.map(i, text + string(i)).join('')", context)).toBe("expression/out-of-fuel");
    expect(codeOf("lists.range(100000000)", context)).toMatch(/^expression\/out-of-(fuel|memory)$/);
    expect(codeOf("[items, items, items, items].map(i, [i, i, i]).map(j, [j, j, j]).map(k, [k, k, k]).map(l, string(l)).size() > items.map(i, text).join('').size()", context)).toMatch(
      /^expression\//,
    );
    expect(compileExpression("1 + 1").evaluate()).toBe(2);
  });

  test("levels of a declared type, parts of a schema", () => {
    let type: TypeDeclaration = "int";
    for (let level = 0; level < DECLARATION_DEPTH_MAX * 2; level += 1) type = { list: type };
    expect(compileExpression("x", { variables: { x: type } }).inferredType).toBe(`${"list(".repeat(DECLARATION_DEPTH_MAX + 1)}dyn${")".repeat(DECLARATION_DEPTH_MAX + 1)}`);
    const properties = Object.fromEntries(Array.from({ length: SCHEMA_PART_COUNT_MAX + 5 }, (_, index) => [`p${index}`, { type: "string" }]));
    const { fields } = schemaToType({ type: "object", properties }) as { fields: Record<string, unknown> };
    expect(Object.values(fields).filter((field) => field === "any").length).toBeGreaterThanOrEqual(5);
  });

  test("programs kept, and programs in the kernel", () => {
    expressionCache.clear();
    const first = compileExpression("0 + 0");
    const made = Array.from({ length: EXPRESSION_CACHE_COUNT_MAX }, (_, index) => compileExpression(`${index} + 1`));
    expect(expressionCache.statistics().count).toBe(EXPRESSION_CACHE_COUNT_MAX);
    expect(compileExpression("0 + 0")).not.toBe(first);
    expressionCache.clear();
    const many = Array.from({ length: EXPRESSION_PROGRAM_COUNT_MAX + 10 }, (_, index) => {
      const expression = compileExpression(`${index} + x`);
      expect(expression.evaluate({ x: 1 })).toBe(index + 1);
      return expression;
    });
    expect([many[0]?.evaluate({ x: 1 }), many.at(-1)?.evaluate({ x: 1 }), made[3]?.evaluate()]).toEqual([1, EXPRESSION_PROGRAM_COUNT_MAX + 10, 4]);
    for (const expression of [...many, ...made, first]) expression.dispose();
    expressionCache.clear();
  });
});

describe("only own properties are fields", () => {
  class Account {
    owner = "Ada";
    #secret = 1;
    get computed(): number {
      return this.#secret;
    }
    method(): number {
      return 1;
    }
  }
  const inherited: Record<string, unknown> = Object.assign(Object.create({ parent: 1 }) as object, { own: 2 });
  const values: Record<string, unknown> = {
    plain: { a: 1 },
    bare: Object.assign(Object.create(null) as object, { a: 1 }),
    list: [1, 2],
    account: new Account(),
    inherited,
    map: new Map([["a", 1]]),
    date: new Date(0),
    bytes: new Uint8Array(2),
    text: "text",
    number: 5,
    bool: true,
  };
  const names = ["constructor", "__proto__", "prototype", "hasOwnProperty", "toString", "valueOf", "__defineGetter__", "length", "computed", "method", "parent", "map", "size", "then"];

  test.each(Object.keys(values))("of a value like %s", (kind) => {
    const value = values[kind];
    for (const name of names) {
      const code = failureOf(() => compileExpression(`v.${name}`).evaluate({ v: value })).code;
      expect([name, code]).toEqual([name, expect.stringMatching(/^expression\/(no-such-key|no-such-field|no-such-overload)$/)]);
      expect(failureOf(() => compileExpression(`v['${name}']`).evaluate({ v: value })).code).toMatch(/^expression\/no-such-(key|overload)$/);
      const isMap = ["plain", "bare", "account", "inherited", "map"].includes(kind);
      if (!isMap) continue;
      expect(compileExpression(`has(v.${name})`).evaluate({ v: value })).toBe(false);
      expect(compileExpression(`'${name}' in v`).evaluate({ v: value })).toBe(false);
      expect(compileExpression(`v.?${name}.orValue('none')`).evaluate({ v: value })).toBe("none");
    }
  });

  test("but an own property of such a name is one, and comes back as one", () => {
    const own = JSON.parse('{"__proto__": {"x": 1}, "constructor": 2, "toString": 3, "hasOwnProperty": 4}') as Record<string, unknown>;
    expect(compileExpression("v.__proto__.x + v.constructor + v.toString + v.hasOwnProperty").evaluate({ v: own })).toBe(10);
    const back = compileExpression("v").evaluate({ v: own }) as Record<string, unknown>;
    expect(Object.keys(back)).toEqual(Object.keys(own));
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect(compileExpression("{'__proto__': 1}").evaluate()).toEqual(JSON.parse('{"__proto__": 1}'));
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  test("a context's variables too", () => {
    for (const name of ["constructor", "toString", "hasOwnProperty", "__proto__", "valueOf"]) {
      expect(failureOf(() => compileExpression(name).evaluate({})).code).toBe("expression/unknown-variable");
      expect(failureOf(() => compileExpression(name).evaluate(new Account() as never)).code).toBe("expression/unknown-variable");
    }
    expect(compileExpression("owner").evaluate(new Account() as never)).toBe("Ada");
    expect(failureOf(() => compileExpression("parent").evaluate(inherited)).code).toBe("expression/unknown-variable");
  });
});
