// Reads CEL text into a syntax tree: recursive descent with precedence climbing over the lexer's tokens. Where the text
// is wrong it says so, skips to where reading can go on and leaves an invalid node, so one pass gives all findings.
// Depth is counted, never left to the stack.
import type { Finding } from "../model/errors.js";
import {
  type Ast,
  type BinaryOperator,
  isDeeperThan,
  type LiteralNode,
  type LiteralType,
  type LiteralValue,
  type LogicNode,
  type MapEntry,
} from "./ast.js";
import { type ExpressionOrigin, FindingList } from "./finding-list.js";
import { Lexer, Token } from "./lexer.js";
import { readMacro } from "./macro.js";

/** UTF-16 units in one expression, unless the caller says otherwise. */
export const EXPRESSION_SIZE_MAX = 65_536;
/** Levels of nesting: brackets, calls, conditionals, signs, and links of one chain of selections. */
export const EXPRESSION_DEPTH_MAX = 250;

export interface ParseOptions {
  /** Where the text stands in a document; places in findings are the document's. */
  readonly origin?: ExpressionOrigin;
  /** UTF-16 units; default EXPRESSION_SIZE_MAX. */
  readonly sizeMax?: number;
  /** Levels of the syntax tree. Default: no limit besides EXPRESSION_DEPTH_MAX. */
  readonly depthMax?: number;
  /** Without optional syntax and quoted fields; of the macros only has, all, exists, exists_one (existsOne), map, filter and cel.bind. */
  readonly isCore?: boolean;
}

export interface ParsedExpression {
  /** Holds invalid nodes where `findings` has errors. */
  readonly ast: Ast;
  readonly findings: readonly Finding[];
}

/**
 * Parses one CEL expression. Never throws; all that is wrong is in `findings` (at most FINDING_COUNT_MAX).
 * Linear in the size of the text; a text beyond the limits costs nothing.
 */
export function parseExpression(text: string, options: ParseOptions = {}): ParsedExpression {
  const list = new FindingList();
  const ast = parseInto(text, list, options.sizeMax, options.isCore);
  const { depthMax } = options;
  if (depthMax !== undefined && list.errorCount === 0 && isDeeperThan(ast, depthMax))
    list.report("expression/too-deep", `The expression is deeper than ${depthMax} levels`, 0, text.length);
  return { ast, findings: list.resolve(text, options.origin) };
}

/** As `parseExpression`, with findings left in `list`. */
export function parseInto(text: string, list: FindingList, sizeMax: number = EXPRESSION_SIZE_MAX, isCore = false): Ast {
  if (text.length > sizeMax) {
    list.report("expression/too-large", `The expression has ${text.length} characters; the limit is ${sizeMax}`, 0, 0);
    return { kind: "invalid", start: 0, end: text.length };
  }
  try {
    return parser.parse(text, list, isCore);
  } catch (error) {
    // The depth is counted; only a caller that has all but used up the stack comes here.
    if (!(error instanceof RangeError)) throw error;
    list.report("expression/too-deep", "The expression is nested too deep for what is left of the stack", 0, 0);
    return { kind: "invalid", start: 0, end: text.length };
  } finally {
    parser.forget();
  }
}

const NO_LIST = new FindingList();
const NO_ITEMS: readonly Ast[] = [];
/** Places kept from one text to the next. */
const KEPT_ITEM_COUNT_MAX = 256;
const PRECEDENCE_OR = 1;
const PRECEDENCE_AND = 2;
/** By token, from Token.OR to Token.PERCENT; 0 is no binary operator. */
const BINARY_PRECEDENCE = Uint8Array.from({ length: Token.INVALID + 1 }, (_, token) => {
  if (token === Token.OR) return PRECEDENCE_OR;
  if (token === Token.AND) return PRECEDENCE_AND;
  if (token >= Token.EQ && token <= Token.IN) return 3;
  if (token === Token.PLUS || token === Token.MINUS) return 4;
  return token >= Token.STAR && token <= Token.PERCENT ? 5 : 0;
});
const BINARY_OPERATORS: Readonly<Record<number, BinaryOperator>> = {
  [Token.EQ]: "==",
  [Token.NE]: "!=",
  [Token.LT]: "<",
  [Token.LE]: "<=",
  [Token.GT]: ">",
  [Token.GE]: ">=",
  [Token.IN]: "in",
  [Token.PLUS]: "+",
  [Token.MINUS]: "-",
  [Token.STAR]: "*",
  [Token.SLASH]: "/",
  [Token.PERCENT]: "%",
};
/** Reads one text after the other: parsing is never nested, and a fresh parser would cost as much as a short text. */
class Parser {
  private readonly lexer = new Lexer("", NO_LIST);
  private findings = NO_LIST;
  private isCore = false;
  /** Arguments and elements of all open brackets, the innermost last. */
  private items: Ast[] = [];
  private itemCount = 0;
  private depth = 0;
  /** Nothing is reported after the text proved too deep. */
  private isGivenUp = false;
  /** Where the last syntax error was reported: one each place. */
  private errorAt = -1;

