// Cuts CEL text into tokens, one at a time, by character code. Says what is wrong with a token and goes on with the
// next one, so that a parser sees the whole text.
import type { FindingList } from "./finding-list.js";
import { type LiteralProblem, readBytes, readDouble, readInteger, readString } from "./literal.js";

export enum Token {
  END = 0,
  IDENTIFIER = 1,
  /** A name in backticks. */
  ESCAPED_IDENTIFIER = 2,
  INT = 3,
  UINT = 4,
  DOUBLE = 5,
  STRING = 6,
  BYTES = 7,
  TRUE = 8,
  FALSE = 9,
  NULL = 10,
  // Binary operators, in the order of BINARY_PRECEDENCE.
  OR = 11,
  AND = 12,
  EQ = 13,
  NE = 14,
  LT = 15,
  LE = 16,
  GT = 17,
  GE = 18,
  IN = 19,
  PLUS = 20,
  MINUS = 21,
  STAR = 22,
  SLASH = 23,
  PERCENT = 24,
  NOT = 25,
  QUESTION = 26,
  COLON = 27,
  DOT = 28,
  COMMA = 29,
  LEFT_PAREN = 30,
  RIGHT_PAREN = 31,
  LEFT_BRACKET = 32,
  RIGHT_BRACKET = 33,
  LEFT_BRACE = 34,
  RIGHT_BRACE = 35,
  /** A character that no token begins with. Reported; the parser skips it. */
  INVALID = 36,
}

/** An int of fewer digits fits whatever its sign. */
const EAGER_DIGIT_COUNT = 18;
const LONE_SURROGATES = /\p{Surrogate}/gu;

// Classes of characters below 128.
const CLASS_LETTER = 1;
const CLASS_DIGIT = 2;
const CLASS_SPACE = 4;
const CLASS_HEX = 8;
const CLASSES = createClasses();

function createClasses(): Uint8Array {
  const classes = new Uint8Array(128);
  for (let code = 0; code < 26; code += 1) {
    classes[0x41 + code] = CLASS_LETTER | (code < 6 ? CLASS_HEX : 0);
    classes[0x61 + code] = CLASS_LETTER | (code < 6 ? CLASS_HEX : 0);
  }
  for (let code = 0x30; code <= 0x39; code += 1) classes[code] = CLASS_DIGIT | CLASS_HEX;
  classes[0x5f] = CLASS_LETTER;
  for (const code of [9, 10, 12, 13, 32]) classes[code] = CLASS_SPACE;
  return classes;
}

function isOfClass(code: number, wanted: number): boolean {
  return code < 128 && ((CLASSES[code] as number) & wanted) !== 0;
}

/** Tokens that are one character and nothing longer. */
const PUNCTUATION: ReadonlyMap<number, Token> = new Map(
  Object.entries({
    "+": Token.PLUS,
    "-": Token.MINUS,
    "*": Token.STAR,
    "%": Token.PERCENT,
    "?": Token.QUESTION,
    ":": Token.COLON,
    ",": Token.COMMA,
    "(": Token.LEFT_PAREN,
    ")": Token.RIGHT_PAREN,
    "[": Token.LEFT_BRACKET,
    "]": Token.RIGHT_BRACKET,
    "{": Token.LEFT_BRACE,
    "}": Token.RIGHT_BRACE,
  }).map(([character, token]) => [character.charCodeAt(0), token]),
);

/** A cursor over the tokens of one text. `next()` moves it; the fields describe the token in hand. */
export class Lexer {
  readonly text: string;
  private readonly findings: FindingList;
  private readonly end: number;
  /** Offset after the token in hand. */
  position: number;
  token: Token = Token.END;
  /** Offset of the token in hand. */
  start = 0;
  /** IDENTIFIER, ESCAPED_IDENTIFIER and STRING: the text. */
  name = "";
  bytes: Uint8Array = new Uint8Array(0);
  number: number | bigint = 0;
  /** Offset after the digits of the number in hand; its start where they are no number. */
  private digitsEnd = 0;
  /** All units of the string read last, put together by OR: tells whether it needs a second look. */
  private contentBits = 0;
  private readonly report: (problem: LiteralProblem) => void;

