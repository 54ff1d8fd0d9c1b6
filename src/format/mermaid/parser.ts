// Reads a state diagram into its statements, accepting and refusing what Mermaid 11.17 accepts and refuses. It goes on after
// an error at the next line, so that one text gives all its findings. What the statements mean as a workflow is not
// known here.
import { isSpace, isWord, isWordAt, skipSpace } from "./characters.js";
import { findDescribedGroup, translateDocuments } from "./documents.js";
import { Lexer } from "./lexer.js";
import { prepareDiagram } from "./preparation.js";
import type { Diagram, DiagramError, MarkedType, Reference, StateStatement, Statement } from "./statements.js";
import { Token } from "./token.js";

/** Braces within braces. */
export const NESTING_DEPTH_MAX = 64;
/** Errors told of one diagram; the reader stops at the last. */
export const DIAGRAM_ERROR_COUNT_MAX = 50;

interface Frame {
  readonly statements: Statement[];
  readonly owner: StateStatement | undefined;
}

/** Thrown within this file only: the statement in hand cannot be read. */
class Refusal {
  constructor(
    readonly code: string,
    readonly message: string,
    /** Where, when it is not the token in hand. */
    readonly reference?: Reference,
  ) {}
}

const NO_TEXT: readonly string[] = [];

class Parser {
  readonly errors: DiagramError[] = [];
  readonly root: Statement[] = [];
  private readonly frames: Frame[] = [{ statements: this.root, owner: undefined }];
  private token = Token.END;
  private readonly lexer: Lexer;

  constructor(private readonly code: string) {
    this.lexer = new Lexer(code);
  }

  parse(): void {
    this.advance();
    while (this.is(Token.NEWLINE)) this.advance();
    if (this.is(Token.HEADER)) this.advance();
    else this.addError(new Refusal("parse/no-diagram", "A state diagram begins with stateDiagram-v2"));
    while (this.errors.length < DIAGRAM_ERROR_COUNT_MAX) {
      try {
        this.parseStatements();
        return;
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        this.addError(error);
        if (error.code === "parse/nesting-limit") return;
        // Its brace is open all the same.
        if (error.code === "parse/state-name") this.frames.push({ statements: [], owner: undefined });
        this.lexer.recover(this.frames.length - 1);
        this.advance();
      }
    }
  }

  private advance(): void {
    this.token = this.lexer.next();
  }

  private is(token: Token): boolean {
    return this.token === token;
  }

  private addError(refusal: Refusal): void {
    const { start, end } = refusal.reference ?? this.lexer;
    this.errors.push({ code: refusal.code, message: refusal.message, start, end: Math.max(start, end) });
  }

  private parseStatements(): void {
    while (!this.is(Token.END)) this.parseStatement();
    const { owner } = this.frames[this.frames.length - 1] as Frame;
    if (owner === undefined) return;
    this.frames.length = 1;
    throw new Refusal("parse/unclosed-state", `State "${owner.reference.id}" has no closing brace`, owner.reference);
  }

  private add(statement: Statement): void {
    (this.frames[this.frames.length - 1] as Frame).statements.push(statement);
  }

  private parseStatement(): void {
    switch (this.token) {
      case Token.NEWLINE:
        return this.advance();
      case Token.ID:
      case Token.EDGE_STATE:
        return this.parseRelationOrState();
      case Token.STATE_NAME:
        return this.parseNamedState();
      case Token.STATE_TEXT:
        return this.parseAliasedState();
      case Token.FORK:
      case Token.JOIN:
      case Token.CHOICE:
        return this.parseMarkedState(this.token);
      case Token.DIVIDER:
        return this.parseDivider();
      case Token.CLOSE:
        return this.parseClose();
      case Token.NOTE:
        return this.parseNote();
      case Token.DIRECTION: {
        const { start, end, direction } = this.lexer;
        this.add({ kind: "direction", direction, start, end });
        return this.advance();
      }
      case Token.CLICK:
        return this.parseClick();
      default:
        return this.parseDrawing();
    }
  }

  /** The token in hand must be `token`; its text, and on to the next. */
  private expect(token: Token, message: string): string {
    if (!this.is(token)) throw this.refuse(message);
    const { value } = this.lexer;
    this.advance();
    return value;
  }

  private refuse(message: string): Refusal {
    const { start } = this.lexer;
    const text = this.code.slice(start, start + 20).split("\n")[0] ?? "";
    if (this.is(Token.TWO_WORDS)) return new Refusal("parse/state-name", "The name of a state is one word");
    if (this.code.startsWith("->", start) || this.code.startsWith("--", start) || this.code[start] === "-") {
      return new Refusal(
        "parse/unexpected-token",
        `Unexpected "${text}": a transition is written A --> B, and the id of a state has no dash`,
      );
    }
    if (this.is(Token.END)) return new Refusal("parse/unexpected-end", `The text ends too early. ${message}`);
    return new Refusal("parse/unexpected-token", text === "" ? `Unexpected end of line. ${message}` : `Unexpected "${text}". ${message}`);
  }

