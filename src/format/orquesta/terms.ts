// Reads expressions in the subsets of YAQL and Jinja that workflows use, as one kind of tree. What the words mean is decided elsewhere.
// Grammar: docs.openstack.org/yaql (operators of the default factory), jinja.palletsprojects.com (expressions).

/** Brackets within brackets of one expression. */
export const TERM_DEPTH_MAX = 50;

export type Language = "yaql" | "jinja";

interface Spanned {
  readonly start: number;
  readonly end: number;
}

export type Term = Spanned &
  (
    | { readonly kind: "constant"; readonly value: null | boolean | number | string }
    /** A bare name of Jinja; `$` and `$name` of YAQL. */
    | { readonly kind: "name"; readonly name: string }
    | { readonly kind: "call"; readonly name: string; readonly target?: Term; readonly args: readonly Term[]; readonly named: readonly (readonly [Term, Term])[]; readonly isFilter?: boolean }
    | { readonly kind: "field"; readonly target: Term; readonly field: string }
    | { readonly kind: "index"; readonly target: Term; readonly index: Term }
    | { readonly kind: "unary"; readonly operator: string; readonly operand: Term }
    | { readonly kind: "binary"; readonly operator: string; readonly left: Term; readonly right: Term }
    | { readonly kind: "conditional"; readonly test: Term; readonly yes: Term; readonly no: Term }
    | { readonly kind: "list"; readonly items: readonly Term[] }
    | { readonly kind: "map"; readonly entries: readonly (readonly [Term, Term])[] }
  );

/** The text is no expression of the subset. */
export class TermError extends Error {
  constructor(
    message: string,
    readonly start: number,
    readonly end: number,
  ) {
    super(message);
  }
}

interface Token extends Spanned {
  readonly type: "number" | "string" | "name" | "operator" | "end";
  readonly text: string;
}

