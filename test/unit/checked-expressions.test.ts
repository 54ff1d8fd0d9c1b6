// What the checker says of an expression and what its evaluation gives must agree: random well-typed expressions, evaluated
// by the kernel. Also how compiled expressions show their types and are kept.
import fc from "fast-check";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  compileExact,
  compileExpression,
  expressionCache,
  loadExpressions,
} from "../../src/create-expressions.js";
import { EXPRESSION_VARIANT_COUNT_MAX } from "../../src/expression/variant.js";
import { schemaToType } from "../../src/expression/checker/declaration.js";
import { readType } from "../../src/expression/checker/type-text.js";
import { Kind, type Type } from "../../src/expression/checker/type.js";
import { WorkflowError } from "../../src/model/errors.js";
import type { ExactValue } from "../../src/model/value.js";

beforeAll(async () => {
  await loadExpressions();
});

const variables = {
  i: "int",
  u: "uint",
  d: "double",
  n: "number",
  s: "string",
  b: "bytes",
  yes: "bool",
  at: "timestamp",
  span: "duration",
  ints: { list: "int" },
  ages: { map: ["string", "int"] },
} as const;
const bindings: Readonly<Record<string, ExactValue>> = {
  i: { int: "7" },
  u: { uint: "3" },
  d: { double: 2.5 },
  n: { number: 4 },
  s: { string: "straße" },
  b: { bytes: "YWI=" },
  yes: { bool: true },
  at: { timestamp: { seconds: "1700000000", nanos: 5 } },
  span: { duration: { seconds: "90", nanos: 0 } },
  ints: { list: [{ int: "3" }, { int: "1" }] },
  ages: { map: [[{ string: "a" }, { int: "1" }]] },
};

type TypeText =
  | "int"
  | "uint"
  | "double"
  | "number"
  | "string"
  | "bytes"
  | "bool"
  | "timestamp"
  | "duration"
  | "ints"
  | "texts"
  | "ages"
  | "maybe";
type Texts = Readonly<Record<TypeText, string>>;

const tag = (strings: TemplateStringsArray, ...parts: fc.Arbitrary<string>[]) =>
  fc.tuple(...parts).map((values) => strings.reduce((text, string, index) => text + string + (values[index] ?? ""), ""));

type Parts = Readonly<Record<TypeText, fc.Arbitrary<string>>>;

const options = { maxDepth: 4, depthSize: "small" as const };
const arithmetic = fc.constantFrom("+", "-", "*", "/");
const order = fc.constantFrom("<", "<=", ">", ">=", "==", "!=");
const choose = ({ bool }: Parts, value: fc.Arbitrary<string>) => tag`(${bool} ? ${value} : ${value})`;

function makeNumbers(parts: Parts) {
  const { int, uint, double, number, string, ints, ages, maybe, timestamp } = parts;
  return {
    int: fc.oneof(
      options,
      fc.constantFrom("i", "0", "1", "-3", "9223372036854775807"),
      tag`(${int} ${arithmetic} ${int})`,
      tag`(${int} % ${int})`,
      tag`size(${string})`,
      tag`${ints}.size()`,
      tag`${ints}[${int}]`,
      tag`${ages}.a`,
      tag`int(${double})`,
      tag`${maybe}.orValue(${int})`,
      tag`math.greatest(${int}, ${int})`,
      tag`${timestamp}.getFullYear()`,
      tag`cel.bind(x, ${int}, x + x)`,
      choose(parts, int),
    ),
    uint: fc.oneof(
      options,
      fc.constantFrom("u", "1u"),
      tag`(${uint} + ${uint})`,
      tag`(${uint} % ${uint})`,
      tag`uint(${int})`,
      choose(parts, uint),
    ),
    double: fc.oneof(
      options,
      fc.constantFrom("d", "0.5", "1e300"),
      tag`(${double} ${arithmetic} ${double})`,
      tag`(${number} ${arithmetic} ${double})`,
      tag`double(${string})`,
      tag`math.floor(${double})`,
      choose(parts, double),
    ),
    number: fc.oneof(
      options,
      fc.constant("n"),
      tag`(${number} ${arithmetic} ${int})`,
      tag`(${uint} * ${number})`,
      tag`(-${number})`,
      fc.constant("(n % 3)"),
    ),
  };
}

