// Reads the YAML in front of a workflow: name, title, description, parameters, variables, events and what is searchable. Keys that it does not
// know are left to other tools.
import { isMap, isScalar, isSeq, type Node, type Pair, parseDocument } from "yaml";
import type { EventDefinition, ParameterDefinition, TypeName, VariableDefinition } from "../model/definition.js";
import type { Place } from "../model/errors.js";
import type { TextRange } from "./markdown.js";
import { inferType, isOfType, TYPES } from "./declared-types.js";
import { isVariableName } from "./names.js";
import type { SourceText } from "./source-text.js";
import { isNull, readYaml, type YamlNode } from "./yaml/tree.js";

/** Characters of YAML in front of a workflow. */
export const FRONT_MATTER_SIZE_MAX = 65_536;
/** Levels of lists and maps within the YAML. */
export const FRONT_MATTER_DEPTH_MAX = 100;

export interface FrontMatter {
  readonly name?: string;
  readonly title?: string;
  readonly description?: string;
  readonly parameters: readonly ParameterDefinition[];
  readonly variables: readonly VariableDefinition[];
  readonly events: readonly EventDefinition[];
  /** What stands under `search`: read when it is known what variables there are. */
  readonly search?: YamlNode;
}

export const NO_FRONT_MATTER: FrontMatter = { parameters: [], variables: [], events: [] };

/** One entry of a list or map of declarations. */
interface Declaration {
  readonly name: string;
  readonly place: Place;
  readonly start: number;
  readonly end: number;
  /** What is said of it: a map, a scalar, or nothing. */
  readonly body: unknown;
  has(key: string): boolean;
  get(key: string): unknown;
}

/** Reads the front matter in `range`. Whatever is wrong is reported. */
export function readFrontMatter(source: SourceText, range: TextRange): FrontMatter {
  const text = source.text.slice(range.start, range.end);
  if (text.length > FRONT_MATTER_SIZE_MAX) {
    const message = `The front matter has ${text.length} characters; the limit is ${FRONT_MATTER_SIZE_MAX}`;
    source.report("error", "parse/front-matter", message, range.start, range.start);
    return NO_FRONT_MATTER;
  }
  try {
    return new Reader(source, range.start, text).read();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    source.report("error", "parse/front-matter", `The front matter cannot be read: ${message}`, range.start, range.end);
    return NO_FRONT_MATTER;
  }
}

class Reader {
  constructor(
    private readonly source: SourceText,
    private readonly offset: number,
    private readonly text: string,
  ) {}

  read(): FrontMatter {
    if (measureDepth(this.text) > FRONT_MATTER_DEPTH_MAX) throw new Error(`it nests deeper than ${FRONT_MATTER_DEPTH_MAX} levels`);
    const document = parseDocument(this.text, { strict: true, uniqueKeys: true, prettyErrors: false });
    for (const { message, pos } of document.errors) {
      this.source.report("error", "parse/front-matter", `YAML: ${message}`, this.offset + pos[0], this.offset + pos[1]);
    }
    const root = document.contents;
    if (document.errors.length > 0 || root === null) return NO_FRONT_MATTER;
    if (!isMap(root)) {
      this.report("The front matter is a map of names to values", root);
      return NO_FRONT_MATTER;
    }
    const parameters = this.readList(root.get("parameters", true), "parameters").map((entry) => this.readParameter(entry));
    const variables = this.readList(root.get("variables", true), "variables").map((entry) => this.readVariable(entry));
    const events = this.readList(root.get("events", true), "events").map((entry) => this.readEvent(entry));
    this.checkNames([...parameters, ...variables]);
    const name = this.readText(root.get("name", true), "name");
    const title = this.readText(root.get("title", true), "title");
    const description = this.readText(root.get("description", true), "description");
    return {
      parameters,
      variables,
      events,
      ...(name !== undefined && { name }),
      ...(title !== undefined && { title }),
      ...(description !== undefined && { description }),
      ...this.readSearch(root.has("search")),
    };
  }

  /** As a tree with places: its texts are expressions. */
  private readSearch(isThere: boolean): Pick<FrontMatter, "search"> {
    const root = isThere ? readYaml(this.source, { start: this.offset, end: this.offset + this.text.length }, "parse/front-matter") : undefined;
    const search = root?.kind === "map" ? root.entries.find(({ key }) => key === "search")?.value : undefined;
    return search === undefined || isNull(search) ? {} : { search };
  }

  private rangeOf(node: unknown): [number, number] {
    const range = (node as Node | null | undefined)?.range;
    return range ? [this.offset + range[0], this.offset + range[1]] : [this.offset, this.offset];
  }

  private report(message: string, node: unknown): void {
    const [start, end] = this.rangeOf(node);
    this.source.report("error", "parse/front-matter", message, start, end);
  }

  private readText(node: unknown, key: string): string | undefined {
    if (node === undefined || node === null) return undefined;
    if (isScalar(node)) return node.value === null ? undefined : String(node.value).trim();
    this.report(`"${key}" is a text`, node);
    return undefined;
  }

  /** The entries of a list of names or maps, or of a map by name. */
  private readList(node: unknown, key: string): Declaration[] {
    if (node === undefined || node === null || (isScalar(node) && node.value === null)) return [];
    if (isSeq(node)) return node.items.flatMap((item) => this.readItem(item, key) ?? []);
    if (isMap(node)) return node.items.flatMap((pair) => this.readPair(pair) ?? []);
    this.report(`"${key}" is a list or a map`, node);
    return [];
  }

