// Cuts a prepared diagram into tokens, exactly where Mermaid 11.17 cuts: what a character means depends on the mode (top
// level, inside braces, after `state`, in a note, …), and the order of the questions in each mode is part of the language.
// It knows nothing of statements.
import { findNewline, isDigit, isSpace, isWord, isWordAt, LF, measureEntity, skipSpace } from "./characters.js";
import { type Direction, Foresight } from "./foresight.js";
import { Token } from "./token.js";

enum Mode {
  TOP,
  BRACES,
  STATE,
  STATE_TEXT,
  STATE_ID,
  NOTE,
  NOTE_ID,
  NOTE_TEXT,
  FLOATING_NOTE,
  FLOATING_NOTE_ID,
  CLASS_DEF,
  CLASS_DEF_STYLES,
  CLASS,
  CLASS_NAME,
  STYLE,
  STYLE_STYLES,
  SCALE,
  TITLE,
  DESCRIPTION,
  DESCRIPTION_LINES,
}

const MARKER_TOKENS = { fork: Token.FORK, join: Token.JOIN, choice: Token.CHOICE } as const;

/** A lexer over `code` (from `prepareDiagram`). `next` moves to the next token and describes it in the public fields. */
export class Lexer {
  /** Range of the token. */
  start = 0;
  end = 0;
  /** Its text, or its own part of it (a name without its marker, a text without its quotes). */
  value = "";
  /** Of a DIRECTION token. */
  direction: Direction = "TB";

  private at = 0;
  /** The end of the text counts as a line end once. */
  private isAtEnd = false;
  private mode = Mode.TOP;
  private readonly modes: Mode[] = [];
  private readonly ahead: Foresight;

  constructor(private readonly code: string) {
    this.ahead = new Foresight(code);
  }

  /** The next token. After the last one, END again and again. */
  next(): Token {
    for (;;) {
      const token = this.lex();
      if (token !== Token.SKIP) return token;
    }
  }

  /** After an error: goes on at the end of the line, inside `depth` open braces. */
  recover(depth: number): void {
    if (this.at > 0 && this.code.charCodeAt(this.at - 1) !== LF) this.at = findNewline(this.code, this.at);
    this.modes.length = 0;
    for (let count = 0; count < depth; count += 1) this.modes.push(count === 0 ? Mode.TOP : Mode.BRACES);
    this.mode = depth === 0 ? Mode.TOP : Mode.BRACES;
  }

  private push(mode: Mode): void {
    this.modes.push(this.mode);
    this.mode = mode;
  }

  private pop(): void {
    this.mode = this.modes.pop() ?? Mode.TOP;
  }

  private take(token: Token, end: number, value = ""): Token {
    this.start = this.at;
    this.end = end;
    this.value = value;
    this.at = end;
    return token;
  }

  private fail(): Token {
    return this.take(Token.INVALID, Math.min(this.at + 1, this.code.length), this.code[this.at] ?? "");
  }

  private lex(): Token {
    switch (this.mode) {
      case Mode.TOP:
        return this.lexTop();
      case Mode.BRACES:
        return this.lexBraces();
      case Mode.STATE:
        return this.lexState();
      default:
        return this.lexInner();
    }
  }

  private lexTop(): Token {
    const { code } = this;
    const first = code.charCodeAt(this.at);
    if (isSpace(first) && first !== LF) {
      if (this.ahead.hasDirection(this.at)) return this.takeDirection();
      this.at = skipSpace(code, this.at);
      return Token.SKIP;
    }
    const { at } = this;
    if (at >= code.length) {
      const token = this.isAtEnd ? Token.END : Token.NEWLINE;
      this.isAtEnd = true;
      return this.take(token, at);
    }
    if (this.ahead.hasDirection(at) && !this.isBeforeDirection()) return this.takeDirection();
    switch (first) {
      case LF: {
        let end = at + 1;
        while (code.charCodeAt(end) === LF) end += 1;
        return this.take(Token.NEWLINE, end);
      }
      case 34: {
        const close = code.indexOf('"', at + 1);
        return close === -1 ? this.lexId() : this.take(Token.STRING, close + 1, code.slice(at, close + 1));
      }
      case 123:
        this.push(Mode.BRACES);
        return this.take(Token.OPEN, at + 1);
      default:
        return this.lexShared(first) ?? this.lexTopWord(first);
    }
  }

