// Cuts CEL text into tokens, one at a time, by character code. Says what is wrong with a token and goes on with the
// next one, so that a parser sees the whole text.
import type { FindingList } from "./finding-list.js";
import { readBytes, readDouble, readInteger, readString } from "./literal.js";
import { WordTable } from "./word-table.js";

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

/** Decimal digits of a number that is read as it is passed: always a safe integer. */
const PLAIN_DIGIT_COUNT_MAX = 15;
const POWERS_OF_TEN = Float64Array.from({ length: PLAIN_DIGIT_COUNT_MAX + 1 }, (_, exponent) => 10 ** exponent);
const LONE_SURROGATES = /\p{Surrogate}/gu;

// Classes of characters below 128.
const CLASS_LETTER = 1;
const CLASS_DIGIT = 2;
const CLASS_SPACE = 4;
const CLASS_HEX = 8;
const CLASS_WORD = CLASS_LETTER | CLASS_DIGIT;
const CLASSES = new Uint8Array(128);
/** By character: the token that it is, where it is one by itself; else 0. */
const SINGLES = new Uint8Array(128);

function classify(characters: string, value: number, table = CLASSES): void {
  for (const character of characters) (table[character.charCodeAt(0)] as number) |= value;
}

classify("abcdefABCDEF0123456789", CLASS_HEX);
classify("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_", CLASS_LETTER);
classify("0123456789", CLASS_DIGIT);
classify("\t\n\f\r ", CLASS_SPACE);
classify("+", Token.PLUS, SINGLES);
classify("-", Token.MINUS, SINGLES);
classify("*", Token.STAR, SINGLES);
classify("%", Token.PERCENT, SINGLES);
classify("?", Token.QUESTION, SINGLES);
classify(":", Token.COLON, SINGLES);
classify(",", Token.COMMA, SINGLES);
classify("(", Token.LEFT_PAREN, SINGLES);
classify(")", Token.RIGHT_PAREN, SINGLES);
classify("[", Token.LEFT_BRACKET, SINGLES);
classify("]", Token.RIGHT_BRACKET, SINGLES);
classify("{", Token.LEFT_BRACE, SINGLES);
classify("}", Token.RIGHT_BRACE, SINGLES);

function isOfClass(code: number, wanted: number): boolean {
  return code < 128 && ((CLASSES[code] as number) & wanted) !== 0;
}

/** Words that are no names: their tokens; reserved ones are identifiers all the same. */
const WORDS = new WordTable<Token>([
  ["in", Token.IN],
  ["true", Token.TRUE],
  ["false", Token.FALSE],
  ["null", Token.NULL],
  ..."as break const continue else for function if import let loop package namespace return var void while"
    .split(" ")
    .map((word) => [word, Token.IDENTIFIER] as const),
]);
/** Can a name never be this word? */
export function isReservedWord(word: string): boolean {
  return WORDS.get(word) !== undefined;
}

const NO_BYTES = new Uint8Array(0);

/** A cursor over the tokens of one text. `next()` moves it; the fields describe the token in hand. */
export class Lexer {
  text = "";
  private findings: FindingList;
  private end = 0;
  /** Offset after the token in hand. */
  position = 0;
  token: Token = Token.END;
  /** Offset of the token in hand. */
  start = 0;
  /** IDENTIFIER, ESCAPED_IDENTIFIER and STRING: the text. */
  name = "";
  /** IDENTIFIER: is the word reserved? */
  isReserved = false;
  bytes: Uint8Array = NO_BYTES;
  number: number | bigint = 0;
  /** Offset after the digits of the number in hand; its start where they are no number. */
  private digitsEnd = 0;

  constructor(text: string, findings: FindingList, start = 0, end = text.length) {
    this.findings = findings;
    this.open(text, findings, start, end);
  }

  /** Begins with another text. */
  open(text: string, findings: FindingList, start = 0, end = text.length): void {
    this.text = text;
    this.findings = findings;
    this.position = start;
    this.end = end;
    this.name = "";
    this.bytes = NO_BYTES;
  }

  /** Puts the cursor at the text's end: nothing more is read. */
  stop(): void {
    this.position = this.end;
    this.start = this.end;
    this.token = Token.END;
  }

  /** Moves to the next token. */
  next(): void {
    const { text, end } = this;
    let at = this.position;
    while (at < end) {
      const code = text.charCodeAt(at);
      const kind = code < 128 ? (CLASSES[code] as number) : 0;
      if ((kind & CLASS_SPACE) !== 0) {
        at += 1;
      } else if (code === 0x2f && text.charCodeAt(at + 1) === 0x2f) {
        const lineEnd = text.indexOf("\n", at);
        at = lineEnd === -1 || lineEnd > end ? end : lineEnd;
      } else {
        this.start = at;
        if ((kind & CLASS_LETTER) !== 0) this.readWord(code);
        else if ((kind & CLASS_DIGIT) !== 0) this.readNumber();
        else this.readSign(code);
        return;
      }
    }
    this.stop();
  }

  /** The literal in hand directly after a minus: reads its digits again with the sign. Only for INT. */
  readNegative(): number | bigint {
    if (this.digitsEnd === this.start) return 0;
    if (this.digitsEnd - this.start <= PLAIN_DIGIT_COUNT_MAX) return 0 - Number(this.number);
    return readInteger(this.text.slice(this.start, this.digitsEnd), false, true, this.start, this.findings);
  }

