// What follows a task: the entries under `next`, and the cases of a switch. An entry becomes one draft; targets are resolved when all
// tasks are known.
import type { ActionDefinition, ExpressionSource, LabelReading, TriggerDefinition } from "../../model/definition.js";
import { isIdentifier } from "../names.js";
import { type Keys, readKeys, readTexts, reportAt, valueOf } from "./keys.js";
import { type ExpressionSite, OUTCOME_NAMES } from "./names.js";
import { isNull, type YamlEntry, type YamlMap, type YamlNode, type YamlScalar } from "./tree.js";
import type { ValueReader } from "./values.js";

const NEXT_KEYS = ["when", "publish", "cancel", "undo", "do"];
const ON_ERROR_KEYS = ["publish", "cancel", "undo", "do"];

/** Entries under one task's `next`. */
export const NEXT_COUNT_MAX = 1_000;

/** One entry. Without targets it only publishes. */
export interface DraftEntry {
  readonly trigger: TriggerDefinition;
  readonly guard?: ExpressionSource;
  readonly actions: readonly ActionDefinition[];
  readonly targets: readonly YamlScalar[];
  /** Scopes that are given up before it leads on. */
  readonly cancels?: readonly YamlScalar[];
  /** Scopes, or `all`: what their tasks have done is undone before it leads on. */
  readonly undos?: readonly YamlScalar[];
  readonly label: string;
  readonly reading: LabelReading;
  readonly start: number;
  readonly end: number;
}

type Condition = Pick<DraftEntry, "trigger" | "guard" | "label" | "reading">;

const SUCCESS: Condition = { trigger: { kind: "outcome", outcome: "success" }, label: "succeeded", reading: "outcome" };
const FAILURE: Condition = { trigger: { kind: "outcome", outcome: "failure" }, label: "failed", reading: "outcome" };
const WORDS: ReadonlyMap<string, Condition> = new Map([
  ["succeeded", SUCCESS],
  ["failed", FAILURE],
  ["completed", { trigger: { kind: "always" }, label: "completed", reading: "always" }],
]);

/** Reads `next`: a name, or a list of names and entries, or one entry. */
export function readNext(node: YamlNode | undefined, what: string, reader: ValueReader): DraftEntry[] {
  if (node === undefined) return [];
  const items = node.kind === "list" ? node.items : [node];
  if (items.length > NEXT_COUNT_MAX)
    reportAt(reader.source, "parse/invalid-value", `"next" of ${what} has ${items.length} entries; the limit is ${NEXT_COUNT_MAX}`, node);
  return items.slice(0, NEXT_COUNT_MAX).flatMap((item) => readEntry(item, what, reader) ?? []);
}

function readEntry(item: YamlNode, what: string, reader: ValueReader): DraftEntry | undefined {
  if (item.kind === "scalar" && typeof item.value === "string") return { ...SUCCESS, actions: [], targets: [item], start: item.start, end: item.end };
  if (item.kind === "map") return readEntryMap(item, what, reader);
  reportAt(reader.source, "parse/invalid-value", `An entry of "next" of ${what} is a task, or a map with when, publish and do`, item);
  return undefined;
}

function readEntryMap(item: YamlMap, what: string, reader: ValueReader): DraftEntry {
  const { source } = reader;
  const keys = readKeys(item, NEXT_KEYS, `an entry of "next" of ${what}`, source);
  return { ...readCondition(keys, what, reader), ...readEffects(item, keys, `"next" of ${what}`, reader) };
}

/** What an entry does. */
function readEffects(item: YamlMap, keys: Keys, what: string, reader: ValueReader): Pick<DraftEntry, "actions" | "targets" | "cancels" | "undos" | "start" | "end"> {
  const publish = valueOf(keys, "publish");
  const actions = publish === undefined ? [] : readPublish(publish, reader);
  const given = readGiven(keys, reader);
  const targets = readTexts(valueOf(keys, "do"), '"do"', reader.source);
  if (actions.length === 0 && targets.length === 0 && given.cancels.length === 0 && given.undos.length === 0)
    reportAt(reader.source, "parse/missing-key", `An entry of ${what} publishes nothing and leads nowhere`, item);
  return { actions, targets, ...given, start: item.start, end: item.end };
}

