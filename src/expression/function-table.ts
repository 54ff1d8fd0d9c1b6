// The functions that expressions may call, as data: name, how they are called, what they take. Also the names of
// functions that CEL's libraries have and this version does not, so that a finding can say so.
import { Fn } from "../../assembly/abi.js";
import type { StaticType } from "./type.js";

/** One way to call a function: the receiver's type (for a method), the arguments' and the result's. */
export interface Overload {
  readonly fn: Fn;
  readonly receiver: readonly StaticType[] | undefined;
  readonly args: readonly (readonly StaticType[])[];
  /** Arguments from this one on may be left out. */
  readonly argCountMin: number;
  readonly result: StaticType;
}

const functions = new Map<string, Overload[]>();

/** Adds `name`. Types of one parameter are separated by `|`; a parameter that may be left out ends with `?`. */
function define(name: string, fn: Fn, receiver: string | undefined, args: readonly string[], result: StaticType): void {
  const overload: Overload = {
    fn,
    receiver: receiver === undefined ? undefined : readTypes(receiver),
    args: args.map((types) => readTypes(types.replace("?", ""))),
    argCountMin: args.filter((types) => !types.endsWith("?")).length,
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
  ].map((name) => [name, name]),
);

const UNSUPPORTED_FUNCTIONS: ReadonlySet<string> = new Set([
  "matches",
  "format",
  "all",
  "exists",
  "exists_one",
  "existsOne",
  "transformList",
  "transformMap",
  "transformMapEntry",
  "sort",
  "sortBy",
  "flatten",
  "distinct",
  "slice",
  "range",
  "first",
  "last",
  "min",
  "max",
  "sum",
  "optMap",
  "optFlatMap",
  "hasValue",
  "orValue",
  "or",
  "value",
  "unwrap",
  "unwrapOpt",
  "ip",
  "cidr",
  "isIP",
  "isCIDR",
  "isCanonical",
  "url",
  "isURL",
  "semver",
  "isSemver",
  "find",
  "findAll",
  "extract",
]);
const UNSUPPORTED_LIBRARIES: ReadonlySet<string> = new Set([
  "cel",
  "math",
  "optional",
  "strings",
  "base64",
  "lists",
  "sets",
  "regex",
  "net",
]);

/** Is this a function of CEL's libraries that is known but not there yet? `library`: the name before the dot, if any. */
export function isKnownUnsupported(name: string, library: string | undefined): boolean {
  // A method that there is may be called on a variable that happens to be named like a library.
  if (functions.has(name)) return library === "sets" && name === "contains";
  return UNSUPPORTED_FUNCTIONS.has(name) || (library !== undefined && UNSUPPORTED_LIBRARIES.has(library));
}

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
