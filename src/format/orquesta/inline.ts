// Parameters in one line: `core.echo message="x" count=<% ctx().n %>`, and what a transition publishes in the same way. They become
// entries of a map, as if they had been written as one.
import type { SourceText } from "../source-text.js";
import { reportAt } from "../yaml/keys.js";
import type { YamlEntry, YamlNode, YamlScalar } from "../yaml/tree.js";
import { locateText } from "../yaml/values.js";

const PARAMETER = /\s*([A-Za-z_]\w*)=("(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'|<%[\s\S]*?%>|\{\{[\s\S]*?\}\}|\[[^\]]*\]|\{[^}]*\}|\S+)/y;

/** Characters of parameters in one line. */
export const INLINE_SIZE_MAX = 10_000;

/** Reads `key=value` again and again from `at` on; what is none is reported. O(size) */
export function readInline(node: YamlScalar, at: number, source: SourceText): YamlEntry[] {
  const text = String(node.value);
  const entries: YamlEntry[] = [];
  if (text.length > INLINE_SIZE_MAX) {
    reportAt(source, "parse/invalid-value", `Parameters in one line have ${text.length} characters; the limit is ${INLINE_SIZE_MAX}`, node);
    return entries;
  }
  PARAMETER.lastIndex = at;
  let end = at;
  for (let match = PARAMETER.exec(text); match !== null; match = PARAMETER.exec(text)) {
    const [, key, raw] = match as unknown as [string, string, string];
    end = PARAMETER.lastIndex;
    const start = end - raw.length;
    entries.push({ key, keyNode: makeScalar(key, start - 1 - key.length, node, source), value: readRaw(raw, start, node, source) });
  }
  const rest = text.slice(end);
  if (rest.trim() !== "") {
    const start = end + (rest.length - rest.trimStart().length);
    reportAt(source, "parse/invalid-value", "A parameter is written as name=value; a value with spaces stands in quotes", locateText(source, node, rest.trim(), start));
  }
  return entries;
}

function readRaw(raw: string, at: number, node: YamlScalar, source: SourceText): YamlNode {
  if (raw.startsWith('"') || raw.startsWith("'")) return makeScalar(raw.slice(1, -1), at + 1, node, source);
  if (raw.startsWith("<%") || raw.startsWith("{{")) return makeScalar(raw, at, node, source);
  const { start, end } = locateText(source, node, raw, at);
  try {
    return toTree(JSON.parse(raw) as unknown, { start, end });
  } catch {
    return makeScalar(raw, at, node, source);
  }
}

/** A piece of a scalar as a scalar of its own. */
export function makeScalar(value: string, at: number, node: YamlScalar, source: SourceText): YamlScalar {
  const { start, end } = locateText(source, node, value, at);
  return { kind: "scalar", value, isPlain: true, start, end };
}

function toTree(value: unknown, span: { readonly start: number; readonly end: number }): YamlNode {
  if (Array.isArray(value)) return { kind: "list", items: value.map((item) => toTree(item, span)), ...span };
  if (typeof value !== "object" || value === null) return { kind: "scalar", value: value as YamlScalar["value"], isPlain: true, ...span };
  const entries = Object.entries(value).map(([key, inner]) => ({ key, keyNode: { kind: "scalar", value: key, isPlain: true, ...span } as const, value: toTree(inner, span) }));
  return { kind: "map", entries, ...span };
}

/** Names parted by commas, each a scalar of its own. */
export function splitNames(node: YamlScalar, source: SourceText): YamlScalar[] {
  const text = String(node.value);
  const names: YamlScalar[] = [];
  let at = 0;
  for (const piece of text.split(",")) {
    const name = piece.trim();
    if (name !== "") names.push(makeScalar(name, at + (piece.length - piece.trimStart().length), node, source));
    at += piece.length + 1;
  }
  return names;
}