function makeScalars(parts: Parts) {
  const { int, uint, double, number, string, bytes, bool, timestamp, duration, ints, texts: words, ages, maybe } = parts;
  return {
    string: fc.oneof(
      options,
      fc.constantFrom("s", "''", "'a,b'"),
      tag`(${string} + ${string})`,
      tag`string(${int})`,
      tag`${string}.upperAscii()`,
      tag`${words}.join('-')`,
      tag`${string}.substring(${int})`,
      choose(parts, string),
    ),
    bytes: fc.oneof(options, fc.constantFrom("b", "b'x'"), tag`(${bytes} + ${bytes})`, tag`bytes(${string})`),
    bool: fc.oneof(
      options,
      fc.constantFrom("yes", "true"),
      tag`(${int} ${order} ${int})`,
      tag`(${number} ${order} ${double})`,
      tag`(${string} ${order} ${string})`,
      tag`(${bool} && !${bool})`,
      tag`${ints}.exists(x, x > ${int})`,
      tag`${ages}.all(k, v, v > ${int} || k == ${string})`,
      tag`(${int} in ${ints})`,
      tag`has(${ages}.a)`,
      tag`${maybe}.hasValue()`,
      tag`(type(${uint}) == uint)`,
    ),
    timestamp: fc.oneof(
      options,
      fc.constantFrom("at", "timestamp('2024-01-02T03:04:05Z')"),
      tag`(${timestamp} + ${duration})`,
      tag`(${timestamp} - ${duration})`,
    ),
    duration: fc.oneof(
      options,
      fc.constantFrom("span", "duration('1h')"),
      tag`(${duration} - ${duration})`,
      tag`(${timestamp} - ${timestamp})`,
    ),
  };
}

function makeCollections(parts: Parts) {
  const { int, string, ints, texts: words, ages, maybe } = parts;
  return {
    ints: fc.oneof(
      options,
      fc.constantFrom("ints", "[5, 6]"),
      tag`(${ints} + ${ints})`,
      tag`[${int}, ${int}]`,
      tag`[?${maybe}, ${int}]`,
      tag`${ints}.map(x, x + 1)`,
      tag`${ints}.map(x, x > 1, x)`,
      tag`${ints}.filter(x, x > ${int})`,
      tag`${words}.transformList(at, t, at + size(t))`,
      tag`${ints}.sort()`,
    ),
    texts: fc.oneof(
      options,
      fc.constant("['a', 'b']"),
      tag`${string}.split(',')`,
      tag`${ints}.map(x, string(x))`,
      tag`${words}.distinct()`,
    ),
    ages: fc.oneof(options, fc.constant("ages"), tag`{${string}: ${int}}`, tag`${ages}.transformMap(k, v, v + 1)`),
    maybe: fc.oneof(
      options,
      fc.constantFrom("ints[?9]", "optional.of(i)"),
      tag`optional.of(${int})`,
      tag`${ints}[?${int}]`,
      tag`${ages}.?a`,
      tag`${maybe}.optMap(x, x + 1)`,
    ),
  };
}

/** Expressions by the type that they must have. */
const texts = fc.letrec<Texts>((tie) => {
  const parts: Parts = {
    int: tie("int"),
    uint: tie("uint"),
    double: tie("double"),
    number: tie("number"),
    string: tie("string"),
    bytes: tie("bytes"),
    bool: tie("bool"),
    timestamp: tie("timestamp"),
    duration: tie("duration"),
    ints: tie("ints"),
    texts: tie("texts"),
    ages: tie("ages"),
    maybe: tie("maybe"),
  };
  return { ...makeNumbers(parts), ...makeScalars(parts), ...makeCollections(parts) };
});

const NAMES: Readonly<Record<string, string>> = { ints: "list(int)", texts: "list(string)", ages: "map(string, int)" };

/** Has the value this type? Of a dyn part nothing is asked. */
function isOfType(value: ExactValue, type: Type): boolean {
  const [first, second] = type.params;
  if (type.kind === Kind.DYN || first?.kind === Kind.PARAM) return true;
  if ("list" in value) return type.kind === Kind.LIST && value.list.every((item) => first !== undefined && isOfType(item, first));
  if ("map" in value) {
    return (
      type.kind === Kind.MAP &&
      value.map.every(([key, item]) => first !== undefined && second !== undefined && isOfType(key, first) && isOfType(item, second))
    );
  }
  return Object.keys(value)[0] === type.name;
}

