// The functions that expressions may call, as data: name, how they are called, what they take.
import { Fn } from "../../assembly/abi.js";
import type { StaticType } from "./type.js";

/** One way to call a function: the receiver's type (for a method), the arguments' and the result's. */
export interface Overload {
  readonly fn: Fn;
  readonly receiver: readonly StaticType[] | undefined;
  readonly args: readonly (readonly StaticType[])[];
  /** Arguments from this one on may be left out. */
  readonly argCountMin: number;
  /** The last argument may stand any number of times. */
  readonly isVariadic: boolean;
  readonly result: StaticType;
}

const functions = new Map<string, Overload[]>();

/**
 * Adds `name`. Types of one parameter are separated by `|`; a parameter that may be left out ends with `?`, one that may
 * stand many times with `*`. A function of a library has the library's name before its own.
 */
function define(name: string, fn: Fn, receiver: string | undefined, args: readonly string[], result: StaticType): void {
  const overload: Overload = {
    fn,
    receiver: receiver === undefined ? undefined : readTypes(receiver),
    args: args.map((types) => readTypes(types.replace(/[?*]/, ""))),
    argCountMin: args.filter((types) => !types.endsWith("?")).length,
    isVariadic: args.some((types) => types.endsWith("*")),
    result,
  };
  const known = functions.get(name);
  if (known === undefined) functions.set(name, [overload]);
  else known.push(overload);
}

function readTypes(text: string): readonly StaticType[] {
  return text.split("|") as StaticType[];
}

const NUMBERS = "int|uint|double|number";

define("size", Fn.SIZE, undefined, ["string|bytes|list|map"], "int");
define("size", Fn.SIZE, "string|bytes|list|map", [], "int");
define("contains", Fn.CONTAINS, "string", ["string"], "bool");
define("startsWith", Fn.STARTS_WITH, "string", ["string"], "bool");
define("endsWith", Fn.ENDS_WITH, "string", ["string"], "bool");

define("int", Fn.TO_INT, undefined, [`${NUMBERS}|string|timestamp`], "int");
define("uint", Fn.TO_UINT, undefined, [`${NUMBERS}|string`], "uint");
define("double", Fn.TO_DOUBLE, undefined, [`${NUMBERS}|string`], "double");
define("string", Fn.TO_STRING, undefined, [`${NUMBERS}|bool|string|bytes|timestamp|duration`], "string");
define("bool", Fn.TO_BOOL, undefined, ["bool|string"], "bool");
define("bytes", Fn.TO_BYTES, undefined, ["bytes|string"], "bytes");
define("type", Fn.TO_TYPE, undefined, ["any"], "type");
define("dyn", Fn.TO_DYN, undefined, ["any"], "any");
define("timestamp", Fn.TO_TIMESTAMP, undefined, ["string|timestamp|int|number"], "timestamp");
define("duration", Fn.TO_DURATION, undefined, ["string|duration|int|number"], "duration");

for (const [name, fn, receiver] of [
  ["getFullYear", Fn.GET_FULL_YEAR, "timestamp"],
  ["getMonth", Fn.GET_MONTH, "timestamp"],
  ["getDate", Fn.GET_DATE, "timestamp"],
  ["getDayOfMonth", Fn.GET_DAY_OF_MONTH, "timestamp"],
  ["getDayOfWeek", Fn.GET_DAY_OF_WEEK, "timestamp"],
  ["getDayOfYear", Fn.GET_DAY_OF_YEAR, "timestamp"],
  ["getHours", Fn.GET_HOURS, "timestamp|duration"],
  ["getMinutes", Fn.GET_MINUTES, "timestamp|duration"],
  ["getSeconds", Fn.GET_SECONDS, "timestamp|duration"],
  ["getMilliseconds", Fn.GET_MILLISECONDS, "timestamp|duration"],
] as const) {
  define(name, fn, receiver, ["string?"], "int");
}

define("charAt", Fn.CHAR_AT, "string", ["int|number"], "string");
define("indexOf", Fn.INDEX_OF, "string", ["string", "int|number?"], "int");
define("lastIndexOf", Fn.LAST_INDEX_OF, "string", ["string", "int|number?"], "int");
define("lowerAscii", Fn.LOWER_ASCII, "string", [], "string");
define("upperAscii", Fn.UPPER_ASCII, "string", [], "string");
define("replace", Fn.REPLACE, "string", ["string", "string", "int|number?"], "string");
define("split", Fn.SPLIT, "string", ["string", "int|number?"], "list");
define("substring", Fn.SUBSTRING, "string", ["int|number", "int|number?"], "string");
define("trim", Fn.TRIM, "string", [], "string");
define("join", Fn.JOIN, "list", ["string?"], "string");
define("reverse", Fn.REVERSE, "string", [], "string");
define("reverse", Fn.REVERSE, "list", [], "list");
define("format", Fn.FORMAT, "string", ["list"], "string");
define("strings.quote", Fn.QUOTE, undefined, ["string"], "string");
define("base64.encode", Fn.BASE64_ENCODE, undefined, ["bytes"], "string");
define("base64.decode", Fn.BASE64_DECODE, undefined, ["string"], "bytes");