  constructor(text: string, findings: FindingList, start = 0, end = text.length) {
    this.text = text;
    this.findings = findings;
    this.position = start;
    this.end = end;
    this.report = ({ code, message, start: from, end: to }) => this.findings.report(code, message, from, to);
  }

  /** Puts the cursor at the text's end: nothing more is read. */
  stop(): void {
    this.position = this.end;
    this.start = this.end;
    this.token = Token.END;
  }

  /** Moves to the next token. */
  next(): void {
    const { text } = this;
    let at = this.position;
    for (;;) {
      if (at >= this.end) {
        this.start = this.end;
        this.position = this.end;
        this.token = Token.END;
        return;
      }
      const code = text.charCodeAt(at);
      if (isOfClass(code, CLASS_SPACE)) {
        at += 1;
      } else if (code === 0x2f && text.charCodeAt(at + 1) === 0x2f) {
        const lineEnd = text.indexOf("\n", at);
        at = lineEnd === -1 || lineEnd > this.end ? this.end : lineEnd;
      } else {
        this.start = at;
        this.readToken(code);
        return;
      }
    }
  }

  /** The literal in hand directly after a minus: reads its digits again with the sign. Only for INT. */
  readNegative(): number | bigint {
    if (this.digitsEnd === this.start) return 0;
    return readInteger(this.text.slice(this.start, this.digitsEnd), false, true, this.start, this.report);
  }

  private readToken(code: number): void {
    const { text } = this;
    const at = this.start;
    if (isOfClass(code, CLASS_LETTER)) {
      this.readWord(code);
      return;
    }
    if (isOfClass(code, CLASS_DIGIT)) {
      this.readNumber();
      return;
    }
    const second = at + 1 < this.end ? text.charCodeAt(at + 1) : 0;
    switch (code) {
      case 0x22: // "
      case 0x27: // '
        this.readQuoted(at, false, false);
        return;
      case 0x60: // `
        this.readEscapedIdentifier();
        return;
      case 0x2e: // .
        if (isOfClass(second, CLASS_DIGIT)) this.readNumber();
        else this.take(Token.DOT, 1);
        return;
      case 0x2f: // /
        this.take(Token.SLASH, 1);
        return;
      case 0x3d: // =
        if (second === 0x3d) this.take(Token.EQ, 2);
        else this.rejectCharacter("=", "to compare, write ==");
        return;
      case 0x21: // !
        if (second === 0x3d) this.take(Token.NE, 2);
        else this.take(Token.NOT, 1);
        return;
      case 0x3c: // <
        if (second === 0x3d) this.take(Token.LE, 2);
        else this.take(Token.LT, 1);
        return;
      case 0x3e: // >
        if (second === 0x3d) this.take(Token.GE, 2);
        else this.take(Token.GT, 1);
        return;
      case 0x26: // &
        if (second === 0x26) this.take(Token.AND, 2);
        else this.rejectCharacter("&", "for a logical and, write &&");
        return;
      case 0x7c: // |
        if (second === 0x7c) this.take(Token.OR, 2);
        else this.rejectCharacter("|", "for a logical or, write ||");
        return;
      default: {
        const token = PUNCTUATION.get(code);
        if (token !== undefined) this.take(token, 1);
        else this.rejectCharacter(String.fromCodePoint(text.codePointAt(at) ?? code), "it means nothing outside a string");
      }
    }
  }

  private take(token: Token, length: number): void {
    this.token = token;
    this.position = this.start + length;
  }

