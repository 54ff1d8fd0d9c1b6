// The functions of CEL and of its extension libraries as data: how each may be called. The texts are read where a name is
// used first, so that loading costs nothing. Names with a dot belong to a namespace.
import { readSignature, type Signature } from "./type-text.js";

export type LibraryName = "standard" | "optional" | "strings" | "math" | "encoders" | "lists" | "sets" | "regex" | "network";

type SignatureTexts = Readonly<Record<string, readonly string[]>>;

const TIME_PARTS = ["getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear"];
const CLOCK_PARTS = ["getHours", "getMinutes", "getSeconds", "getMilliseconds"];

/** Types whose values have an order: what `<` compares and `sort` sorts. */
const ORDERED = ["bool", "int", "uint", "double", "string", "timestamp", "duration", "bytes"];
const ARITHMETIC = ["int", "uint", "double"];

function repeat(types: readonly string[], text: string): string[] {
  return types.map((type) => text.replaceAll("T", type));
}

function repeatFor(names: readonly string[], texts: readonly string[]): SignatureTexts {
  return Object.fromEntries(names.map((name) => [name, texts]));
}

/** langdef.md, "List of Standard Definitions". */
const STANDARD: SignatureTexts = {
  "!": ["(bool) bool"],
  "unary -": ["(int) int", "(double) double"],
  "==": ["(A, A) bool"],
  "!=": ["(A, A) bool"],
  ...repeatFor(["<", "<=", ">", ">="], repeat(ORDERED, "(T, T) bool")),
  in: ["(A, list(A)) bool", "(A, map(A, B)) bool"],
  "+": [
    "(bytes, bytes) bytes",
    "(double, double) double",
    "(duration, duration) duration",
    "(duration, timestamp) timestamp",
    "(timestamp, duration) timestamp",
    "(int, int) int",
    "(list(A), list(A)) list(A)",
    "(string, string) string",
    "(uint, uint) uint",
  ],
  "-": [
    ...repeat(ARITHMETIC, "(T, T) T"),
    "(duration, duration) duration",
    "(timestamp, duration) timestamp",
    "(timestamp, timestamp) duration",
  ],
  ...repeatFor(["*", "/"], repeat(ARITHMETIC, "(T, T) T")),
  "%": ["(int, int) int", "(uint, uint) uint"],
  "_[_]": ["(list(A), int) A", "(map(A, B), A) B"],
  "_?_:_": ["(bool, A, A) A"],

  size: ["bytes", "list(A)", "map(A, B)", "string"].flatMap((type) => [`(${type}) int`, `.(${type}) int`]),
  contains: [".(string, string) bool"],
  startsWith: [".(string, string) bool"],
  endsWith: [".(string, string) bool"],
  matches: ["(string, string) bool", ".(string, string) bool"],
  bool: ["(bool) bool", "(string) bool"],
  bytes: ["(bytes) bytes", "(string) bytes"],
  double: ["(double) double", "(int) double", "(string) double", "(uint) double"],
  duration: ["(duration) duration", "(int) duration", "(string) duration"],
  dyn: ["(A) dyn"],
  int: ["(int) int", "(double) int", "(duration) int", "(string) int", "(timestamp) int", "(uint) int"],
  string: ["string", "bool", "bytes", "double", "duration", "int", "timestamp", "uint"].map((type) => `(${type}) string`),
  timestamp: ["(timestamp) timestamp", "(int) timestamp", "(string) timestamp"],
  type: ["(A) type(A)"],
  uint: ["(uint) uint", "(double) uint", "(int) uint", "(string) uint"],
  ...repeatFor(TIME_PARTS, [".(timestamp) int", ".(timestamp, string) int"]),
  ...repeatFor(CLOCK_PARTS, [".(timestamp) int", ".(timestamp, string) int", ".(duration) int"]),
};

const OPTIONAL: SignatureTexts = {
  "optional.of": ["(A) optional_type(A)"],
  "optional.ofNonZeroValue": ["(A) optional_type(A)"],
  "optional.none": ["() optional_type(A)"],
  "optional.unwrap": ["(list(optional_type(A))) list(A)"],
  unwrapOpt: [".(list(optional_type(A))) list(A)"],
  hasValue: [".(optional_type(A)) bool"],
  value: [".(optional_type(A)) A"],
  or: [".(optional_type(A), optional_type(A)) optional_type(A)"],
  orValue: [".(optional_type(A), A) A"],
  "_[_]": ["(optional_type(list(A)), int) optional_type(A)", "(optional_type(map(A, B)), A) optional_type(B)"],
  "_[?_]": [
    "(list(A), int) optional_type(A)",
    "(optional_type(list(A)), int) optional_type(A)",
    "(map(A, B), A) optional_type(B)",
    "(optional_type(map(A, B)), A) optional_type(B)",
  ],
};

const STRINGS: SignatureTexts = {
  charAt: [".(string, int) string"],
  format: [".(string, list(dyn)) string"],
  ...repeatFor(["indexOf", "lastIndexOf"], [".(string, string) int", ".(string, string, int) int"]),
  join: [".(list(string)) string", ".(list(string), string) string"],
  lowerAscii: [".(string) string"],
  upperAscii: [".(string) string"],
  replace: [".(string, string, string) string", ".(string, string, string, int) string"],
  reverse: [".(string) string"],
  split: [".(string, string) list(string)", ".(string, string, int) list(string)"],
  substring: [".(string, int) string", ".(string, int, int) string"],
  trim: [".(string) string"],
  "strings.quote": ["(string) string"],
};

