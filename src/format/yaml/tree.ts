// YAML as a plain tree with places: maps with their keys as text, lists, scalars. Aliases and merge keys are followed here, within
// limits, so that nobody behind this file meets them. It knows nothing of workflows.
import { Composer, type Document, isAlias, isMap, isScalar, isSeq, type Node, Parser } from "yaml";
import type { TextRange } from "../markdown.js";
import type { FormatFindingCode, SourceText } from "../source-text.js";

/** Levels of lists and maps within YAML. */
export const YAML_DEPTH_MAX = 100;
/** Scalars, lists and maps of one text, those that aliases repeat counted each time. */
export const YAML_NODE_COUNT_MAX = 500_000;

/** Offsets are those of the author's whole text. */
interface Spanned {
  readonly start: number;
  readonly end: number;
}

export interface YamlScalar extends Spanned {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  /** Written without quotes, on one line or several. */
  readonly isPlain: boolean;
}
export interface YamlEntry {
  readonly key: string;
  readonly keyNode: YamlScalar;
  readonly value: YamlNode;
}
export interface YamlMap extends Spanned {
  readonly kind: "map";
  /** In the order of the text, each key once. */
  readonly entries: readonly YamlEntry[];
}
export interface YamlList extends Spanned {
  readonly kind: "list";
  readonly items: readonly YamlNode[];
}
export type YamlNode = YamlScalar | YamlMap | YamlList;

/**
 * Reads one YAML document. Whatever is wrong is reported with `code`.
 * @param range - where the YAML stands in the text
 * @returns undefined where the text is empty or no YAML. O(size + nodes)
 */
export function readYaml(source: SourceText, range: TextRange, code: FormatFindingCode): YamlNode | undefined {
  const text = source.text.slice(range.start, range.end);
  try {
    const document = composeDocument(source, range, text, code);
    return document?.contents ? new Converter(source, range.start, code).convert(document.contents) : undefined;
  } catch (error) {
    const place = error instanceof LimitError ? error : { start: range.start, end: range.start };
    // The library walks some nested texts by recursion: a text that exhausts the stack nests too deep.
    const message = error instanceof LimitError ? error.message : depthMessage();
    source.report("error", code, message, place.start, place.end);
    return undefined;
  }
}

/** The value of a tree as plain JSON. */
export function toPlain(node: YamlNode): unknown {
  switch (node.kind) {
    case "scalar":
      return node.value;
    case "list":
      return node.items.map(toPlain);
    case "map":
      return Object.fromEntries(node.entries.map(({ key, value }) => [key, toPlain(value)]));
  }
}

export function isNull(node: YamlNode): boolean {
  return node.kind === "scalar" && node.value === null;
}

class LimitError extends Error {
  constructor(
    message: string,
    readonly start: number,
    readonly end: number,
  ) {
    super(message);
  }
}

function depthMessage(): string {
  return `The YAML nests deeper than ${YAML_DEPTH_MAX} levels`;
}

function composeDocument(source: SourceText, range: TextRange, text: string, code: FormatFindingCode): Document.Parsed | undefined {
  const tokens = [...new Parser().parse(text)];
  checkDepth(tokens, range.start);
  // Keys are compared by the converter: the library's own comparison takes time with the square of their number.
  const composer = new Composer({ strict: true, uniqueKeys: false, prettyErrors: false });
  const documents = [...composer.compose(tokens, true, text.length)] as Document.Parsed[];
  const [document, second] = documents;
  let hasErrors = false;
  for (const { errors, warnings } of documents.slice(0, 1)) {
    hasErrors = errors.length > 0;
    for (const { message, pos } of [...errors, ...warnings]) source.report("error", code, `YAML: ${message}`, range.start + pos[0], range.start + pos[1]);
  }
  if (second !== undefined) {
    const start = range.start + second.range[0];
    source.report("error", code, "A second YAML document begins here: one text holds one", start, start + 3);
  }
  return hasErrors ? undefined : document;
}

interface TokenTree {
  readonly offset?: number;
  readonly value?: unknown;
  readonly items?: readonly { readonly key?: unknown; readonly value?: unknown }[];
}

function checkDepth(tokens: readonly unknown[], base: number): void {
  const pending: [TokenTree, number][] = tokens.map((token) => [token as TokenTree, 0]);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [token, depth] = next;
    if (depth > YAML_DEPTH_MAX) throw new LimitError(depthMessage(), base + (token.offset ?? 0), base + (token.offset ?? 0) + 1);
    if (typeof token.value === "object" && token.value !== null) pending.push([token.value as TokenTree, depth]);
    for (const { key, value } of token.items ?? []) {
      for (const inner of [key, value]) if (typeof inner === "object" && inner !== null) pending.push([inner as TokenTree, depth + 1]);
    }
  }
}