  /** Lets go of the text. */
  forget(): void {
    this.lexer.open("", NO_LIST);
    this.findings = NO_LIST;
    this.itemCount = 0;
    if (this.items.length > KEPT_ITEM_COUNT_MAX) this.items = [];
  }

  parse(text: string, findings: FindingList, isCore: boolean): Ast {
    const { lexer } = this;
    lexer.open(text, findings);
    this.findings = findings;
    this.isCore = isCore;
    this.depth = 0;
    this.isGivenUp = false;
    this.errorAt = -1;
    lexer.next();
    if (lexer.token === Token.END) {
      this.findings.report("expression/empty", "The expression is empty", 0, lexer.text.length);
      return { kind: "invalid", start: 0, end: lexer.text.length };
    }
    const ast = this.parseTernary();
    // What is left over is read as well, for its findings.
    while ((lexer.token as Token) !== Token.END) {
      this.reportUnexpected("the end");
      if ((lexer.token as Token) === Token.INVALID) {
        lexer.next();
        this.errorAt = lexer.start;
        continue;
      }
      const before = lexer.start;
      if (canBegin(lexer.token)) this.parseTernary();
      if (lexer.start === before && (lexer.token as Token) !== Token.END) lexer.next();
    }
    return ast;
  }

  private parseTernary(): Ast {
    if (!this.enter()) return this.makeInvalid(this.lexer.start);
    const { lexer } = this;
    const test = this.parseBinary(PRECEDENCE_OR);
    let node = test;
    if (lexer.token === Token.QUESTION) {
      lexer.next();
      const yes = this.parseBinary(PRECEDENCE_OR);
      let no: Ast;
      if ((lexer.token as Token) === Token.COLON) {
        lexer.next();
        no = this.parseTernary();
      } else {
        this.reportUnexpected('":" and the value for false');
        no = this.makeInvalid(lexer.start);
      }
      node = { kind: "conditional", start: test.start, end: no.end, test, yes, no };
    }
    this.depth -= 1;
    return node;
  }

  private parseBinary(precedenceMin: number): Ast {
    const { lexer } = this;
    let left = this.parseUnary();
    /** The chain that this loop itself builds: it may grow, a chain in brackets may not. */
    let chain: (LogicNode & { end: number; terms: Ast[] }) | undefined;
    for (;;) {
      const { token } = lexer;
      const precedence = BINARY_PRECEDENCE[token] as number;
      if (precedence === 0 || precedence < precedenceMin) return left;
      const operatorStart = lexer.start;
      lexer.next();
      const right = this.parseBinary(precedence + 1);
      const { start } = left;
      const { end } = right;
      if (precedence > PRECEDENCE_AND) {
        left = { kind: "binary", start, end, operator: BINARY_OPERATORS[token] as BinaryOperator, operatorStart, left, right };
        continue;
      }
      const operator = token === Token.AND ? "&&" : "||";
      if (chain !== undefined && chain === left && chain.operator === operator) {
        chain.terms.push(right);
        chain.end = end;
      } else {
        chain = { kind: "logic", start, end, operator, terms: [left, right] };
        left = chain;
      }
    }
  }

  private parseUnary(): Ast {
    const { lexer } = this;
    const { start, token } = lexer;
    if (token !== Token.NOT && token !== Token.MINUS) return this.parsePostfix(this.parsePrimary());
    lexer.next();
    if (token === Token.MINUS && ((lexer.token as Token) === Token.INT || (lexer.token as Token) === Token.DOUBLE)) {
      const isInt = (lexer.token as Token) === Token.INT;
      const value = isInt ? lexer.readNegative() : -lexer.number;
      const node = this.makeLiteral(isInt ? "int" : "double", value, start);
      return this.parsePostfix(node);
    }
    if (!this.enter()) return this.makeInvalid(start);
    const operand = this.parseUnary();
    this.depth -= 1;
    return { kind: "unary", start, end: operand.end, operator: token === Token.NOT ? "!" : "-", operand };
  }

