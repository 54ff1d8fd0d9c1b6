// How often and in what way a task is done: for each item of a list, and again after a failure.
import type { ItemsDefinition, RetryDefinition, ValueSource } from "../../model/definition.js";
import { isIdentifier } from "../names.js";
import { readKeys, readWord, reportAt, valueOf } from "./keys.js";
import { type ExpressionSite, OUTCOME_NAMES } from "./names.js";
import type { YamlMap, YamlNode } from "./tree.js";
import type { ValueReader } from "./values.js";

const ITEMS_KEYS = ["items", "combine", "concurrency", "batch_size", "on_failure"];
const RETRY_KEYS = ["count", "delay", "backoff", "max_delay", "jitter", "when"];

/** Lists by name of one task. */
export const ITEM_LIST_COUNT_MAX = 100;

/** Reads `with`: a list (expression or YAML), or a map that says more. Names are seen without `item` here. */
export function readItems(node: YamlNode, what: string, reader: ValueReader): ItemsDefinition | undefined {
  const { source } = reader;
  const site: ExpressionSite = { place: `"with" of ${what}`, names: [] };
  if (node.kind !== "map") return { lists: readLists(node, site, reader), combination: "zip", onFailure: "abort" };
  const keys = readKeys(node, ITEMS_KEYS, `"with" of ${what}`, source);
  const items = valueOf(keys, "items");
  if (items === undefined) {
    reportAt(source, "parse/missing-key", `"with" of ${what} needs "items"`, node);
    return undefined;
  }
  const concurrency = valueOf(keys, "concurrency");
  const batchSize = valueOf(keys, "batch_size");
  const concurrencyValue = concurrency && reader.readCount(concurrency, { ...site, place: "concurrency" }, 1);
  const batchSizeValue = batchSize && reader.readCount(batchSize, { ...site, place: "batch_size" }, 1);
  return {
    lists: readLists(items, site, reader),
    combination: readWord(valueOf(keys, "combine"), ["zip", "cross"], '"combine"', source) ?? "zip",
    onFailure: readWord(valueOf(keys, "on_failure"), ["abort", "finish", "continue"], '"on_failure"', source) ?? "abort",
    ...(concurrencyValue && { concurrency: concurrencyValue }),
    ...(batchSizeValue && { batchSize: batchSizeValue }),
  };
}

function readLists(node: YamlNode, site: ExpressionSite, reader: ValueReader): ItemsDefinition["lists"] {
  if (node.kind !== "map") return [{ value: readList(node, site, reader) }];
  const { entries } = node;
  if (entries.length === 0 || entries.length > ITEM_LIST_COUNT_MAX)
    reportAt(reader.source, "parse/invalid-value", `There are ${entries.length} lists; there may be 1 to ${ITEM_LIST_COUNT_MAX}`, node);
  return entries.slice(0, ITEM_LIST_COUNT_MAX).map(({ key, keyNode, value }) => {
    if (!isIdentifier(key)) reportAt(reader.source, "parse/invalid-name", `"${key}" cannot be the name of a list: letters, digits and underscores`, keyNode);
    return { name: key, value: readList(value, site, reader) };
  });
}

function readList(node: YamlNode, site: ExpressionSite, reader: ValueReader): ValueSource {
  if (node.kind === "list") return reader.readValue(node, site);
  const expression = node.kind === "scalar" && typeof node.value !== "string" ? undefined : reader.readExpression(node, site);
  if (expression !== undefined) return { kind: "expression", expression };
  if (node.kind === "scalar" && typeof node.value !== "string") reportAt(reader.source, "parse/invalid-value", `A list, or an expression that gives one, is expected in ${site.place}`, node);
  return { kind: "literal", value: [], place: reader.source.place(node.start, node.end) };
}

/** Reads `retry`: how often, or a map that says more. */
export function readRetry(node: YamlNode, what: string, reader: ValueReader): RetryDefinition | undefined {
  const site: ExpressionSite = { place: `"retry" of ${what}`, names: [] };
  if (node.kind === "scalar") {
    const count = reader.readCount(node, site, 0);
    return count && { count, backoff: "constant", jitter: 0 };
  }
  if (node.kind === "map") return readRetryMap(node, what, site, reader);
  reportAt(reader.source, "parse/invalid-value", `"retry" of ${what} is a number or a map`, node);
  return undefined;
}

function readRetryMap(map: YamlMap, what: string, site: ExpressionSite, reader: ValueReader): RetryDefinition | undefined {
  const { source } = reader;
  const keys = readKeys(map, RETRY_KEYS, `"retry" of ${what}`, source);
  const [delay, delayMax, jitter, when] = ["delay", "max_delay", "jitter", "when"].map((key) => valueOf(keys, key));
  const countNode = valueOf(keys, "count");
  if (countNode === undefined) reportAt(source, "parse/missing-key", `"retry" of ${what} needs "count"`, map);
  const count = countNode && reader.readCount(countNode, { ...site, place: '"count" of "retry"' }, 0);
  const condition = when && reader.readExpression(when, { place: `"when" of "retry"`, names: OUTCOME_NAMES });
  const retry = {
    backoff: readWord(valueOf(keys, "backoff"), ["constant", "linear", "exponential"], '"backoff"', source) ?? "constant",
    jitter: jitter === undefined ? 0 : readJitter(jitter, reader),
    ...(delay && { delay: reader.readDuration(delay, { ...site, place: '"delay" of "retry"' }) }),
    ...(delayMax && { delayMax: reader.readDuration(delayMax, { ...site, place: '"max_delay" of "retry"' }) }),
    ...(condition && { when: condition }),
  };
  return count && { count, ...retry };
}

function readJitter(node: YamlNode, reader: ValueReader): number {
  if (node.kind === "scalar" && typeof node.value === "number" && node.value >= 0 && node.value <= 1) return node.value;
  reportAt(reader.source, "parse/invalid-value", '"jitter" is a number from 0 to 1: the part of the delay that chance takes away', node);
  return 0;
}
