// The canonical text of an expression: no more brackets than it needs, long chains, lists and calls on lines of their own,
// comments where they were.
import { FindingList } from "../../expression/finding-list.js";
import { parseInto } from "../../expression/parser.js";
import { argumentError, isRecord } from "../../model/arguments.js";
import { checkSource } from "./editor-scope.js";
import { CommentList } from "./format-comments.js";
import { layOutExpression, type QuoteStyle } from "./format-nodes.js";
import { all, layOut } from "./layout.js";
import { readTokens } from "./tokens.js";

export const LINE_WIDTH_DEFAULT = 100;
export const LINE_WIDTH_MIN = 20;
export const LINE_WIDTH_MAX = 10_000;

export interface FormatOptions {
  /** Characters of a line that are used before it is broken, LINE_WIDTH_MIN to LINE_WIDTH_MAX. Default LINE_WIDTH_DEFAULT. */
  readonly lineWidth?: number;
  /** How strings are written; `keep`: as they stand. Default `double`. */
  readonly quotes?: QuoteStyle;
}

/**
 * The expression in its canonical form, with the same meaning and all of its comments: it parses to the same tree, and formatted again
 * stays as it is. A text that does not parse is given back as it is. A word that is longer than a line is not cut.
 * About linear in the size of the text.
 * @throws WorkflowError `expression/invalid-call` for arguments of other types
 */
export function formatExpression(source: string, options: FormatOptions = {}): string {
  const { lineWidth = LINE_WIDTH_DEFAULT, quotes = "double" } = checkFormat(options);
  const findings = new FindingList();
  const ast = parseInto(checkSource(source), findings);
  if (findings.errorCount > 0) return source;
  const comments = new CommentList(source, readTokens(source));
  const printed = layOutExpression(ast, source, quotes, comments);
  return layOut(all(printed.leading, printed.layout, comments.takeEnd()), lineWidth);
}

function checkFormat(options: FormatOptions): FormatOptions {
  if (!isRecord(options as unknown)) throw argumentError("expression/invalid-call", "options", options, "an object");
  const { lineWidth, quotes }: FormatOptions = options;
  if (lineWidth !== undefined && !(lineWidth >= LINE_WIDTH_MIN && lineWidth <= LINE_WIDTH_MAX))
    throw argumentError("expression/invalid-call", "options.lineWidth", lineWidth, `a number from ${LINE_WIDTH_MIN} to ${LINE_WIDTH_MAX}`);
  if (quotes !== undefined && quotes !== "double" && quotes !== "single" && quotes !== "keep")
    throw argumentError("expression/invalid-call", "options.quotes", quotes, '"double", "single" or "keep"');
  return options;
}
