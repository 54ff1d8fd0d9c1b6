// Values of the dialect: texts with expressions become expressions, templates or constants of a definition. What they read is noted,
// and what cannot be translated is reported where it stands.
import type { Ast } from "../../expression/ast.js";
import { EXPRESSION_SIZE_MAX } from "../../expression/parser.js";
import { printExpression } from "../../expression/print.js";
import type { ExpressionSource, ValueSource } from "../../model/definition.js";
import type { SourceText } from "../source-text.js";
import { reportAt } from "../yaml/keys.js";
import { type ExpressionSite, NameUses } from "../yaml/names.js";
import { toPlain, type YamlMap, type YamlNode, type YamlScalar } from "../yaml/tree.js";
import { convertDuration, locateText, toMilliseconds } from "../yaml/values.js";
import { AssignmentCheck, type ReadingPoint } from "./assignment.js";
import { type Block, cutBlocks, hasBlocks } from "./blocks.js";
import * as cel from "./cel.js";
import type { ComputedOutputs } from "./output.js";
import { TermError } from "./terms.js";
import { toText, type Translated } from "./translated.js";
import { type Surroundings, translate, UntranslatableError } from "./translation.js";

/** Where a value stands: what it may name, and what of the context has a value there. */
export interface DialectSite extends ExpressionSite {
  readonly point: ReadingPoint;
  /** Earlier entries of `output`. */
  readonly computed?: ComputedOutputs;
}

type Part = string | { readonly translated: Translated; readonly node: { readonly start: number; readonly end: number } };

export class DialectValues {
  readonly uses: NameUses;
  readonly assignments: AssignmentCheck;

  constructor(readonly source: SourceText) {
    this.uses = new NameUses(source);
    this.assignments = new AssignmentCheck(source);
  }

  /** A value with expressions at any depth. */
  readValue(node: YamlNode, site: DialectSite): ValueSource {
    const place = this.source.place(node.start, node.end);
    if (!holdsBlocks(node)) return { kind: "literal", value: toPlain(node), place };
    switch (node.kind) {
      case "scalar":
        return this.readScalar(node, site);
      case "list":
        return { kind: "list", elements: node.items.map((item) => this.readValue(item, site)), place };
      case "map":
        if (node.entries.some(({ key }) => hasBlocks(key))) return { kind: "expression", expression: this.express(this.readMap(node, site), node) };
        return { kind: "map", entries: node.entries.map(({ key, value }) => ({ key, value: this.readValue(value, site) })), place };
    }
  }

  /** The value as one expression of CEL. */
  readAst(node: YamlNode, site: DialectSite): Ast {
    switch (node.kind) {
      case "scalar":
        return this.joinParts(node, site).ast;
      case "list":
        return cel.list(node.items.map((item) => this.readAst(item, site)));
      case "map":
        return this.readMap(node, site);
    }
  }

  private readMap(node: YamlMap, site: DialectSite): Ast {
    return cel.map(node.entries.map(({ keyNode, value }) => [this.joinParts(keyNode, site).ast, this.readAst(value, site)] as const));
  }

  /** One expression that is all of a text, as `when`, `items` and the like have it. Undefined (and reported) where it is none. */
  readExpression(node: YamlNode, site: DialectSite): { readonly source: ExpressionSource; readonly translated: Translated } | undefined {
    const parts = node.kind === "scalar" && typeof node.value === "string" ? this.readParts(node, site).filter((part) => typeof part === "object" || part.trim() !== "") : [];
    const [only] = parts;
    if (parts.length === 1 && typeof only === "object") return { source: this.express(only.translated.ast, only.node), translated: only.translated };
    reportAt(this.source, "parse/invalid-value", `An expression is expected in ${site.place}: <% … %> or {{ … }}`, node);
    return undefined;
  }

