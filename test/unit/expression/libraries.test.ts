// The extension libraries, run through the kernel: cases of our own for what the recorded conformance cases leave out.
import { beforeAll, describe, expect, test } from "vitest";
import { compileExpression, loadExpressions } from "../../../src/create-expressions.js";
import { WorkflowError } from "../../../src/model/errors.js";

beforeAll(() => loadExpressions());

function evaluate(source: string, context: Record<string, unknown> = {}): unknown {
  const expression = compileExpression(source);
  try {
    return expression.evaluate(context);
  } finally {
    expression.dispose();
  }
}

/** The code of the error that evaluating gives. */
function failure(source: string, context?: Record<string, unknown>): string {
  try {
    return `no error, but ${JSON.stringify(evaluate(source, context))}`;
  } catch (error) {
    if (error instanceof WorkflowError) return error.code.replace("expression/", "");
    throw error;
  }
}

describe("true", () => {
  test.each([
    // lists
    "[1, 2, 1, 3, 2].distinct() == [1, 2, 3]",
    "[1, 1.0, 1u, 'a', 'a', [1], [1]].distinct() == [1, 'a', [1]]",
    "[[1, 2], [3, [4]]].flatten() == [1, 2, 3, [4]]",
    "[1, [2, [3, [4]]]].flatten(2) == [1, 2, 3, [4]]",
    "[1, [2]].flatten(0) == [1, [2]]",
    "[].flatten() == []",
    "[1, 2, 3, 4].slice(1, 3) == [2, 3]",
    "[1, 2].slice(2, 2) == []",
    "[3, 1, 2].sort() == [1, 2, 3]",
    "['b', 'a', 'c'].sort() == ['a', 'b', 'c']",
    "[2u, 1u].sort() == [1u, 2u]",
    "[2.5, -0.0, 1.0].sort() == [-0.0, 1.0, 2.5]",
    "[b'b', b'', b'a'].sort() == [b'', b'a', b'b']",
    "[duration('1m'), duration('1s')].sort() == [duration('1s'), duration('1m')]",
    "[timestamp(1), timestamp(0)].sort() == [timestamp(0), timestamp(1)]",
    "['b', 'b', 'c', 'a', 'c'].distinct() == ['b', 'c', 'a']",
    "[1, 'b', 2, 'b'].distinct() == [1, 'b', 2]",
    "[].distinct() == []",
    "[{'a': 1}, {'a': 1.0}].distinct() == [{'a': 1}]",
    "[1, 2, [], [], [3, 4]].flatten() == [1, 2, 3, 4]",
    "[1, [2, [3, [4]]]].flatten(9) == [1, 2, 3, 4]",
    "[1, 2, 3, 4].slice(0, 0) == [] && [1, 2, 3, 4].slice(4, 4) == [] && [1, 2, 3, 4].slice(2, 4) == [3, 4]",
    "lists.range(-1) == []",
    "[5, 3, 1, 2].reverse() == [2, 1, 3, 5] && [].reverse() == [] && 'añ😀'.reverse() == '😀ña'",
    "[].first() == optional.none() && [].last().orValue('test') == 'test' && [1, 2, 3].last().value() == 3",
    "[['b', 2], ['a', 1]].sortBy(e, e[1]).map(e, e[0]) == ['a', 'b']",
    "[3, 1, 2].sortBy(e, -e) == [3, 2, 1] && [].sortBy(e, e) == []",
    "[1, 2, 3].sortBy(e, true) == [1, 2, 3]",
    "[true, false].sort() == [false, true]",
    "[].sort() == []",
    "['aaa', 'b', 'cc'].sortBy(x, size(x)) == ['b', 'cc', 'aaa']",
    "[{'k': 2, 'n': 'a'}, {'k': 1, 'n': 'b'}, {'k': 2, 'n': 'c'}].sortBy(e, e.k).map(e, e.n) == ['b', 'a', 'c']",
    "lists.range(4) == [0, 1, 2, 3]",
    "lists.range(0) == []",
    "[1, 2, 3].reverse() == [3, 2, 1]",
    "'abc'.reverse() == 'cba'",
    "[1, 2].first() == optional.of(1)",
    "[1, 2].last().value() == 2",
    "!['a'].slice(0, 0).first().hasValue()",
    // sets
    "sets.contains([1, 2.0, 3u], [1.0, 2u, 3])",
    "sets.contains([], [])",
    "!sets.contains([], [1])",
    "sets.equivalent([1, 2, 3], [3u, 2.0, 1])",
    "sets.equivalent([1], [1, 1])",
    "!sets.equivalent([1, 2], [1])",
    "sets.intersects([[1], [2, 3]], [[1, 2], [2, 3.0]])",
    "!sets.intersects([1], [])",
    "!sets.intersects([], []) && !sets.intersects([], [1]) && sets.intersects([1], [1, 2])",
    "sets.contains([1, 2, 3, 4], [2, 3]) && sets.contains([1], []) && !sets.contains([1, 2], [3])",
    "sets.contains([[1], {'a': 1}], [{'a': 1.0}]) && sets.contains(['a', 'b'], ['a', 'a'])",
    "sets.equivalent([], []) && sets.equivalent([1], [1u, 1.0]) && !sets.equivalent([1], []) && !sets.equivalent([], [1])",
    "sets.equivalent([1, 1, 2], [2, 2, 1]) && !sets.equivalent([1, 2], [2, 3])",
    "!sets.contains([0.0 / 0.0], [0.0 / 0.0])",
    // regular expressions
    "regex.replace('hello world hello', 'hello', 'hi') == 'hi world hi'",
    "regex.replace('banana', 'a', 'x', 0) == 'banana'",
    "regex.replace('banana', 'a', 'x', 1) == 'bxnana' && regex.replace('banana', 'a', 'x', 99) == 'bxnxnx'",
    "regex.replace('a.b', '.', r'\\0\\0') == 'aa..bb'",
    "regex.replace('abcdefghij', '(a)(b)(c)(d)(e)(f)(g)(h)(i)', r'\\9\\1') == 'iaj'",
    "regex.replace('ab', '(a)|(b)', r'[\\1\\2]') == '[a][b]'",
    "regex.replace('', '^', 'x') == 'x' && regex.replace('añ😀', '', '|') == '|a|ñ|😀|'",
    "regex.replace('none', 'x', r'\\0') == 'none'",
    "regex.replace('banana', 'a', 'x', 2) == 'bxnxna'",
    "regex.replace('banana', 'a', 'x', -12) == 'bxnxnx'",
    "regex.replace('foo bar', '(fo)o (ba)r', r'\\2 \\1') == 'ba fo'",
    "regex.replace('ab', '', '-') == '-a-b-'",
    "regex.replace('ab', 'b*', r'\\\\') == r'\\a\\'",
    "regex.extract('hello world', 'hello(.*)') == optional.of(' world')",
    "regex.extract('HELLO', 'hello') == optional.none()",
    "regex.extract('item-A, item-B', r'item-(\\w+)') == optional.of('A')",
    "regex.extract('phone: 415-5551212', r'phone: (?P<area>\\d{3})').value() == '415' && regex.extract('ab', '(?:a)(b)').value() == 'b'",
    "regex.extract('abc', 'b*') == optional.of('') && regex.extract('x', 'y').orValue('none') == 'none'",
    "regex.extractAll('id:123, id:456', 'assa') == [] && regex.extractAll('', 'a*') == ['']",
    "regex.extractAll('testuser@a, other@b', r'(\\w+)@') == ['testuser', 'other']",
    "regex.extract('HELLO', '(?i)hello') == optional.of('HELLO')",
    "regex.extractAll('id:123, id:456', r'id:\\d+') == ['id:123', 'id:456']",
    "regex.extractAll('a=1, b=2', r'(\\w)=') == ['a', 'b']",
    "regex.extractAll('x', 'y') == []",
    // others
    "math.sqrt(49) == 7.0",
    "math.greatest([1, 2.5, 2u]) == 2.5",
    "'%s and %.2f, %d%%'.format([[1, {'b': 2, 'a': null}], 2.345, 7]) == '[1, {a: null, b: 2}] and 2.35, 7%'",
    "'%.3f|%e|%x|%X|%o|%b'.format([0.0005, 0.0, -255, b'az', 8, -5]) == '0.001|0.000000e+00|-ff|617A|10|-101'",
    "'%.1f'.format([1e21]) == '1000000000000000000000.0'",
    "strings.quote('a\"b\\n') == '\"a\\\\\"b\\\\n\"'",
    "optional.unwrap([optional.of(1), optional.none(), optional.of(2)]) == [1, 2]",
    "[optional.of('a')].unwrapOpt() == ['a']",
    "{'a': 1, 'b': 2}.transformMapEntry(k, v, {v: k}) == {1: 'a', 2: 'b'}",
    "[7, 8].transformMap(i, v, v > 7, v * 2) == {1: 16}",
    "{'a': {'b': [5]}}.?a.?b[?0].orValue(0) == 5",
    "string(cidr('10.1.2.3/8').masked()) == '10.0.0.0/8'",
    "cidr('2001:db8::/32').containsIP('2001:db8:1::5')",
    "!isCIDR('10.0.0.0/33') && isCIDR('::/0') && !isIP('1.2.3.04')",
    "string(ip('2001:0db8:0:0:1:0:0:1')) == '2001:db8::1:0:0:1'",
    "base64.encode(b'\\xff\\xfe') == '//4='",
  ])("%s", (source) => {
    expect(evaluate(source)).toBe(true);
  });
});

