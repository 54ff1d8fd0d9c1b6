// What an editor says of CEL's functions, macros, keywords and operators: a sentence each, our own words for what the
// language definition (google/cel-spec, doc/langdef.md) and the extension libraries fix.

/** By name, a library's with its namespace. A test holds that every function has a text. */
export const FUNCTION_TEXTS: Readonly<Record<string, string>> = {
  size: "How many: code points of a string, bytes of bytes, elements of a list, entries of a map.",
  contains: "Does the string hold this text somewhere?",
  startsWith: "Does the string begin with this text?",
  endsWith: "Does the string end with this text?",
  matches: "Does the regular expression (RE2 syntax) match some part of the string? Anchor it with ^ and $ to match all of it.",
  bool: "Converts to bool. Of strings: true, True, TRUE, t and 1, and their opposites; any other is an error.",
  bytes: "Converts to bytes: a string becomes its UTF-8.",
  double: "Converts to a double. A string that is no number is an error.",
  duration: 'Converts to a duration: duration("1h30m"), with the units h, m, s, ms, us and ns. A whole number counts seconds.',
  dyn: "The same value; the checker no longer looks at its type.",
  int: "Converts to a 64-bit integer: a double loses its fraction, a timestamp becomes seconds since 1970. Out of range is an error.",
  string: "Converts to text. Bytes must be UTF-8; times are written as in RFC 3339.",
  timestamp: 'Converts to a timestamp: timestamp("2026-01-31T12:00:00Z"). A whole number counts seconds since 1970.',
  type: "The type of a value: type(1) == int.",
  uint: "Converts to an unsigned 64-bit integer. Negative or too large is an error.",
  getFullYear: "The year of a timestamp, in UTC or in the time zone that is given.",
  getMonth: "The month of a timestamp, from 0 for January.",
  getDate: "The day of the month of a timestamp, from 1.",
  getDayOfMonth: "The day of the month of a timestamp, from 0.",
  getDayOfWeek: "The day of the week of a timestamp, from 0 for Sunday.",
  getDayOfYear: "The day of the year of a timestamp, from 0.",
  getHours: "The hour of a timestamp, from 0 to 23; of a duration: its length in whole hours.",
  getMinutes: "The minute of a timestamp, from 0 to 59; of a duration: its length in whole minutes.",
  getSeconds: "The second of a timestamp, from 0 to 59; of a duration: its length in whole seconds.",
  getMilliseconds: "The milliseconds within the second of a timestamp or duration, from 0 to 999.",
  "optional.of": "An optional that holds this value.",
  "optional.ofNonZeroValue": "An optional that holds this value, or nothing where the value is empty, zero, false or null.",
  "optional.none": "An optional that holds nothing.",
  "optional.unwrap": "What the optionals of a list hold, without those that hold nothing.",
  unwrapOpt: "What the optionals of the list hold, without those that hold nothing.",
  hasValue: "Does the optional hold a value?",
  value: "What the optional holds; an error where it holds nothing.",
  or: "This optional where it holds a value, else the other one, which is evaluated only then.",
  orValue: "What the optional holds, or else this value, which is evaluated only then.",
  charAt: "The character at a position, counted in code points from 0; empty at the very end.",
  format: 'Puts values into a text: "%s owes %.2f".format([name, sum]). Verbs: %s %d %f %e %b %x %X %o.',
  indexOf: "The position of the first occurrence of a text, at or after an offset where one is given; -1 where there is none.",
  lastIndexOf: "The position of the last occurrence of a text; -1 where there is none.",
  join: "All strings of the list as one, with a separator between them where one is given.",
  lowerAscii: "The string with the letters A to Z in lower case; other characters stay.",
  upperAscii: "The string with the letters a to z in upper case; other characters stay.",
  replace: "The string with each occurrence of a text replaced, or with the first so many.",
  reverse: "The string's characters, or the list's elements, in reverse order.",
  split: "The parts of the string between separators, or at most so many parts.",
  substring: "The part of the string from a position, up to another (not included) where one is given. Counts code points.",
  trim: "The string without the white space at its ends.",
  "strings.quote": "The string as a literal: in quotes, with escapes.",
  "math.greatest": "The greatest of the numbers, or of a list of numbers.",
  "math.least": "The least of the numbers, or of a list of numbers.",
  "math.abs": "The number without its sign.",
  "math.sign": "-1, 0 or 1, as the number is negative, zero or positive.",
  "math.ceil": "The least whole double that is not smaller.",
  "math.floor": "The greatest whole double that is not greater.",
  "math.round": "The nearest whole double; halves go away from zero.",
  "math.trunc": "The double without its fraction.",
  "math.sqrt": "The square root, as a double; NaN of a negative number.",
  "math.isInf": "Is the double infinite?",
  "math.isNaN": "Is the double not a number?",
  "math.isFinite": "Is the double neither infinite nor NaN?",
  "math.bitAnd": "The bits that both integers have.",
  "math.bitOr": "The bits that either integer has.",
  "math.bitXor": "The bits that just one of the integers has.",
  "math.bitNot": "The integer with every bit changed.",
  "math.bitShiftLeft": "The integer's bits moved to the left; 64 or more give 0.",
  "math.bitShiftRight": "The integer's bits moved to the right, zeros following; 64 or more give 0.",
  "base64.encode": "The bytes as base64 text.",
  "base64.decode": "The bytes that a base64 text stands for.",
  "lists.range": "The whole numbers from 0 up to this one, which is not included.",
  distinct: "The list without repetitions; first occurrences stay, in their order.",
  flatten: "A list of lists as one list: one level, or so many levels.",
  slice: "The elements from one index up to another, which is not included.",
  sort: "The elements in ascending order. All have one type.",
  first: "An optional of the first element; of nothing where the list is empty.",
  last: "An optional of the last element; of nothing where the list is empty.",
  "sets.contains": "Does the first list hold every element of the second?",
  "sets.equivalent": "Do both lists hold the same elements, order and repetitions aside?",
  "sets.intersects": "Do the lists have an element in common?",
  "regex.replace": "The string with what a regular expression matches replaced; \\1 in the replacement stands for the first group.",
  "regex.extract": "An optional of the first match of a regular expression, or of its group.",
  "regex.extractAll": "All matches of a regular expression, or of its group.",
  ip: "Reads an IP address from its text; of a network: its address.",
  cidr: "Reads a network such as 10.0.0.0/8 from its text.",
  isIP: "Is the text an IP address?",
  isCIDR: "Is the text a network such as 10.0.0.0/8?",
  "ip.isCanonical": "Is this the usual way of writing the address?",
  family: "4 or 6.",
  isLoopback: "Is it an address of the machine itself?",
  isGlobalUnicast: "Is it a global unicast address?",
  isUnspecified: "Is it the unspecified address: 0.0.0.0 or ::?",
  isLinkLocalMulticast: "Is it a link-local multicast address?",
  isLinkLocalUnicast: "Is it a link-local unicast address?",
  containsIP: "Is the address in the network?",
  containsCIDR: "Is the other network a part of this one?",
  masked: "The network with all bits of the host set to 0.",
  prefixLength: "How many bits of the address name the network.",
};

