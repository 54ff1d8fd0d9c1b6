// Reads a workflow in the dialect of StackStorm's Orquesta as it stands. Its context is one namespace: inputs, variables and what
// tasks publish are variables of the definition. Facts: docs.stackstorm.com/orquesta.
import type { Definition, ParameterDefinition, ValueSource, VariableDefinition } from "../../model/definition.js";
import { isIdentifier } from "../names.js";
import type { SourceText } from "../source-text.js";
import { checkNames, type Declaration, readDeclarations } from "../yaml/declarations.js";
import { buildGraph } from "../yaml/graph.js";
import { type Keys, readKeys, readText, reportAt, valueOf } from "../yaml/keys.js";
import { readTaskNames } from "../yaml/tasks.js";
import { readYaml, type YamlEntry, type YamlMap, type YamlNode } from "../yaml/tree.js";
import { ComputedOutputs } from "./output.js";
import { readDialectTask } from "./tasks.js";
import { type DialectSite, DialectValues } from "./values.js";

const TOP_KEYS = ["version", "name", "description", "author", "input", "vars", "tasks", "output"];

/** Reads the whole text; what is wrong is reported. `given`: variables that come from outside of the workflow. */
export function readDialect(source: SourceText, fallbackName: string, given: readonly string[] = []): Definition {
  const root = readYaml(source, { start: 0, end: source.text.length }, "parse/yaml");
  if (root !== undefined && root.kind !== "map") reportAt(source, "parse/yaml", "A workflow is a map: version: 1.0, tasks: …", root);
  const map: YamlMap = root?.kind === "map" ? root : { kind: "map", entries: [], start: 0, end: 0 };
  return new DialectReader(map, source, fallbackName).read(root?.kind === "map", given);
}

class DialectReader {
  private readonly values: DialectValues;
  private readonly keys: Keys;
  private readonly variables: VariableDefinition[] = [];
  private readonly known = new Set<string>();

  constructor(
    private readonly root: YamlMap,
    private readonly source: SourceText,
    private readonly fallbackName: string,
  ) {
    this.values = new DialectValues(source);
    this.keys = readKeys(root, TOP_KEYS, "the workflow", source);
  }

  read(isMap: boolean, given: readonly string[]): Definition {
    const { keys, source, values } = this;
    this.checkVersion(valueOf(keys, "version"));
    const name = readText(valueOf(keys, "name"), '"name"', source) || this.fallbackName;
    const description = readText(valueOf(keys, "description"), '"description"', source);
    const inputs = readDeclarations(valueOf(keys, "input"), "input", source);
    const vars = readDeclarations(valueOf(keys, "vars"), "vars", source);
    checkNames([...inputs, ...vars], source);
    const parameters = [...given.map((name) => this.addGiven(name)), ...inputs.map((input) => this.readInput(input))];
    for (const variable of vars) this.readVariable(variable);
    const declarations = readTaskNames(valueOf(keys, "tasks"), source);
    if (isMap && declarations.length === 0)
      reportAt(source, "parse/missing-key", 'A workflow needs "tasks", and at least one of them', keys.get("tasks")?.keyNode ?? { start: this.root.start, end: this.root.start });
    const tasks = declarations.map((declaration) => readDialectTask(declaration, values));
    const output = valueOf(keys, "output");
    const taskGraph = { onFailure: "finish", hasOneNamespace: true, ...(output && { output: this.readOutput(output) }) } as const;
    const definition = buildGraph({ name, parameters, variables: this.variables, tasks, taskGraph, ...(description !== undefined && { description }) }, source);
    const variables = new Set(definition.variables.map((variable) => variable.name));
    values.assignments.check(definition, new Set(this.variables.map((variable) => variable.name)));
    values.uses.check({ inputs: new Set(), variables: new Set([...variables, ...values.assignments.names]), tasks: new Set(tasks.map((task) => task.name)) });
    return definition;
  }

  private checkVersion(node: YamlNode | undefined): void {
    if (node === undefined || (node.kind === "scalar" && Number(node.value) === 1)) return;
    reportAt(this.source, "parse/invalid-value", "The version of the dialect that is read is 1.0", node);
  }

  private site(place: string): DialectSite {
    return { place, names: [], isBeforeTasks: true, point: { kind: "start", known: new Set(this.known) } };
  }

  private addGiven(name: string): ParameterDefinition {
    const place = this.source.place(0, 0);
    this.variables.push({ name, type: "any", place });
    this.known.add(name);
    return { name, type: "any", isRequired: false, place };
  }

  /** An input that is not given has its default, or null. */
  private readInput(declaration: Declaration): ParameterDefinition {
    const { name } = declaration;
    const place = this.source.place(declaration.nameNode.start, declaration.nameNode.end);
    const value = this.readFirst(declaration, `the default of "${name}"`);
    this.variables.push({ name, type: "any", place, ...value });
    this.known.add(name);
    return { name, type: "any", isRequired: false, place, ...(value.initial !== undefined && value.initial !== null && { default: value.initial }) };
  }

  private readVariable(declaration: Declaration): void {
    const { name, nameNode } = declaration;
    const value = this.readFirst(declaration, `the first value of "${name}"`);
    if (!this.known.has(name)) this.variables.push({ name, type: "any", place: this.source.place(nameNode.start, nameNode.end), ...value });
    this.known.add(name);
  }

  private readFirst({ body }: Declaration, place: string): Pick<VariableDefinition, "initial" | "initialValue"> {
    if (body === undefined) return { initial: null };
    const value = this.values.readValue(body, this.site(place));
    return value.kind === "literal" ? { initial: value.value } : { initialValue: value };
  }

  /** A map, or a list of maps whose later entries see the earlier ones: these are put in where they are named. */
  private readOutput(node: YamlNode): ValueSource {
    const place = this.source.place(node.start, node.end);
    const computed = new ComputedOutputs();
    const entries = this.listOutput(node).map(({ key, keyNode, value }) => {
      if (!isIdentifier(key)) reportAt(this.source, "parse/invalid-name", `"${key}" cannot be the name of an output: letters, digits and underscores`, keyNode);
      const site: DialectSite = { place: "output", names: [], point: { kind: "output" }, computed };
      const read = this.values.readValue(value, site);
      computed.add(key, read);
      return { key, value: read };
    });
    return { kind: "map", entries, place };
  }

  private listOutput(node: YamlNode): readonly YamlEntry[] {
    if (node.kind === "map") return node.entries;
    if (node.kind === "list" && node.items.every((item) => item.kind === "map")) return node.items.flatMap((item) => (item.kind === "map" ? item.entries : []));
    reportAt(this.source, "parse/invalid-value", '"output" is a list of maps', node);
    return [];
  }
}