  private parsePostfix(primary: Ast): Ast {
    const { lexer } = this;
    const depthBefore = this.depth;
    let node = primary;
    for (;;) {
      if (lexer.token === Token.DOT) node = this.parseSelection(node);
      else if (lexer.token === Token.LEFT_BRACKET) node = this.parseIndex(node);
      else if (lexer.token === Token.LEFT_BRACE && isQualifiedName(node)) node = this.parseMessage(node);
      else break;
      if (!this.enter()) break;
    }
    this.depth = depthBefore;
    return node;
  }

  private parseSelection(operand: Ast): Ast {
    const { lexer } = this;
    const operatorStart = lexer.start;
    lexer.next();
    const isOptional = lexer.token === Token.QUESTION;
    if (isOptional) this.skipBeyondCore("optional fields", operatorStart);
    const fieldStart = lexer.start;
    const isEscaped = lexer.token === Token.ESCAPED_IDENTIFIER;
    if (isEscaped && this.isCore) this.reportBeyondCore("quoted fields", fieldStart);
    if (lexer.token !== Token.IDENTIFIER && !isEscaped) {
      this.reportUnexpected("a field name");
      return { kind: "invalid", start: operand.start, end: lexer.start };
    }
    const { name } = lexer;
    const end = lexer.position;
    lexer.next();
    if ((lexer.token as Token) === Token.LEFT_PAREN && !isOptional && !isEscaped)
      return this.parseCall(name, fieldStart, operand, operand.start);
    return { kind: "select", start: operand.start, end, operand, field: name, fieldStart, isOptional };
  }

  private parseIndex(operand: Ast): Ast {
    const { lexer } = this;
    const operatorStart = lexer.start;
    lexer.next();
    const isOptional = lexer.token === Token.QUESTION;
    if (isOptional) this.skipBeyondCore("optional indexes", operatorStart);
    const index = this.parseTernary();
    const end = this.close(Token.RIGHT_BRACKET, '"]"');
    return { kind: "index", start: operand.start, end, operand, index, isOptional };
  }

  private parseCall(name: string, nameStart: number, target: Ast | undefined, start: number): Ast {
    const { lexer } = this;
    lexer.next();
    const base = this.itemCount;
    if (lexer.token !== Token.RIGHT_PAREN) {
      do this.keepItem(this.parseTernary());
      while (this.skipComma(Token.RIGHT_PAREN, false));
    }
    const args = this.takeItems(base);
    const end = this.close(Token.RIGHT_PAREN, '")"');
    return readMacro({ kind: "call", start, end, name, nameStart, target, args }, this.findings, this.isCore);
  }

  private keepItem(node: Ast): void {
    this.items[this.itemCount] = node;
    this.itemCount += 1;
  }

  /** The items kept since `base`: an array of just their number, which one that grows is not. */
  private takeItems(base: number): readonly Ast[] {
    const { items, itemCount } = this;
    this.itemCount = base;
    if (itemCount === base) return NO_ITEMS;
    if (itemCount === base + 1) return [items[base] as Ast];
    return itemCount === base + 2 ? [items[base] as Ast, items[base + 1] as Ast] : items.slice(base, itemCount);
  }

  /** After an item: takes the comma; true where another item follows. The closing token is left in hand. */
  private skipComma(closing: Token, isTrailingCommaAllowed: boolean): boolean {
    const { lexer } = this;
    if (lexer.token !== Token.COMMA && lexer.token !== closing) {
      this.reportUnexpected(`"," or "${CLOSING_TEXT[closing]}"`);
      this.skipTo(closing);
    }
    if (lexer.token !== Token.COMMA) return false;
    lexer.next();
    return !(isTrailingCommaAllowed && lexer.token === closing);
  }

  /** Takes the closing token; returns the offset after it. */
  private close(closing: Token, expected: string): number {
    const { lexer } = this;
    if (lexer.token !== closing) {
      this.reportUnexpected(expected);
      this.skipTo(closing);
      if ((lexer.token as Token) === Token.COMMA) lexer.next();
    }
    const end = lexer.position;
    if (lexer.token === closing) lexer.next();
    return end;
  }

