// The keys of a map: which there may be, which there are, and what an unknown one was meant to be. No key is passed over in silence.
import type { FormatFindingCode, SourceText } from "../source-text.js";
import type { YamlEntry, YamlMap, YamlNode, YamlScalar } from "./tree.js";

/** Characters of a key that are compared with the known ones. */
const COMPARED_SIZE_MAX = 40;

/** What other task-graph languages call `undo`. Orquesta has nothing of the kind. */
const UNDO_WORDS: ReadonlySet<string> = new Set(["compensate", "compensation", "undo"]);

export type Keys = ReadonlyMap<string, YamlEntry>;

/** The entries of a map by key. Keys that are not `known` are reported. */
export function readKeys(map: YamlMap, known: readonly string[], what: string, source: SourceText): Keys {
  const keys = new Map<string, YamlEntry>();
  for (const entry of map.entries) {
    const { key, keyNode } = entry;
    if (known.includes(key)) keys.set(key, entry);
    else if (UNDO_WORDS.has(key) && known.includes("undo")) reportAt(source, "parse/unknown-key", `${capitalise(what)} has no key "${key}"; is "undo" meant?`, keyNode);
    else if (UNDO_WORDS.has(key)) reportAt(source, "parse/not-supported", `"${key}" of ${what} is not supported`, keyNode);
    else reportAt(source, "parse/unknown-key", `${capitalise(what)} has no key "${key}"${hint(key, known)}`, keyNode);
  }
  return keys;
}

function capitalise(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function hint(key: string, known: readonly string[]): string {
  const near = findNearest(key, known);
  return near === undefined ? `; there are ${known.join(", ")}` : `; is "${near}" meant?`;
}

/** The value of a key, or undefined where it is not there or empty. */
export function valueOf(keys: Keys, key: string): YamlNode | undefined {
  const value = keys.get(key)?.value;
  return value === undefined || (value.kind === "scalar" && value.value === null) ? undefined : value;
}

/** A text; anything else is reported. */
export function readText(node: YamlNode | undefined, what: string, source: SourceText): string | undefined {
  if (node === undefined) return undefined;
  if (node.kind === "scalar" && node.value !== null) return String(node.value).trim();
  reportAt(source, "parse/invalid-value", `${capitalise(what)} is a text`, node);
  return undefined;
}

/** One of some words; anything else is reported. */
export function readWord<Word extends string>(node: YamlNode | undefined, words: readonly Word[], what: string, source: SourceText): Word | undefined {
  if (node === undefined) return undefined;
  const word = node.kind === "scalar" ? words.find((each) => each === node.value) : undefined;
  if (word === undefined) reportAt(source, "parse/invalid-value", `${capitalise(what)} is ${words.join(" or ")}`, node);
  return word;
}

/** How many ways a task waits for. Anything else is reported. */
export function readJoin(node: YamlNode | undefined, source: SourceText): "all" | number | undefined {
  if (node === undefined) return undefined;
  const value = node.kind === "scalar" ? node.value : undefined;
  if (value === "all") return "all";
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1) return value;
  reportAt(source, "parse/invalid-value", '"join" is all, or a whole number of at least 1', node);
  return undefined;
}

/** One text, or a list of them. Anything else is reported. */
export function readTexts(node: YamlNode | undefined, what: string, source: SourceText): readonly YamlScalar[] {
  if (node === undefined) return [];
  const items = node.kind === "list" ? node.items : [node];
  return items.flatMap((item) => {
    if (item.kind === "scalar" && item.value !== null) return [item];
    reportAt(source, "parse/invalid-value", `${capitalise(what)} is a name, or a list of names`, item);
    return [];
  });
}

export function reportAt(source: SourceText, code: FormatFindingCode, message: string, { start, end }: { readonly start: number; readonly end: number }): void {
  source.report("error", code, message, start, end);
}

/** The name that is nearest to `name`: at most a third of it differs. O(names · length²) */
export function findNearest(name: string, names: Iterable<string>): string | undefined {
  let near: string | undefined;
  let nearest = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of names) {
    const distance = measureDistance(name.toLowerCase(), candidate.toLowerCase(), nearest);
    if (distance < nearest) {
      nearest = distance;
      near = candidate;
    }
  }
  return near;
}

/** Letters to change, add or leave out; `limit` where there are as many or more. */
function measureDistance(left: string, right: string, limit: number): number {
  if (Math.abs(left.length - right.length) >= limit || left.length > COMPARED_SIZE_MAX) return limit;
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let at = 0; at < left.length; at += 1) {
    const next = [at + 1];
    for (let to = 0; to < right.length; to += 1) {
      const change = (row[to] as number) + (left[at] === right[to] ? 0 : 1);
      next.push(Math.min(change, (row[to + 1] as number) + 1, (next[to] as number) + 1));
    }
    row = next;
  }
  return Math.min(limit, row[right.length] as number);
}