  /** Seconds as a number, or an expression that gives them. */
  readSeconds(node: YamlNode, site: DialectSite): ValueSource {
    const place = this.source.place(node.start, node.end);
    const constant = node.kind === "scalar" && typeof node.value === "number" ? toMilliseconds(node.value) : undefined;
    if (constant !== undefined) return { kind: "literal", value: constant, place };
    const read = this.readExpression(node, site);
    return read === undefined ? { kind: "literal", value: 0, place } : { kind: "expression", expression: convertDuration(read.source) };
  }

  /** A whole number of at least `min`, or an expression that gives one. */
  readCount(node: YamlNode, site: DialectSite, min: number): ValueSource | undefined {
    if (node.kind === "scalar" && Number.isSafeInteger(node.value) && (node.value as number) >= min) return { kind: "literal", value: node.value, place: this.source.place(node.start, node.end) };
    const read = this.readExpression(node, site);
    return read && { kind: "expression", expression: read.source };
  }

  private readScalar(node: YamlScalar, site: DialectSite): ValueSource {
    const place = this.source.place(node.start, node.end);
    const parts = this.readParts(node, site);
    const [only] = parts;
    const isWhole = parts.filter((part) => typeof part === "object" || part.trim() !== "").length === 1;
    const whole = isWhole ? parts.find((part) => typeof part === "object") : undefined;
    if (typeof whole === "object") return { kind: "expression", expression: this.express(whole.translated.ast, whole.node) };
    if (only === undefined || (parts.length === 1 && typeof only === "string")) return { kind: "literal", value: only ?? "", place };
    return { kind: "template", parts: parts.map((part) => (typeof part === "string" ? part : this.express(toText(part.translated), part.node))), place };
  }

  private joinParts(node: YamlScalar, site: DialectSite): Translated {
    if (typeof node.value !== "string") return { ast: cel.literal(node.value), type: "any" };
    const parts = this.readParts(node, site);
    const [only] = parts;
    if (parts.length === 1 && typeof only === "object") return only.translated;
    return joinTexts(parts.map((part) => (typeof part === "string" ? part : part.translated)));
  }

  private express(ast: Ast, { start, end }: { readonly start: number; readonly end: number }): ExpressionSource {
    const text = printExpression(ast);
    if (text.length > EXPRESSION_SIZE_MAX) reportAt(this.source, "parse/untranslatable", `In CEL this expression has ${text.length} characters; the limit is ${EXPRESSION_SIZE_MAX}`, { start, end });
    return { text, place: this.source.place(start, end) };
  }

  /** Plain text and translated expressions, in order; statements of Jinja are done away with. */
  private readParts(node: YamlScalar, site: DialectSite): Part[] {
    const { value } = node;
    if (typeof value !== "string") return [];
    const blocks = cutBlocks(value);
    const languages = new Set(blocks.flatMap((block) => ("language" in block ? [block.language] : [])));
    if (languages.size > 1) reportAt(this.source, "parse/untranslatable", "YAQL and Jinja in one text: which comes first cannot be told", node);
    const reader = new PartReader(this, node, site, blocks);
    return reader.read(new Map(), undefined);
  }

  /** Translates one expression; what is wrong is reported. */
  translateBlock(block: Block & { kind: "expression" }, text: string, at: number, node: YamlScalar, site: DialectSite, bound: Surroundings["bound"]): Part {
    const located = locateText(this.source, node, text, at);
    const locate = (start: number, end: number) => (located.isExact ? { start: located.start + start, end: located.start + end } : located);
    try {
      const translated = translate(text, block.language, { bound, computed: site.computed, hasOutcome: site.names.includes("failed") }, {
        warn: (message, start, end) => {
          const place = locate(start, end);
          this.source.report("warning", "parse/inexact", message, place.start, place.end);
        },
        readVariable: (name, start, end) => {
          const place = locate(start, end);
          this.assignments.add(site.point, name, place.start, place.end);
        },
      });
      this.uses.collect(translated.ast, site, () => ({ start: located.start, end: located.end }));
      return { translated, node: located };
    } catch (error) {
      if (!(error instanceof TermError)) throw error;
      const code = error instanceof UntranslatableError ? "parse/untranslatable" : "parse/invalid-value";
      reportAt(this.source, code, error.message, locate(error.start, Math.max(error.end, error.start)));
      // Nothing more is to be said of it.
      return { translated: { ast: cel.literal(null), type: "bool" }, node: located };
    }
  }
}