  /** What stands before `direction …` in Mermaid's order of questions. */
  private isBeforeDirection(): boolean {
    return (
      this.isKeyword("click") ||
      this.isKeyword("href") ||
      this.isKeyword("default") ||
      (this.code[this.at] === '"' && this.code.includes('"', this.at + 1))
    );
  }

  private isKeyword(word: string): boolean {
    return isWordAt(this.code, this.at, word) && !isWord(this.code.charCodeAt(this.at + word.length));
  }

  /** A token, SKIP, or undefined where a name begins. */
  private lexShared(first: number): Token | undefined {
    const { code, at } = this;
    switch (first) {
      case 35:
        if (this.isEscape(at)) return undefined;
        this.at = findNewline(code, at);
        return Token.SKIP;
      case 37:
        if (code.charCodeAt(at + 1) !== 37 || code.charCodeAt(at + 2) === 123) return undefined;
        this.at = findNewline(code, at);
        return Token.SKIP;
      case 58: {
        const end = this.findDescriptionEnd(at);
        if (end > at + 1) return this.take(Token.DESCRIPTION, end);
        return code.startsWith(":::", at) ? this.take(Token.CLASS_SEPARATOR, at + 3) : this.fail();
      }
      case 45:
        if (code.startsWith("-->", at)) return this.take(Token.ARROW, at + 3);
        return this.mode === Mode.BRACES && code.charCodeAt(at + 1) === 45 ? this.take(Token.DIVIDER, at + 2) : this.fail();
      case 91:
        return code.startsWith("[*]", at) ? this.take(Token.EDGE_STATE, at + 3, "[*]") : undefined;
      default:
        return undefined;
    }
  }

  private lexTopWord(first: number): Token {
    switch (first | 32) {
      case 99:
        if (this.isKeyword("click")) return this.take(Token.CLICK, this.at + 5);
        break;
      case 104:
        if (this.isKeyword("href")) return this.take(Token.HREF, this.at + 4);
        if (this.isKeyword("hide empty description")) return this.take(Token.HIDE_EMPTY, this.at + 22, "hide empty description");
        break;
      case 100:
        if (this.isKeyword("default")) return this.take(Token.DEFAULT, this.at + 7);
        break;
      case 97:
        if (isWordAt(this.code, this.at, "acc")) {
          const token = this.lexAccessible();
          if (token !== undefined) return token;
        }
        break;
      case 115: {
        const scale = this.lexWord("scale", Token.SCALE, Mode.SCALE);
        if (scale !== undefined) return scale;
        if (isWordAt(this.code, this.at, "statediagram")) {
          const end = this.at + (isWordAt(this.code, this.at + 12, "-v2") ? 15 : 12);
          if (isSpace(this.code.charCodeAt(end))) return this.take(Token.HEADER, skipSpace(this.code, end));
        }
        break;
      }
    }
    return this.lexCommonWord(first) ?? this.lexId();
  }

  private lexAccessible(): Token | undefined {
    const { code, at } = this;
    for (const [word, token, mode] of [
      ["acctitle", Token.ACCESSIBLE_TITLE, Mode.TITLE],
      ["accdescr", Token.ACCESSIBLE_DESCRIPTION, Mode.DESCRIPTION],
    ] as const) {
      if (!isWordAt(code, at, word)) continue;
      const mark = skipSpace(code, at + word.length);
      if (code.charCodeAt(mark) === 58) {
        this.push(mode);
        return this.take(token, skipSpace(code, mark + 1));
      }
      if (token === Token.ACCESSIBLE_DESCRIPTION && code.charCodeAt(mark) === 123) {
        this.push(Mode.DESCRIPTION_LINES);
        this.at = skipSpace(code, mark + 1);
        return Token.SKIP;
      }
    }
    return undefined;
  }

  /** A keyword followed by white space, which it swallows. */
  private lexWord(word: string, token: Token, mode: Mode): Token | undefined {
    const end = this.at + word.length;
    if (!isWordAt(this.code, this.at, word) || !isSpace(this.code.charCodeAt(end))) return undefined;
    this.push(mode);
    return this.take(
      token,
      skipSpace(this.code, end),
      word === "scale" || word === "note" ? this.code.slice(this.at, skipSpace(this.code, end)) : "",
    );
  }

