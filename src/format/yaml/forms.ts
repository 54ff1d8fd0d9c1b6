// A task that waits for an event: what the payload has to be, what whoever is asked is told, how long it waits and what comes of it then.
import type { AwaitAction, FormField, ValueSource } from "../../model/definition.js";
import type { Place } from "../../model/errors.js";
import { isOfType } from "../declared-types.js";
import { readForm } from "./declarations.js";
import { type Keys, reportAt, valueOf } from "./keys.js";
import type { ExpressionSite } from "./names.js";
import type { YamlNode } from "./tree.js";
import type { ValueReader } from "./values.js";

export interface AwaitParts {
  /** In words: `task "consent"`. */
  readonly what: string;
  readonly event: string;
  readonly site: ExpressionSite;
  readonly place: Place;
}

/** Reads what stands beside `event`; what is wrong is reported. */
export function readAwait(keys: Keys, { what, event, site, place }: AwaitParts, reader: ValueReader): AwaitAction {
  const { source } = reader;
  const formNode = valueOf(keys, "form");
  const message = valueOf(keys, "message");
  const deadline = valueOf(keys, "deadline");
  const form = formNode && readForm(formNode, source);
  if (message !== undefined && message.kind !== "scalar") reportAt(source, "parse/invalid-value", "A message is a text", message);
  const timeout = keys.get("timeout");
  if (deadline !== undefined && timeout !== undefined)
    reportAt(source, "parse/conflicting-keys", `${what} has a "deadline"; "timeout" would be another`, timeout.keyNode);
  const standard = readDefault(keys, { what, event, site, place }, form, reader);
  return {
    kind: "await",
    event,
    ...(form && { form }),
    ...(message?.kind === "scalar" && { message: reader.readValue(message, { ...site, place: "message" }) }),
    ...(deadline && { deadline: reader.readDeadline(deadline, { ...site, place: `"deadline" of ${what}` }) }),
    ...(standard && { default: standard }),
    place,
  };
}

/** `default: null` says something, `default:` does not. */
function readDefault(keys: Keys, { what, site }: AwaitParts, form: readonly FormField[] | undefined, reader: ValueReader): ValueSource | undefined {
  const entry = keys.get("default");
  if (entry === undefined) return undefined;
  const { source } = reader;
  const node = entry.value;
  if (node.kind === "scalar" && node.value === null && node.end <= node.start) {
    reportAt(source, "parse/invalid-value", `"default" of ${what} is empty; where nothing is the result, it is null`, entry.keyNode);
    return undefined;
  }
  if (valueOf(keys, "deadline") === undefined)
    reportAt(source, "parse/missing-key", `"default" of ${what} is the result once its deadline has passed: it needs "deadline"`, entry.keyNode);
  return fitDefault(reader.readValue(node, { ...site, place: `"default" of ${what}` }), node, form ?? [], reader);
}

/** What it says of the form's fields is checked, as far as it is constant; what it leaves out has the field's default. */
function fitDefault(value: ValueSource, node: YamlNode, form: readonly FormField[], reader: ValueReader): ValueSource {
  if (form.length === 0 || value.kind === "expression" || (value.kind === "literal" && value.value === null)) return value;
  const { source } = reader;
  if (node.kind !== "map") {
    reportAt(source, "parse/invalid-default", "The default is no answer to the form: that is a map of its fields, or null", node);
    return value;
  }
  const place = source.place(node.start, node.end);
  const given = new Map(node.entries.map((entry) => [entry.key, entry]));
  const added: { key: string; value: ValueSource }[] = [];
  for (const field of form) {
    const entry = given.get(field.name);
    if (entry !== undefined) checkConstant(field, constantOf(value, field.name), entry.value, reader);
    else if (field.default !== undefined) added.push({ key: field.name, value: { kind: "literal", value: field.default, place } });
    else if (field.isRequired) reportAt(source, "parse/invalid-default", `The default leaves "${field.name}" out, which is required`, node);
  }
  return added.length === 0 ? value : { kind: "map", entries: [...entriesOf(value, place), ...added], place };
}

function entriesOf(value: ValueSource, place: Place): readonly { key: string; value: ValueSource }[] {
  if (value.kind === "map") return value.entries;
  if (value.kind !== "literal") return [];
  return Object.entries(value.value as Record<string, unknown>).map(([key, each]) => ({ key, value: { kind: "literal", value: each, place } }));
}

/** Undefined: it is computed. */
function constantOf(value: ValueSource, key: string): unknown {
  if (value.kind === "literal") return (value.value as Record<string, unknown>)[key];
  const part = value.kind === "map" ? value.entries.find((entry) => entry.key === key)?.value : undefined;
  return part?.kind === "literal" ? part.value : undefined;
}

function checkConstant({ name, type, choices }: FormField, constant: unknown, node: YamlNode, { source }: ValueReader): void {
  if (constant === undefined) return;
  if (constant === null || !isOfType(constant, type)) {
    if (type !== "any") reportAt(source, "parse/invalid-default", `"${name}" of the default is not of type ${type}`, node);
  } else if (choices !== undefined && !choices.some((choice) => JSON.stringify(choice) === JSON.stringify(constant)))
    reportAt(source, "parse/invalid-default", `"${name}" of the default is none of its choices`, node);
}
