// Ranges of parts as people would mark them: the brackets around a left operand belong to the whole, `(a + b) * c`.
import { Token } from "../../expression/lexer.js";
import type { Place } from "../../model/errors.js";
import { type PlacedToken, readTokens } from "./tokens.js";

export class Spans {
  private readonly brackets: readonly PlacedToken[];

  /** Offsets at which lines begin, ascending. */
  private readonly lineStarts: readonly number[];

  constructor(source: string) {
    const starts = [0];
    for (let at = source.indexOf("\n"); at !== -1; at = source.indexOf("\n", at + 1)) starts.push(at + 1);
    this.lineStarts = starts;
    this.brackets = readTokens(source).filter(({ token }) => token === Token.LEFT_PAREN || token === Token.RIGHT_PAREN);
  }

  /** The place of a range that was widened, without a snippet: an explanation has hundreds of them. */
  placeOf(range: { readonly start: number; readonly end: number }): Place {
    const { start, end } = this.brackets.length === 0 ? range : this.balance(range);
    const { lineStarts } = this;
    let low = 0;
    for (let high = lineStarts.length; high - low > 1; ) {
      const middle = (low + high) >> 1;
      if ((lineStarts[middle] as number) <= start) low = middle;
      else high = middle;
    }
    return { start, end, line: low + 1, column: start - (lineStarts[low] as number) + 1 };
  }

  /** The range, widened to the brackets that it holds only one of. Linear in the number of brackets. */
  balance({ start, end }: { readonly start: number; readonly end: number }): { readonly start: number; readonly end: number } {
    let [from, to] = [start, end];
    let open = 0;
    let missing = 0;
    for (const bracket of this.brackets) {
      if (bracket.start < start || bracket.end > end) continue;
      if (bracket.token === Token.LEFT_PAREN) open += 1;
      else if (open > 0) open -= 1;
      else missing += 1;
    }
    for (let at = this.brackets.length - 1, closed = 0; at >= 0 && missing > 0; at -= 1) {
      const bracket = this.brackets[at] as PlacedToken;
      if (bracket.start >= start) continue;
      if (bracket.token === Token.RIGHT_PAREN) closed += 1;
      else if (closed > 0) closed -= 1;
      else {
        from = bracket.start;
        missing -= 1;
      }
    }
    for (let at = 0, opened = 0; at < this.brackets.length && open > 0; at += 1) {
      const bracket = this.brackets[at] as PlacedToken;
      if (bracket.start < end) continue;
      if (bracket.token === Token.LEFT_PAREN) opened += 1;
      else if (opened > 0) opened -= 1;
      else {
        to = bracket.end;
        open -= 1;
      }
    }
    return { start: from, end: to };
  }
}
