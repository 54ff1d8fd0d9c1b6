// Tasks of the dialect: what they do, for which items, how often, and what follows. They become the same drafts as tasks of the
// language of our own.
import type { ActionDefinition, RetryDefinition, TaskAction, TaskDefinition, ValueSource } from "../../model/definition.js";
import { isIdentifier } from "../names.js";
import type { SourceText } from "../source-text.js";
import type { Declaration } from "../yaml/declarations.js";
import { type Keys, readJoin, readKeys, readText, readTexts, reportAt, valueOf } from "../yaml/keys.js";
import { ITEM_NAMES, OUTCOME_NAMES } from "../yaml/names.js";
import { type DraftEntry, NEXT_COUNT_MAX } from "../yaml/next.js";
import type { DraftTask } from "../yaml/tasks.js";
import type { YamlEntry, YamlMap, YamlNode, YamlScalar } from "../yaml/tree.js";
import { hasBlocks } from "./blocks.js";
import { makeScalar, readInline, splitNames } from "./inline.js";
import { readDialectItems } from "./items.js";
import type { DialectSite, DialectValues } from "./values.js";

const TASK_KEYS = ["description", "action", "input", "with", "delay", "join", "retry", "next"];
const RETRY_KEYS = ["count", "delay", "when"];
const NEXT_KEYS = ["when", "publish", "do"];
/** What an entry without `do` does. */
const CONTINUE = "continue";

export function readDialectTask(declaration: Declaration, values: DialectValues): DraftTask {
  return new TaskReader(declaration, values).read();
}

class TaskReader {
  private readonly source: SourceText;
  private readonly what: string;

  constructor(
    private readonly declaration: Declaration,
    private readonly values: DialectValues,
  ) {
    this.source = values.source;
    this.what = `task "${declaration.name}"`;
  }

  read(): DraftTask {
    const { name, nameNode, body } = this.declaration;
    const isNothing = body === undefined || (body.kind === "scalar" && body.value === null);
    if (!isNothing && body.kind !== "map") reportAt(this.source, "parse/invalid-value", `What ${this.what} does is a map`, body);
    const map: YamlMap = body?.kind === "map" ? body : { kind: "map", entries: [], start: nameNode.start, end: nameNode.end };
    const keys = readKeys(map, TASK_KEYS, this.what, this.source);
    const description = readText(valueOf(keys, "description"), '"description"', this.source);
    const joinNode = valueOf(keys, "join");
    return {
      name,
      nameNode,
      task: this.readDefinition(keys, map),
      entries: this.readNext(valueOf(keys, "next")),
      dependencies: [],
      ...(description !== undefined && { description }),
      ...(joinNode !== undefined && { joinNode }),
    };
  }

  private site(place: string, names: readonly string[] = [], added: ReadonlySet<string> = new Set()): DialectSite {
    return { place: `${place} of ${this.what}`, names, point: { kind: "task", task: this.declaration.name, added } };
  }

  private readDefinition(keys: Keys, map: YamlMap): TaskDefinition {
    const withNode = valueOf(keys, "with");
    const items = withNode && readDialectItems(withNode, this.site('"with"'), this.values);
    if (withNode !== undefined && valueOf(keys, "action") === undefined)
      reportAt(this.source, "parse/missing-key", `${this.what} has items and needs an "action" to do with them`, keys.get("with")?.keyNode ?? map);
    const action = this.readAction(keys, map, withNode === undefined ? [] : ITEM_NAMES);
    const join = readJoin(valueOf(keys, "join"), this.source);
    const retry = this.readRetry(valueOf(keys, "retry"));
    const delay = valueOf(keys, "delay");
    return {
      action,
      ...(join !== undefined && { join }),
      ...(items && { items }),
      ...(retry && { retry }),
      ...(delay && { delay: this.values.readSeconds(delay, this.site('"delay"')) }),
    };
  }

  private readAction(keys: Keys, map: YamlMap, names: readonly string[]): TaskAction {
    const node = valueOf(keys, "action");
    const place = this.source.place((node ?? map).start, (node ?? map).end);
    if (node === undefined) {
      const input = keys.get("input");
      if (input !== undefined) reportAt(this.source, "parse/conflicting-keys", `${this.what} has an input and no action`, input.keyNode);
      return { kind: "value", value: { kind: "literal", value: null, place }, place };
    }
    if (node.kind !== "scalar" || node.value === null) {
      reportAt(this.source, "parse/invalid-value", "An action is a text", node);
      return { kind: "value", value: { kind: "literal", value: null, place }, place };
    }
    const text = String(node.value);
    const nameEnd = findNameEnd(text);
    const inline = readInline(node, nameEnd, this.source);
    const input = this.readInput(valueOf(keys, "input"), inline, place, names);
    const name = makeScalar(text.slice(0, nameEnd).trim(), text.length - text.trimStart().length, node, this.source);
    if (!hasBlocks(String(name.value))) return { kind: "call", task: String(name.value), input, place };
    return { kind: "call", task: "", taskName: this.values.readValue(name, this.site('"action"', names)), input, place };
  }

  private readInput(node: YamlNode | undefined, inline: readonly YamlEntry[], place: TaskAction["place"], names: readonly string[]): ValueSource {
    const site = this.site('"input"', names);
    if (inline.length === 0) return node === undefined ? { kind: "literal", value: {}, place } : this.values.readValue(node, site);
    if (node !== undefined && node.kind !== "map") {
      reportAt(this.source, "parse/conflicting-keys", `${this.what} has parameters beside its action and an input that is no map`, node);
      return { kind: "literal", value: {}, place };
    }
    const own = node?.entries ?? [];
    const twice = own.find(({ key }) => inline.some((entry) => entry.key === key));
    if (twice !== undefined) reportAt(this.source, "parse/duplicate-argument", `"${twice.key}" is given beside the action and under "input"`, twice.keyNode);
    const [first] = inline as [YamlEntry];
    return this.values.readValue({ kind: "map", entries: [...inline, ...own], start: first.keyNode.start, end: (inline[inline.length - 1] as YamlEntry).value.end }, site);
  }

