// Questions asked of single characters, by code, as the diagram language sees them: `\s`, `\w` and line ends of
// ECMAScript's regular expressions without the `u` flag, and keywords whose case is ignored.

export const TAB = 9;
export const LF = 10;
export const CR = 13;
export const SPACE = 32;

/** White space as `\s` has it. */
export function isSpace(code: number): boolean {
  if (code <= SPACE) return code === SPACE || (code >= TAB && code <= CR);
  if (code < 160) return false;
  return (
    code === 0xa0 ||
    code === 0xfeff ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000 ||
    code === 0x1680
  );
}

/** Letters, digits and underscore of ASCII: `\w`. NaN (beyond the text) is none. */
export function isWord(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95;
}

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Ends what `.` matches. */
export function isLineEnd(code: number): boolean {
  return code === LF || code === CR || code === 0x2028 || code === 0x2029;
}

/** Does `word` (lower case) stand at `at`, in whatever case? */
export function isWordAt(text: string, at: number, word: string): boolean {
  if (at + word.length > text.length) return false;
  for (let index = 0; index < word.length; index += 1) {
    const code = text.charCodeAt(at + index);
    const wanted = word.charCodeAt(index);
    if (code === wanted) continue;
    if (code < 65 || code > 90 || code + 32 !== wanted) return false;
  }
  return true;
}

/** First position from `at` that is not white space. */
export function skipSpace(text: string, at: number): number {
  while (at < text.length && isSpace(text.charCodeAt(at))) at += 1;
  return at;
}

/** Position of the first line end from `at`, or the text's length. */
export function findLineEnd(text: string, at: number): number {
  while (at < text.length && !isLineEnd(text.charCodeAt(at))) at += 1;
  return at;
}

/** Position of the first `\n` from `at`, or the text's length. */
export function findNewline(text: string, at: number): number {
  const found = text.indexOf("\n", at);
  return found === -1 ? text.length : found;
}

/** Start of the last place where `word` (lower case) stands wholly within `from`–`to`, or -1. */
export function findLastWord(text: string, from: number, to: number, word: string): number {
  for (let at = to - word.length; at >= from; at -= 1) if (isWordAt(text, at, word)) return at;
  return -1;
}

/** `#name;` or `#123;` at `at` (which holds the `#`): its length, or 0. It is an escape, not a comment. */
export function measureEntity(text: string, at: number): number {
  let end = at + 1;
  while (isWord(text.charCodeAt(end))) end += 1;
  return end > at + 1 && text.charCodeAt(end) === 59 ? end + 1 - at : 0;
}