  private parsePrimary(): Ast {
    const { lexer } = this;
    const { start } = lexer;
    switch (lexer.token) {
      case Token.INT:
        return this.makeLiteral("int", lexer.readPositive(), start);
      case Token.UINT:
        return this.makeLiteral("uint", lexer.number, start);
      case Token.DOUBLE:
        return this.makeLiteral("double", lexer.number, start);
      case Token.STRING:
        return this.makeLiteral("string", lexer.name, start);
      case Token.BYTES:
        return this.makeLiteral("bytes", lexer.bytes, start);
      case Token.TRUE:
      case Token.FALSE:
        return this.makeLiteral("bool", lexer.token === Token.TRUE, start);
      case Token.NULL:
        return this.makeLiteral("null", null, start);
      case Token.IDENTIFIER:
        return this.parseIdentifier(start, false);
      case Token.DOT:
        lexer.next();
        if ((lexer.token as Token) === Token.IDENTIFIER) return this.parseIdentifier(start, true);
        this.reportUnexpected("a name");
        return this.makeInvalid(start);
      case Token.LEFT_PAREN: {
        lexer.next();
        const inner = this.parseTernary();
        this.close(Token.RIGHT_PAREN, '")"');
        return inner;
      }
      case Token.LEFT_BRACKET:
        return this.parseList();
      case Token.LEFT_BRACE:
        return this.parseMap();
      default:
        return this.rejectPrimary();
    }
  }

  private rejectPrimary(): Ast {
    const { lexer } = this;
    const { start, token } = lexer;
    if (token === Token.INVALID) {
      lexer.next();
      if (canBegin(lexer.token) || (lexer.token as Token) === Token.INVALID) return this.parseUnary();
      return this.makeInvalid(start);
    }
    this.reportUnexpected("a value");
    if (token === Token.ESCAPED_IDENTIFIER || BINARY_PRECEDENCE[token] !== 0) {
      lexer.next();
      if (canBegin(lexer.token)) return this.parseUnary();
    }
    return this.makeInvalid(start);
  }

  private parseIdentifier(start: number, isRooted: boolean): Ast {
    const { lexer } = this;
    const { name, position } = lexer;
    const nameStart = lexer.start;
    if (lexer.isReserved) {
      this.findings.report("expression/reserved-word", `"${name}" is a reserved word and cannot be a name`, nameStart, position);
    }
    lexer.next();
    if (lexer.token === Token.LEFT_PAREN) return this.parseCall(name, nameStart, undefined, start);
    return { kind: "identifier", start, end: position, name, isRooted };
  }

  private parseList(): Ast {
    const { lexer } = this;
    const { start } = lexer;
    const base = this.itemCount;
    lexer.next();
    let optionals: number[] | undefined;
    if (lexer.token !== Token.RIGHT_BRACKET) {
      do {
        if (this.skipOptional()) (optionals ??= []).push(this.itemCount - base);
        this.keepItem(this.parseTernary());
      } while (this.skipComma(Token.RIGHT_BRACKET, true));
    }
    const end = this.close(Token.RIGHT_BRACKET, '"]"');
    const items = this.takeItems(base);
    if (optionals === undefined) return { kind: "list", start, end, items, hasOptional: false };
    return { kind: "list", start, end, items, hasOptional: true, optionals };
  }

  private parseMap(): Ast {
    const { lexer } = this;
    const { start } = lexer;
    const entries: MapEntry[] = [];
    let hasOptional = false;
    lexer.next();
    while (lexer.token !== Token.RIGHT_BRACE) {
      const isOptional = this.skipOptional();
      hasOptional ||= isOptional;
      const key = this.parseTernary();
      const value = this.parseEntryValue();
      entries.push(isOptional ? { key, value, isOptional } : { key, value });
      if (!this.skipComma(Token.RIGHT_BRACE, true)) break;
    }
    return { kind: "map", start, end: this.close(Token.RIGHT_BRACE, '"}"'), entries, hasOptional };
  }

