// The tokens of an expression with its comments among them: what stands under and before a cursor, in texts that may be
// anything but whole.
import { FindingList } from "../../expression/finding-list.js";
import { Lexer, Token } from "../../expression/lexer.js";

export interface PlacedToken {
  /** Token.END stands for a comment. */
  readonly token: Token;
  readonly start: number;
  readonly end: number;
  /** Of a name, also one in backticks, and of a string: its text. */
  readonly name: string;
}

/** All tokens of the text in order, comments as Token.END. Linear in the size of the text. */
export function readTokens(source: string): readonly PlacedToken[] {
  const lexer = new Lexer(source, new FindingList());
  const tokens: PlacedToken[] = [];
  let from = 0;
  do {
    lexer.next();
    addComments(source, from, lexer.token === Token.END ? source.length : lexer.start, tokens);
    if (lexer.token !== Token.END) tokens.push({ token: lexer.token, start: lexer.start, end: lexer.position, name: lexer.name });
    from = lexer.position;
  } while (lexer.token !== Token.END);
  return tokens;
}

function addComments(source: string, from: number, to: number, tokens: PlacedToken[]): void {
  for (let at = source.indexOf("//", from); at !== -1 && at < to; at = source.indexOf("//", at)) {
    const lineEnd = source.indexOf("\n", at);
    const end = lineEnd === -1 || lineEnd > to ? to : lineEnd;
    tokens.push({ token: Token.END, start: at, end: source.charCodeAt(end - 1) === 13 ? end - 1 : end, name: "" });
    at = end;
  }
}

/** Is it a name, or a word that stands where a name would: `in`, `true`, `null`? */
export function isWord({ token }: PlacedToken): boolean {
  return token === Token.IDENTIFIER || token === Token.IN || token === Token.TRUE || token === Token.FALSE || token === Token.NULL;
}

/** Can a value end with this token? */
export function endsValue({ token }: PlacedToken): boolean {
  return (token !== Token.IN && token >= Token.IDENTIFIER && token <= Token.NULL) || token === Token.RIGHT_PAREN || token === Token.RIGHT_BRACKET || token === Token.RIGHT_BRACE;
}