/** Scopes that are given up, or undone. */
function readGiven(keys: Keys, { source }: ValueReader): { readonly cancels: readonly YamlScalar[]; readonly undos: readonly YamlScalar[] } {
  return { cancels: readTexts(valueOf(keys, "cancel"), '"cancel"', source), undos: readTexts(valueOf(keys, "undo"), '"undo"', source) };
}

function readCondition(keys: Keys, what: string, reader: ValueReader): Condition {
  const node = valueOf(keys, "when");
  if (node === undefined) return SUCCESS;
  const word = node.kind === "scalar" ? WORDS.get(String(node.value).trim()) : undefined;
  if (word !== undefined) return word;
  const guard = reader.readExpression(node, { place: `"when" of ${what}`, names: OUTCOME_NAMES });
  if (guard === undefined) return SUCCESS;
  return { trigger: { kind: "always" }, guard, label: guard.text, reading: "guard" };
}

/** Reads `catch` of a scope, which is written like `next`. Each of its entries takes failures. */
export function readCatch(node: YamlNode | undefined, what: string, reader: ValueReader): DraftEntry[] {
  const items = node === undefined ? [] : node.kind === "list" ? node.items : [node];
  if (items.length > NEXT_COUNT_MAX)
    reportAt(reader.source, "parse/invalid-value", `"catch" of ${what} has ${items.length} entries; the limit is ${NEXT_COUNT_MAX}`, node as YamlNode);
  return items.slice(0, NEXT_COUNT_MAX).flatMap((item): DraftEntry[] => {
    if (item.kind === "scalar" && typeof item.value === "string") return [{ ...FAILURE, actions: [], targets: [item], start: item.start, end: item.end }];
    if (item.kind === "map") return [readCaught(item, what, reader)];
    reportAt(reader.source, "parse/invalid-value", `An entry of "catch" of ${what} is a task, or a map with when, publish and do`, item);
    return [];
  });
}

function readCaught(item: YamlMap, what: string, reader: ValueReader): DraftEntry {
  const keys = readKeys(item, NEXT_KEYS, `an entry of "catch" of ${what}`, reader.source);
  const when = valueOf(keys, "when");
  if (when?.kind === "scalar" && String(when.value).trim() === "succeeded") reportAt(reader.source, "parse/invalid-value", `What ${what} catches has failed`, when);
  const { guard, label, reading } = readCondition(keys, what, reader);
  return { ...FAILURE, ...readEffects(item, keys, `"catch" of ${what}`, reader), ...(guard !== undefined && { guard, label, reading }) };
}

/** Reads `on_error`: names of tasks, or a map with publish and do. Undefined (and reported) where it is something else. */
export function readOnError(node: YamlNode, what: string, reader: ValueReader): DraftEntry | undefined {
  const place = `"on_error" of ${what}`;
  const keys: Keys = node.kind === "map" ? readKeys(node, ON_ERROR_KEYS, place, reader.source) : new Map();
  const publish = valueOf(keys, "publish");
  const targets = readTexts(node.kind === "map" ? valueOf(keys, "do") : node, place, reader.source);
  if (targets.length === 0) {
    reportAt(reader.source, "parse/missing-key", `${place} leads to a task`, node);
    return undefined;
  }
  const actions = publish === undefined ? [] : readPublish(publish, reader);
  return { ...FAILURE, actions, targets, ...readGiven(keys, reader), start: node.start, end: node.end };
}

