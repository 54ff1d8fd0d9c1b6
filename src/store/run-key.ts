// Run ids as numbers. An id that begins with a UUID in lower case is four words and what follows them (a child's id is its parent's, `~`
// and a number); any other id is a whole text, with a hash of it as its words. Words order as the texts do.
import { fingerprintBytes } from "../base/fingerprint.js";

const UUID_SIZE = 36;
/** Where the eight digits of each word stand in a UUID. */
const DIGIT_PLACES = Uint8Array.from([0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 16, 17, 19, 20, 21, 22, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35]);
const DASH_PLACES = [8, 13, 18, 23];
const DASH = 0x2d;
const NO_DIGIT = 0xff;
/** By character code. */
const DIGIT_VALUES = Uint8Array.from({ length: 128 }, (_, code) => (/[0-9a-f]/.test(String.fromCharCode(code)) ? Number.parseInt(String.fromCharCode(code), 16) : NO_DIGIT));
const ENCODER = new TextEncoder();
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const MIX_1 = 0x9e3779b1;
const MIX_2 = 0x85ebca77;

export const KEY_WORD_COUNT = 4;

export interface RunKey {
  /** Four u32. */
  readonly words: Uint32Array;
  /** What follows the UUID, or all of the id. */
  readonly text: string;
  /** The id does not begin with a UUID: `text` is all of it. */
  readonly isWhole: boolean;
}

export function parseRunKey(runId: string): RunKey {
  const words = new Uint32Array(KEY_WORD_COUNT);
  if (readUuid(runId, words)) return { words, text: runId.slice(UUID_SIZE), isWhole: false };
  const bytes = ENCODER.encode(runId);
  for (let word = 0; word < KEY_WORD_COUNT; word += 1) words[word] = fingerprintBytes(bytes, word);
  return { words, text: runId, isWhole: true };
}

/** Does the id begin with a UUID in lower case? Then its words are in `words`. By characters: each new run's id comes by here. */
function readUuid(runId: string, words: Uint32Array): boolean {
  if (runId.length < UUID_SIZE) return false;
  for (const place of DASH_PLACES) if (runId.charCodeAt(place) !== DASH) return false;
  for (let word = 0, at = 0; word < KEY_WORD_COUNT; word += 1) {
    let value = 0;
    for (const end = at + 8; at < end; at += 1) {
      const digit = DIGIT_VALUES[runId.charCodeAt(DIGIT_PLACES[at] as number)] ?? NO_DIGIT;
      if (digit === NO_DIGIT) return false;
      value = (value << 4) | digit;
    }
    words[word] = value;
  }
  return true;
}

/** The UUID whose words stand at `at`. */
export function formatUuid(words: Uint32Array, at: number): string {
  const [a, b, c, d] = [words[at] as number, words[at + 1] as number, words[at + 2] as number, words[at + 3] as number];
  return `${formatWord(a)}-${formatHalf(b >>> 16)}-${formatHalf(b & 0xffff)}-${formatHalf(c >>> 16)}-${formatHalf(c & 0xffff)}${formatWord(d)}`;
}

function formatWord(word: number): string {
  return formatHalf(word >>> 16) + formatHalf(word & 0xffff);
}

function formatHalf(half: number): string {
  return (HEX[half >>> 8] as string) + (HEX[half & 0xff] as string);
}

/** A hash of what follows the UUID: siblings have the same words. */
export function hashText(text: string): number {
  return text === "" ? 0 : fingerprintBytes(ENCODER.encode(text));
}

/** A hash of the words at `at` and of the text that follows them. */
export function hashKey(words: Uint32Array, at: number, textHash: number): number {
  let hash = (words[at + 3] as number) ^ Math.imul((words[at + 2] as number) ^ textHash, MIX_1);
  hash ^= Math.imul((words[at + 1] as number) ^ Math.imul(words[at] as number, MIX_2), MIX_2);
  hash = Math.imul(hash ^ (hash >>> 15), MIX_2);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/** The first 48 bits: of a UUID of version 7 the ms of its making. */
export function keyPrefix(words: Uint32Array, at: number): number {
  return (words[at] as number) * 0x1_0000 + ((words[at + 1] as number) >>> 16);
}
