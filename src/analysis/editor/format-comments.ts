// The comments of an expression, handed out in order to the parts that they are printed with.
import { Token } from "../../expression/lexer.js";
import { all, type Layout } from "./layout.js";
import type { PlacedToken } from "./tokens.js";

export class CommentList {
  private readonly source: string;
  private readonly comments: readonly PlacedToken[];
  private next = 0;

  constructor(source: string, tokens: readonly PlacedToken[]) {
    this.source = source;
    this.comments = tokens.filter(({ token }) => token === Token.END);
  }

  /** Those that begin before `offset`, each on a line of its own before what follows. */
  takeBefore(offset: number): Layout {
    return all(...this.take((comment) => comment.start < offset));
  }

  /** The next one before `limit`, where it stands behind something on its line: it ends the line. */
  takeTrailing(limit: number): Layout {
    const first = this.comments[this.next];
    const taken = this.take((comment) => comment === first && comment.start < limit && this.endsLine(comment.start));
    return taken.length === 0 ? "" : all(" ", ...taken);
  }

  private endsLine(start: number): boolean {
    return this.source.slice(this.source.lastIndexOf("\n", start - 1) + 1, start).trim() !== "";
  }

  /** What is left within brackets that end at `limit`, on lines of their own. */
  takeDangling(limit: number): Layout {
    const taken = this.take(({ start }) => start < limit);
    return taken.length === 0 ? "" : all({ kind: "break", flat: " " }, ...taken);
  }

  /** What is left of all. */
  takeEnd(): Layout {
    return all(this.takeTrailing(Number.POSITIVE_INFINITY), this.takeDangling(Number.POSITIVE_INFINITY));
  }

  private take(isWanted: (comment: PlacedToken) => boolean): Layout[] {
    const taken: Layout[] = [];
    for (let comment = this.comments[this.next]; comment !== undefined && isWanted(comment); comment = this.comments[this.next]) {
      taken.push({ kind: "comment", text: this.source.slice(comment.start, comment.end).trimEnd() });
      this.next += 1;
    }
    return taken;
  }
}
