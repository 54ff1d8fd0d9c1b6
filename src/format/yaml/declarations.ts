// What a task graph declares under `input`, `vars` and `form`: lists of names, or maps by name to a type, a value or a map that says more.
import type { FormField, ParameterDefinition, TypeName, ValueSource, VariableDefinition } from "../../model/definition.js";
import { inferType, isOfType, TYPES } from "../declared-types.js";
import { isIdentifier } from "../names.js";
import type { SourceText } from "../source-text.js";
import { findNearest, type Keys, readKeys, readText, reportAt, valueOf } from "./keys.js";
import type { ExpressionSite } from "./names.js";
import { toPlain, type YamlNode, type YamlScalar } from "./tree.js";
import type { ValueReader } from "./values.js";

const PARAMETER_KEYS = ["name", "type", "required", "default", "choices", "description"];
const FIELD_KEYS = [...PARAMETER_KEYS, "label"];
const VARIABLE_KEYS = ["name", "type", "initial", "description"];

/** One entry of a list or map of declarations. */
export interface Declaration {
  readonly name: string;
  readonly nameNode: YamlScalar;
  /** What is said of it; undefined where it is a name alone. */
  readonly body: YamlNode | undefined;
}

/** The entries of a list of names or maps, or of a map by name. A map with `name` and one with one other key are entries of a list. */
export function readDeclarations(node: YamlNode | undefined, what: string, source: SourceText): readonly Declaration[] {
  if (node === undefined) return [];
  if (node.kind === "map") return node.entries.map(({ key, keyNode, value }) => ({ name: key, nameNode: keyNode, body: value }));
  if (node.kind === "list") return node.items.flatMap((item) => readItem(item, what, source) ?? []);
  reportAt(source, "parse/invalid-value", `"${what}" is a list or a map`, node);
  return [];
}

function readItem(item: YamlNode, what: string, source: SourceText): Declaration | undefined {
  if (item.kind === "scalar" && typeof item.value === "string") return { name: item.value, nameNode: item, body: undefined };
  if (item.kind === "map") {
    const name = item.entries.find(({ key }) => key === "name")?.value;
    if (name?.kind === "scalar" && typeof name.value === "string") return { name: name.value, nameNode: name, body: item };
    const [only] = item.entries;
    if (item.entries.length === 1 && only !== undefined) return { name: only.key, nameNode: only.keyNode, body: only.value };
  }
  reportAt(source, "parse/invalid-value", `Each of "${what}" is a name, or a map with a name`, item);
  return undefined;
}

/** Reports names that expressions could not use, and those that stand twice. */
export function checkNames(declarations: readonly Declaration[], source: SourceText): void {
  const seen = new Set<string>();
  for (const { name, nameNode } of declarations) {
    if (!isIdentifier(name)) reportAt(source, "parse/invalid-name", `"${name}" cannot be a name: letters, digits and underscores`, nameNode);
    else if (seen.has(name)) reportAt(source, "parse/duplicate-name", `"${name}" is declared twice`, nameNode);
    seen.add(name);
  }
}

export function readParameters(node: YamlNode | undefined, source: SourceText): readonly ParameterDefinition[] {
  const declarations = readDeclarations(node, "input", source);
  checkNames(declarations, source);
  return declarations.map((declaration) => new Declared(declaration, source).readParameter());
}

/** Fields of one form. */
export const FORM_FIELD_COUNT_MAX = 100;

/** What a person is asked for: written as inputs are, each with a label besides. */
export function readForm(node: YamlNode, source: SourceText): readonly FormField[] {
  const declarations = readDeclarations(node, "form", source);
  checkNames(declarations, source);
  const { length } = declarations;
  if (length > FORM_FIELD_COUNT_MAX) reportAt(source, "parse/invalid-value", `The form has ${length} fields; the limit is ${FORM_FIELD_COUNT_MAX}`, node);
  else if (length === 0 && node.kind !== "scalar") reportAt(source, "parse/invalid-value", "A form asks for something: {approved: bool}", node);
  return declarations.slice(0, FORM_FIELD_COUNT_MAX).map((declaration) => new Declared(declaration, source).readField());
}

/** Constants become first values; texts with `{{ }}` are computed when a run starts. */
export function readVariables(node: YamlNode | undefined, reader: ValueReader): readonly VariableDefinition[] {
  const declarations = readDeclarations(node, "vars", reader.source);
  checkNames(declarations, reader.source);
  return declarations.map((declaration) => new Declared(declaration, reader.source).readVariable(reader));
}

class Declared {
  private readonly body: YamlNode | undefined;

  constructor(
    private readonly declaration: Declaration,
    private readonly source: SourceText,
  ) {
    const { body } = declaration;
    this.body = body?.kind === "scalar" && body.value === null ? undefined : body;
  }

  private get head(): { name: string; place: ParameterDefinition["place"] } {
    const { name, nameNode } = this.declaration;
    return { name, place: this.source.place(nameNode.start, nameNode.end) };
  }

  readField(): FormField {
    const label = this.body?.kind === "map" ? this.body.entries.find(({ key }) => key === "label")?.value : undefined;
    const text = label && readText(label, '"label"', this.source);
    return { ...this.readParameter(FIELD_KEYS, "field"), ...(text !== undefined && { label: text }) };
  }

