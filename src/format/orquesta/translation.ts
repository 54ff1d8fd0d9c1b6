// Translates expressions of YAQL and Jinja to CEL, where CEL can mean exactly the same. Where it could come to another value the
// expression is refused; where it can only fail in place of going on (truth of other values than true and false) a warning says so.
import type { Ast } from "../../expression/ast.js";
import * as cel from "./cel.js";
import { COMPUTED_SIZE_MAX, type ComputedOutputs } from "./output.js";
import type { FunctionContext } from "./function-context.js";
import { callFunction, callMethod } from "./functions.js";
import { type Language, readTerm, type Term, TermError } from "./terms.js";
import { type KnownType, toText, type Translated } from "./translated.js";

/** Thrown where nothing in CEL means the same. */
export class UntranslatableError extends TermError {}

export interface TranslationReporter {
  /** Of the expression's text. */
  warn(message: string, start: number, end: number): void;
  /** A variable of the context is read. */
  readVariable(name: string, start: number, end: number): void;
}

/** Names of an expression that stand for something around it: variables of loops, and what earlier entries of `output` have computed. */
export interface Surroundings {
  readonly bound: ReadonlyMap<string, Translated>;
  readonly computed?: ComputedOutputs | undefined;
  /** A task has ended, well or not: there are `failed` and `error`. */
  readonly hasOutcome?: boolean;
}

/** Throws TermError where the text cannot be read, UntranslatableError where it cannot be translated. O(size) */
export function translate(text: string, language: Language, surroundings: Surroundings, reporter: TranslationReporter): Translated {
  return new Translator(language, surroundings, reporter).translate(readTerm(text, language));
}