/** Reads the blocks of one text, loops of Jinja within each other included. */
class PartReader {
  private index = 0;
  private loopDepth = 0;

  constructor(
    private readonly values: DialectValues,
    private readonly node: YamlScalar,
    private readonly site: DialectSite,
    private readonly blocks: readonly Block[],
  ) {}

  /** Up to the end, or up to the end of the loop that stands open. */
  read(bound: Surroundings["bound"], loop: string | undefined): Part[] {
    const parts: Part[] = [];
    for (let block = this.blocks[this.index]; block !== undefined; block = this.blocks[this.index]) {
      this.index += 1;
      if (block.kind === "text") parts.push(block.text);
      else if (block.kind === "open") this.refuse(`Nothing closes ${block.text}`, block.text, block.at);
      else if (block.kind === "expression") parts.push(this.values.translateBlock({ ...block, kind: "expression" }, block.text, block.at, this.node, this.site, bound));
      else if (block.text === "endfor" && loop !== undefined) return parts;
      else parts.push(...this.readStatement({ ...block, kind: "statement" }, bound));
    }
    if (loop !== undefined) this.refuse("Nothing ends this loop: {% endfor %}", loop, 0);
    return parts;
  }

  /** `{% for x in list %}…{% endfor %}` makes a text of each element, and one text of all. */
  private readStatement(block: Block & { kind: "statement" }, bound: Surroundings["bound"]): Part[] {
    const match = /^for\s+([A-Za-z_]\w*)\s+in\s+([\s\S]+)$/.exec(block.text);
    if (match === null || this.loopDepth >= LOOP_DEPTH_MAX) {
      this.refuse(`{% ${block.text.split(/\s/)[0]} … %} cannot be translated`, block.text, block.at);
      return [];
    }
    const [, name, range] = match as unknown as [string, string, string];
    const at = block.at + block.text.length - range.length;
    const over = this.values.translateBlock({ ...block, kind: "expression" }, range.trim(), at, this.node, this.site, bound) as Exclude<Part, string>;
    this.loopDepth += 1;
    const variable = `f${this.loopDepth}`;
    const inner = this.read(new Map([...bound, [name, { ast: cel.identifier(variable), type: "any" as const }]]), block.text);
    this.loopDepth -= 1;
    const body = joinTexts(inner.map((part) => (typeof part === "string" ? part : part.translated)));
    const joined = cel.method(cel.loop("map", over.translated.ast, variable, body.ast), "join", cel.literal(""));
    return [{ translated: { ast: joined, type: "string" }, node: over.node }];
  }

  private refuse(message: string, text: string, at: number): void {
    reportAt(this.values.source, "parse/untranslatable", message, locateText(this.values.source, this.node, text, at));
  }
}

/** Loops of Jinja within each other. */
export const LOOP_DEPTH_MAX = 10;

function joinTexts(parts: readonly (string | Translated)[]): Translated {
  const texts = parts.map((part) => (typeof part === "string" ? cel.literal(part) : toText(part)));
  const [first, ...rest] = texts;
  if (first === undefined) return { ast: cel.literal(""), type: "string" };
  return { ast: rest.length === 0 ? first : cel.method(cel.list(texts), "join", cel.literal("")), type: "string" };
}

function holdsBlocks(node: YamlNode): boolean {
  switch (node.kind) {
    case "scalar":
      return typeof node.value === "string" && hasBlocks(node.value);
    case "list":
      return node.items.some(holdsBlocks);
    case "map":
      return node.entries.some(({ key, value }) => hasBlocks(key) || holdsBlocks(value));
  }
}