  readParameter(known: readonly string[] = PARAMETER_KEYS, noun = "input"): ParameterDefinition {
    const { body, head } = this;
    if (body?.kind === "scalar" && typeof body.value === "string") return { ...head, type: this.readType(body), isRequired: true };
    if (body !== undefined && body.kind !== "map") {
      const value = toPlain(body);
      return { ...head, type: inferType(value), isRequired: false, default: value };
    }
    const keys: Keys = body === undefined ? new Map() : readKeys(body, known, `${noun} "${head.name}"`, this.source);
    const type = this.readType(valueOf(keys, "type"));
    const standard = keys.get("default")?.value;
    const choices = valueOf(keys, "choices");
    if (standard !== undefined) this.checkDefault(standard, type, noun);
    if (choices !== undefined) this.checkChoices(choices, standard, type);
    const required = valueOf(keys, "required");
    if (required !== undefined && typeof toPlain(required) !== "boolean") reportAt(this.source, "parse/invalid-value", '"required" is true or false', required);
    return {
      ...head,
      type,
      isRequired: required === undefined ? standard === undefined : toPlain(required) === true,
      ...this.readDescription(keys),
      ...(standard !== undefined && { default: toPlain(standard) }),
      ...(choices?.kind === "list" && { choices: choices.items.map(toPlain) }),
    };
  }

  readVariable(reader: ValueReader): VariableDefinition {
    const { body, head } = this;
    if (body?.kind === "scalar" && typeof body.value === "string") {
      const type = TYPES.get(body.value.toLowerCase());
      if (type !== undefined) return { ...head, type };
    }
    const written = this.declaration.body;
    // `x: null` has a first value, `x:` has none.
    if (written?.kind === "scalar" && written.value === null && written.end > written.start) return { ...head, type: "any", initial: null };
    if (body?.kind !== "map") return body === undefined ? { ...head, type: "any" } : { ...head, ...this.readInitial(body, undefined, reader) };
    const keys = readKeys(body, VARIABLE_KEYS, `variable "${head.name}" (a map as first value stands under "initial")`, this.source);
    const type = this.readType(valueOf(keys, "type"));
    const initial = keys.get("initial")?.value;
    return { ...head, type, ...(initial !== undefined && this.readInitial(initial, type, reader)), ...this.readDescription(keys) };
  }

  private readInitial(node: YamlNode, type: TypeName | undefined, reader: ValueReader): Pick<VariableDefinition, "type" | "initial" | "initialValue"> {
    const site: ExpressionSite = { place: `the first value of "${this.head.name}"`, names: [], isBeforeTasks: true };
    const value: ValueSource = reader.readValue(node, site);
    if (value.kind !== "literal") return { type: type ?? "any", initialValue: value };
    const constant = value.value;
    if (type !== undefined) this.checkType(constant, type, "initial value", node);
    return { type: type ?? (constant === null ? "any" : inferType(constant)), initial: constant };
  }

  private readType(node: YamlNode | undefined): TypeName {
    if (node === undefined) return "any";
    const word = node.kind === "scalar" ? String(node.value) : "";
    const type = TYPES.get(word.toLowerCase());
    if (type !== undefined) return type;
    const near = findNearest(word, TYPES.keys());
    const hint = near === undefined ? `types are ${[...TYPES.keys()].join(", ")}, and a default stands as: default: ${word}` : `is "${near}" meant?`;
    reportAt(this.source, "parse/unknown-type", `Unknown type "${word}" of "${this.head.name}"; ${hint}`, node);
    return "any";
  }

  private readDescription(keys: Keys): { description?: string } {
    const node = valueOf(keys, "description");
    return node?.kind === "scalar" ? { description: String(node.value).trim() } : {};
  }

  private checkDefault(node: YamlNode, type: TypeName, noun: string): void {
    const value = toPlain(node);
    this.checkType(value, type, "default", node);
    const hint = noun === "input" ? `; what is computed from other inputs is a variable: vars: {${this.head.name}: …}` : "";
    if (typeof value === "string" && value.includes("{{")) reportAt(this.source, "parse/invalid-default", `A default is a constant${hint}`, node);
  }

  private checkChoices(node: YamlNode, standard: YamlNode | undefined, type: TypeName): void {
    if (node.kind !== "list") {
      reportAt(this.source, "parse/invalid-value", `"choices" of "${this.head.name}" is a list`, node);
      return;
    }
    for (const item of node.items) this.checkType(toPlain(item), type, "choice", item);
    const isChoice = standard === undefined || node.items.some((item) => JSON.stringify(toPlain(item)) === JSON.stringify(toPlain(standard)));
    if (!isChoice) reportAt(this.source, "parse/invalid-default", `The default of "${this.head.name}" is none of its choices`, standard);
  }

  private checkType(value: unknown, type: TypeName, what: string, node: YamlNode): void {
    if (value === null || isOfType(value, type)) return;
    reportAt(this.source, "parse/invalid-default", `The ${what} of "${this.head.name}" is not of type ${type}`, node);
  }
}