const TOKEN =
  /\s*(?:(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|("(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*')|([A-Za-z_]\w*|\$\w*)|(=>|<=|>=|!=|==|=~|!~|->|\?\.|\/\/|\*\*|[-+*/%=<>!.,:()[\]{}|~]))/y;

const YAQL_OPERATORS: ReadonlyMap<string, number> = new Map([
  ["or", 1], ["and", 2], ["=", 4], ["!=", 4], ["<", 4], ["<=", 4], [">", 4], [">=", 4], ["in", 4], ["+", 5], ["-", 5], ["*", 6], ["/", 6], ["mod", 6], ["=~", 7], ["!~", 7],
]);
const JINJA_OPERATORS: ReadonlyMap<string, number> = new Map([
  ["or", 1], ["and", 2], ["==", 4], ["!=", 4], ["<", 4], ["<=", 4], [">", 4], [">=", 4], ["in", 4], ["not", 4], ["+", 5], ["-", 5], ["~", 6], ["*", 7], ["/", 7], ["//", 7], ["%", 7], ["**", 8],
]);
const NOT_LEVEL = 3;
const COMPARISON_LEVEL = 4;
const SIGN_LEVEL = 9;
const CONSTANTS: ReadonlyMap<string, null | boolean> = new Map<string, null | boolean>([
  ["true", true], ["false", false], ["null", null], ["none", null], ["True", true], ["False", false], ["None", null],
]);

/** Reads all of the text. Throws TermError. O(size) */
export function readTerm(text: string, language: Language): Term {
  const parser = new TermParser(text, language);
  const term = parser.readExpression(0);
  parser.expectEnd();
  return term;
}

class TermParser {
  private token: Token;
  private depth = 0;
  private readonly isYaql: boolean;
  private readonly operators: ReadonlyMap<string, number>;

  constructor(
    private readonly text: string,
    language: Language,
  ) {
    this.isYaql = language === "yaql";
    this.operators = this.isYaql ? YAQL_OPERATORS : JINJA_OPERATORS;
    this.token = this.scan(0);
  }

  expectEnd(): void {
    if (this.token.type !== "end") throw this.unexpected();
  }

  readExpression(level: number): Term {
    this.depth += 1;
    if (this.depth > TERM_DEPTH_MAX) throw new TermError(`The expression nests deeper than ${TERM_DEPTH_MAX} levels`, this.token.start, this.token.end);
    let left = this.readPrefix();
    for (;;) {
      const { text, type } = this.token;
      const own = type === "operator" || type === "name" ? this.operators.get(text) : undefined;
      if (own === undefined || own < level) break;
      left = this.readBinary(left, text, own);
    }
    if (!this.isYaql && level === 0 && this.isAt("if")) left = this.readConditional(left);
    this.depth -= 1;
    return left;
  }

  private readBinary(left: Term, text: string, level: number): Term {
    this.next();
    let operator = text;
    if (text === "not") {
      this.expect("in");
      operator = "not in";
    }
    const right = this.readExpression(level + 1);
    if (level === COMPARISON_LEVEL && this.operators.get(this.token.text) === COMPARISON_LEVEL && this.token.type !== "string")
      throw new TermError("A comparison of more than two values cannot be translated", this.token.start, this.token.end);
    return { kind: "binary", operator, left, right, start: left.start, end: right.end };
  }

  private readConditional(yes: Term): Term {
    this.next();
    const test = this.readExpression(1);
    this.expect("else");
    const no = this.readExpression(0);
    return { kind: "conditional", test, yes, no, start: yes.start, end: no.end };
  }

  private readPrefix(): Term {
    const { start, text, type } = this.token;
    if (type === "name" && text === "not") {
      this.next();
      const operand = this.readExpression(NOT_LEVEL);
      return { kind: "unary", operator: "not", operand, start, end: operand.end };
    }
    if (type === "operator" && (text === "-" || text === "+")) {
      this.next();
      const operand = this.readExpression(SIGN_LEVEL);
      return { kind: "unary", operator: text, operand, start, end: operand.end };
    }
    return this.readPostfix(this.readPrimary());
  }

  private readPrimary(): Term {
    const { type, text, start, end } = this.token;
    switch (type) {
      case "number":
        this.next();
        return { kind: "constant", value: Number(text), start, end };
      case "string":
        this.next();
        return { kind: "constant", value: unescape(text.slice(1, -1)), start, end };
      case "name":
        this.next();
        return this.readName(text, start, end);
      case "operator":
        if (text === "(") return this.readBrackets();
        if (text === "[") return this.readList();
        if (text === "{") return this.readMap();
        throw this.unexpected();
      case "end":
        throw this.unexpected();
    }
  }

  private readName(name: string, start: number, end: number): Term {
    if (this.isAt("(")) return this.readCall(name, start, undefined);
    const value = CONSTANTS.get(name);
    if (value !== undefined) return { kind: "constant", value, start, end };
    // A bare word of YAQL is a text.
    return this.isYaql && !name.startsWith("$") ? { kind: "constant", value: name, start, end } : { kind: "name", name, start, end };
  }

  private readBrackets(): Term {
    this.next();
    const term = this.readExpression(0);
    this.expect(")");
    return term;
  }

  private readList(): Term {
    const { start } = this.token;
    this.next();
    const items = this.readSequence("]", () => this.readExpression(0));
    return { kind: "list", items: items.list, start, end: items.end };
  }

  private readMap(): Term {
    const { start } = this.token;
    this.next();
    const entries = this.readSequence("}", () => {
      const key = this.readExpression(0);
      this.expect(this.isYaql ? "=>" : ":");
      return [key, this.readExpression(0)] as const;
    });
    return { kind: "map", entries: entries.list, start, end: entries.end };
  }

  private readSequence<Item>(close: string, read: () => Item): { list: Item[]; end: number } {
    const list: Item[] = [];
    while (!this.isAt(close)) {
      list.push(read());
      if (!this.isAt(close)) this.expect(",");
    }
    const { end } = this.token;
    this.next();
    return { list, end };
  }

  private readCall(name: string, start: number, target: Term | undefined, isFilter = false): Term {
    const args: Term[] = [];
    const named: (readonly [Term, Term])[] = [];
    this.next();
    const { end } = this.readSequence(")", () => {
      const arg = this.readExpression(0);
      if (!this.isAt(this.isYaql ? "=>" : "=")) return args.push(arg);
      this.next();
      return named.push([arg, this.readExpression(0)]);
    });
    return { kind: "call", name, args, named, start, end, ...(target !== undefined && { target }), ...(isFilter && { isFilter }) };
  }

  private readPostfix(primary: Term): Term {
    let term = primary;
    for (;;) {
      if (this.isAt(".")) term = this.readField(term);
      else if (this.isAt("[")) {
        this.next();
        const index = this.readExpression(0);
        const { end } = this.token;
        this.expect("]");
        term = { kind: "index", target: term, index, start: term.start, end };
      } else if (!this.isYaql && this.isAt("|")) {
        this.next();
        const { text, end } = this.expectName();
        term = this.isAt("(") ? this.readCall(text, term.start, term, true) : { kind: "call", name: text, target: term, args: [], named: [], isFilter: true, start: term.start, end };
      } else if (!this.isYaql && this.token.type === "name" && this.token.text === "is") term = this.readTest(term);
      else return term;
    }
  }

  private readField(target: Term): Term {
    this.next();
    const { text, end } = this.expectName();
    return this.isAt("(") ? this.readCall(text, target.start, target) : { kind: "field", target, field: text, start: target.start, end };
  }

  /** `x is defined`, `x is not none`. */
  private readTest(target: Term): Term {
    this.next();
    const isNegated = this.isAt("not");
    if (isNegated) this.next();
    const { text, end } = this.expectName();
    const test: Term = { kind: "call", name: `is ${text}`, target, args: [], named: [], isFilter: true, start: target.start, end };
    return isNegated ? { kind: "unary", operator: "not", operand: test, start: target.start, end } : test;
  }

  // --- tokens ------------------------------------------------------------------------------------------------------------

  private isAt(text: string): boolean {
    return this.token.text === text && this.token.type !== "string";
  }

  private expect(text: string): void {
    if (!this.isAt(text)) throw this.unexpected(`; "${text}" is expected`);
    this.next();
  }

  private expectName(): Token {
    const { token } = this;
    if (token.type !== "name") throw this.unexpected("; a name is expected");
    this.next();
    return token;
  }

  private unexpected(hint = ""): TermError {
    const { type, text, start, end } = this.token;
    return new TermError(type === "end" ? `The expression ends too early${hint}` : `"${text}" cannot be read here${hint}`, start, end);
  }

  private next(): void {
    this.token = this.scan(this.token.end);
  }

  private scan(from: number): Token {
    TOKEN.lastIndex = from;
    const match = TOKEN.exec(this.text);
    if (match === null) {
      const rest = this.text.slice(from);
      const start = from + (rest.length - rest.trimStart().length);
      if (start >= this.text.length) return { type: "end", text: "", start, end: start };
      throw new TermError(`"${this.text.slice(start, start + 1)}" cannot be read here`, start, start + 1);
    }
    const [, number, string, name] = match;
    const text = number ?? string ?? name ?? (match[4] as string);
    const end = TOKEN.lastIndex;
    const type = number !== undefined ? "number" : string !== undefined ? "string" : name !== undefined ? "name" : "operator";
    return { type, text, start: end - text.length, end };
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };

function unescape(text: string): string {
  return text.replace(/\\([\s\S])/g, (whole, letter: string) => ESCAPES[letter] ?? (/[\\'"]/.test(letter) ? letter : whole));
}