describe("random expressions check to the type that evaluation gives", () => {
  test.each(["int", "uint", "double", "number", "string", "bytes", "bool", "timestamp", "duration", "ints", "texts", "ages"] as const)(
    "%s",
    (name) => {
      let valueCount = 0;
      fc.assert(
        fc.property(texts[name], (text) => {
          const expression = compileExact(text, { variables });
          try {
            expect(expression.inferredType).toBe(NAMES[name] ?? name);
            const value = evaluate(expression, bindings);
            if (value === undefined) return;
            valueCount += 1;
            if (!isOfType(value, readType(expression.inferredType))) throw new Error(`${text} is ${JSON.stringify(value)}`);
          } finally {
            expression.dispose();
          }
        }),
        { numRuns: 120 },
      );
      expect(valueCount).toBeGreaterThan(20);
    },
  );
});

/** The value; undefined where the run fails for another reason than a type. */
function evaluate(expression: ReturnType<typeof compileExact>, values: Readonly<Record<string, ExactValue>>): ExactValue | undefined {
  try {
    return expression.evaluateExact(values);
  } catch (error) {
    if (!(error instanceof WorkflowError) || error.code === "expression/no-such-overload") throw error;
    return undefined;
  }
}

describe("compiled expressions", () => {
  beforeEach(() => {
    expressionCache.clear();
  });

  test("show their type in full", () => {
    expect(compileExpression("[1, 2].map(x, {'a': x})").inferredType).toBe("list(map(string, int))");
    expect(compileExpression("x.y").inferredType).toBe("dyn");
  });

  test("take nested declarations and JSON Schemas", () => {
    const user = schemaToType({
      type: "object",
      properties: { name: { type: "string" }, age: { type: "integer" } },
      additionalProperties: false,
    });
    const adult = compileExpression("user.age >= 18 && user.name != ''", { variables: { user } });
    expect(adult.evaluate({ user: { name: "Ada", age: 36 } })).toBe(true);
    const codes = (text: string) => {
      try {
        compileExpression(text, { variables: { user } });
        return [];
      } catch (error) {
        return error instanceof WorkflowError
          ? error.findings.map(({ code, place }) => `${code}@${place.line}:${place.column}`)
          : [String(error)];
      }
    };
    expect(codes("user.nmae == 'x' ||\n user.age + 'a' == 1 ||\n user.name > 1 || user.age.x || !user.name")).toEqual([
      "expression/no-such-field@1:1",
      "expression/no-such-overload@2:11",
      "expression/no-such-overload@3:12",
      "expression/no-such-overload@3:19",
      "expression/no-such-overload@3:33",
    ]);
  });

  test("are kept by text and options", () => {
    const before = expressionCache.statistics();
    const first = compileExpression("x + 1");
    expect(compileExpression("x + 1")).toBe(first);
    expect(compileExpression("x + 1", { isStrict: true })).not.toBe(first);
    expect(compileExpression("x + 1", { variables: { x: "int" } })).not.toBe(first);
    expect(compileExpression("x + 1", { variables: { x: "int" } })).toBe(compileExpression("x + 1", { variables: { x: "int" } }));
    expect(compileExpression("x + 1", { variables: { x: "any" }, isStrict: true }).inferredType).toBe("int");
    const after = expressionCache.statistics();
    expect([after.hitCount - before.hitCount, after.missCount - before.missCount, after.count]).toEqual([3, 4, 4]);
    expect(expressionCache.invalidate("x + 1")).toBe(4);
    expect(compileExpression("x + 1")).not.toBe(first);
    expect(first.evaluate({ x: 1 })).toBe(2);
  });

  test("with more sets of variables than are told apart compile again", () => {
    const first = compileExpression("v0", { variables: { v0: "int" } });
    for (let index = 1; index <= EXPRESSION_VARIANT_COUNT_MAX; index += 1)
      compileExpression("v0", { variables: { v0: "int", [`v${index}`]: "int" } });
    expect(compileExpression("v0", { variables: { v0: "int" } })).not.toBe(first);
  });

  test("are not kept where the text has errors", () => {
    expect(() => compileExpression("1 +")).toThrow(WorkflowError);
    expect(expressionCache.statistics().count).toBe(0);
    expect(() => compileExpression("x", { variables: { x: "strng" } })).toThrow('Variable "x": there is no type "strng"');
  });
});