describe("errors", () => {
  test.each([
    ["[1, 2].slice(1, 3)", "index-out-of-range"],
    ["[1, 2].slice(-1, 1)", "index-out-of-range"],
    ["[1, 2].slice(2, 1)", "invalid-argument"],
    ["[1].flatten(-1)", "invalid-argument"],
    ["[1, 'a'].sort()", "no-such-overload"],
    ["[2.5, 1, 2u].sort()", "no-such-overload"],
    ["[1, 2.0].sortBy(e, e)", "no-such-overload"],
    ["dyn([[1, 2, 3]]).sort()", "no-such-overload"],
    ["[null].sort()", "no-such-overload"],
    ["[1, 2].slice(0, -1)", "invalid-argument"],
    ["dyn('abc').slice(0, 1)", "no-such-overload"],
    ["sets.contains(dyn('a'), ['a'])", "no-such-overload"],
    ["sets.intersects([1], dyn({1: 1}))", "no-such-overload"],
    ["regex.replace('id=123', r'id=(?P<value>\\d+)', r'value: \\values')", "invalid-argument"],
    ["regex.extractAll('a', '(a)|(b)')", "invalid-argument"],
    ["regex.extract('a', '[')", "invalid-argument"],
    ["regex.extract(dyn(1), 'a')", "no-such-overload"],
    ["dyn([[1], [2]]).sort()", "no-such-overload"],
    ["['a', 'b'].sortBy(x, x == 'a' ? dyn(1) : dyn('b'))", "no-such-overload"],
    ["['a'].sortBy(x, 1 / 0)", "divide-by-zero"],
    ["lists.range(100000000)", "out-of-memory"],
    ["lists.range(10000000)", "out-of-fuel"],
    ["regex.replace('test', '(.)', r'\\2')", "invalid-argument"],
    ["regex.replace('test', 't', r'\\')", "invalid-argument"],
    ["regex.replace('foo bar', '(', '$2 $1')", "invalid-argument"],
    ["regex.extract('testuser@testdomain', '(.*)@([^.]*)')", "invalid-argument"],
    ["regex.extractAll('testuser@testdomain', '(.*)@([^.]*)')", "invalid-argument"],
    ["'a'.matches('(?:a{1000}){1000}')", "out-of-memory"],
    ["optional.none().value()", "invalid-argument"],
    ["math.greatest([])", "invalid-argument"],
    ["'%s'.format([])", "index-out-of-range"],
    ["'%.2000f'.format([1.0])", "invalid-argument"],
    ["[1].transformMapEntry(i, v, {'a': i}).size() + [1, 2].transformMapEntry(i, v, {'a': i}).size()", "duplicate-key"],
    ["base64.decode('a')", "invalid-conversion"],
    ["base64.decode('ab*=')", "invalid-conversion"],
    ["cidr('10.0.0.0/8').containsIP('x')", "invalid-conversion"],
  ])("%s", (source, code) => {
    expect(failure(source)).toBe(code);
  });
});