  private rejectCharacter(character: string, hint: string): void {
    this.take(Token.INVALID, character.length);
    this.findings.report("expression/invalid-character", `Unexpected character ${character}: ${hint}`, this.start, this.position);
  }

  private readWord(first: number): void {
    const { text, start, end } = this;
    let at = start + 1;
    while (at < end && isOfClass(text.charCodeAt(at), CLASS_LETTER | CLASS_DIGIT)) at += 1;
    const quote = at < end ? text.charCodeAt(at) : 0;
    if ((quote === 0x22 || quote === 0x27) && at - start <= 2 && this.readPrefixed(first, at)) return;
    this.position = at;
    const name = text.slice(start, at);
    this.name = name;
    this.token = Token.IDENTIFIER;
    switch (at - start) {
      case 2:
        if (name === "in") this.token = Token.IN;
        break;
      case 4:
        if (name === "true") this.token = Token.TRUE;
        else if (name === "null") this.token = Token.NULL;
        break;
      case 5:
        if (name === "false") this.token = Token.FALSE;
        break;
      default:
    }
  }

  /** A string with the prefix r, b or br. Returns false where the word is none of them. */
  private readPrefixed(first: number, quoteAt: number): boolean {
    const lower = first | 0x20;
    const isRaw = (this.text.charCodeAt(quoteAt - 1) | 0x20) === 0x72;
    const isBytes = lower === 0x62;
    const isKnown = quoteAt - this.start === 1 ? isRaw || isBytes : isBytes && isRaw;
    if (isKnown) this.readQuoted(quoteAt, isRaw, isBytes);
    return isKnown;
  }

  private readQuoted(quoteAt: number, isRaw: boolean, isBytes: boolean): void {
    const { text } = this;
    const quote = text.charCodeAt(quoteAt);
    const isTriple = text.charCodeAt(quoteAt + 1) === quote && text.charCodeAt(quoteAt + 2) === quote && quoteAt + 2 < this.end;
    const from = quoteAt + (isTriple ? 3 : 1);
    const to = this.findClosing(from, quote, isTriple, isRaw);
    const isClosed = to >= 0;
    const contentEnd = isClosed ? to : -to - 1;
    this.position = isClosed ? to + (isTriple ? 3 : 1) : contentEnd;
    this.token = isBytes ? Token.BYTES : Token.STRING;
    if (!isClosed) {
      this.findings.report(
        "expression/unterminated-string",
        `The string that begins here has no closing ${(isTriple ? '"""' : '"').replaceAll('"', String.fromCharCode(quote))}`,
        this.start,
        contentEnd,
      );
      this.name = "";
    } else if (isBytes) this.bytes = readBytes(text, from, contentEnd, isRaw, this.report);
    else this.name = readString(text, from, contentEnd, isRaw, this.report);
    if (this.contentBits > 0x7fff) this.refuseSurrogates(from, contentEnd);
  }

  /** Half a character has no UTF-8, and so no place in a string or in bytes. */
  private refuseSurrogates(from: number, to: number): void {
    for (const { index } of this.text.slice(from, to).matchAll(LONE_SURROGATES)) {
      const at = from + index;
      this.findings.report("expression/invalid-character", "Half of a character (a lone surrogate) stands in a string", at, at + 1);
    }
    this.name = this.name.replace(LONE_SURROGATES, "\ufffd");
  }

  /** Offset of the closing quotes; where there is none, -1 - the offset of the line's or text's end. */
  private findClosing(from: number, quote: number, isTriple: boolean, isRaw: boolean): number {
    const { text, end } = this;
    this.contentBits = 0;
    for (let at = from; at < end; at += 1) {
      const code = text.charCodeAt(at);
      this.contentBits |= code;
      if (code === quote) {
        if (!isTriple) return at;
        if (at + 2 < end && text.charCodeAt(at + 1) === quote && text.charCodeAt(at + 2) === quote) return at;
      } else if (code === 0x5c) {
        if (!isRaw) at += 1;
      } else if ((code === 10 || code === 13) && !isTriple) {
        return -1 - at;
      }
    }
    return -1 - end;
  }

