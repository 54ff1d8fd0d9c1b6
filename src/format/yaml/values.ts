// Values in YAML: every text is a template with `{{ CEL }}` or a constant, maps and lists have such texts inside. Places of
// expressions are found in the author's text, however the scalar is written.
import { parseExpression } from "../../expression/parser.js";
import { readTemplate } from "../../expression/template.js";
import type { ExpressionSource, ValueSource } from "../../model/definition.js";
import { DURATION_MS_MAX, parseDuration } from "../durations.js";
import type { FormatFindingCode, SourceText } from "../source-text.js";
import { reportAt } from "./keys.js";
import { type ExpressionSite, NameUses } from "./names.js";
import type { YamlNode, YamlScalar } from "./tree.js";

/** Where a text within a scalar stands in the author's text. */
export interface Located {
  readonly start: number;
  readonly end: number;
  /** It stands there letter by letter. */
  readonly isExact: boolean;
}

export class ValueReader {
  readonly uses: NameUses;

  constructor(readonly source: SourceText) {
    this.uses = new NameUses(source);
  }

  /** A value: constants become one literal. */
  readValue(node: YamlNode, site: ExpressionSite): ValueSource {
    if (node.kind === "scalar") return this.readScalar(node, site);
    const place = this.source.place(node.start, node.end);
    if (node.kind === "list") {
      const elements = node.items.map((item) => this.readValue(item, site));
      return elements.every(isLiteral) ? { kind: "literal", value: toPlainText(node), place } : { kind: "list", elements, place };
    }
    const entries = node.entries.map(({ key, value }) => ({ key, value: this.readValue(value, site) }));
    return entries.every(({ value }) => isLiteral(value)) ? { kind: "literal", value: toPlainText(node), place } : { kind: "map", entries, place };
  }

  /** A text is a template; one expression that is all of it keeps its type. */
  private readScalar(node: YamlScalar, site: ExpressionSite): ValueSource {
    const place = this.source.place(node.start, node.end);
    const { value } = node;
    if (typeof value !== "string" || !value.includes("{{")) return { kind: "literal", value, place };
    const { parts, findings } = readTemplate(value, { hasDollar: false });
    for (const { severity, code, message, place: inner } of findings) {
      const { start, end } = locateText(this.source, node, value.slice(inner.start, inner.end), inner.start);
      this.source.report(severity, code as FormatFindingCode, message, start, end);
    }
    const read = parts.map((part) => (typeof part === "string" ? part : this.readPart(node, part.text, part.start, site)));
    const [first] = read;
    if (first === undefined) return { kind: "literal", value: "", place };
    if (read.length > 1) return { kind: "template", parts: read, place };
    return typeof first === "string" ? { kind: "literal", value: first, place } : { kind: "expression", expression: first };
  }

  /** An expression, with or without braces around it. Undefined (and reported) where it is none. */
  readExpression(node: YamlNode, site: ExpressionSite): ExpressionSource | undefined {
    if (node.kind !== "scalar" || node.value === null || node.value === "") {
      reportAt(this.source, "parse/invalid-value", `An expression is expected in ${site.place}`, node);
      return undefined;
    }
    const text = String(node.value);
    const written = readTemplate(text, { hasDollar: false }).parts.filter((part) => typeof part === "object" || part.trim() !== "");
    const [only] = written;
    if (written.length === 1 && typeof only === "object") return this.readPart(node, only.text, only.start, site);
    return this.readPart(node, text.trim(), text.length - text.trimStart().length, site);
  }

  /** A duration: a number of seconds, a text like `5m`, or an expression whose value is a duration, such a text or a number of seconds. */
  readDuration(node: YamlNode, site: ExpressionSite, isZeroPermitted = true): ValueSource {
    const place = this.source.place(node.start, node.end);
    const value = node.kind === "scalar" ? this.readScalar(node, site) : undefined;
    if (value?.kind === "expression") return { kind: "expression", expression: convertDuration(value.expression) };
    const ms = value?.kind === "literal" ? toMilliseconds(value.value) : undefined;
    if (ms === undefined || (ms === 0 && !isZeroPermitted)) {
      const range = isZeroPermitted ? "" : " above 0";
      reportAt(this.source, "parse/invalid-value", `A duration${range} is expected in ${site.place}: seconds as a number, or 500ms, 5s, 2m, 1h30m`, node);
    }
    return { kind: "literal", value: ms ?? 0, place };
  }

  /** How long until a time: an RFC 3339 text, or an expression whose value is a timestamp or such a text. A time that has passed: 0. */
  readMoment(node: YamlNode, site: ExpressionSite): ValueSource {
    const value = node.kind === "scalar" ? this.readScalar(node, site) : undefined;
    if (value?.kind === "expression") return { kind: "expression", expression: wrapExpression(value.expression, [READ_TIME, UNTIL]) };
    const place = this.source.place(node.start, node.end);
    if (value?.kind === "literal" && isTimestamp(value.value)) return { kind: "expression", expression: { text: untilTime(value.value), written: value.value, place } };
    reportAt(this.source, "parse/invalid-value", `A time is expected in ${site.place}: 2026-12-24T18:00:00Z, or an expression that gives a timestamp`, node);
    return { kind: "literal", value: 0, place };
  }