  /** classDef, class, style, state, note: at the top level and inside braces. */
  private lexCommonWord(first: number): Token | undefined {
    switch (first | 32) {
      case 99:
        return this.lexWord("classdef", Token.CLASS_DEF, Mode.CLASS_DEF) ?? this.lexWord("class", Token.CLASS, Mode.CLASS);
      case 110:
        return this.lexWord("note", Token.NOTE, Mode.NOTE);
      case 115: {
        const style = this.lexWord("style", Token.STYLE, Mode.STYLE);
        if (style !== undefined) return style;
        const end = this.at + 5;
        if (!isWordAt(this.code, this.at, "state") || !isSpace(this.code.charCodeAt(end))) return undefined;
        this.push(Mode.STATE);
        this.at = skipSpace(this.code, end);
        return Token.SKIP;
      }
      default:
        return undefined;
    }
  }

  private lexBraces(): Token {
    const { code } = this;
    this.at = skipSpace(code, this.at);
    const { at } = this;
    if (at >= code.length) return this.take(Token.END, at);
    const first = code.charCodeAt(at);
    if (this.ahead.hasDirection(at)) {
      const isComment =
        (first === 35 && !this.isEscape(at)) || (first === 37 && code.charCodeAt(at + 1) === 37 && code.charCodeAt(at + 2) !== 123);
      const word = isComment || (first | 32) === 110 ? undefined : this.lexCommonWord(first);
      if (word !== undefined) return word;
      if (!isComment) return this.takeDirection();
    }
    if (first === 125) {
      this.pop();
      return this.take(Token.CLOSE, at + 1);
    }
    if (first === 123) return this.fail();
    return this.lexShared(first) ?? this.lexCommonWord(first) ?? this.lexId();
  }

  /** A run without colon, white space, dash or brace; `%%` inside it begins a comment. */
  private lexId(): Token {
    const { code, at } = this;
    let end = at;
    for (; end < code.length; end += 1) {
      const char = code.charCodeAt(end);
      if (char === 58 || char === 45 || char === 123 || isSpace(char)) break;
      if (char === 37 && end > at && code.charCodeAt(end + 1) === 37) break;
    }
    if (end === at) return this.fail();
    if (code.charCodeAt(at) === 37 && code.charCodeAt(at + 1) === 37) {
      while (end < code.length && !isIdEnd(code.charCodeAt(end))) end += 1;
      this.at = end;
      return Token.SKIP;
    }
    return this.take(Token.ID, end, code.slice(at, end));
  }

  /** End of `: text`, which stops at a line end, a semicolon and a colon not followed by text. */
  private findDescriptionEnd(at: number): number {
    const { code } = this;
    let end = at + 1;
    for (; end < code.length; end += 1) {
      const char = code.charCodeAt(end);
      if (char === LF || char === 59) break;
      if (char === 58) {
        const after = code.charCodeAt(end + 1);
        if (after === 58 || after === LF || after === 59 || Number.isNaN(after)) break;
      } else if (char === 35 && this.isEscape(end)) {
        end += measureEntity(code, end) - 1;
      }
    }
    return end;
  }

  /** `#name;` is an escape, not a comment. */
  private isEscape(at: number): boolean {
    return measureEntity(this.code, at) > 0;
  }

  private lexState(): Token {
    const { code } = this;
    while (isSpace(code.charCodeAt(this.at)) && code.charCodeAt(this.at) !== LF) this.at += 1;
    const { at } = this;
    if (at >= code.length) return this.take(Token.END, at);
    const first = code.charCodeAt(at);
    if ((first === 35 && !this.isEscape(at)) || (first === 37 && code.charCodeAt(at + 1) === 37 && code.charCodeAt(at + 2) !== 123)) {
      this.at = findNewline(code, at);
      return Token.SKIP;
    }
    const marked = this.lexMarker();
    if (marked !== undefined) return marked;
    if (first === 34) {
      this.push(Mode.STATE_TEXT);
      this.at = at + 1;
      return Token.SKIP;
    }
    const as = skipSpace(code, at);
    if (isWordAt(code, as, "as") && isSpace(code.charCodeAt(as + 2))) {
      this.push(Mode.STATE_ID);
      return this.take(Token.AS, skipSpace(code, as + 2));
    }
    if (this.isTwoWords(at)) return this.take(Token.TWO_WORDS, this.ahead.lineEndOf(at));
    if (first === LF) {
      this.pop();
      this.at = at + 1;
      return Token.SKIP;
    }
    if (first === 123) {
      this.mode = Mode.BRACES;
      return this.take(Token.OPEN, at + 1);
    }
    let end = at;
    while (end < code.length && code.charCodeAt(end) !== 123 && !isSpace(code.charCodeAt(end))) end += 1;
    return this.take(Token.STATE_NAME, end, code.slice(at, end));
  }

