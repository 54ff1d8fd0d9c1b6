// Target `parser`: texts from a grammar with junk in it, damaged real expressions, and raw characters, through lexer, parser,
// checker and emitter, and what compiles through the kernel. Findings must have places within the text; code that was emitted
// must be taken; an evaluation must end and give the same each time.
import { layOutExpressions } from "../../src/compile/blob.js";
import { VariableSet } from "../../src/expression/checker/variable-set.js";
import { emitExpression, type ExpressionScope } from "../../src/expression/emitter.js";
import { parseExpression } from "../../src/expression/parser.js";
import { readTemplate } from "../../src/expression/template.js";
import type { ExpressionKernel } from "../../src/kernel/context.js";
import type { KernelInstance } from "../../src/kernel/instance.js";
import type { Finding } from "../../src/model/errors.js";
import type { ExpressionCode } from "../../src/model/program.js";
import { AWKWARD_VALUES, Canary, catchCode, openExpressionKernel, openInstance } from "./bench.js";
import type { Chance } from "./chance.js";
import { EXPRESSION_TEXTS } from "./corpus.js";
import type { FuzzSession, FuzzTarget, KernelBuild } from "./fuzzer.js";
import { readResult } from "./programs.js";

const CANARY_STRIDE = 64;
const REFUSED = /^kernel\/(limit|out-of-memory)$/;
const DECLARATIONS = { x: "int", y: "double", s: "string", l: "list(int)", m: "map(string, dyn)", t: "timestamp", d: "any", n: "number" } as const;
const VARIABLES = [new VariableSet(DECLARATIONS, true), new VariableSet(DECLARATIONS, false)] as const;

export const parserTarget: FuzzTarget = {
  name: "parser",
  open: (build) => ParserSession.open(build),
};

class ParserSession implements FuzzSession {
  readonly #instance: KernelInstance;
  readonly #kernel: ExpressionKernel;
  readonly #canary: Canary;
  readonly #baseCount: number;
  #text = "";
  #count = 0;

  private constructor(instance: KernelInstance) {
    this.#instance = instance;
    this.#kernel = openExpressionKernel(instance);
    this.#canary = new Canary(this.#kernel);
    this.#baseCount = instance.exports.programCount();
  }

  static async open(build: KernelBuild): Promise<FuzzSession> {
    return new ParserSession(await openInstance(build));
  }

  get memorySize(): number {
    return this.#instance.exports.memorySize();
  }

