// Random CEL texts over a fixed set of variables, mostly well typed, for the property tests of this folder.
import fc from "fast-check";

/** Values of every kind that partial evaluation tells apart. `none` has no value. */
export const everything: Readonly<Record<string, unknown>> = {
  n: 5,
  half: 2.5,
  zero: 0,
  big: 2 ** 53,
  i: 7n,
  j: -3n,
  s: "straße 😀",
  t: "",
  yes: true,
  no: false,
  nil: null,
  ints: [3n, 1n, 2n],
  numbers: [1, 2.5, -4],
  words: ["a", "bb", "", "straße 😀"],
  mixed: [1, "a", null, true],
  user: { name: "Ada", age: 36, tags: ["a", "b"], address: { city: "London", "zip-code": 5 } },
  empty: {},
};

interface Texts {
  readonly number: string;
  readonly bool: string;
  readonly text: string;
  readonly list: string;
  readonly any: string;
}

const order = fc.constantFrom("<", "<=", ">", ">=", "==", "!=");

type Parts = Readonly<Record<keyof Texts, fc.Arbitrary<string>>>;

const options = { maxDepth: 3, depthSize: "xsmall" as const };

function choose({ bool }: Parts, value: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(bool, value, value).map(([test, yes, no]) => `(${test} ? ${yes} : ${no})`);
}

function numberTexts(parts: Parts): fc.Arbitrary<string> {
  const { number, text, list } = parts;
  return fc.oneof(
    options,
    fc.constantFrom(
      "n",
      "half",
      "zero",
      "big",
      "i",
      "j",
      "0",
      "1",
      "5",
      "-2",
      "dyn(2.5)",
      "dyn(3u)",
      "user.age",
      "none",
      "x",
      "ints[9]",
      "i / 0",
      "user.nothing",
    ),
    fc.tuple(number, fc.constantFrom("+", "-", "*", "/", "%"), number).map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    number.map((value) => `-(${value})`),
    text.map((value) => `size(${value})`),
    list.map((value) => `${value}.size()`),
    fc.tuple(list, number).map(([items, index]) => `dyn(${items}[${index}])`),
    number.map((value) => `int(${value})`),
    fc.tuple(number, number).map(([a, b]) => `math.greatest(dyn(${a}), ${b})`),
    fc.tuple(number, number).map(([value, body]) => `cel.bind(x, ${value}, ${body} + x)`),
    choose(parts, number),
  );
}

function boolTexts(parts: Parts): fc.Arbitrary<string> {
  const { number, bool, text, list, any } = parts;
  return fc.oneof(
    options,
    fc.constantFrom(
      "yes",
      "no",
      "true",
      "false",
      "has(user.age)",
      "has(user.nothing)",
      "has(empty.a)",
      "nil == null",
      "none",
      "has(user.address.city)",
    ),
    fc.tuple(number, order, number).map((parts) => `(${parts.join(" ")})`),
    fc.tuple(text, order, text).map((parts) => `(${parts.join(" ")})`),
    fc.tuple(any, fc.constantFrom("==", "!="), any).map((parts) => `(${parts.join(" ")})`),
    fc.tuple(bool, fc.constantFrom("&&", "||"), bool).map((parts) => `(${parts.join(" ")})`),
    fc.tuple(bool, fc.constantFrom("&&", "||"), bool, bool).map(([a, operator, b, c]) => `(${a} ${operator} ${b} ${operator} ${c})`),
    fc.tuple(any, fc.constantFrom("&&", "||"), bool).map(([value, operator, b]) => `(dyn(${value}) ${operator} ${b})`),
    fc.tuple(bool, fc.constantFrom("&&", "||"), any, bool).map(([a, operator, b, c]) => `(${a} ${operator} dyn(${b}) ${operator} ${c})`),
    bool.map((value) => `!${value}`),
    fc.tuple(any, list).map(([item, items]) => `(${item} in ${items})`),
    fc.tuple(text, fc.constantFrom("startsWith", "endsWith", "contains", "matches"), text).map(([a, method, b]) => `${a}.${method}(${b})`),
    fc
      .tuple(list, fc.constantFrom("exists", "all", "exists_one"), bool)
      .map(([items, macro, body]) => `${items}.${macro}(x, x == n || ${body})`),
    fc.tuple(list, fc.constantFrom("exists", "all"), number).map(([items, macro, body]) => `${items}.${macro}(x, x > ${body})`),
    fc.tuple(list, fc.constantFrom("exists", "all"), bool).map(([items, macro, body]) => `${items}.${macro}(k, x, k == i || ${body})`),
    fc.tuple(any, bool).map(([value, body]) => `cel.bind(x, ${value}, x == 5 || ${body})`),
    choose(parts, bool),
  );
}

function textTexts(parts: Parts): fc.Arbitrary<string> {
  const { number, text, list } = parts;
  return fc.oneof(
    options,
    fc.constantFrom(
      "s",
      "t",
      '"a"',
      "'ß'",
      "user.name",
      "user.address.city",
      "user.address.`zip-code`",
      'user["name"]',
      "user.tags[0]",
      "user.missing",
      "none",
    ),
    fc.tuple(text, text).map(([left, right]) => `(${left} + ${right})`),
    number.map((value) => `string(${value})`),
    fc.tuple(list, number).map(([items, index]) => `dyn(${items}[${index}])`),
    text.map((value) => `${value}.upperAscii()`),
    choose(parts, text),
  );
}

function listTexts(parts: Parts): fc.Arbitrary<string> {
  const { number, bool, list, any } = parts;
  return fc.oneof(
    options,
    fc.constantFrom("ints", "numbers", "words", "mixed", "user.tags", "[]", "[1, 2, 3]", '["a", "b"]', "none"),
    fc.array(any, { maxLength: 3 }).map((items) => `[${items.join(", ")}]`),
    fc.tuple(list, list).map(([left, right]) => `(${left} + ${right})`),
    fc.tuple(list, number).map(([items, body]) => `${items}.map(x, ${body})`),
    fc.tuple(list, bool, number).map(([items, filter, body]) => `${items}.map(x, ${filter}, ${body})`),
    fc.tuple(list, bool).map(([items, filter]) => `${items}.filter(x, ${filter})`),
    fc.tuple(list, any).map(([items, body]) => `${items}.transformList(k, x, ${body})`),
    choose(parts, list),
  );
}

function anyTexts(parts: Parts): fc.Arbitrary<string> {
  const { number, bool, text, list, any } = parts;
  return fc.oneof(
    options,
    number,
    bool,
    text,
    list,
    fc.constantFrom(
      "nil",
      "user",
      "empty",
      "user.address",
      "type(n)",
      "int",
      'duration("1s")',
      "{}",
      "dyn(n)",
      "user.?age",
      "user.?none.orValue(n)",
    ),
    fc.tuple(text, any).map(([key, value]) => `{${key}: ${value}, "k": n}`),
    fc.tuple(any, number).map(([value, body]) => `dyn(optional.of(${value})).optMap(x, dyn(${body})).orValue(dyn(0))`),
  );
}

/** Conditions and values; some fail when they run, a few do not compile. */
export const anyText: fc.Arbitrary<string> = fc.letrec<Texts>((tie) => {
  const parts = { number: tie("number"), bool: tie("bool"), text: tie("text"), list: tie("list"), any: tie("any") } as Parts;
  return { number: numberTexts(parts), bool: boolTexts(parts), text: textTexts(parts), list: listTexts(parts), any: anyTexts(parts) };
}).any;
