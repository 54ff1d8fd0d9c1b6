// Names as authors write them: identifiers of expressions, and the words of a label.
import { isWord } from "./mermaid/characters.js";

/** Words that CEL keeps for itself: they name no variable and no event. */
const RESERVED: ReadonlySet<string> = new Set(
  "as break const continue else false for function if import in let loop namespace null package return true var void while".split(" "),
);

/** Words that CEL's grammar cannot read as a name. */
const LITERALS: ReadonlySet<string> = new Set(["true", "false", "null", "in"]);

function isIdentifierStart(code: number): boolean {
  return isWord(code) && !(code >= 48 && code <= 57);
}

/** End of the identifier at `at`, or `at` when there is none. */
export function findIdentifierEnd(text: string, at: number): number {
  if (!isIdentifierStart(text.charCodeAt(at))) return at;
  let end = at + 1;
  while (isWord(text.charCodeAt(end))) end += 1;
  return end;
}

/** A letter or underscore, then letters, digits and underscores, all of ASCII; `true`, `false`, `null` and `in` are none. */
export function isIdentifier(text: string): boolean {
  return text.length > 0 && findIdentifierEnd(text, 0) === text.length && !LITERALS.has(text);
}

/** May a variable have this name, so that expressions can use it? */
export function isVariableName(text: string): boolean {
  return isIdentifier(text) && !RESERVED.has(text);
}

/** Does the text consist of letters (any script), digits, underscores and spaces? */
export function isWordsOnly(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (isWord(code) || code === 32 || code === 9) continue;
    if (code < 128 || !/\p{L}|\p{M}|\p{N}/u.test(text[at] as string)) return false;
  }
  return text.length > 0;
}

/** Names parted by commas or spaces. */
export function splitNames(text: string): string[] {
  return text.split(/[\s,]+/).filter((name) => name !== "");
}

/** The words of a text in lower case, `camelCase` taken apart. Underscores stay within a word. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let start = 0;
  for (let at = 0; at <= text.length; at += 1) {
    const code = at < text.length ? text.charCodeAt(at) : 32;
    const isBreak = code === 32 || code === 9;
    const isHump = at > start && code >= 65 && code <= 90 && isLower(text.charCodeAt(at - 1));
    const isAfterCapitals = at > start + 1 && isLower(code) && isUpper(text.charCodeAt(at - 1)) && isUpper(text.charCodeAt(at - 2));
    if (isAfterCapitals) {
      words.push(text.slice(start, at - 1).toLowerCase());
      start = at - 1;
    } else if (isBreak || isHump) {
      if (at > start) words.push(text.slice(start, at).toLowerCase());
      start = isBreak ? at + 1 : at;
    }
  }
  return words;
}

function isLower(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 48 && code <= 57);
}

function isUpper(code: number): boolean {
  return code >= 65 && code <= 90;
}

/** The name of `names` that is nearest to `name` (case, one letter more, less or other), for a suggestion. O(count · length). */
export function suggestName(name: string, names: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  let near: string | undefined;
  for (const candidate of names) {
    const lower = candidate.toLowerCase();
    if (lower === wanted) return candidate;
    if (near === undefined && isOneEditApart(wanted, lower)) near = candidate;
  }
  return near;
}

function isOneEditApart(left: string, right: string): boolean {
  if (Math.abs(left.length - right.length) > 1 || left.length < 3) return false;
  let start = 0;
  while (start < left.length && left[start] === right[start]) start += 1;
  let ends = 0;
  while (ends < Math.min(left.length, right.length) - start && left[left.length - 1 - ends] === right[right.length - 1 - ends]) ends += 1;
  return Math.max(left.length, right.length) - start - ends <= 1;
}