  private parseMessage(type: Ast): Ast {
    const { lexer } = this;
    const entries: { field: string; value: Ast }[] = [];
    lexer.next();
    while (lexer.token !== Token.RIGHT_BRACE) {
      this.skipOptional();
      const field = lexer.name;
      if (lexer.token === Token.ESCAPED_IDENTIFIER && this.isCore) this.reportBeyondCore("quoted fields", lexer.start);
      if (lexer.token === Token.IDENTIFIER || lexer.token === Token.ESCAPED_IDENTIFIER) lexer.next();
      else this.reportUnexpected("a field name");
      entries.push({ field, value: this.parseEntryValue() });
      if (!this.skipComma(Token.RIGHT_BRACE, true)) break;
    }
    const end = this.close(Token.RIGHT_BRACE, '"}"');
    return { kind: "message", start: type.start, end, name: lexer.text.slice(type.start, type.end), entries };
  }

  private parseEntryValue(): Ast {
    const { lexer } = this;
    if (lexer.token === Token.COLON) {
      lexer.next();
      return this.parseTernary();
    }
    this.reportUnexpected('":" and a value');
    return this.makeInvalid(lexer.start);
  }

  private skipOptional(): boolean {
    if (this.lexer.token !== Token.QUESTION) return false;
    this.skipBeyondCore("optional elements", this.lexer.start);
    return true;
  }

  /** Takes a token that the core language does not have; says so where only that is read. */
  private skipBeyondCore(what: string, start: number): void {
    if (this.isCore) this.reportBeyondCore(what, start);
    this.lexer.next();
  }

  private reportBeyondCore(what: string, start: number): void {
    this.findings.report("expression/unsupported", `The core language has no ${what}`, start, this.lexer.position);
  }

  /** Skips to a comma or the closing token of the brackets in hand, or to the end. */
  private skipTo(closing: Token): void {
    const { lexer } = this;
    let open = 0;
    for (; lexer.token !== Token.END; lexer.next()) {
      const { token } = lexer;
      if (open === 0 && (token === Token.COMMA || token === closing)) return;
      if (token === Token.LEFT_PAREN || token === Token.LEFT_BRACKET || token === Token.LEFT_BRACE) open += 1;
      else if (token === Token.RIGHT_PAREN || token === Token.RIGHT_BRACKET || token === Token.RIGHT_BRACE) {
        if (open === 0) return;
        open -= 1;
      }
    }
  }

  /** One level deeper; false where that passes the limit, and then the rest of the text is given up. */
  private enter(): boolean {
    this.depth += 1;
    if (this.depth <= EXPRESSION_DEPTH_MAX) return true;
    if (!this.isGivenUp) {
      const { start } = this.lexer;
      this.findings.report("expression/too-deep", `The expression is nested deeper than ${EXPRESSION_DEPTH_MAX} levels`, start, start + 1);
    }
    this.isGivenUp = true;
    this.lexer.stop();
    return false;
  }

  private reportUnexpected(expected: string): void {
    const { lexer } = this;
    if (this.isGivenUp || this.errorAt === lexer.start) return;
    this.errorAt = lexer.start;
    // The lexer has said what is wrong with the character.
    if (lexer.token === Token.INVALID) return;
    const found = lexer.token === Token.END ? "the end" : lexer.text.slice(lexer.start, Math.min(lexer.position, lexer.start + 40));
    this.findings.report("expression/unexpected-token", `Expected ${expected}, found ${found}`, lexer.start, lexer.position);
  }

  private makeLiteral(type: LiteralType, value: LiteralValue, start: number): LiteralNode {
    const end = this.lexer.position;
    this.lexer.next();
    return { kind: "literal", start, end, type, value };
  }

  private makeInvalid(start: number): Ast {
    return { kind: "invalid", start, end: Math.max(start, this.lexer.start) };
  }
}

const parser = new Parser();

const CLOSING_TEXT: Readonly<Record<number, string>> = { [Token.RIGHT_PAREN]: ")", [Token.RIGHT_BRACKET]: "]", [Token.RIGHT_BRACE]: "}" };

/** May a value begin with this token? */
function canBegin(token: Token): boolean {
  if (token >= Token.IDENTIFIER && token <= Token.NULL) return token !== Token.ESCAPED_IDENTIFIER;
  return (
    token === Token.MINUS || token === Token.NOT || token === Token.LEFT_PAREN || token === Token.LEFT_BRACKET || token === Token.LEFT_BRACE
  );
}

/** `a.b.c`: a name that a message literal may begin with. */
function isQualifiedName(node: Ast): boolean {
  let inner = node;
  while (inner.kind === "select" && !inner.isOptional) inner = inner.operand;
  return inner.kind === "identifier";
}
