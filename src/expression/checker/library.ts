// The functions of CEL and of its extension libraries as data: the kernel's number of each, and how it may be called. The
// texts are read where a name is used first, so that loading costs nothing. Names with a dot belong to a namespace.
import { Fn } from "../../../assembly/abi.js";
import type { Ast } from "../ast.js";
import { WordTable } from "../word-table.js";
import { readSignature, type Signature } from "./type-text.js";

export type LibraryName = "standard" | "optional" | "strings" | "math" | "encoders" | "lists" | "sets" | "regex" | "network";

/**
 * What a name means: the kernel's function, undefined where the emitter has code of its own for it, and its signatures.
 * `int|uint: (T, T) T` stands for one signature with each type in the place of T. A function without signatures takes any
 * number of arguments, and the checker looks after it by itself.
 */
type Entry = readonly [fn: Fn | undefined, ...signatures: string[]];
type Entries = Readonly<Record<string, Entry>>;

/** Types whose values have an order: what `<` compares and `sort` sorts. */
const ORDERED = "bool|int|uint|double|string|timestamp|duration|bytes:";
const ARITHMETIC = "int|uint|double:";
const WHOLE = "int|uint:";
const NO_FN = undefined;

const COMPARISON: Entry = [NO_FN, `${ORDERED}(T, T) bool`];
const PRODUCT: Entry = [NO_FN, `${ARITHMETIC}(T, T) T`];
const EQUALITY: Entry = [NO_FN, "(A, A) bool"];
const TIME_PART = [".(timestamp) int", ".(timestamp, string) int"] as const;
const CLOCK_PART = [...TIME_PART, ".(duration) int"] as const;

/** langdef.md, "List of Standard Definitions". */
const STANDARD: Entries = {
  "!": [NO_FN, "(bool) bool"],
  "unary -": [NO_FN, "int|double:(T) T"],
  "==": EQUALITY,
  "!=": EQUALITY,
  "<": COMPARISON,
  "<=": COMPARISON,
  ">": COMPARISON,
  ">=": COMPARISON,
  in: [NO_FN, "(A, list(A)) bool", "(A, map(A, B)) bool"],
  "+": [
    NO_FN,
    "bytes|double|duration:(T, T) T",
    "(duration, timestamp) timestamp",
    "(timestamp, duration) timestamp",
    "int|list(A)|string|uint:(T, T) T",
  ],
  "-": [
    NO_FN,
    `${ARITHMETIC}(T, T) T`,
    "(duration, duration) duration",
    "(timestamp, duration) timestamp",
    "(timestamp, timestamp) duration",
  ],
  "*": PRODUCT,
  "/": PRODUCT,
  "%": [NO_FN, `${WHOLE}(T, T) T`],
  "_[_]": [NO_FN, "(list(A), int) A", "(map(A, B), A) B"],
  "_?_:_": [NO_FN, "(bool, A, A) A"],

  size: [Fn.SIZE, "bytes|list(A)|map(A, B)|string:(T) int", "bytes|list(A)|map(A, B)|string:.(T) int"],
  contains: [Fn.CONTAINS, ".(string, string) bool"],
  startsWith: [Fn.STARTS_WITH, ".(string, string) bool"],
  endsWith: [Fn.ENDS_WITH, ".(string, string) bool"],
  matches: [Fn.MATCHES, "(string, string) bool", ".(string, string) bool"],
  bool: [Fn.TO_BOOL, "bool|string:(T) bool"],
  bytes: [Fn.TO_BYTES, "bytes|string:(T) bytes"],
  double: [Fn.TO_DOUBLE, "double|int|string|uint:(T) double"],
  duration: [Fn.TO_DURATION, "duration|int|string:(T) duration"],
  dyn: [Fn.TO_DYN, "(A) dyn"],
  int: [Fn.TO_INT, "int|double|duration|string|timestamp|uint:(T) int"],
  string: [Fn.TO_STRING, "string|bool|bytes|double|duration|int|timestamp|uint:(T) string"],
  timestamp: [Fn.TO_TIMESTAMP, "timestamp|int|string:(T) timestamp"],
  type: [Fn.TO_TYPE, "(A) type(A)"],
  uint: [Fn.TO_UINT, "uint|double|int|string:(T) uint"],
  getFullYear: [Fn.GET_FULL_YEAR, ...TIME_PART],
  getMonth: [Fn.GET_MONTH, ...TIME_PART],
  getDate: [Fn.GET_DATE, ...TIME_PART],
  getDayOfMonth: [Fn.GET_DAY_OF_MONTH, ...TIME_PART],
  getDayOfWeek: [Fn.GET_DAY_OF_WEEK, ...TIME_PART],
  getDayOfYear: [Fn.GET_DAY_OF_YEAR, ...TIME_PART],
  getHours: [Fn.GET_HOURS, ...CLOCK_PART],
  getMinutes: [Fn.GET_MINUTES, ...CLOCK_PART],
  getSeconds: [Fn.GET_SECONDS, ...CLOCK_PART],
  getMilliseconds: [Fn.GET_MILLISECONDS, ...CLOCK_PART],
};

