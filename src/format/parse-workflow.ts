// The door of this room: an author's text to a definition and everything there is to say of it.
import type { Definition } from "../model/definition.js";
import type { Finding } from "../model/errors.js";
import { buildDefinition } from "./definition-builder.js";
import { NO_FRONT_MATTER, readFrontMatter } from "./front-matter.js";
import { cutMarkdown, isBareDiagram, type MarkdownParts, type TextRange } from "./markdown.js";
import { findDirection } from "./mermaid/mermaid-view.js";
import { isStateDiagram, parseDiagram } from "./mermaid/parser.js";
import type { Diagram } from "./mermaid/statements.js";
import { readDialect } from "./orquesta/workflow.js";
import { SourceText } from "./source-text.js";
import { StateTree } from "./state-tree.js";
import { validateDefinition } from "./validation.js";
import { findYamlDialect, hasTasks, readTaskGraph } from "./yaml/task-graph.js";

/** UTF-16 units in one workflow's text. */
export const SOURCE_SIZE_MAX = 8_388_608;

export interface ParseWorkflowOptions {
  /** The workflow's name where its text gives none. */
  readonly name?: string;
  /** A text in YAML without `millrace` is read as one for StackStorm's Orquesta, also where it does not say its `version`. */
  readonly dialect?: "orquesta";
  /** Of that dialect: names of variables that every run is given from outside, beside its inputs. They stand in the run's input. */
  readonly given?: readonly string[];
}

export interface ParsedWorkflow {
  /** What could be read. Whole only where no finding is an error. */
  readonly definition: Definition;
  /** In the order of the text. A text with an error does not load. */
  readonly findings: readonly Finding[];
}

/** No text in UTF-8 holds one, so neither history nor the kernel could. */
const LONE_SURROGATE = /\p{Surrogate}/u;
const LONE_SURROGATES = /\p{Surrogate}/gu;

const NO_PARTS: MarkdownParts = {
  frontMatter: undefined,
  diagram: undefined,
  openFence: undefined,
  heading: undefined,
  actions: [],
  properties: [],
  strayItems: [],
  invariants: [],
};

/**
 * Reads a Markdown workflow, a bare Mermaid state diagram or a task graph in YAML (also in Orquesta's dialect). Never throws.
 * @param text - at most SOURCE_SIZE_MAX characters; a longer one gives one finding and is not read
 * O(size).
 */
export function parseWorkflow(text: string, options: ParseWorkflowOptions = {}): ParsedWorkflow {
  if (typeof text !== "string") return refuseText("parse/no-diagram", `A workflow is a text, not ${describeKind(text)}`, options);
  if (text.length > SOURCE_SIZE_MAX)
    return refuseText("parse/too-large", `The text has ${text.length} characters; the limit is ${SOURCE_SIZE_MAX}`, options);
  const surrogateAt = text.search(LONE_SURROGATE);
  if (surrogateAt === -1) return readWorkflow(new SourceText(text), options);
  const source = new SourceText(text.replaceAll(LONE_SURROGATES, "\ufffd"));
  source.report("error", "parse/invalid-character", "Half of a character (a lone surrogate) stands here", surrogateAt, surrogateAt + 1);
  return readWorkflow(source, options);
}

function readWorkflow(source: SourceText, options: ParseWorkflowOptions): ParsedWorkflow {
  const { text } = source;
  const isBare = isBareDiagram(text);
  const parts = isBare ? NO_PARTS : cutMarkdown(text);
  if (!isBare && parts.diagram === undefined) {
    const dialect = findYamlDialect(text, options.dialect);
    const fallbackName = options.name ?? "workflow";
    if (dialect !== undefined)
      return { definition: dialect === "millrace" ? readTaskGraph(source, fallbackName) : readDialect(source, fallbackName, options.given), findings: source.findings() };
  }
  const range = isBare ? { start: 0, end: text.length } : findDiagram(parts, source);
  const diagram = parseDiagram(range === undefined ? "stateDiagram-v2\n" : text.slice(range.start, range.end));
  const base = range?.start ?? 0;
  const frontMatterRange = isBare ? diagram.frontMatter : parts.frontMatter;
  const frontMatter = frontMatterRange === undefined ? NO_FRONT_MATTER : readFrontMatter(source, frontMatterRange);
  reportErrors(diagram, source, base);
  reportParts(parts, source);
  const name = frontMatter.name || frontMatter.title || options.name || parts.heading || "workflow";
  const tree = new StateTree(diagram, source, base);
  const definition = buildDefinition({
    source,
    name,
    frontMatter,
    tree,
    actions: parts.actions,
    properties: parts.properties,
    invariants: parts.invariants,
    direction: findDirection(diagram.statements),
  });
  if (range !== undefined && diagram.errors.length === 0) validateDefinition(definition, source);
  return { definition, findings: source.findings() };
}

/** One finding, for what is not read at all. */
function refuseText(code: `parse/${string}`, message: string, options: ParseWorkflowOptions): ParsedWorkflow {
  const source = new SourceText("");
  source.report("error", code, message, 0, 0);
  return { definition: emptyDefinition(options.name ?? "workflow"), findings: source.findings() };
}

/** What was given in place of a text: callers may not be type-checked. */
function describeKind(value: unknown): string {
  return value === null || value === undefined ? String(value) : `a value of type ${typeof value}`;
}

/** The mermaid block; without one the whole text, where it is a diagram. */
function findDiagram(parts: MarkdownParts, source: SourceText): TextRange | undefined {
  if (parts.diagram !== undefined) return parts.diagram;
  if (isStateDiagram(source.text)) return { start: 0, end: source.text.length };
  source.report("error", "parse/no-diagram", describeMissing(source.text), 0, 0);
  return undefined;
}

function describeMissing(text: string): string {
  if (text.trim() === "") return "The text is empty";
  if (hasTasks(text)) return "A task graph says at its top which language it is in: millrace: 1 (or version: 1.0 for Orquesta's)";
  return "The text has no diagram: put a stateDiagram-v2 in a block that opens with ```mermaid";
}

function reportErrors(diagram: Diagram, source: SourceText, base: number): void {
  for (const { code, message, start, end } of diagram.errors) {
    source.report(
      "error",
      code as `parse/${string}`,
      message,
      base + diagram.toSource(start),
      base + (end === 0 ? 0 : diagram.toSource(end - 1) + 1),
    );
  }
}

function reportParts(parts: MarkdownParts, source: SourceText): void {
  if (parts.openFence !== undefined)
    source.report(
      "warning",
      "parse/open-block",
      "Nothing closes this block; the diagram runs to the end of the text",
      parts.openFence.start,
      parts.openFence.end,
    );
  for (const { start, end } of parts.strayItems)
    source.report("error", "parse/unknown-action", "An item is written as: - State: action", start, end);
}

function emptyDefinition(name: string): Definition {
  return { format: "mermaid", name, parameters: [], variables: [], events: [], states: [], transitions: [], invariants: [], direction: "TB", styles: {} };
}