const COMPARISONS: Readonly<Record<string, "==" | "!=" | "<" | "<=" | ">" | ">=">> = { "=": "==", "==": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=" };

class Translator implements FunctionContext {
  private loopCount = 0;
  private bound: ReadonlyMap<string, Translated>;

  constructor(
    readonly language: Language,
    private readonly surroundings: Surroundings,
    private readonly reporter: TranslationReporter,
  ) {
    this.bound = surroundings.bound;
  }

  get hasOutcome(): boolean {
    return this.surroundings.hasOutcome === true;
  }

  translate(term: Term): Translated {
    switch (term.kind) {
      case "constant":
        return { ast: cel.literal(term.value), type: typeOfConstant(term.value) };
      case "name":
        return this.translateName(term);
      case "field":
        return this.translateField(term);
      case "index":
        return { ast: this.translateIndex(term), type: "any" };
      case "unary":
        return this.translateUnary(term.operator, term.operand);
      case "binary":
        return this.translateBinary(term);
      case "conditional": {
        const [test, yes, no] = [this.translateTruth(term.test), this.translate(term.yes), this.translate(term.no)];
        return { ast: cel.conditional(test.ast, yes.ast, no.ast), type: joinTypes(yes.type, no.type) };
      }
      case "list":
        return { ast: cel.list(term.items.map((item) => this.translate(item).ast)), type: "any" };
      case "map":
        return { ast: cel.map(term.entries.map(([key, value]) => [this.translate(key).ast, this.translate(value).ast] as const)), type: "any" };
      case "call":
        return term.target === undefined ? callFunction(term, this) : callMethod(term, this);
    }
  }

  refuse(message: string, { start, end }: Term): never {
    throw new UntranslatableError(message, start, end);
  }

  readContext(name: string, term: Term): Translated {
    const { computed } = this.surroundings;
    if (computed?.has(name) === true)
      return { ast: computed.take(name) ?? this.refuse(`Earlier entries of the output are put in here, which takes more than ${COMPUTED_SIZE_MAX} characters in all`, term), type: "any" };
    if (name.startsWith("__")) this.refuse(`"${name}" is a private variable: two underscores begin its name`, term);
    if (!/^[A-Za-z_]\w*$/.test(name)) return { ast: cel.index(cel.identifier("vars"), cel.literal(name)), type: "any" };
    this.reporter.readVariable(name, term.start, term.end);
    return { ast: cel.select(cel.identifier("vars"), name), type: "any" };
  }

  translateLoop(range: Ast, body: Term, name: string, make: (variable: string, body: Translated) => Ast): Ast {
    this.loopCount += 1;
    const variable = `e${this.loopCount}`;
    const { bound } = this;
    this.bound = new Map([...bound, [name, { ast: cel.identifier(variable), type: "any" as const }]]);
    const translated = this.translate(body);
    this.bound = bound;
    return make(variable, translated);
  }

  private translateName(term: Term & { kind: "name" }): Translated {
    const bound = this.bound.get(term.name);
    if (bound !== undefined) return bound;
    if (term.name === "$") return { ast: cel.identifier("vars"), type: "any" };
    if (this.language === "yaql") return this.refuse(`The variable ${term.name} cannot be translated; of the context say ctx().${term.name.slice(1)}`, term);
    return this.readContext(term.name, term);
  }

  private translateField(term: Term & { kind: "field" }): Translated {
    if (this.isContext(term.target)) return this.readContext(term.field, term);
    return { ast: cel.select(this.translate(term.target).ast, term.field), type: "any" };
  }

  isContext(term: Term): boolean {
    if (term.kind === "name") return term.name === "$" && !this.bound.has("$");
    return term.kind === "call" && term.name === "ctx" && term.target === undefined && term.args.length === 0;
  }

  private translateIndex(term: Term & { kind: "index" }): Ast {
    if (this.isContext(term.target) && term.index.kind === "constant" && typeof term.index.value === "string") return this.readContext(term.index.value, term).ast;
    if (mentionsElement(term.index)) this.refuse("A condition in brackets cannot be translated; write .where(…)", term.index);
    return cel.index(this.translate(term.target).ast, this.translate(term.index).ast);
  }

  private translateUnary(operator: string, operand: Term): Translated {
    if (operator === "not") {
      const { ast, type } = this.translateTruth(operand);
      return { ast: cel.not(ast), type: type === "outcome" ? "outcome" : "bool" };
    }
    const value = this.translate(operand);
    if (operator === "+") return this.refuse("A plus sign before a value cannot be translated", operand);
    return { ast: cel.minus(value.ast), type: "number" };
  }

  /** A value that both languages ask for its truth: CEL knows that of true and false alone, and fails with others. */
  private translateTruth(term: Term): Translated {
    const value = this.translate(term);
    if (value.type === "string" || value.type === "number") this.refuse("CEL knows no truth of a text or a number; compare it", term);
    if (value.type === "any") this.reporter.warn("This must be true or false here: of any other value Orquesta finds a truth, and Millrace fails", term.start, term.end);
    return value;
  }

  private translateBinary(term: Term & { kind: "binary" }): Translated {
    const { operator } = term;
    if (operator === "and" || operator === "or") return this.translateLogic(term, operator);
    const comparison = COMPARISONS[operator];
    const [left, right] = alignNumbers(this.translate(term.left), this.translate(term.right));
    if (comparison !== undefined) return { ast: cel.binary(left.ast, comparison, right.ast), type: "bool" };
    switch (operator) {
      case "in":
        return { ast: isIn(left, right), type: "bool" };
      case "not in":
        return { ast: cel.not(isIn(left, right)), type: "bool" };
      case "+":
        return { ast: cel.binary(left.ast, "+", right.ast), type: left.type === "any" ? (right.type === "any" ? "any" : right.type) : left.type };
      case "-":
      case "*":
        if (left.type === "string" || right.type === "string") this.refuse("A text cannot be multiplied or taken from in CEL", term);
        return { ast: cel.binary(left.ast, operator, right.ast), type: "number" };
      case "~":
        return { ast: cel.binary(toText(left), "+", toText(right)), type: "string" };
      case "/":
        return this.translateDivision(term, left);
      case "%":
      case "mod":
        return this.translateRest(term, left.ast);
    }
    return this.refuse(`"${operator}" cannot be translated exactly`, term);
  }

  private translateDivision(term: Term & { kind: "binary" }, left: Translated): Translated {
    if (this.language === "yaql") this.refuse("YAQL divides integers without a rest and floats with one, and JSON does not tell them apart; divide in a task", term);
    const { right } = term;
    if (right.kind !== "constant" || typeof right.value !== "number" || right.value === 0)
      this.refuse("Division is translated where the divisor is a number other than 0: CEL divides by 0 without failing", right);
    return { ast: cel.binary(cel.call("double", left.ast), "/", cel.double((right as { value: number }).value)), type: "number" };
  }

  /** Python's rest has the sign of the divisor, CEL's that of the dividend. */
  private translateRest({ right }: Term & { kind: "binary" }, left: Ast): Translated {
    if (right.kind !== "constant" || typeof right.value !== "number" || !Number.isSafeInteger(right.value) || right.value <= 0)
      return this.refuse("A rest is translated where the divisor is a whole number above 0", right);
    const divisor = cel.literal(right.value);
    return { ast: cel.binary(cel.binary(cel.binary(left, "%", divisor), "+", divisor), "%", divisor), type: "number" };
  }

  /** The right side counts only where the left one does not decide; CEL's own operators ask both, which shows where the left one fails. */
  private translateLogic(term: Term & { kind: "binary" }, operator: "and" | "or"): Translated {
    const left = this.translateTruth(term.left);
    const right = this.translateTruth(term.right);
    const type = left.type === "outcome" && right.type === "outcome" ? "outcome" : "bool";
    if (left.type === "outcome") return { ast: cel.logic(left.ast, operator === "and" ? "&&" : "||", right.ast), type };
    return { ast: operator === "and" ? cel.conditional(left.ast, right.ast, cel.literal(false)) : cel.conditional(left.ast, cel.literal(true), right.ast), type };
  }
}

/** A list holds it; a text has it in it. Of what is not known to be a text CEL asks whether it is a list or a map that holds it. */
function isIn(left: Translated, right: Translated): Ast {
  return right.type === "string" ? cel.method(right.ast, "contains", left.ast) : cel.binary(left.ast, "in", right.ast);
}

/** An integer beside a double becomes one: in CEL they do not mix. */
function alignNumbers(left: Translated, right: Translated): readonly [Translated, Translated] {
  if (isDouble(left.ast)) return [left, toDouble(right)];
  return isDouble(right.ast) ? [toDouble(left), right] : [left, right];
}

function isDouble(ast: Ast): boolean {
  if (ast.kind === "unary") return isDouble(ast.operand);
  return (ast.kind === "literal" && ast.type === "double") || (ast.kind === "binary" && ast.operator === "/") || (ast.kind === "binary" && "+-*".includes(ast.operator) && isDouble(ast.left));
}

function toDouble(value: Translated): Translated {
  const { ast } = value;
  return ast.kind === "literal" && ast.type === "int" ? { ...value, ast: cel.double(Number(ast.value)) } : value;
}

function joinTypes(left: KnownType, right: KnownType): KnownType {
  return left === right ? left : "any";
}

function typeOfConstant(value: null | boolean | number | string): KnownType {
  if (value === null) return "any";
  return typeof value === "boolean" ? "bool" : typeof value === "string" ? "string" : "number";
}

function mentionsElement(term: Term): boolean {
  switch (term.kind) {
    case "name":
      return term.name.startsWith("$");
    case "field":
      return mentionsElement(term.target);
    case "binary":
      return mentionsElement(term.left) || mentionsElement(term.right);
    case "unary":
      return mentionsElement(term.operand);
    default:
      return false;
  }
}