/** The entry that takes a failure which none of the others takes; undefined where one of them takes each. */
export function catchFailure(entries: readonly DraftEntry[], handler: DraftEntry): DraftEntry | undefined {
  const takers = entries.filter(({ trigger }) => trigger.kind === "always" || (trigger.kind === "outcome" && trigger.outcome === "failure"));
  if (takers.some(({ guard }) => guard === undefined)) return undefined;
  const text = takers.map(({ guard }) => `!(${(guard as ExpressionSource).text})`).join(" && ");
  if (text === "") return handler;
  const { place } = (takers[0] as { guard: ExpressionSource }).guard;
  return { ...handler, guard: { text, place } };
}

/** A map of variables to values, or a list of such maps. Later values see earlier ones. */
export function readPublish(node: YamlNode, reader: ValueReader): ActionDefinition[] {
  const maps = node.kind === "list" ? node.items : [node];
  return maps.flatMap((map) => {
    if (map.kind === "map") return map.entries.flatMap((entry) => readVariable(entry, reader) ?? []);
    reportAt(reader.source, "parse/invalid-value", '"publish" is a map of variables to values, or a list of such maps', map);
    return [];
  });
}

function readVariable({ key, keyNode, value }: YamlEntry, reader: ValueReader): ActionDefinition | undefined {
  const { source } = reader;
  const site: ExpressionSite = { place: "publish", names: OUTCOME_NAMES };
  const read = reader.readValue(value, site);
  if (isIdentifier(key)) return { kind: "set", variable: key, value: read, place: source.place(keyNode.start, Math.max(keyNode.end, value.end)) };
  reportAt(source, "parse/invalid-name", `"${key}" cannot be the name of a variable: letters, digits and underscores`, keyNode);
  return undefined;
}

/** The ways out of a switch: one for each case, and one for all other values. */
export function readCases(keys: Keys, what: string, reader: ValueReader): DraftEntry[] {
  const { source } = reader;
  const cases = valueOf(keys, "cases");
  const other = valueOf(keys, "default");
  if (!keys.has("switch")) {
    for (const key of ["cases", "default"]) {
      const entry = keys.get(key);
      // Of a task that awaits an event it is what comes of its deadline.
      if (key === "default" && isAwait(valueOf(keys, "action"))) continue;
      if (entry !== undefined) reportAt(source, "parse/conflicting-keys", `"${key}" of ${what} belongs to a "switch"${key === "default" ? ', or to the action "await"' : ""}`, entry.keyNode);
    }
    return [];
  }
  const switchKey = (keys.get("switch") as YamlEntry).keyNode;
  if (cases === undefined) {
    reportAt(source, "parse/missing-key", `The switch of ${what} needs "cases"`, switchKey);
    return [];
  }
  if (cases.kind !== "map") {
    reportAt(source, "parse/invalid-value", `"cases" of ${what} is a map of values to tasks`, cases);
    return [];
  }
  const values = cases.entries.map(({ keyNode }) => JSON.stringify(keyNode.value));
  const entries = cases.entries.map(({ keyNode, value }, index) => makeCase(`result == ${values[index]}`, keyNode, value, reader));
  if (other !== undefined) entries.push(makeCase(`!(result in [${values.join(", ")}])`, (keys.get("default") as YamlEntry).keyNode, other, reader));
  return entries;
}

function isAwait(action: YamlNode | undefined): boolean {
  return action?.kind === "scalar" && action.value === "await";
}

/** Values of cases are different, so at most one guard holds. */
function makeCase(condition: string, keyNode: YamlScalar, value: YamlNode, reader: ValueReader): DraftEntry {
  const place = reader.source.place(keyNode.start, keyNode.end);
  const guard = { text: `succeeded && ${condition}`, place };
  const targets = readTexts(isNull(value) ? undefined : value, "a case", reader.source);
  if (targets.length === 0) reportAt(reader.source, "parse/missing-key", "A case leads to a task", keyNode);
  return { trigger: { kind: "always" }, guard, actions: [], targets, label: condition, reading: "guard", start: keyNode.start, end: Math.max(keyNode.end, value.end) };
}