test("values of JavaScript", () => {
  expect(evaluate("ip('::ffff:1.2.3.4'.replace('1.2.3.4', '102:304'))")).toBe("1.2.3.4");
  expect(evaluate("[cidr('fe80::/10'), optional.of(1), optional.none()]")).toEqual(["fe80::/10", 1, undefined]);
  expect(evaluate("math.bitAnd(x, 6) + math.abs(y)", { x: 3, y: -2 })).toBe(4);
  expect(evaluate("l.sortBy(e, -e.n).map(e, e.n)", { l: [{ n: 1 }, { n: 3 }, { n: 2 }] })).toEqual([3, 2, 1]);
  expect(evaluate("cel.bind(d, l.distinct(), d + d)", { l: [1, 1, 2] })).toEqual([1, 2, 1, 2]);
});

describe("named time zones", () => {
  test.each([
    ["2026-01-15T12:00:00Z", "Europe/Berlin", 13],
    ["2026-07-15T12:00:00Z", "Europe/Berlin", 14],
    ["2026-03-29T00:59:59Z", "Europe/Berlin", 1],
    ["2026-03-29T01:00:00Z", "Europe/Berlin", 3],
    ["2026-07-15T12:00:00Z", "Asia/Tokyo", 21],
    ["1890-01-01T12:00:00Z", "America/New_York", 7],
    ["2150-01-01T12:00:00Z", "America/New_York", 7],
    ["2026-07-15T12:00:00Z", "UTC", 12],
  ])("%s in %s", (instant, zone, hour) => {
    expect(evaluate("timestamp(t).getHours(z)", { t: instant, z: zone })).toBe(hour);
  });

  test("a zone that nobody knows", () => {
    expect(failure("now.getHours('Mars/Olympus')")).toBe("invalid-argument");
    expect(failure("now.getHours(z)", { z: "x".repeat(100) })).toBe("invalid-argument");
  });

  test("in a batch", () => {
    const batch = compileExpression("timestamp(t).getHours('Pacific/Auckland') == 1").batch([
      { t: "2026-01-15T12:00:00Z" },
      { t: "2026-07-15T12:00:00Z" },
    ]);
    expect(batch.countTrue()).toBe(1);
    batch.dispose();
  });
});