const OPTIONAL: Entries = {
  "optional.of": [Fn.OPTIONAL_OF, "(A) optional_type(A)"],
  "optional.ofNonZeroValue": [Fn.OPTIONAL_OF_NON_ZERO, "(A) optional_type(A)"],
  "optional.none": [NO_FN, "() optional_type(A)"],
  "optional.unwrap": [Fn.UNWRAP_ALL, "(list(optional_type(A))) list(A)"],
  unwrapOpt: [Fn.UNWRAP_ALL, ".(list(optional_type(A))) list(A)"],
  hasValue: [Fn.HAS_VALUE, ".(optional_type(A)) bool"],
  value: [Fn.OPTIONAL_VALUE, ".(optional_type(A)) A"],
  or: [NO_FN, ".(optional_type(A), optional_type(A)) optional_type(A)"],
  orValue: [NO_FN, ".(optional_type(A), A) A"],
  "_[_]": [NO_FN, "(optional_type(list(A)), int) optional_type(A)", "(optional_type(map(A, B)), A) optional_type(B)"],
  "_[?_]": [
    NO_FN,
    "list(A)|optional_type(list(A)):(T, int) optional_type(A)",
    "map(A, B)|optional_type(map(A, B)):(T, A) optional_type(B)",
  ],
};

const INDEX_SEARCH = [".(string, string) int", ".(string, string, int) int"] as const;

const STRINGS: Entries = {
  charAt: [Fn.CHAR_AT, ".(string, int) string"],
  format: [Fn.FORMAT, ".(string, list(dyn)) string"],
  indexOf: [Fn.INDEX_OF, ...INDEX_SEARCH],
  lastIndexOf: [Fn.LAST_INDEX_OF, ...INDEX_SEARCH],
  join: [Fn.JOIN, ".(list(string)) string", ".(list(string), string) string"],
  lowerAscii: [Fn.LOWER_ASCII, ".(string) string"],
  upperAscii: [Fn.UPPER_ASCII, ".(string) string"],
  replace: [Fn.REPLACE, ".(string, string, string) string", ".(string, string, string, int) string"],
  reverse: [Fn.REVERSE, ".(string) string"],
  split: [Fn.SPLIT, ".(string, string) list(string)", ".(string, string, int) list(string)"],
  substring: [Fn.SUBSTRING, ".(string, int) string", ".(string, int, int) string"],
  trim: [Fn.TRIM, ".(string) string"],
  "strings.quote": [Fn.QUOTE, "(string) string"],
};

const MATH: Entries = {
  "math.greatest": [Fn.GREATEST],
  "math.least": [Fn.LEAST],
  "math.abs": [Fn.ABS, `${ARITHMETIC}(T) T`],
  "math.sign": [Fn.SIGN, `${ARITHMETIC}(T) T`],
  "math.ceil": [Fn.CEIL, "(double) double"],
  "math.floor": [Fn.FLOOR, "(double) double"],
  "math.round": [Fn.ROUND, "(double) double"],
  "math.trunc": [Fn.TRUNC, "(double) double"],
  "math.sqrt": [Fn.SQRT, `${ARITHMETIC}(T) double`],
  "math.isInf": [Fn.IS_INF, "(double) bool"],
  "math.isNaN": [Fn.IS_NAN, "(double) bool"],
  "math.isFinite": [Fn.IS_FINITE, "(double) bool"],
  "math.bitAnd": [Fn.BIT_AND, `${WHOLE}(T, T) T`],
  "math.bitOr": [Fn.BIT_OR, `${WHOLE}(T, T) T`],
  "math.bitXor": [Fn.BIT_XOR, `${WHOLE}(T, T) T`],
  "math.bitNot": [Fn.BIT_NOT, `${WHOLE}(T) T`],
  "math.bitShiftLeft": [Fn.SHIFT_LEFT, `${WHOLE}(T, int) T`],
  "math.bitShiftRight": [Fn.SHIFT_RIGHT, `${WHOLE}(T, int) T`],
};