  /** A duration or a time, as `readDuration` and `readMoment` read them. */
  readDeadline(node: YamlNode, site: ExpressionSite): ValueSource {
    const value = node.kind === "scalar" ? this.readScalar(node, site) : undefined;
    if (value?.kind === "expression") return { kind: "expression", expression: wrapExpression(value.expression, [READ_TIME, EITHER]) };
    return value?.kind === "literal" && isTimestamp(value.value) ? this.readMoment(node, site) : this.readDuration(node, site, false);
  }

  /** A whole number of at least `min`, or an expression. */
  readCount(node: YamlNode, site: ExpressionSite, min: number): ValueSource | undefined {
    const value = node.kind === "scalar" ? this.readScalar(node, site) : undefined;
    if (value?.kind === "expression") return value;
    if (value?.kind === "literal" && Number.isSafeInteger(value.value) && (value.value as number) >= min) return value;
    reportAt(this.source, "parse/invalid-value", `A whole number of at least ${min} is expected in ${site.place}`, node);
    return undefined;
  }

  private readPart(node: YamlScalar, text: string, at: number, site: ExpressionSite): ExpressionSource {
    const located = locateText(this.source, node, text, at);
    const { ast, findings } = parseExpression(text);
    const locate = (start: number, end: number) => (located.isExact ? { start: located.start + start, end: located.start + end } : located);
    for (const { severity, code, message, place } of findings) {
      const { start, end } = locate(place.start, place.end);
      this.source.report(severity, code as FormatFindingCode, message, start, end);
    }
    if (findings.length === 0) this.uses.collect(ast, site, locate);
    return { text, place: this.source.place(located.start, located.end) };
  }
}

/** Escapes, folded lines and indentation make a scalar's text differ from what stands in the file: what stands there is looked for. */
export function locateText(source: SourceText, node: YamlScalar, text: string, at: number): Located {
  const raw = source.text.slice(node.start, node.end);
  const isQuoted = raw.startsWith('"') || raw.startsWith("'");
  const near = at + (isQuoted ? 1 : 0);
  const found = raw.startsWith(text, near) ? near : raw.indexOf(text, Math.min(near, raw.length));
  const start = found === -1 ? raw.indexOf(text) : found;
  if (start === -1 || text === "") return { start: node.start, end: node.end, isExact: false };
  return { start: node.start + start, end: node.start + start + text.length, isExact: true };
}

function isLiteral(value: ValueSource): value is ValueSource & { kind: "literal" } {
  return value.kind === "literal";
}

/** `\{{` stands for `{{` also where nothing else in a map is a template. */
function toPlainText(node: YamlNode): unknown {
  switch (node.kind) {
    case "scalar":
      return typeof node.value === "string" && node.value.includes("{{") ? readTemplate(node.value, { hasDollar: false }).parts.join("") : node.value;
    case "list":
      return node.items.map(toPlainText);
    case "map":
      return Object.fromEntries(node.entries.map(({ key, value }) => [key, toPlainText(value)]));
  }
}

/** Milliseconds of a number of seconds or of a text; undefined for anything else, below 0 or beyond the longest duration. */
export function toMilliseconds(value: unknown): number | undefined {
  if (typeof value === "string") return parseDuration(value.trim());
  return typeof value === "number" && value >= 0 && value * 1_000 <= DURATION_MS_MAX ? value * 1_000 : undefined;
}

/** CEL's own texts of durations have no days. */
const READ_DURATION = 'duration(d.contains("d") ? string(double(d.split("d", 2)[0]) * 24.0) + "h" + d.split("d", 2)[1] : d)';
const FROM_DURATION = `type(d) == google.protobuf.Duration ? dyn(d) : type(d) == string ? ${READ_DURATION} : double(d) * 1000.0`;
/** A text with a colon is a time: no duration has one. */
const READ_TIME = 'type(d) == string && d.contains(":") ? timestamp(d) : dyn(d)';
const UNTIL = "d > now ? d - now : duration('0s')";
const EITHER = `type(d) == google.protobuf.Timestamp ? (${UNTIL}) : ${FROM_DURATION}`;
/** RFC 3339, with a zone. */
const TIMESTAMP = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

function isTimestamp(value: unknown): value is string {
  return typeof value === "string" && TIMESTAMP.test(value.trim()) && !Number.isNaN(Date.parse(value.trim()));
}

function untilTime(text: string): string {
  return `[timestamp("${text.trim()}")].map(d, ${UNTIL})[0]`;
}

/** An expression of milliseconds or a duration, made of one of seconds, a duration or a text. */
export function convertDuration(expression: ExpressionSource): ExpressionSource {
  return wrapExpression(expression, [FROM_DURATION]);
}

/**
 * An expression whose value goes through `steps`, where it is called `d`. What the author wrote stands at offset 5, and the place begins as
 * much earlier, so that the places of what goes wrong in it are right.
 */
function wrapExpression({ text, written = text, place }: ExpressionSource, steps: readonly string[]): ExpressionSource {
  const maps = steps.map((step) => `.map(d, ${step})`).join("");
  return { text: `[dyn(${text})]${maps}[0]`, written, place: { ...place, start: Math.max(0, place.start - 5), column: Math.max(1, place.column - 5) } };
}