  /** `name <<choice>>` and the like: everything up to the last marker of the line is the name. */
  private lexMarker(): Token | undefined {
    const marker = this.ahead.markerAfter(this.at);
    if (marker === undefined) return undefined;
    this.pop();
    return this.take(MARKER_TOKENS[marker.kind], marker.end, this.code.slice(this.at, marker.start).trim());
  }

  /** A word, white space, a second word and then a brace on the same line. */
  private isTwoWords(at: number): boolean {
    const { code } = this;
    let end = at;
    while (isWord(code.charCodeAt(end))) end += 1;
    if (end === at || !isSpace(code.charCodeAt(end))) return false;
    const second = skipSpace(code, end);
    if (!isWord(code.charCodeAt(second))) return false;
    return this.ahead.hasBraceInLine(second);
  }

  /** Modes that take one or two tokens and go back. */
  private lexInner(): Token {
    const { code, at } = this;
    switch (this.mode) {
      case Mode.STATE_TEXT:
        return this.lexStateText();
      case Mode.STATE_ID: {
        let end = at;
        while (end < code.length && code.charCodeAt(end) !== LF && code.charCodeAt(end) !== 123) end += 1;
        const comment = code.slice(at, end).indexOf("%%");
        if (comment === 0) {
          this.at = end;
          return Token.SKIP;
        }
        if (comment > 0) end = at + comment;
        this.pop();
        return this.take(Token.ID, end, code.slice(at, end));
      }
      case Mode.NOTE:
      case Mode.NOTE_ID:
      case Mode.NOTE_TEXT:
      case Mode.FLOATING_NOTE:
      case Mode.FLOATING_NOTE_ID:
        return this.lexNote();
      case Mode.SCALE:
        return this.lexScale();
      case Mode.TITLE:
        return this.takeLine(Token.ACCESSIBLE_TITLE_TEXT);
      case Mode.DESCRIPTION:
        return this.takeLine(Token.ACCESSIBLE_DESCRIPTION_TEXT);
      case Mode.DESCRIPTION_LINES: {
        if (code.charCodeAt(at) === 125) {
          this.pop();
          this.at = at + 1;
          return Token.SKIP;
        }
        if (at >= code.length) return this.take(Token.END, at);
        const close = code.indexOf("}", at);
        const end = close === -1 ? code.length : close;
        return this.take(Token.ACCESSIBLE_DESCRIPTION_LINES, end, code.slice(at, end));
      }
      default:
        return this.lexStyle();
    }
  }

  private lexStateText(): Token {
    const { code, at } = this;
    if (at >= code.length) return this.take(Token.END, at);
    if (code.charCodeAt(at) === 34) {
      this.pop();
      this.at = at + 1;
      return Token.SKIP;
    }
    const close = code.indexOf('"', at);
    const end = close === -1 ? code.length : close;
    return this.take(Token.STATE_TEXT, end, code.slice(at, end));
  }

  /** The rest of the line. */
  private takeLine(token: Token): Token {
    this.pop();
    const end = findNewline(this.code, this.at);
    return this.take(token, end, this.code.slice(this.at, end));
  }

  private lexScale(): Token {
    const { code, at } = this;
    let end = at;
    while (isDigit(code.charCodeAt(end))) end += 1;
    if (end > at) return this.take(Token.WIDTH, end);
    const width = skipSpace(code, at);
    if (width > at && isWordAt(code, width, "width") && !isWord(code.charCodeAt(width + 5))) {
      this.pop();
      this.at = width + 5;
      return Token.SKIP;
    }
    return at >= code.length ? this.take(Token.END, at) : this.fail();
  }

  private lexStyle(): Token {
    const { code, at, mode } = this;
    let end = at;
    if (mode === Mode.CLASS_DEF_STYLES) return this.takeLine(Token.CLASS_DEF_STYLES);
    if (mode === Mode.CLASS_NAME) return this.takeLine(Token.CLASS_NAME);
    if (mode === Mode.STYLE_STYLES) return this.takeLine(Token.STYLE_STYLES);
    if (at >= code.length) return this.take(Token.END, at);
    if (mode === Mode.CLASS) {
      end = this.findListEnd(at);
      if (end === at) return this.fail();
      this.mode = Mode.CLASS_NAME;
      return this.take(Token.CLASS_IDS, end, code.slice(at, end));
    }
    const isStyle = mode === Mode.STYLE;
    while (isWord(code.charCodeAt(end)) || (isStyle && code.charCodeAt(end) === 44)) end += 1;
    if (end === at || !isSpace(code.charCodeAt(end))) return this.fail();
    const value = code.slice(at, end);
    const next = skipSpace(code, end);
    this.mode = isStyle ? Mode.STYLE_STYLES : Mode.CLASS_DEF_STYLES;
    if (isStyle) return this.take(Token.STYLE_IDS, next, value);
    return this.take(value.toLowerCase() === "default" ? Token.CLASS_DEF_DEFAULT : Token.CLASS_DEF_ID, next, value);
  }