  describe(): string {
    return `  ${JSON.stringify(this.#text.length > 2_000 ? `${this.#text.slice(0, 2_000)}…` : this.#text)}`;
  }

  feed(chance: Chance): void {
    const text = makeText(chance);
    this.#text = text;
    if (chance.oneIn(8)) checkFindings(readTemplate(text).findings, text);
    const { ast, findings } = parseExpression(text, { isCore: chance.oneIn(16), ...(chance.oneIn(8) && { depthMax: chance.below(40) }) });
    checkFindings(findings, text);
    if (findings.some(({ severity }) => severity === "error")) return;
    const slotNames: string[] = [];
    const emitted = emitExpression(ast, makeScope(slotNames, chance), { text, ...(chance.oneIn(8) && { expected: "bool" as const }) });
    checkFindings(emitted.findings, text);
    if (!emitted.findings.some(({ severity }) => severity === "error")) this.#run(emitted.code, slotNames, chance);
    this.#count += 1;
    if (this.#count % CANARY_STRIDE === 0) this.#canary.check();
  }

  check(): void {
    this.#canary.check();
    const count = this.#instance.exports.programCount();
    if (count !== this.#baseCount) throw new Error(`${count} programs are loaded; ${this.#baseCount} should be`);
  }

  #run(code: ExpressionCode, slotNames: readonly string[], chance: Chance): void {
    const kernel = this.#kernel;
    let program = 0;
    if (catchCode(REFUSED, () => (program = kernel.loadProgram(layOutExpressions([code], slotNames)))) !== undefined) return;
    const context = kernel.createContext(Math.max(1, slotNames.length));
    for (let slot = 0; slot < slotNames.length; slot += 1) {
      if (!chance.oneIn(6)) kernel.setSlot(context, slot, chance.pick(AWKWARD_VALUES));
    }
    const record = kernel.expression(program, 0);
    const first = this.#evaluate(record, context, code.instructionCount);
    const second = this.#evaluate(record, context, code.instructionCount);
    if (first !== second) throw new Error(`first ${first}, then ${second}`);
    kernel.destroyContext(context);
    kernel.unloadProgram(program);
  }

  /** The result as text that equals only that of the same result. */
  #evaluate(record: number, context: number, instructionCount: number): string {
    const kernel = this.#kernel;
    const cell = kernel.evaluate(record, context);
    const error = kernel.error(cell);
    if (error !== undefined) {
      if (error.instruction >= instructionCount) throw new Error(`error ${error.error} is blamed on instruction ${error.instruction} of ${instructionCount}`);
      return `error ${error.error} at ${error.instruction} ${error.detail}`;
    }
    readResult(kernel, cell);
    let hex = "too large";
    catchCode(/^kernel\/out-of-memory$/, () => (hex = Buffer.from(kernel.wire(cell)).toString("hex")));
    return hex;
  }
}

function makeScope(slotNames: string[], chance: Chance): ExpressionScope {
  const isStrict = chance.oneIn(2);
  const isOpen = chance.oneIn(3);
  const variables = isOpen ? undefined : VARIABLES[isStrict ? 0 : 1];
  return {
    slotOf: (name) => {
      const known = slotNames.indexOf(name);
      return known >= 0 ? known : slotNames.push(name) - 1;
    },
    typeOf: (name) => variables?.typeOf(name),
    declarationOf: (name) => variables?.declarationOf(name),
    isOpen,
    isChecked: !chance.oneIn(4),
    isStrict,
    ...(chance.oneIn(8) && { container: chance.pick(["a", "a.b", "x", ""]) }),
  };
}

function checkFindings(findings: readonly Finding[], text: string): void {
  for (const { code, message, place, severity } of findings) {
    const { start, end, line, column } = place;
    const isWithin = start >= 0 && start <= end && end <= text.length && line >= 1 && column >= 1;
    if (!isWithin) throw new Error(`${code} (${severity}, ${message}) at ${start}-${end}, line ${line}, column ${column} of ${text.length}`);
    if (!/^expression\/[a-z]+(-[a-z]+)*$/.test(code)) throw new Error(`"${code}" is no code`);
  }
}

// --- making texts ----------------------------------------------------------------------------------------------------

function makeText(chance: Chance): string {
  const kind = chance.below(10);
  if (kind <= 3) return damage(chance.pick(EXPRESSION_TEXTS), chance);
  if (kind <= 7) return new Grammar(chance).expression(chance.between(1, 6));
  if (kind === 8) return chance.oneIn(10) ? repeat(chance) : new TextDecoder().decode(chance.bytes(chance.below(60)));
  return Array.from({ length: chance.below(40) }, () => chance.pick(TOKENS)).join(chance.oneIn(2) ? "" : " ");
}

const TOKENS: readonly string[] = [
  ..."()[]{}.,:?!-+*/%<>=&|\"'`\\#@$ \n\t".split(""),
  "==", "!=", "<=", ">=", "&&", "||", ".?", "[?", "in", "true", "false", "null", "0", "1", "0x", "0xff", "1u", "1.5", "1e9", ".5", "1.", "1e", "9223372036854775808",
  "'a'", '"b"', "'''", '"""', "r'\\'", "b'\\xff'", "'\\u12'", "'\\U0011ffff'", "//", "x", "y", "s", "l", "m", "d", "x.y", "has", "has(m.a)", "size(", "map(", "all(e, ",
  "exists(e, ", "filter(e, ", "transformMap(k, v, ", "cel.bind(q, ", "cel.block([", "cel.index(0)", "optional.of(", "optional.none()", "matches(", "int(", "type(", "dyn(",
  "timestamp(", "google.protobuf.Timestamp", "if", "return", "__proto__", "constructor", "😀", "\u0301", "\ud800", "\0", "\u2028", "${", "{{", "}}",
];

/** Deep nesting and long rows, which a limit must end. */
function repeat(chance: Chance): string {
  const count = chance.pick([10, 100, 249, 250, 251, 300, 3_000]);
  const piece = chance.pick(["(", "[", "{1:", "!", "-", "x.", "x[", "x?x:", "x&&", "x||", "x+", "x==", "f(", "[1].map(e,", "1,", "'a'+", "l.filter(e,", "x.?y[?", "cel.bind(q,1,"]);
  return piece.repeat(count) + chance.pick(["", "x", "1", "]"]) + (chance.oneIn(2) ? chance.pick([")", "]", "}", ",1)"]).repeat(count) : "");
}

function damage(text: string, chance: Chance): string {
  let changed = text;
  for (let changes = chance.below(4); changes > 0; changes -= 1) {
    const at = chance.below(changed.length + 1);
    const end = at + chance.below(8);
    const kind = chance.below(7);
    if (kind === 0) changed = changed.slice(0, at) + changed.slice(end);
    else if (kind === 1) changed = changed.slice(0, at) + chance.pick(TOKENS) + changed.slice(at);
    else if (kind === 2) changed = changed.slice(0, at) + chance.pick(TOKENS) + changed.slice(end);
    else if (kind === 3) changed = changed.slice(0, end) + changed.slice(at);
    else if (kind === 4) changed = changed.slice(0, at);
    else if (kind === 5) {
      const other = chance.pick(EXPRESSION_TEXTS);
      changed = changed.slice(0, at) + other.slice(chance.below(other.length));
    } else changed = changed.slice(0, at) + String.fromCharCode(chance.oneIn(2) ? chance.below(128) : chance.below(0x10000)) + changed.slice(at + 1);
  }
  return changed;
}

const NAMES = ["x", "y", "s", "l", "m", "t", "d", "n", "e", "k", "v", "a", "zzz", "now", "int", "string", "math", "optional", "type", "_"];
const FIELDS = ["a", "b", "name", "size", "none", "in", "true", "constructor", "__proto__", "`a-b`"];
const OPERATORS = ["+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "in"];
const LITERALS = [
  "0", "1", "-1", "2u", "0x1F", "0xfu", "9223372036854775807", "18446744073709551615u", "1.5", "1e308", ".5", "true", "false", "null", "''", "'a'", '"straße 😀"', "r'\\d+'",
  "'''x\ny'''", "b'ab\\377'", "'\\u00e9\\U0001F600\\n'", "[]", "{}", "timestamp('2026-01-01T00:00:00Z')", "duration('1h')", "bytes('x')",
];
const FUNCTIONS = [
  "size", "int", "uint", "double", "string", "bytes", "bool", "type", "dyn", "timestamp", "duration", "math.greatest", "math.least", "math.abs", "math.bitAnd", "math.ceil", "math.sqrt",
  "base64.encode", "base64.decode", "strings.quote", "optional.of", "optional.ofNonZeroValue", "sets.contains", "sets.equivalent", "sets.intersects", "lists.range", "regex.extract",
  "regex.extractAll", "regex.replace", "ip", "cidr", "isIP", "nothing", "matches", "has",
];
const METHODS = [
  "size", "contains", "startsWith", "endsWith", "matches", "charAt", "indexOf", "lastIndexOf", "lowerAscii", "upperAscii", "replace", "split", "substring", "trim", "join", "reverse",
  "format", "getFullYear", "getHours", "getDayOfWeek", "hasValue", "value", "or", "orValue", "distinct", "flatten", "slice", "sort", "first", "last", "unwrapOpt", "nothing",
];
const MACROS = ["all", "exists", "exists_one", "existsOne", "map", "filter", "sortBy", "transformList", "transformMap", "transformMapEntry", "optMap", "optFlatMap"];

/** Writes expressions that are mostly of CEL's grammar, without a thought for types. */
class Grammar {
  readonly #chance: Chance;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  expression(depth: number): string {
    const chance = this.#chance;
    if (chance.oneIn(200)) return chance.pick(TOKENS);
    if (depth <= 0) return chance.oneIn(2) ? chance.pick(NAMES) : chance.pick(LITERALS);
    switch (chance.below(12)) {
      case 0:
      case 1:
        return `${this.expression(depth - 1)} ${chance.pick(OPERATORS)} ${this.expression(depth - 2)}`;
      case 2:
        return `(${this.expression(depth - 1)})`;
      case 3:
        return `${chance.pick(["!", "-", "!!", "--"])}${this.expression(depth - 1)}`;
      case 4:
        return `${this.expression(depth - 1)} ? ${this.expression(depth - 2)} : ${this.expression(depth - 2)}`;
      case 5:
        return `${this.expression(depth - 1)}${chance.pick([".", ".?"])}${chance.pick(FIELDS)}`;
      case 6:
        return `${this.expression(depth - 1)}[${chance.oneIn(4) ? "?" : ""}${this.expression(depth - 2)}]`;
      case 7:
        return `${chance.pick(FUNCTIONS)}(${this.#list(depth)})`;
      case 8:
        return `${this.expression(depth - 1)}.${chance.pick(METHODS)}(${this.#list(depth)})`;
      case 9:
        return this.#macro(depth);
      case 10:
        return `[${this.#list(depth)}]`;
      default:
        return `{${Array.from({ length: chance.below(3) }, () => `${chance.oneIn(6) ? "?" : ""}${this.expression(depth - 2)}: ${this.expression(depth - 2)}`).join(", ")}}`;
    }
  }

  #list(depth: number): string {
    return Array.from({ length: this.#chance.below(4) }, () => (this.#chance.oneIn(12) ? "?" : "") + this.expression(depth - 2)).join(", ");
  }

  #macro(depth: number): string {
    const chance = this.#chance;
    if (chance.oneIn(5)) return `cel.bind(${chance.pick(NAMES)}, ${this.expression(depth - 2)}, ${this.expression(depth - 1)})`;
    if (chance.oneIn(12)) return `cel.block([${this.#list(depth)}], cel.index(${chance.below(3)}) + ${this.expression(depth - 1)})`;
    if (chance.oneIn(8)) return `has(${this.expression(depth - 1)}.${chance.pick(FIELDS)})`;
    const names = Array.from({ length: chance.between(1, 2) }, () => chance.pick(NAMES)).join(", ");
    const bodies = Array.from({ length: chance.between(1, 2) }, () => this.expression(depth - 2)).join(", ");
    return `${this.expression(depth - 1)}.${chance.pick(MACROS)}(${names}, ${bodies})`;
  }
}