export interface MacroText {
  /** With the names of its arguments. */
  readonly signature: string;
  readonly text: string;
  /** What stands between the brackets when it is completed; NAME is replaced by a name for the element. */
  readonly argumentsText: string;
}

/** Macros over a list or a map, called as methods. */
export const LOOP_TEXTS: Readonly<Record<string, MacroText>> = {
  all: { signature: "all(x, predicate) bool", text: "Does the predicate hold for every element, or every key of a map? Stops at the first that fails it.", argumentsText: "NAME, " },
  exists: { signature: "exists(x, predicate) bool", text: "Does the predicate hold for some element, or some key of a map? Stops at the first that meets it.", argumentsText: "NAME, " },
  exists_one: { signature: "exists_one(x, predicate) bool", text: "Does the predicate hold for exactly one element, or key of a map?", argumentsText: "NAME, " },
  existsOne: { signature: "existsOne(x, predicate) bool", text: "Does the predicate hold for exactly one element, or key of a map?", argumentsText: "NAME, " },
  map: { signature: "map(x, filter?, expression) list", text: "The list of what the expression gives for each element, or for those that pass the filter.", argumentsText: "NAME, " },
  filter: { signature: "filter(x, predicate) list", text: "The elements, or the keys of a map, for which the predicate holds.", argumentsText: "NAME, " },
  sortBy: { signature: "sortBy(x, key) list", text: "The elements in ascending order of what the expression gives for each.", argumentsText: "NAME, " },
  transformList: { signature: "transformList(i, x, filter?, expression) list", text: "The list of what the expression gives for each index and element, or key and value.", argumentsText: "i, NAME, " },
  transformMap: { signature: "transformMap(k, v, filter?, expression) map", text: "A map with the same keys (indexes of a list) and the values that the expression gives.", argumentsText: "k, v, " },
  transformMapEntry: { signature: "transformMapEntry(k, v, filter?, entry) map", text: "The map of the entries that the expression gives, each a map of one entry.", argumentsText: "k, v, " },
};

/** Macros of optionals, called as methods. */
export const OPTIONAL_MACRO_TEXTS: Readonly<Record<string, MacroText>> = {
  optMap: { signature: "optMap(x, expression) optional", text: "An optional of what the expression gives for the value; of nothing where there is none.", argumentsText: "NAME, " },
  optFlatMap: { signature: "optFlatMap(x, optional) optional", text: "The optional that the expression gives for the value; nothing where there is none.", argumentsText: "NAME, " },
};

/** Macros that are called by their own name. */
export const GLOBAL_MACRO_TEXTS: Readonly<Record<string, MacroText>> = {
  has: { signature: "has(a.b) bool", text: "Is the field there? Anything else that fails on the way is an error.", argumentsText: "" },
  "cel.bind": { signature: "cel.bind(x, value, expression)", text: "The expression, in which a name stands for the value: it is computed once.", argumentsText: "x, " },
};

export const KEYWORD_TEXTS: Readonly<Record<string, string>> = {
  true: "The bool that holds.",
  false: "The bool that does not hold.",
  null: "No value.",
  in: "Is the left side an element of the list, or a key of the map, on the right?",
};

export const NOW_TEXT = "The moment at which the expression is evaluated, a timestamp.";

/** What stands before the dot of a library's functions. */
export const NAMESPACE_TEXTS: Readonly<Record<string, string>> = {
  optional: "Functions that make optionals.",
  math: "Functions of numbers.",
  strings: "Functions of strings.",
  base64: "Bytes as base64 text and back.",
  lists: "Functions that make lists.",
  sets: "Functions that take lists for sets.",
  regex: "Functions of regular expressions.",
  ip: "Functions of IP addresses.",
  cel: "Macros of the language itself.",
};
