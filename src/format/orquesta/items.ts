// Items of the dialect: `<% list %>`, `x in <% list %>`, `x, y in <% zip(list, list) %>`.
import type { ItemsDefinition, ValueSource } from "../../model/definition.js";
import { printExpression } from "../../expression/print.js";
import { readKeys, reportAt, valueOf } from "../yaml/keys.js";
import type { YamlNode, YamlScalar } from "../yaml/tree.js";
import { cutBlocks } from "./blocks.js";
import * as cel from "./cel.js";
import { makeScalar } from "./inline.js";
import { readTerm, type Term, TermError } from "./terms.js";
import type { DialectSite, DialectValues } from "./values.js";

const WITH_KEYS = ["items", "concurrency"];
const NAMES = /^\s*(\w+(?:\s*,\s*\w+)*)\s+in\s+([\s\S]+)$/;

export function readDialectItems(node: YamlNode, site: DialectSite, values: DialectValues): ItemsDefinition | undefined {
  const { source } = values;
  if (node.kind !== "map") return makeItems(node, undefined, site, values);
  const keys = readKeys(node, WITH_KEYS, site.place, source);
  const items = valueOf(keys, "items");
  if (items === undefined) reportAt(source, "parse/missing-key", `${site.place} needs "items"`, node);
  const concurrency = valueOf(keys, "concurrency");
  const limit = concurrency && values.readCount(concurrency, { ...site, place: `"concurrency" in ${site.place}` }, 1);
  return items && makeItems(items, limit && raise(limit), site, values);
}

/** One at a time is the least, also where less is computed. */
function raise(limit: ValueSource): ValueSource {
  if (limit.kind !== "expression") return limit;
  const { text } = limit.expression;
  return { kind: "expression", expression: { ...limit.expression, text: `math.greatest(${text}, 1)` } };
}

function makeItems(node: YamlNode, concurrency: ItemsDefinition["concurrency"], site: DialectSite, values: DialectValues): ItemsDefinition | undefined {
  const lists = readLists(node, site, values);
  return lists && { lists, combination: "zip", onFailure: "finish", ...(concurrency && { concurrency }) };
}

function readLists(node: YamlNode, site: DialectSite, values: DialectValues): ItemsDefinition["lists"] | undefined {
  if (node.kind !== "scalar" || typeof node.value !== "string") {
    reportAt(values.source, "parse/invalid-value", "Items are an expression, with names before it or without: x, y in <% … %>", node);
    return undefined;
  }
  const match = NAMES.exec(node.value);
  const isNamed = match !== null && cutBlocks(match[1] as string).every(({ kind }) => kind === "text");
  const text = isNamed ? (match[2] as string) : node.value;
  const names = isNamed ? (match[1] as string).split(",").map((name) => name.trim()) : [];
  const inner = makeScalar(text, node.value.length - text.length, node, values.source);
  const zipped = names.length > 1 ? readZip(text, names.length) : undefined;
  if (zipped !== undefined) return readZipped(inner, zipped, names, site, values);
  const read = values.readExpression(inner, site);
  if (read === undefined) return undefined;
  const [name] = names;
  if (name === undefined || names.length === 1) return [{ ...(name !== undefined && { name }), value: { kind: "expression", expression: read.source } }];
  // Elements are lists themselves, taken apart by the names.
  const entries = names.map((each, index) => [cel.literal(each), cel.index(cel.identifier("t"), cel.literal(index))] as const);
  const expression = { ...read.source, text: printExpression(cel.loop("map", read.translated.ast, "t", cel.map(entries))) };
  return [{ value: { kind: "expression", expression } }];
}

interface Zip {
  readonly texts: readonly { readonly text: string; readonly at: number }[];
  readonly braces: readonly [string, string];
}

/** The arguments of `zip(a, b)` where it is all of the text and has as many of them as there are names. */
function readZip(text: string, count: number): Zip | undefined {
  const blocks = cutBlocks(text).filter((block) => block.kind !== "text" || block.text.trim() !== "");
  const [block] = blocks;
  if (blocks.length !== 1 || block?.kind !== "expression") return undefined;
  const term = readQuietly(block.text, block.language);
  if (term?.kind !== "call" || term.name !== "zip" || term.target !== undefined || term.args.length !== count || term.named.length > 0) return undefined;
  return {
    texts: term.args.map(({ start, end }) => ({ text: block.text.slice(start, end), at: block.at + start })),
    braces: block.language === "yaql" ? ["<% ", " %>"] : ["{{ ", " }}"],
  };
}

function readQuietly(text: string, language: "yaql" | "jinja"): Term | undefined {
  try {
    return readTerm(text, language);
  } catch (error) {
    if (error instanceof TermError) return undefined;
    throw error;
  }
}

function readZipped(inner: YamlScalar, { texts, braces }: Zip, names: readonly string[], site: DialectSite, values: DialectValues): ItemsDefinition["lists"] {
  return texts.flatMap(({ text, at }, index) => {
    const place = makeScalar(text, at, inner, values.source);
    const read = values.readExpression({ ...place, value: `${braces[0]}${text}${braces[1]}` }, site);
    return read === undefined ? [] : [{ name: names[index] as string, value: { kind: "expression", expression: read.source } as const }];
  });
}