  private parseReference(): Reference {
    if (!this.is(Token.ID) && !this.is(Token.EDGE_STATE)) throw this.refuse("The id of a state is expected here");
    const { start, end, value } = this.lexer;
    const reference: Reference = { id: value, edge: "none", className: "", start, end };
    this.advance();
    if (this.is(Token.CLASS_SEPARATOR)) {
      this.advance();
      reference.className = this.expect(Token.ID, "The name of a class follows :::").trim();
    }
    return reference;
  }

  private parseRelationOrState(): void {
    const source = this.parseReference();
    if (this.is(Token.ARROW)) {
      this.advance();
      const target = this.parseReference();
      let { end } = target;
      let label = "";
      let labelStart = end;
      if (this.is(Token.DESCRIPTION)) {
        labelStart = skipSpace(this.code, this.lexer.start + 1);
        label = this.code.slice(labelStart, this.lexer.end).trim();
        end = label === "" ? this.lexer.end : labelStart + label.length;
        this.advance();
      }
      this.add({ kind: "relation", source, target, label, labelStart, start: source.start, end });
      return;
    }
    let { end } = source;
    if (!this.is(Token.DESCRIPTION)) {
      this.add(newState(source, "default", NO_TEXT, end, true));
      return;
    }
    end = this.lexer.end;
    const descriptionStart = skipSpace(this.code, this.lexer.start + 1);
    const descriptions = [this.code.slice(this.lexer.start + 1, end).trim()];
    this.advance();
    this.add({ ...newState(source, "default", descriptions, end, end === source.end), descriptionStart });
  }

  private parseNamedState(): void {
    const { value, start, end } = this.lexer;
    this.advance();
    if (!this.is(Token.OPEN)) {
      this.add({ kind: "name", name: value, start, end });
      return;
    }
    this.open(newState({ id: value, edge: "none", className: "", start, end }, "default", NO_TEXT, end, false));
  }

  private parseAliasedState(): void {
    const text = this.lexer.value;
    this.advance();
    if (!this.is(Token.AS)) throw this.refuse('A described state is written: state "text" as id');
    this.advance();
    const { start, end } = this.lexer;
    const value = this.expect(Token.ID, 'A described state is written: state "text" as id');
    if (this.is(Token.OPEN)) {
      this.open(newState({ id: value.trim(), edge: "none", className: "", start, end }, "default", [text.trim()], end, false));
      return;
    }
    const parts = value.split(":");
    const descriptions = parts.length > 1 ? [text.trim(), (parts[1] ?? "").trim()] : [text.trim()];
    const id = (parts[0] ?? "").trim();
    this.add(newState({ id, edge: "none", className: "", start, end: start + id.length }, "default", descriptions, end, false));
  }

  private parseMarkedState(token: Token): void {
    const type: MarkedType = token === Token.FORK ? "fork" : token === Token.JOIN ? "join" : "choice";
    const { value, start, end } = this.lexer;
    this.advance();
    this.add(newState({ id: value, edge: "none", className: "", start, end: start + value.length }, type, NO_TEXT, end, false));
  }

  private parseDivider(): void {
    const { start, end } = this.lexer;
    this.add(newState({ id: "", edge: "none", className: "", start, end }, "divider", NO_TEXT, end, false));
    this.advance();
  }

  /** The token in hand is `{`. */
  private open(statement: StateStatement): void {
    if (this.frames.length > NESTING_DEPTH_MAX) {
      throw new Refusal(
        "parse/nesting-limit",
        `State "${statement.reference.id}" stands in ${this.frames.length} others; the limit is ${NESTING_DEPTH_MAX}`,
      );
    }
    statement.document = [];
    this.add(statement);
    this.frames.push({ statements: statement.document, owner: statement });
    this.advance();
  }

  private parseClose(): void {
    const { owner } = this.frames[this.frames.length - 1] as Frame;
    if (this.frames.length === 1) throw this.refuse("No brace is open here");
    if (owner !== undefined) owner.end = this.lexer.end;
    this.frames.pop();
    this.advance();
  }

  private parseNote(): void {
    const { start, value } = this.lexer;
    this.advance();
    if (this.is(Token.NOTE_TEXT)) {
      this.advance();
      this.expect(Token.AS, 'A floating note is written: note "text" as id');
      const { end } = this.lexer;
      this.expect(Token.ID, 'A floating note is written: note "text" as id');
      this.add({ kind: "other", text: value, start, end });
      return;
    }
    const shape = "A note is written: note right of A: text, or on lines of its own up to end note";
    if (!this.is(Token.LEFT_OF) && !this.is(Token.RIGHT_OF)) throw this.refuse(shape);
    const position = this.is(Token.LEFT_OF) ? "left of" : "right of";
    this.advance();
    const reference: Reference = { id: this.lexer.value, edge: "none", className: "", start: this.lexer.start, end: this.lexer.end };
    this.expect(Token.ID, shape);
    const { end } = this.lexer;
    const text = this.expect(Token.NOTE_TEXT, shape);
    const statement = { ...newState(reference, "default", NO_TEXT, end, false), note: { position, text } } as const;
    this.add({ ...statement, start });
  }