/** `math.greatest` and `math.least` take any number of arguments: see macro-types. */
const MATH: SignatureTexts = {
  "math.abs": repeat(ARITHMETIC, "(T) T"),
  "math.sign": repeat(ARITHMETIC, "(T) T"),
  ...repeatFor(["math.ceil", "math.floor", "math.round", "math.trunc"], ["(double) double"]),
  "math.sqrt": repeat(ARITHMETIC, "(T) double"),
  ...repeatFor(["math.isInf", "math.isNaN", "math.isFinite"], ["(double) bool"]),
  ...repeatFor(["math.bitAnd", "math.bitOr", "math.bitXor"], ["(int, int) int", "(uint, uint) uint"]),
  "math.bitNot": ["(int) int", "(uint) uint"],
  ...repeatFor(["math.bitShiftLeft", "math.bitShiftRight"], ["(int, int) int", "(uint, int) uint"]),
};

const ENCODERS: SignatureTexts = { "base64.encode": ["(bytes) string"], "base64.decode": ["(string) bytes"] };

const LISTS: SignatureTexts = {
  "lists.range": ["(int) list(int)"],
  distinct: [".(list(A)) list(A)"],
  flatten: [".(list(list(A))) list(A)", ".(list(dyn), int) list(dyn)"],
  reverse: [".(list(A)) list(A)"],
  slice: [".(list(A), int, int) list(A)"],
  sort: repeat(ORDERED, ".(list(T)) list(T)"),
  first: [".(list(A)) optional_type(A)"],
  last: [".(list(A)) optional_type(A)"],
};

const SETS: SignatureTexts = repeatFor(["sets.contains", "sets.equivalent", "sets.intersects"], ["(list(A), list(A)) bool"]);

const REGEX: SignatureTexts = {
  "regex.replace": ["(string, string, string) string", "(string, string, string, int) string"],
  "regex.extract": ["(string, string) optional_type(string)"],
  "regex.extractAll": ["(string, string) list(string)"],
};

const NETWORK: SignatureTexts = {
  ip: ["(string) net.IP", ".(net.CIDR) net.IP"],
  cidr: ["(string) net.CIDR"],
  isIP: ["(string) bool"],
  isCIDR: ["(string) bool"],
  "ip.isCanonical": ["(string) bool"],
  family: [".(net.IP) int"],
  ...repeatFor(["isLoopback", "isGlobalUnicast", "isUnspecified", "isLinkLocalMulticast", "isLinkLocalUnicast"], [".(net.IP) bool"]),
  containsIP: [".(net.CIDR, net.IP) bool", ".(net.CIDR, string) bool"],
  containsCIDR: [".(net.CIDR, net.CIDR) bool", ".(net.CIDR, string) bool"],
  masked: [".(net.CIDR) net.CIDR"],
  prefixLength: [".(net.CIDR) int"],
  string: ["(net.IP) string", "(net.CIDR) string"],
};

const LIBRARIES: Readonly<Record<LibraryName, SignatureTexts>> = {
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

/** The functions of some libraries, and of an embedder. Share one: what was read is kept (known names only). */
export class FunctionSet {
  readonly libraries: ReadonlySet<LibraryName>;
  private readonly added: ReadonlyMap<string, readonly Signature[]>;
  private readonly read = new Map<string, readonly Signature[]>();
  private namespaces: ReadonlySet<string> | undefined;

  constructor(libraries: readonly LibraryName[] = ALL_LIBRARIES, added: ReadonlyMap<string, readonly Signature[]> = new Map()) {
    this.libraries = new Set(libraries);
    this.added = added;
  }

  /** The signatures of a name, those of CEL first; none: there is no such function. */
  signaturesOf(name: string): readonly Signature[] {
    const known = this.read.get(name);
    if (known !== undefined) return known;
    const signatures = this.readSignatures(name);
    if (signatures.length > 0) this.read.set(name, signatures);
    return signatures;
  }

  has(name: string): boolean {
    return this.signaturesOf(name).length > 0;
  }

  /** Do functions have names that begin with this one and a dot? */
  hasNamespace(name: string): boolean {
    this.namespaces ??= new Set(this.names.filter((known) => known.includes(".")).map((known) => known.slice(0, known.lastIndexOf("."))));
    return this.namespaces.has(name);
  }

  /** Names that a call may have, without those of operators. */
  get names(): string[] {
    const names = new Set<string>(this.added.keys());
    for (const library of this.libraries) for (const name of Object.keys(LIBRARIES[library])) if (/^\w[\w.]*$/.test(name)) names.add(name);
    names.delete("in");
    return [...names];
  }

  private readSignatures(name: string): readonly Signature[] {
    const signatures: Signature[] = [];
    for (const library of this.libraries) {
      const texts = LIBRARIES[library];
      if (Object.hasOwn(texts, name)) signatures.push(...(texts[name] as readonly string[]).map(readSignature));
    }
    return [...signatures, ...(this.added.get(name) ?? [])];
  }
}

/** Everything that the language has. */
export const ALL_FUNCTIONS = new FunctionSet();
