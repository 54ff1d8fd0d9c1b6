// Reads the items of `## Invariants`: conditions that hold in every configuration at rest, each with a name or without.
import type { InvariantDefinition } from "../model/definition.js";
import { skipSpace } from "./mermaid/characters.js";
import type { TextRange } from "./markdown.js";
import type { SourceText } from "./source-text.js";
import { cutSegment, readExpression, type Segment } from "./values.js";

/** Invariants of one workflow. */
export const INVARIANT_COUNT_MAX = 1_000;

/** Reads all items; what is wrong is reported. O(size). */
export function readInvariants(items: readonly TextRange[], source: SourceText): InvariantDefinition[] {
  const invariants: InvariantDefinition[] = [];
  const names = new Set<string>();
  const over = items[INVARIANT_COUNT_MAX];
  if (over !== undefined) {
    const message = `There are ${items.length} invariants; the limit is ${INVARIANT_COUNT_MAX}`;
    source.report("error", "parse/invalid-invariant", message, over.start, over.end);
  }
  for (const { start, end } of items.slice(0, INVARIANT_COUNT_MAX)) {
    const whole: Segment = { text: source.text.slice(start, end), offset: start };
    const { name, expression } = cutName(whole);
    if (expression.text === "") {
      source.report("error", "parse/invalid-invariant", "An invariant is a condition: - name: count >= 0", start, end);
      continue;
    }
    if (name !== "" && names.has(name))
      source.report("error", "parse/duplicate-name", `The invariant "${name}" is there twice`, start, end);
    names.add(name);
    const read = readExpression(expression, source).source;
    invariants.push({ name: name === "" ? read.text : name, expression: read, place: source.place(start, end) });
  }
  return invariants;
}

/** `name: condition` or a condition; the name may be bold, the condition stand in backticks. */
function cutName(whole: Segment): { name: string; expression: Segment } {
  const { text } = whole;
  const colon = text.indexOf(":");
  const name = text.slice(0, Math.max(0, colon)).replace(/^[*_]+|[*_]+$/g, "").trim();
  if (!/^[\p{L}\p{N}_][\p{L}\p{M}\p{N}_ -]*$/u.test(name)) return { name: "", expression: stripTicks(whole) };
  let from = colon + 1;
  while (text[from] === "*" || text[from] === "_") from += 1;
  return { name, expression: stripTicks(cutSegment(whole, skipSpace(text, from))) };
}

function stripTicks(segment: Segment): Segment {
  const { text } = segment;
  const isTicked = text.length > 2 && text.startsWith("`") && text.indexOf("`", 1) === text.length - 1;
  return isTicked ? cutSegment(segment, 1, text.length - 1) : segment;
}