  private parseClick(): void {
    const { start } = this.lexer;
    this.advance();
    const reference = this.parseReference();
    const isHref = this.is(Token.HREF);
    if (isHref) this.advance();
    let { end } = this.lexer;
    const url = this.expect(Token.STRING, 'A link is written: click A "address" "tooltip"');
    let tooltip = "";
    if (!isHref) {
      end = this.lexer.end;
      tooltip = this.expect(Token.STRING, 'A link is written: click A "address" "tooltip"');
    }
    this.expect(Token.NEWLINE, "A link ends with its line");
    this.add({ kind: "click", reference, url, tooltip, start, end });
  }

  /** Statements for the drawing. */
  private parseDrawing(): void {
    const { token } = this;
    const { start, value } = this.lexer;
    switch (token) {
      case Token.HIDE_EMPTY:
        this.add({ kind: "other", text: value, start, end: this.lexer.end });
        return this.advance();
      case Token.SCALE:
        this.advance();
        this.add({ kind: "other", text: value, start, end: this.lexer.end });
        this.expect(Token.WIDTH, "A scale is written: scale 350 width");
        return;
      case Token.ACCESSIBLE_TITLE:
      case Token.ACCESSIBLE_DESCRIPTION: {
        this.advance();
        const { end } = this.lexer;
        const text = this.lexer.value.trim();
        this.advance();
        this.add({ kind: token === Token.ACCESSIBLE_TITLE ? "title" : "description", text, start, end });
        return;
      }
      case Token.ACCESSIBLE_DESCRIPTION_LINES:
        this.add({ kind: "description", text: value.trim(), start, end: this.lexer.end });
        return this.advance();
      case Token.CLASS_DEF:
        return this.parseStyles("classDef", Token.CLASS_DEF_ID, Token.CLASS_DEF_STYLES);
      case Token.STYLE:
        return this.parseStyles("style", Token.STYLE_IDS, Token.STYLE_STYLES);
      case Token.CLASS:
        return this.parseStyles("class", Token.CLASS_IDS, Token.CLASS_NAME);
      default:
        throw this.refuse("A state, a transition or a note is expected here");
    }
  }

  private parseStyles(kind: "classDef" | "style" | "class", idsToken: Token, valueToken: Token): void {
    const { start } = this.lexer;
    this.advance();
    const message = kind === "class" ? "A class is given as: class A,B name" : `Styles are given as: ${kind} name fill:#fff`;
    const ids = this.expect(idsToken, message).trim();
    const { end } = this.lexer;
    const value = this.expect(valueToken, message).trim();
    this.add({ kind, ids, value: kind === "class" ? value : dropSemicolon(value), start, end });
  }
}

function newState(reference: Reference, type: MarkedType, descriptions: readonly string[], end: number, isBare: boolean): StateStatement {
  return { kind: "state", reference, type, descriptions, document: undefined, note: undefined, isBare, start: reference.start, end };
}

/** Where a colour `#…` stands among styles, Mermaid drops the last semicolon of the line before it reads on. */
function dropSemicolon(styles: string): string {
  const last = styles.lastIndexOf(";");
  let isInValue = false;
  for (let at = 0; at < last; at += 1) {
    const code = styles.charCodeAt(at);
    if (code === 35 && isInValue) return styles.slice(0, last) + styles.slice(last + 1);
    isInValue = code === 58 || (isInValue && !isSpace(code));
  }
  return styles;
}

/** Does the text look like a state diagram: is `stateDiagram` its first word, front matter, comments and directives aside? */
export function isStateDiagram(text: string): boolean {
  const { code } = prepareDiagram(text);
  const at = skipSpace(code, 0);
  return isWordAt(code, at, "statediagram") && !isWord(code.charCodeAt(at + 12));
}

/** Reads a diagram (with its front matter, if it has one). Never throws. O(size). */
export function parseDiagram(text: string): Diagram {
  const prepared = prepareDiagram(text);
  const { code, toSource, frontMatter } = prepared;
  if (prepared.hasStrayDashes) {
    const errors = [{ code: "parse/front-matter", message: "Front matter opens and closes with a line of ---", start: 0, end: 0 }];
    return { statements: [], errors, toSource, frontMatter };
  }
  const parser = new Parser(code);
  parser.parse();
  translateDocuments(parser.root);
  if (parser.errors.length === 0) {
    const group = findDescribedGroup(parser.root);
    if (group !== undefined) {
      const { id, start, end } = group.reference;
      parser.errors.push({
        code: "parse/composite-descriptions",
        message: `State "${id}" has states inside, so it has one description at most`,
        start,
        end,
      });
    }
  }
  return { statements: parser.root, errors: parser.errors, toSource, frontMatter };
}