  private readItem(item: unknown, key: string): Declaration | undefined {
    if (isScalar(item) && typeof item.value === "string") return this.declare(item.value, item, undefined);
    if (isMap(item)) {
      const name = item.get("name", true);
      if (isScalar(name) && typeof name.value === "string") return this.declare(name.value, name, item);
      const only = item.items[0];
      if (item.items.length === 1 && only !== undefined) return this.readPair(only);
    }
    this.report(`Each of "${key}" is a name, or a map with a name`, item);
    return undefined;
  }

  private readPair(pair: Pair): Declaration | undefined {
    const { key, value } = pair;
    if (isScalar(key)) return this.declare(String(key.value), key, value);
    this.report("A name is expected here", key);
    return undefined;
  }

  private declare(name: string, node: unknown, body: unknown): Declaration {
    const [start, end] = this.rangeOf(node);
    return {
      name: name.trim(),
      place: this.source.place(start, end),
      start,
      end,
      body: isScalar(body) ? body.value : isMap(body) ? body : body === undefined ? undefined : toPlain(body),
      has: (key) => isMap(body) && body.has(key),
      get: (key) => (isMap(body) ? toPlain(body.get(key, true)) : undefined),
    };
  }

  private readType(entry: Declaration): TypeName {
    const word = entry.get("type");
    if (word === undefined || word === null) return "any";
    const type = typeof word === "string" ? TYPES.get(word.toLowerCase()) : undefined;
    if (type !== undefined) return type;
    this.source.report(
      "error",
      "parse/unknown-type",
      `Unknown type "${String(word)}" of "${entry.name}"; types are ${[...TYPES.keys()].join(", ")}`,
      entry.start,
      entry.end,
    );
    return "any";
  }

  private readParameter(entry: Declaration): ParameterDefinition {
    const shorthand = typeof entry.body === "string" ? TYPES.get(entry.body.toLowerCase()) : undefined;
    const type = shorthand ?? this.readType(entry);
    const hasDefault = entry.has("default");
    const defaultValue = entry.get("default");
    const choices = entry.get("choices");
    const description = entry.get("description");
    if (choices !== undefined && !Array.isArray(choices))
      this.source.report("error", "parse/front-matter", `"choices" of "${entry.name}" is a list`, entry.start, entry.end);
    const list = Array.isArray(choices) ? choices : undefined;
    if (hasDefault) this.checkValue(entry, defaultValue, type, "default");
    if (hasDefault && list !== undefined && !list.some((choice) => JSON.stringify(choice) === JSON.stringify(defaultValue))) {
      this.source.report("error", "parse/invalid-default", `The default of "${entry.name}" is none of its choices`, entry.start, entry.end);
    }
    for (const choice of list ?? []) this.checkValue(entry, choice, type, "choice");
    return {
      name: entry.name,
      type,
      isRequired: entry.has("required") ? entry.get("required") === true : !hasDefault,
      place: entry.place,
      ...(typeof description === "string" && { description }),
      ...(hasDefault && { default: defaultValue }),
      ...(list !== undefined && { choices: list }),
    };
  }

  private readVariable(entry: Declaration): VariableDefinition {
    const { name, place, body } = entry;
    const shorthand = typeof body === "string" ? TYPES.get(body.toLowerCase()) : undefined;
    if (shorthand !== undefined) return { name, type: shorthand, place };
    if (body !== undefined && body !== null && !isMap(body)) return { name, type: inferType(body), initial: body, place };
    const initialKey = ["initial", "default", "value"].find((key) => entry.has(key));
    const initial = initialKey === undefined ? undefined : entry.get(initialKey);
    const type = this.readType(entry);
    if (initialKey !== undefined) this.checkValue(entry, initial, type, "initial value");
    const description = entry.get("description");
    return { name, type, place, ...(initialKey !== undefined && { initial }), ...(typeof description === "string" && { description }) };
  }

  private readEvent(entry: Declaration): EventDefinition {
    const { name, place, body } = entry;
    const description = typeof body === "string" ? body : entry.get("description");
    if (name === "" || /\s/.test(name))
      this.source.report("error", "parse/invalid-name", `The event "${name}" needs a name without spaces`, entry.start, entry.end);
    return { name, isDeclared: true, place, ...(typeof description === "string" && { description }) };
  }

  private checkNames(entries: readonly { readonly name: string; readonly place: Place }[]): void {
    const seen = new Set<string>();
    for (const { name, place } of entries) {
      if (!isVariableName(name))
        this.source.report(
          "error",
          "parse/invalid-name",
          `"${name}" cannot be the name of a variable: letters, digits and underscores`,
          place.start,
          place.end,
        );
      else if (seen.has(name)) this.source.report("error", "parse/duplicate-name", `"${name}" is declared twice`, place.start, place.end);
      seen.add(name);
    }
  }

  private checkValue(entry: Declaration, value: unknown, type: TypeName, what: string): void {
    if (value === null || isOfType(value, type)) return;
    this.source.report("error", "parse/invalid-default", `The ${what} of "${entry.name}" is not of type ${type}`, entry.start, entry.end);
  }
}

function toPlain(node: unknown): unknown {
  if (node === undefined || node === null) return node;
  if (isScalar(node)) return node.value;
  return (node as { toJSON?: () => unknown }).toJSON?.() ?? node;
}

/** An upper bound of how deep the YAML nests: brackets and indentation. */
function measureDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 91 || code === 123) deepest = Math.max(deepest, (depth += 1));
    else if (code === 93 || code === 125) depth = Math.max(0, depth - 1);
  }
  for (const line of text.split("\n")) {
    let dashes = 0;
    for (let at = 0; at < line.length && /[\s?:-]/.test(line[at] as string); at += 1) if (line[at] !== " ") dashes += 1;
    deepest = Math.max(deepest, dashes);
  }
  return deepest;
}