const ENCODERS: Entries = {
  "base64.encode": [Fn.BASE64_ENCODE, "(bytes) string"],
  "base64.decode": [Fn.BASE64_DECODE, "(string) bytes"],
};

const LISTS: Entries = {
  "lists.range": [Fn.RANGE, "(int) list(int)"],
  distinct: [Fn.DISTINCT, ".(list(A)) list(A)"],
  flatten: [Fn.FLATTEN, ".(list(list(A))) list(A)", ".(list(dyn), int) list(dyn)"],
  reverse: [Fn.REVERSE, ".(list(A)) list(A)"],
  slice: [Fn.SLICE, ".(list(A), int, int) list(A)"],
  sort: [Fn.SORT, `${ORDERED}.(list(T)) list(T)`],
  first: [Fn.FIRST, ".(list(A)) optional_type(A)"],
  last: [Fn.LAST, ".(list(A)) optional_type(A)"],
};

const SETS: Entries = {
  "sets.contains": [Fn.SETS_CONTAINS, "(list(A), list(A)) bool"],
  "sets.equivalent": [Fn.SETS_EQUIVALENT, "(list(A), list(A)) bool"],
  "sets.intersects": [Fn.SETS_INTERSECTS, "(list(A), list(A)) bool"],
};

const REGEX: Entries = {
  "regex.replace": [Fn.REGEX_REPLACE, "(string, string, string) string", "(string, string, string, int) string"],
  "regex.extract": [Fn.REGEX_EXTRACT, "(string, string) optional_type(string)"],
  "regex.extractAll": [Fn.REGEX_EXTRACT_ALL, "(string, string) list(string)"],
};

const NETWORK: Entries = {
  ip: [Fn.TO_IP, "(string) net.IP", ".(net.CIDR) net.IP"],
  cidr: [Fn.TO_CIDR, "(string) net.CIDR"],
  isIP: [Fn.IS_IP, "(string) bool"],
  isCIDR: [Fn.IS_CIDR, "(string) bool"],
  "ip.isCanonical": [Fn.IS_CANONICAL, "(string) bool"],
  family: [Fn.FAMILY, ".(net.IP) int"],
  isLoopback: [Fn.IS_LOOPBACK, ".(net.IP) bool"],
  isGlobalUnicast: [Fn.IS_GLOBAL_UNICAST, ".(net.IP) bool"],
  isUnspecified: [Fn.IS_UNSPECIFIED, ".(net.IP) bool"],
  isLinkLocalMulticast: [Fn.IS_LINK_LOCAL_MULTICAST, ".(net.IP) bool"],
  isLinkLocalUnicast: [Fn.IS_LINK_LOCAL_UNICAST, ".(net.IP) bool"],
  containsIP: [Fn.CONTAINS_IP, "net.IP|string:.(net.CIDR, T) bool"],
  containsCIDR: [Fn.CONTAINS_CIDR, "net.CIDR|string:.(net.CIDR, T) bool"],
  masked: [Fn.MASKED, ".(net.CIDR) net.CIDR"],
  prefixLength: [Fn.PREFIX_LENGTH, ".(net.CIDR) int"],
  string: [Fn.TO_STRING, "net.IP|net.CIDR:(T) string"],
};

const LIBRARIES: Readonly<Record<LibraryName, Entries>> = {
  standard: STANDARD,
  optional: OPTIONAL,
  strings: STRINGS,
  math: MATH,
  encoders: ENCODERS,
  lists: LISTS,
  sets: SETS,
  regex: REGEX,
  network: NETWORK,
};

export const ALL_LIBRARIES = Object.keys(LIBRARIES) as readonly LibraryName[];