  private readRetry(node: YamlNode | undefined): RetryDefinition | undefined {
    if (node === undefined) return undefined;
    if (node.kind !== "map") {
      reportAt(this.source, "parse/invalid-value", '"retry" is a map with count, delay and when', node);
      return undefined;
    }
    const keys = readKeys(node, RETRY_KEYS, `"retry" of ${this.what}`, this.source);
    const [countNode, delay, whenNode] = ["count", "delay", "when"].map((key) => valueOf(keys, key));
    if (countNode === undefined) reportAt(this.source, "parse/missing-key", `"retry" of ${this.what} needs "count"`, node);
    const count = countNode && this.values.readCount(countNode, this.site('"retry"'), 0);
    const when = whenNode && this.values.readExpression(whenNode, this.site('"retry"', OUTCOME_NAMES))?.source;
    if (count === undefined) return undefined;
    return { count, backoff: "constant", jitter: 0, ...(delay && { delay: this.values.readSeconds(delay, this.site('"retry"')) }), ...(when && { when }) };
  }

  // --- what follows ------------------------------------------------------------------------------------------------------

  private readNext(node: YamlNode | undefined): DraftEntry[] {
    if (node === undefined) return [];
    if (node.kind !== "list") reportAt(this.source, "parse/invalid-value", `"next" of ${this.what} is a list`, node);
    const items = node.kind === "list" ? node.items : [];
    if (items.length > NEXT_COUNT_MAX) reportAt(this.source, "parse/invalid-value", `"next" of ${this.what} has ${items.length} entries; the limit is ${NEXT_COUNT_MAX}`, node);
    return items.slice(0, NEXT_COUNT_MAX).flatMap((item) => this.readEntry(item) ?? []);
  }

  private readEntry(item: YamlNode): DraftEntry | undefined {
    if (item.kind !== "map") {
      reportAt(this.source, "parse/invalid-value", `An entry of "next" of ${this.what} is a map with when, publish and do`, item);
      return undefined;
    }
    const keys = readKeys(item, NEXT_KEYS, `an entry of "next" of ${this.what}`, this.source);
    const condition = this.readCondition(valueOf(keys, "when"));
    const publish = valueOf(keys, "publish");
    const actions = publish === undefined ? [] : this.readPublish(publish);
    const doNode = valueOf(keys, "do");
    const written = readTexts(doNode, '"do"', this.source).flatMap((name) => splitNames(name, this.source));
    const targets = doNode === undefined ? [makeContinue(item)] : written;
    return { ...condition, actions, targets, start: item.start, end: item.end };
  }

  private readCondition(node: YamlNode | undefined): Pick<DraftEntry, "trigger" | "guard" | "label" | "reading"> {
    const always = { trigger: { kind: "always" }, label: "completed", reading: "always" } as const;
    if (node === undefined) return always;
    const read = this.values.readExpression(node, this.site('"when"', OUTCOME_NAMES));
    if (read === undefined) return always;
    const { text } = read.source;
    if (text === "completed") return always;
    if (text === "succeeded" || text === "failed") return { trigger: { kind: "outcome", outcome: text === "succeeded" ? "success" : "failure" }, label: text, reading: "outcome" };
    if (read.translated.type === "any") this.source.report("warning", "parse/inexact", "This must be true or false here: of any other value Orquesta finds a truth, and Millrace fails", read.source.place.start, read.source.place.end);
    if (read.translated.type === "string" || read.translated.type === "number") reportAt(this.source, "parse/untranslatable", "CEL knows no truth of a text or a number; compare it", read.source.place);
    return { trigger: { kind: "always" }, guard: read.source, label: text, reading: "guard" };
  }

  private readPublish(node: YamlNode): ActionDefinition[] {
    const added = new Set<string>();
    const entries = this.listPublished(node);
    return entries.flatMap(({ key, keyNode, value }) => {
      const read = this.values.readValue(value, this.site('"publish"', OUTCOME_NAMES, new Set(added)));
      added.add(key);
      if (isIdentifier(key)) return [{ kind: "set", variable: key, value: read, place: this.source.place(keyNode.start, Math.max(keyNode.end, value.end)) } as const];
      reportAt(this.source, "parse/invalid-name", `"${key}" cannot be the name of a variable: letters, digits and underscores`, keyNode);
      return [];
    });
  }

  private listPublished(node: YamlNode): readonly YamlEntry[] {
    if (node.kind === "map") return node.entries;
    if (node.kind === "scalar" && typeof node.value === "string") return readInline(node, 0, this.source);
    if (node.kind === "list" && node.items.every((item) => item.kind === "map")) return node.items.flatMap((item) => (item.kind === "map" ? item.entries : []));
    reportAt(this.source, "parse/invalid-value", '"publish" is a list of maps, or name=value in one line', node);
    return [];
  }
}

function makeContinue({ start, end }: YamlNode): YamlScalar {
  return { kind: "scalar", value: CONTINUE, isPlain: true, start, end };
}

/** The name of an action ends at the first space that is in no expression. */
function findNameEnd(text: string): number {
  const start = text.length - text.trimStart().length;
  const opening = text.slice(start, start + 2);
  const closing = opening === "<%" ? "%>" : opening === "{{" ? "}}" : undefined;
  const from = closing === undefined ? start : Math.max(start, text.indexOf(closing, start));
  const space = text.slice(from).search(/\s/);
  return space === -1 ? text.length : from + space;
}