  private readEscapedIdentifier(): void {
    const { text, start, end } = this;
    let at = start + 1;
    while (at < end && isFieldCharacter(text.charCodeAt(at))) at += 1;
    this.token = Token.ESCAPED_IDENTIFIER;
    this.name = text.slice(start + 1, at);
    const isClosed = at < end && text.charCodeAt(at) === 0x60 && at > start + 1;
    this.position = isClosed ? at + 1 : at;
    if (!isClosed) {
      this.findings.report(
        "expression/unterminated-string",
        "A name in backticks holds letters, digits, spaces and _ . - / and ends with a backtick",
        start,
        at,
      );
    }
  }

  private readNumber(): void {
    const { text, start, end } = this;
    let at = start;
    let token = Token.INT;
    if (text.charCodeAt(at) === 0x30 && (text.charCodeAt(at + 1) | 0x20) === 0x78 && isOfClass(text.charCodeAt(at + 2), CLASS_HEX)) {
      at += 2;
      while (at < end && isOfClass(text.charCodeAt(at), CLASS_HEX)) at += 1;
    } else {
      at = this.skipDigits(at);
      if (text.charCodeAt(at) === 0x2e && isOfClass(text.charCodeAt(at + 1), CLASS_DIGIT)) {
        at = this.skipDigits(at + 1);
        token = Token.DOUBLE;
      }
      if ((text.charCodeAt(at) | 0x20) === 0x65) {
        const sign = text.charCodeAt(at + 1);
        const digitsAt = sign === 0x2b || sign === 0x2d ? at + 2 : at + 1;
        if (digitsAt < end && isOfClass(text.charCodeAt(digitsAt), CLASS_DIGIT)) {
          at = this.skipDigits(digitsAt);
          token = Token.DOUBLE;
        }
      }
    }
    this.finishNumber(at, token);
  }

  private finishNumber(digitsEnd: number, kind: Token): void {
    const { text, start, end } = this;
    let at = digitsEnd;
    let token = kind;
    if (token === Token.INT && at < end && (text.charCodeAt(at) | 0x20) === 0x75) {
      token = Token.UINT;
      at += 1;
    }
    this.token = token;
    this.position = at;
    this.number = 0;
    this.digitsEnd = start;
    if (at < end && isOfClass(text.charCodeAt(at), CLASS_LETTER | CLASS_DIGIT)) {
      while (at < end && isOfClass(text.charCodeAt(at), CLASS_LETTER | CLASS_DIGIT)) at += 1;
      this.position = at;
      this.findings.report("expression/invalid-number", `${text.slice(start, at)} is not a number`, start, at);
      return;
    }
    this.digitsEnd = digitsEnd;
    const digits = text.slice(start, digitsEnd);
    if (token === Token.DOUBLE) this.number = readDouble(digits, start, this.report);
    // An int beyond 2^63-1 is judged where its sign is known.
    else if (token === Token.UINT || digits.length < EAGER_DIGIT_COUNT)
      this.number = readInteger(digits, token === Token.UINT, false, start, this.report);
  }

  /** The value of the INT in hand, without a minus before it. */
  readPositive(): number | bigint {
    if (this.digitsEnd - this.start < EAGER_DIGIT_COUNT) return this.number;
    return readInteger(this.text.slice(this.start, this.digitsEnd), false, false, this.start, this.report);
  }

  private skipDigits(from: number): number {
    let at = from;
    while (at < this.end && isOfClass(this.text.charCodeAt(at), CLASS_DIGIT)) at += 1;
    return at;
  }
}

function isFieldCharacter(code: number): boolean {
  return isOfClass(code, CLASS_LETTER | CLASS_DIGIT) || code === 0x2e || code === 0x2d || code === 0x2f || code === 0x20;
}