const WHOLE = "int|uint|number";
define("math.greatest", Fn.GREATEST, undefined, [`${NUMBERS}|list*`], "any");
define("math.least", Fn.LEAST, undefined, [`${NUMBERS}|list*`], "any");
define("math.abs", Fn.ABS, undefined, [NUMBERS], "any");
define("math.sign", Fn.SIGN, undefined, [NUMBERS], "any");
define("math.sqrt", Fn.SQRT, undefined, [NUMBERS], "double");
define("math.ceil", Fn.CEIL, undefined, ["double|number"], "double");
define("math.floor", Fn.FLOOR, undefined, ["double|number"], "double");
define("math.round", Fn.ROUND, undefined, ["double|number"], "double");
define("math.trunc", Fn.TRUNC, undefined, ["double|number"], "double");
define("math.isNaN", Fn.IS_NAN, undefined, ["double|number"], "bool");
define("math.isInf", Fn.IS_INF, undefined, ["double|number"], "bool");
define("math.isFinite", Fn.IS_FINITE, undefined, ["double|number"], "bool");
define("math.bitAnd", Fn.BIT_AND, undefined, [WHOLE, WHOLE], "any");
define("math.bitOr", Fn.BIT_OR, undefined, [WHOLE, WHOLE], "any");
define("math.bitXor", Fn.BIT_XOR, undefined, [WHOLE, WHOLE], "any");
define("math.bitNot", Fn.BIT_NOT, undefined, [WHOLE], "any");
define("math.bitShiftLeft", Fn.SHIFT_LEFT, undefined, [WHOLE, "int|number"], "any");
define("math.bitShiftRight", Fn.SHIFT_RIGHT, undefined, [WHOLE, "int|number"], "any");

define("optional.of", Fn.OPTIONAL_OF, undefined, ["any"], "any");
define("optional.ofNonZeroValue", Fn.OPTIONAL_OF_NON_ZERO, undefined, ["any"], "any");
define("optional.unwrap", Fn.UNWRAP_ALL, undefined, ["list"], "list");
define("unwrapOpt", Fn.UNWRAP_ALL, "list", [], "list");
define("hasValue", Fn.HAS_VALUE, "any", [], "bool");
define("value", Fn.OPTIONAL_VALUE, "any", [], "any");

define("distinct", Fn.DISTINCT, "list", [], "list");
define("flatten", Fn.FLATTEN, "list", ["int|number?"], "list");
define("slice", Fn.SLICE, "list", ["int|number", "int|number"], "list");
define("sort", Fn.SORT, "list", [], "list");
define("first", Fn.FIRST, "list", [], "any");
define("last", Fn.LAST, "list", [], "any");
define("lists.range", Fn.RANGE, undefined, ["int|number"], "list");
define("sets.contains", Fn.SETS_CONTAINS, undefined, ["list", "list"], "bool");
define("sets.intersects", Fn.SETS_INTERSECTS, undefined, ["list", "list"], "bool");
define("sets.equivalent", Fn.SETS_EQUIVALENT, undefined, ["list", "list"], "bool");

define("ip", Fn.TO_IP, undefined, ["string"], "any");
define("ip", Fn.TO_IP, "any", [], "any");
define("cidr", Fn.TO_CIDR, undefined, ["string"], "any");
define("isIP", Fn.IS_IP, undefined, ["string"], "bool");
define("isCIDR", Fn.IS_CIDR, undefined, ["string"], "bool");
define("ip.isCanonical", Fn.IS_CANONICAL, undefined, ["string"], "bool");
define("family", Fn.FAMILY, "any", [], "int");
define("prefixLength", Fn.PREFIX_LENGTH, "any", [], "int");
define("masked", Fn.MASKED, "any", [], "any");
define("containsIP", Fn.CONTAINS_IP, "any", ["any"], "bool");
define("containsCIDR", Fn.CONTAINS_CIDR, "any", ["any"], "bool");
for (const [name, fn] of [
  ["isUnspecified", Fn.IS_UNSPECIFIED],
  ["isLoopback", Fn.IS_LOOPBACK],
  ["isGlobalUnicast", Fn.IS_GLOBAL_UNICAST],
  ["isLinkLocalMulticast", Fn.IS_LINK_LOCAL_MULTICAST],
  ["isLinkLocalUnicast", Fn.IS_LINK_LOCAL_UNICAST],
] as const) {
  define(name, fn, "any", [], "bool");
}

define("matches", Fn.MATCHES, "string", ["string"], "bool");
define("matches", Fn.MATCHES, undefined, ["string", "string"], "bool");
define("regex.extract", Fn.REGEX_EXTRACT, undefined, ["string", "string"], "any");
define("regex.extractAll", Fn.REGEX_EXTRACT_ALL, undefined, ["string", "string"], "list");
define("regex.replace", Fn.REGEX_REPLACE, undefined, ["string", "string", "string", "int|number?"], "string");

/** The overloads of a function, or undefined. */
export function overloadsOf(name: string): readonly Overload[] | undefined {
  return functions.get(name);
}

/** Names of types that stand as values: `type(1) == int`. By the name in the text: the type's own name. */
export const TYPE_VALUES: ReadonlyMap<string, string> = new Map(
  [
    "bool",
    "int",
    "uint",
    "double",
    "string",
    "bytes",
    "list",
    "map",
    "null_type",
    "type",
    "google.protobuf.Timestamp",
    "google.protobuf.Duration",
    "optional_type",
    "net.IP",
    "net.CIDR",
  ].map((name) => [name, name]),
);

/** The known function whose name is nearest to `name`, for a hint; undefined where none is near. */
export function suggestFunction(name: string): string | undefined {
  const wanted = name.toLowerCase();
  for (const known of functions.keys()) {
    const lower = known.toLowerCase();
    if (
      lower === wanted ||
      (lower.length > 3 && (lower === wanted.replace("tolower", "lower") || wanted.startsWith(lower) || lower.startsWith(wanted)))
    )
      return known;
  }
  if (/^to_?lower/i.test(name)) return "lowerAscii";
  if (/^to_?upper/i.test(name)) return "upperAscii";
  return /^(len|length|count)$/i.test(name) ? "size" : undefined;
}