/** What a name means in one set of functions. */
export class KnownFunction {
  /** The kernel's function; undefined: the emitter has code of its own, or the function is an embedder's. */
  readonly fn: Fn | undefined;
  private readonly texts: string[];
  private readonly added: readonly Signature[];
  private read: readonly Signature[] | undefined;

  constructor(fn: Fn | undefined, texts: string[], added: readonly Signature[]) {
    this.fn = fn;
    this.texts = texts;
    this.added = added;
  }

  /** Those of CEL first. */
  get signatures(): readonly Signature[] {
    this.read ??= [...this.texts.flatMap(readSignatures), ...this.added];
    return this.read;
  }

  /** May a call have so many arguments? A method's receiver is one of them. */
  takes(isMember: boolean, argumentCount: number): boolean {
    const { signatures } = this;
    for (const { params, isMember: isMethod } of signatures) if (isMethod === isMember && params.length === argumentCount) return true;
    return signatures.length === 0 && !isMember && argumentCount > 0;
  }

  /** The same with more ways to call it. */
  with(texts: readonly string[], added: readonly Signature[]): KnownFunction {
    return new KnownFunction(this.fn, [...this.texts, ...texts], [...this.added, ...added]);
  }
}

function readSignatures(text: string): Signature[] {
  const colon = text.indexOf(":");
  const form = text.slice(colon + 1);
  if (colon < 0) return [readSignature(form)];
  return text
    .slice(0, colon)
    .split("|")
    .map((type) => readSignature(form.replace(/\bT\b/g, type)));
}

const NO_SIGNATURES: readonly Signature[] = [];

/** The functions of some libraries, and of an embedder. Share one: what was read is kept. */
export class FunctionSet {
  readonly libraries: ReadonlySet<LibraryName>;
  private readonly added: ReadonlyMap<string, readonly Signature[]>;
  private known: WordTable<KnownFunction> | undefined;
  private namespaces: WordTable<true> | undefined;
  private hasDeepNamespaces = false;

  constructor(libraries: readonly LibraryName[] = ALL_LIBRARIES, added: ReadonlyMap<string, readonly Signature[]> = new Map()) {
    this.libraries = new Set(libraries);
    this.added = added;
  }

  find(name: string): KnownFunction | undefined {
    this.known ??= new WordTable(this.collect());
    return this.known.get(name);
  }

  /** The signatures of a name; none: there is no such function, or one that takes any number of arguments. */
  signaturesOf(name: string): readonly Signature[] {
    return this.find(name)?.signatures ?? NO_SIGNATURES;
  }

  has(name: string): boolean {
    return this.find(name) !== undefined;
  }

  /** Do functions have names that begin with this one and a dot? */
  hasNamespace(name: string): boolean {
    this.namespaces ??= this.collectNamespaces();
    return this.namespaces.get(name) !== undefined;
  }

  /** May `target` be the namespace of a function, as far as can be told without looking at all of it? */
  mayBeNamespace(target: Ast): boolean {
    if (target.kind === "identifier") return this.hasNamespace(target.name);
    this.namespaces ??= this.collectNamespaces();
    return target.kind === "select" && this.hasDeepNamespaces;
  }

  private collectNamespaces(): WordTable<true> {
    const namespaces = this.names.filter((name) => name.includes(".")).map((name) => name.slice(0, name.lastIndexOf(".")));
    this.hasDeepNamespaces = namespaces.some((name) => name.includes("."));
    return new WordTable(namespaces.map((name) => [name, true]));
  }

  /** Names that a call may have, without those of operators. */
  get names(): string[] {
    return [...this.collect().keys()].filter((name) => /^\w[\w.]*$/.test(name) && name !== "in");
  }

  private collect(): Map<string, KnownFunction> {
    const known = new Map<string, KnownFunction>();
    for (const library of this.libraries) {
      for (const [name, [fn, ...texts]] of Object.entries(LIBRARIES[library])) {
        known.set(name, known.get(name)?.with(texts, NO_SIGNATURES) ?? new KnownFunction(fn, texts, NO_SIGNATURES));
      }
    }
    for (const [name, signatures] of this.added) {
      known.set(name, known.get(name)?.with([], signatures) ?? new KnownFunction(undefined, [], signatures));
    }
    return known;
  }
}

/** Everything that the language has. */
export const ALL_FUNCTIONS = new FunctionSet();