  /** End of `a, b,c`; a comma that no word follows does not belong to it. */
  private findListEnd(at: number): number {
    const { code } = this;
    let end = at;
    for (let next = at; isWord(code.charCodeAt(next)); ) {
      while (isWord(code.charCodeAt(next))) next += 1;
      end = next;
      if (code.charCodeAt(next) !== 44) break;
      next = skipSpace(code, next + 1);
    }
    return end;
  }

  private lexNote(): Token {
    const { code, at } = this;
    if (at >= code.length) return this.take(Token.END, at);
    switch (this.mode) {
      case Mode.NOTE:
        for (const [word, token] of [
          ["left of", Token.LEFT_OF],
          ["right of", Token.RIGHT_OF],
        ] as const) {
          if (!this.isKeyword(word)) continue;
          this.mode = Mode.NOTE_ID;
          return this.take(token, at + word.length, code.slice(at, at + word.length));
        }
        if (code.charCodeAt(at) !== 34) return this.fail();
        this.mode = Mode.FLOATING_NOTE;
        this.at = at + 1;
        return Token.SKIP;
      case Mode.NOTE_ID:
        return this.lexNoteId();
      case Mode.NOTE_TEXT:
        return this.lexNoteText();
      case Mode.FLOATING_NOTE: {
        const as = skipSpace(code, at);
        if (isWordAt(code, as, "as")) {
          this.mode = Mode.FLOATING_NOTE_ID;
          return this.take(Token.AS, skipSpace(code, as + 2));
        }
        if (code.charCodeAt(at) === 34) {
          this.at = at + 1;
          return Token.SKIP;
        }
        const close = code.indexOf('"', at);
        const end = close === -1 ? code.length : close;
        return this.take(Token.NOTE_TEXT, end, code.slice(at, end));
      }
      default: {
        const newline = findNewline(code, at);
        const comment = code.slice(at, newline).indexOf("%%");
        this.pop();
        const end = comment > 0 ? at + comment : newline;
        return this.take(Token.ID, end, code.slice(at, end));
      }
    }
  }

  private lexNoteId(): Token {
    const { code, at } = this;
    const from = skipSpace(code, at);
    let end = from;
    while (end < code.length) {
      const char = code.charCodeAt(end);
      if (char === 58 || char === 45 || isSpace(char)) break;
      if (char === 37 && end > from && code.charCodeAt(end + 1) === 37) break;
      end += 1;
    }
    if (end === from) return this.fail();
    this.mode = Mode.NOTE_TEXT;
    const token = this.take(Token.ID, end, code.slice(from, end));
    this.start = from;
    return token;
  }

  private lexNoteText(): Token {
    const { code, at } = this;
    const colon = skipSpace(code, at);
    if (code.charCodeAt(colon) === 58) {
      let end = colon + 1;
      while (end < code.length) {
        const char = code.charCodeAt(end);
        if (char === 58 || char === LF) break;
        const entity = char === 35 ? measureEntity(code, end) : 0;
        if (char === 59) break;
        end += Math.max(1, entity);
      }
      if (end > colon + 1) {
        this.pop();
        return this.take(Token.NOTE_TEXT, end, code.slice(at + 2, end).trim());
      }
    }
    const endNote = this.ahead.endNoteAfter(at);
    if (endNote === -1) return this.fail();
    this.pop();
    return this.take(Token.NOTE_TEXT, endNote + 8, code.slice(at, endNote).trim());
  }

  /** The whole line is the token. */
  private takeDirection(): Token {
    const { direction, wordAt } = this.ahead.readDirectionLine(this.at);
    this.direction = direction;
    return this.take(Token.DIRECTION, findNewline(this.code, wordAt));
  }
}

function isIdEnd(char: number): boolean {
  return char === 58 || char === 45 || char === 123 || isSpace(char);
}
