// What the peers do differently, and why we are right: each row excludes from the comparison what its predicate holds of, and
// no more. Sentences are the language definition's (github.com/cel-expr/cel-spec, doc/langdef.md) where nothing else is named.
import { ERROR, type Outcome } from "./exact.js";
import type { PeerName } from "./peers.js";

export interface Difference {
  /** The program's text, its line ends and spaces as one space. */
  readonly text: string;
  readonly templates: readonly string[];
  readonly ours: Outcome;
  readonly theirs: Outcome;
  /** The values of the variables, spelled out. */
  readonly context: string;
}

export interface Disagreement {
  readonly peer: PeerName;
  readonly what: string;
  readonly sentence: string;
  readonly applies: (difference: Difference) => boolean;
}

/** Characters beyond the first plane, as such, escaped, or in base64. */
const ASTRAL = /[\u{10000}-\u{10ffff}]|\\U000|f0\\x9f|8J\+Y/u;
const hasForm = (pattern: RegExp) => (difference: Difference) => difference.templates.some((template) => pattern.test(template));
const isErrorHere = ({ ours }: Difference) => ours === ERROR;

export const DISAGREEMENTS: readonly Disagreement[] = [
  {
    peer: "marcbachmann",
    what: "string() of bytes that are no UTF-8 puts U+FFFD in their place",
    sentence: "`string(bytes) -> string` converts a byte sequence to a UTF-8 string, errors for invalid code points",
    applies: (difference) => hasForm(/^string\(‹bytes›/)(difference),
  },
  {
    peer: "marcbachmann",
    what: "a key may stand twice in a map",
    sentence: "It is an error to have duplicate keys or field names.",
    applies: (difference) => isErrorHere(difference) && hasForm(/^\{‹string›: ‹int›, ‹string›/)(difference),
  },
  {
    peer: "bufbuild",
    what: "the parts of a timestamp in a named zone are those of the next day at midnight",
    sentence: "`google.protobuf.Timestamp.getDate(string) -> int` (with timezone)",
    applies: hasForm(/\.get\w+\('[A-Z]/),
  },
  {
    peer: "marcbachmann",
    what: "time is computed in floating milliseconds, durations below zero wrongly, and no range is checked",
    sentence: "Arithmetic operations raise an error when the results exceed the range of the integer type (int, uint) or the timestamp or duration type.",
    applies: hasForm(/^‹(timestamp|duration):5› [+-]/),
  },
  {
    peer: "marcbachmann",
    what: "getMilliseconds() of a duration is all of it",
    sentence: "Other time unit functions convert the duration to that format; however, this method does not.",
    applies: hasForm(/^‹duration:8›\.getMilliseconds/),
  },
  {
    peer: "marcbachmann",
    what: "int() of a double does not look at the range",
    sentence: "Double to int conversions are limited to (minInt, maxInt) non-inclusive.",
    applies: hasForm(/^(int|uint)\(‹double›/),
  },
  {
    peer: "marcbachmann",
    what: "string() of an infinite double is +Inf",
    sentence: "`string(double) -> string` converts a double to a string (how is left open; here it is JavaScript's text)",
    applies: (difference) =>
      hasForm(/^string\(‹double›/)(difference) &&
      (hasForm(/^‹double:\d› [-+*\/]/)(difference) || /Inf|\/ 0\.0|SW5m|luZ|JbmY/.test(difference.context + difference.text + difference.theirs + difference.ours)),
  },
  {
    peer: "marcbachmann",
    what: "the parts of a timestamp in a zone go through a text of local time",
    sentence: "`google.protobuf.Timestamp.getDate(string) -> int` (with timezone)",
    applies: hasForm(/\.get\w+\('[A-Z]/),
  },
  {
    peer: "marcbachmann",
    what: "the negative of the least int is no int",
    sentence: "Arithmetic operations raise an error when the results exceed the range of the integer type",
    applies: (difference) => isErrorHere(difference) && hasForm(/^-‹int/)(difference),
  },
  {
    peer: "marcbachmann",
    what: "a macro over a value that is no list and no map does nothing",
    sentence: "`e.all(x, p)`: tests whether a predicate holds for all elements of a list `e` or keys of a map `e`.",
    applies: (difference) => isErrorHere(difference) && hasForm(/^dyn\(wrong/)(difference) && hasForm(/\.(all|exists|exists_one|map|filter)\(«/)(difference),
  },
  {
    peer: "marcbachmann",
    what: "values of two kinds may be equal",
    sentence: "type(x) == type(y) ? x == y : false",
    applies: hasForm(/^dyn\(‹any›\) != /),
  },
  {
    peer: "marcbachmann",
    what: "there is no string() of timestamps and durations",
    sentence: "`string(timestamp) -> string` converts a timestamp value to RFC3339 format",
    applies: (difference) => difference.theirs === ERROR && hasForm(/^dyn\(wrong/)(difference) && /\bstring\(/.test(difference.text),
  },
  {
    peer: "marcbachmann",
    what: "trim() takes U+FEFF for a space",
    sentence: "The trim function uses the Unicode definition of whitespace which does not include the zero-width spaces. (cel-go, ext/README.md)",
    applies: (difference) => hasForm(/\.trim\(\)$/)(difference) && /\ufeff|\\ufeff/i.test(difference.context + difference.text),
  },
  {
    peer: "marcbachmann",
    what: "`in` binds more tightly than the other relations",
    sentence: 'Relation = [Relation Relop] Addition ; Relop = "<" | "<=" | ">=" | ">" | "==" | "!=" | "in" ;',
    applies: (difference) => hasForm(/ in ‹/)(difference) && hasForm(/ (==|!=|<|<=|>|>=) (‹|dyn\()/)(difference),
  },
  {
    peer: "marcbachmann",
    what: "numbers of two types beyond 2^53 are compared exactly",
    sentence: "9223372036854775807 < dyn(9223372036854775808.0) is false (conformance case not_lt_dyn_int_big_lossy_double)",
    applies: (difference) => hasForm(/^dyn\(‹(int|uint|double)›\) (<|>=|==)/)(difference) && /\d{16}|e\+?\d|0x[\da-f]{14}/i.test(difference.context + difference.text),
  },
  {
    peer: "marcbachmann",
    what: "indexOf() and lastIndexOf() from the end of the text, or beyond it, are what JavaScript's are",
    sentence: "'tacocat'.indexOf('a', 30) == -1 is the error \"index out of range: 30\" (conformance case string_ext/value_errors/indexof_out_of_range)",
    applies: hasForm(/ndexOf\(‹string›, ‹int›/),
  },
  {
    peer: "marcbachmann",
    what: "positions in a text count UTF-16 units, and split() takes them apart",
    sentence: "Strings are sequences of Unicode code points.",
    applies: (difference) => hasForm(/\.(substring|indexOf|lastIndexOf|split)\(/)(difference) && ASTRAL.test(difference.context + difference.text),
  },
  {
    peer: "marcbachmann",
    what: "lists with elements of two types are not joined",
    sentence: "But these constraints are only enforced within the type checker; at runtime, lists and maps can have heterogeneous types.",
    applies: (difference) => difference.theirs === ERROR && hasForm(/^‹list\(.*›? \+ ‹list/)(difference) && hasForm(/^dyn\(wrong/)(difference),
  },
  {
    peer: "marcbachmann",
    what: "lowerAscii() and upperAscii() change all letters",
    sentence: "This function does not perform Unicode case-mapping for characters outside the ASCII range. (cel-go, ext/README.md)",
    applies: hasForm(/\.(lower|upper)Ascii\(\)$/),
  },
  {
    peer: "marcbachmann",
    what: "int(), uint() and double() take other texts",
    sentence: "`int(string) -> int` (type conversion): int(\"123\") // 123 (if successful, otherwise an error)",
    applies: hasForm(/^(int|uint|double)\(‹string›/),
  },
  {
    peer: "marcbachmann",
    what: "duration('0') is an error",
    sentence: "Duration strings may be zero (`\"0\"`), negative (`-1h`), fractional (`-23.4s`), and/or compound (`1h34us`).",
    applies: hasForm(/^duration\(‹string›/),
  },
  {
    peer: "marcbachmann",
    what: "the value of cel.bind is evaluated though nothing reads it",
    sentence: "Local bindings are not guaranteed to be evaluated before use. (cel-go, ext/README.md)",
    applies: (difference) => difference.theirs === ERROR && hasForm(/^cel\.bind/)(difference),
  },
  {
    peer: "bufbuild",
    what: "int() and uint() take what BigInt() takes, double() what Number() takes: empty texts, spaces, 0x10",
    sentence: "`int(string) -> int` (type conversion): int(\"123\") // 123 (if successful, otherwise an error)",
    applies: (difference) => /\b(int|uint|double)\(/.test(difference.text) && hasForm(/^(int|uint|double)\(‹string›|^dyn\(wrong/)(difference),
  },
  {
    peer: "bufbuild",
    what: "limits of replace() and split() are cut to 32 bits",
    sentence: "When the limit is a negative number, the function behaves the same as replace all. (cel-go, ext/README.md)",
    applies: hasForm(/\.(replace\(‹string›, ‹string›, ‹int›|split\(‹string›, ‹int›)/),
  },
  {
    peer: "bufbuild",
    what: "replace() of nothing by something goes wrong in an empty text and between characters of three bytes",
    sentence: "Returns a new string based on the target, which replaces the occurrences of a search string (cel-go, ext/README.md; Go's strings.Replace)",
    applies: hasForm(/\.replace\(‹string›, ‹string›/),
  },
  {
    peer: "bufbuild",
    what: "strings.quote() escapes what CEL has no short escape for",
    sentence: "Takes the given string and makes it safe to print (cel-go, ext/README.md; its escapes are those of CEL's literals)",
    applies: hasForm(/^strings\.quote/),
  },
  {
    peer: "bufbuild",
    what: "the first two centuries are read as the 20th",
    sentence: "Timestamp values are limited to the range of values which can be serialized as a string: [\"0001-01-01T00:00:00Z\", …]",
    applies: (difference) => hasForm(/^‹timestamp:8›\.get/)(difference) && /-62135596800|0001-01-01/.test(difference.context + difference.text),
  },
  {
    peer: "bufbuild",
    what: "positions in a text count UTF-16 units",
    sentence: "Strings are sequences of Unicode code points.",
    applies: (difference) =>
      hasForm(/\.(substring|charAt|indexOf|lastIndexOf|replace|split)\(/)(difference) && ASTRAL.test(difference.context + difference.text),
  },
  {
    peer: "bufbuild",
    what: "`in` a map takes nothing but keys on its left",
    sentence: "`A in map(A, B) -> bool`: checks if a key exists in a map; what can be no key does not",
    applies: (difference) => difference.theirs === ERROR && hasForm(/ in ‹map/)(difference) && /dyn\(/.test(difference.text),
  },
  {
    peer: "bufbuild",
    what: "indexOf() and lastIndexOf() from the end of the text are errors",
    sentence: "The function also accepts an optional position from which to begin the substring search. (cel-go, ext/README.md)",
    applies: (difference) => difference.theirs === ERROR && hasForm(/ndexOf\(‹string›, ‹int›/)(difference),
  },
  {
    peer: "bufbuild",
    what: "string() of bytes leaves out U+FEFF at their beginning",
    sentence: "`string(bytes) -> string` converts a byte sequence to a UTF-8 string",
    applies: (difference) => hasForm(/^string\(‹bytes›/)(difference) && /\ufeff|\\ufeff/i.test(difference.context + difference.text),
  },
  {
    peer: "bufbuild",
    what: "a quotient of uints beyond 2^63 is an error",
    sentence: "`uint / uint -> uint`",
    applies: (difference) => difference.theirs === ERROR && hasForm(/^‹uint:6› \//)(difference),
  },
  {
    peer: "bufbuild",
    what: "two signs cancel each other, whatever stands behind them",
    sentence: "`-int -> int`, `-double -> double`",
    applies: (difference) => isErrorHere(difference) && hasForm(/^-‹/)(difference) && hasForm(/^dyn\(wrong/)(difference),
  },
  {
    peer: "bufbuild",
    what: "an int or uint beyond 2^53 equals no double but its own",
    sentence: "two numbers `x` and `y` are equal if `!(x < y || x > y)` (and by not_lt_dyn_int_big_lossy_double neither is less)",
    applies: (difference) => hasForm(/^dyn\(‹(int|uint|double)›\) ==| (==|!=|in) /)(difference) && /\d{16}|e\+?\d|0x[\da-f]{14}/i.test(difference.context + difference.text),
  },
  {
    peer: "bufbuild",
    what: "a bool is an index of a list",
    sentence: "`list(A)[int] -> A`",
    applies: (difference) => isErrorHere(difference) && hasForm(/\[‹bool›\]/)(difference) && hasForm(/^dyn\(wrong/)(difference),
  },
  {
    peer: "bufbuild",
    what: "a list or map that holds NaN equals itself",
    sentence: "Not-a-number (`NaN`) values compare as unequal, e.g. `NaN == NaN // false`; `a == b` is equivalent to: a[0] == b[0] && a[1] == b[1] && …",
    applies: (difference) => hasForm(/^‹(list|map).*› ==|^dyn\(‹any›\) !=/)(difference) && /NaN|0\.0 \/ 0\.0/.test(difference.context + difference.text),
  },
  {
    peer: "bufbuild",
    what: "timestamp() takes no small t and z",
    sentence: "the \"T\" and \"Z\" characters in this syntax may alternatively be lower case \"t\" or \"z\" respectively (RFC 3339, 5.6)",
    applies: (difference) => difference.theirs === ERROR && hasForm(/^timestamp\(‹string›/)(difference) && hasForm(/\.lowerAscii/)(difference),
  },
  ...(["bufbuild", "marcbachmann"] as const).map((peer): Disagreement => ({
    peer,
    what: "the remainder of the least int by -1 is 0",
    sentence: "Arithmetic operations raise an error when the results exceed the range of the integer type (its quotient does; so in cel-go)",
    applies: (difference) => isErrorHere(difference) && hasForm(/^‹int:6› %/)(difference) && /9223372036854775808|8000000000000000/.test(difference.context + difference.text),
  })),
  ...(["bufbuild", "marcbachmann"] as const).map((peer): Disagreement => ({
    peer,
    what: "texts are ordered by UTF-16 units",
    sentence: "Because strings are encoded in UTF-8, strings consequently also obey lexicographic ordering of their Unicode code points.",
    applies: (difference) => hasForm(/^‹string:4› [<>]/)(difference) && ASTRAL.test(difference.context + difference.text),
  })),
  {
    peer: "marcbachmann",
    what: "a list or map that holds NaN equals itself",
    sentence: "Not-a-number (`NaN`) values compare as unequal, e.g. `NaN == NaN // false`; `a == b` is equivalent to: a[0] == b[0] && a[1] == b[1] && …",
    applies: (difference) => hasForm(/^‹(list|map).*› ==|^dyn\(‹any›\) !=/)(difference) && /NaN|0\.0 \/ 0\.0/.test(difference.context + difference.text),
  },
  {
    peer: "bufbuild",
    what: "duration('') is zero",
    sentence: "Duration strings may be zero (`\"0\"`), negative (`-1h`), fractional (`-23.4s`), and/or compound (`1h34us`).",
    applies: (difference) => isErrorHere(difference) && hasForm(/^duration\(‹string›/)(difference),
  },
  {
    peer: "bufbuild",
    what: "string() of a duration or a timestamp has three, six or nine digits of a second (protobuf's JSON)",
    sentence: "string(duration('1m1ms')) // \"60.001s\"",
    applies: hasForm(/^string\(‹(duration|timestamp)›/),
  },
  {
    peer: "bufbuild",
    what: "the parts of a timestamp are those of its nearest millisecond",
    sentence: "`google.protobuf.Timestamp.getMilliseconds() -> int` obtain the milliseconds component of the timestamp in UTC.",
    applies: (difference) => hasForm(/^‹timestamp:8›\.get/)(difference) && (/9999/.test(difference.context + difference.text) || hasForm(/^‹(timestamp|duration):5› [+-]/)(difference)),
  },
];