  /** What is neither a word nor begins with a digit. */
  private readSign(code: number): void {
    const { text, start: at } = this;
    const single = code < 128 ? (SINGLES[code] as number) : 0;
    if (single !== 0) {
      this.token = single;
      this.position = at + 1;
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
      default:
        this.rejectCharacter(String.fromCodePoint(text.codePointAt(at) ?? code), "it means nothing outside a string");
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
    let code = 0;
    for (; at < end; at += 1) {
      code = text.charCodeAt(at);
      if (code >= 128 || ((CLASSES[code] as number) & CLASS_WORD) === 0) break;
    }
    const length = at - start;
    if (length <= 2 && at < end && (code === 0x22 || code === 0x27) && this.readPrefixed(first, at)) return;
    this.position = at;
    const name = text.slice(start, at);
    this.name = name;
    const known = WORDS.get(name);
    this.token = known ?? Token.IDENTIFIER;
    this.isReserved = known === Token.IDENTIFIER;
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
    const { text, end } = this;
    const quote = text.charCodeAt(quoteAt);
    const isTriple = text.charCodeAt(quoteAt + 1) === quote && text.charCodeAt(quoteAt + 2) === quote && quoteAt + 2 < end;
    const size = isTriple ? 3 : 1;
    const from = quoteAt + size;
    let isPlain = true;
    /** All units put together by OR: tells whether there may be halves of characters. */
    let bits = 0;
    let to = from;
    for (; to < end; to += 1) {
      const code = text.charCodeAt(to);
      bits |= code;
      if (code === quote) {
        if (!isTriple || (to + 2 < end && text.charCodeAt(to + 1) === quote && text.charCodeAt(to + 2) === quote)) break;
      } else if (code === 0x5c) {
        if (!isRaw) {
          isPlain = false;
          to += 1;
        }
      } else if ((code === 10 || code === 13) && !isTriple) {
        this.rejectUnterminated(to, isTriple, isBytes);
        return;
      }
    }
    if (to >= end) {
      this.rejectUnterminated(end, isTriple, isBytes);
      return;
    }
    this.position = to + size;
    this.token = isBytes ? Token.BYTES : Token.STRING;
    if (isBytes) this.bytes = readBytes(text, from, to, isRaw, this.findings);
    else this.name = isPlain ? text.slice(from, to) : readString(text, from, to, this.findings);
    if (bits > 0x7fff) this.refuseSurrogates(from, to);
  }

  /** Half a character has no UTF-8, and so no place in a string or in bytes. */
  private refuseSurrogates(from: number, to: number): void {
    for (const { index } of this.text.slice(from, to).matchAll(LONE_SURROGATES)) {
      const at = from + index;
      this.findings.report("expression/invalid-character", "Half of a character (a lone surrogate) stands in a string", at, at + 1);
    }
    this.name = this.name.replace(LONE_SURROGATES, "\ufffd");
  }

  private rejectUnterminated(at: number, isTriple: boolean, isBytes: boolean): void {
    const { text, start } = this;
    const quotes = /["']+/.exec(text.slice(start, at))?.[0] ?? "";
    this.position = at;
    this.token = isBytes ? Token.BYTES : Token.STRING;
    this.name = "";
    const message = `The string that begins here has no closing ${isTriple ? quotes.slice(0, 3) : quotes.slice(0, 1)}`;
    this.findings.report("expression/unterminated-string", message, start, at);
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
    let value = 0;
    let code = 0;
    let point = -1;
    // Almost all numbers are a few digits, with or without a point. What comes out otherwise is read again below.
    for (; at < end; at += 1) {
      code = text.charCodeAt(at);
      if (code >= 0x30 && code <= 0x39) value = value * 10 + (code - 0x30);
      else if (code === 0x2e && point < 0 && at + 1 < end && isOfClass(text.charCodeAt(at + 1), CLASS_DIGIT)) point = at;
      else break;
    }
    if (at - start <= PLAIN_DIGIT_COUNT_MAX && (at >= end || !isOfClass(code, CLASS_LETTER))) {
      this.token = point < 0 ? Token.INT : Token.DOUBLE;
      // Both are exact, so the quotient is the double nearest to the text.
      this.number = point < 0 ? value : value / (POWERS_OF_TEN[at - point - 1] as number);
      this.digitsEnd = at;
      this.position = at;
      return;
    }
    this.readLongNumber();
  }

  private readLongNumber(): void {
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
    if (token === Token.DOUBLE) this.number = readDouble(digits, start, this.findings);
    // An int beyond 2^63-1 is judged where its sign is known.
    else if (token === Token.UINT) this.number = readInteger(digits, true, false, start, this.findings);
    else if (digits.length <= PLAIN_DIGIT_COUNT_MAX) this.number = readInteger(digits, false, false, start, this.findings);
  }

  /** The value of the INT in hand, without a minus before it. */
  readPositive(): number | bigint {
    if (this.digitsEnd - this.start <= PLAIN_DIGIT_COUNT_MAX) return this.number;
    return readInteger(this.text.slice(this.start, this.digitsEnd), false, false, this.start, this.findings);
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