class Converter {
  private readonly targets = new Map<Node, Node>();
  private readonly anchors = new Map<string, Node>();
  private nodeCount = 0;

  constructor(
    private readonly source: SourceText,
    private readonly offset: number,
    private readonly code: FormatFindingCode,
  ) {}

  convert(root: Node): YamlNode {
    this.resolveAliases(root);
    return this.read(root, 0);
  }

  /** An alias means the last anchor of its name that stands before it. */
  private resolveAliases(node: unknown): void {
    if (isAlias(node)) {
      const target = this.anchors.get(node.source);
      if (target !== undefined) this.targets.set(node, target);
      return;
    }
    if (!isMap(node) && !isSeq(node) && !isScalar(node)) return;
    if (node.anchor !== undefined) this.anchors.set(node.anchor, node);
    if (isSeq(node)) for (const item of node.items) this.resolveAliases(item);
    if (isMap(node)) {
      for (const { key, value } of node.items) {
        this.resolveAliases(key);
        this.resolveAliases(value);
      }
    }
  }

  private spanOf(node: unknown): Spanned {
    const range = (node as Node | null | undefined)?.range;
    return range ? { start: this.offset + range[0], end: this.offset + range[1] } : { start: this.offset, end: this.offset };
  }

  private report(message: string, { start, end }: Spanned): void {
    this.source.report("error", this.code, message, start, end);
  }

  private read(node: unknown, depth: number): YamlNode {
    const span = this.spanOf(node);
    this.nodeCount += 1;
    if (this.nodeCount > YAML_NODE_COUNT_MAX)
      throw new LimitError(`With what aliases repeat the YAML has more than ${YAML_NODE_COUNT_MAX} values`, span.start, span.end);
    if (depth > YAML_DEPTH_MAX) throw new LimitError(depthMessage(), span.start, span.end);
    if (isAlias(node)) {
      const target = this.targets.get(node);
      if (target !== undefined) return this.read(target, depth + 1);
      this.report(`Nothing before this has the anchor "${node.source}"`, span);
    }
    if (isSeq(node)) return { kind: "list", items: node.items.map((item) => this.read(item, depth + 1)), ...span };
    if (isMap(node)) return this.readMap(node.items, span, depth);
    return this.readScalar(node, span);
  }

  private readScalar(node: unknown, span: Spanned): YamlScalar {
    const value = isScalar(node) ? node.value : null;
    const isPlain = isScalar(node) && node.type === "PLAIN";
    if (value === null || typeof value === "string" || typeof value === "boolean") return { kind: "scalar", value, isPlain, ...span };
    if (typeof value === "number" && Number.isFinite(value)) return { kind: "scalar", value, isPlain, ...span };
    this.report(`${String(value)} is no value of JSON`, span);
    return { kind: "scalar", value: null, isPlain, ...span };
  }

  private readMap(pairs: readonly { readonly key: unknown; readonly value: unknown }[], span: Spanned, depth: number): YamlMap {
    const entries = new Map<string, YamlEntry>();
    const merged: YamlNode[] = [];
    for (const pair of pairs) {
      const keyNode = this.read(pair.key, depth + 1);
      const value = pair.value === null ? this.readNothing(keyNode) : this.read(pair.value, depth + 1);
      if (keyNode.kind !== "scalar" || keyNode.value === null) {
        this.report("A key is a text", keyNode);
        continue;
      }
      const key = String(keyNode.value);
      if (key === "<<" && keyNode.isPlain) merged.push(...(value.kind === "list" ? value.items : [value]));
      else if (entries.has(key)) this.report(`The key "${key}" stands here twice`, keyNode);
      else entries.set(key, { key, keyNode, value });
    }
    for (const map of merged) this.merge(map, entries);
    return { kind: "map", entries: [...entries.values()], ...span };
  }

  private readNothing({ end }: Spanned): YamlScalar {
    return { kind: "scalar", value: null, isPlain: true, start: end, end };
  }

  /** `<<: *defaults`: entries that the map does not have itself; of several maps the first counts. */
  private merge(map: YamlNode, entries: Map<string, YamlEntry>): void {
    if (map.kind !== "map") {
      this.report("After << stands a map, or a list of maps", map);
      return;
    }
    for (const entry of map.entries) if (!entries.has(entry.key)) entries.set(entry.key, entry);
  }
}
