// Run ids: UUID version 7 (RFC 9562, section 5.7): milliseconds, then a counter of 32 bits that begins anywhere in its
// lower half every millisecond, then 42 random bits. So ids made later sort later, also within one millisecond.

/** UTF-16 units of an id that an embedder chose. */
export const RUN_ID_SIZE_MAX = 200;

/** Can it be the id of a run without a parent? */
export function isRunId(runId: unknown): runId is string {
  return typeof runId === "string" && runId.length > 0 && runId.length <= RUN_ID_SIZE_MAX && !/[~/\p{Surrogate}]/u.test(runId);
}

/** Ids that are cut out of one text: few, since each of them keeps all of it in memory. */
const CHUNK_COUNT = 64;
const ID_SIZE = 36;
const RANDOM_COUNT = 1_024;
const DASH = 0x2d;
const DIGITS = Uint8Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));

const decoder = new TextDecoder("latin1");
const bytes = new Uint8Array(CHUNK_COUNT * ID_SIZE);
const random = new Uint32Array(RANDOM_COUNT);
let randomAt = RANDOM_COUNT;
let lastMs = 0;
let counter = 0;

/** A new run id; greater than every id that this thread made before. */
export function createRunId(): string {
  return createRunIds(1)[0] as string;
}

/** So many new run ids, ascending. */
export function createRunIds(count: number): string[] {
  const ids: string[] = [];
  for (let rest = count; rest > 0; rest -= CHUNK_COUNT) {
    const size = Math.min(rest, CHUNK_COUNT);
    for (let at = 0; at < size; at += 1) writeId(at * ID_SIZE);
    const text = decoder.decode(bytes.subarray(0, size * ID_SIZE));
    for (let at = 0; at < size; at += 1) ids.push(text.slice(at * ID_SIZE, (at + 1) * ID_SIZE));
  }
  return ids;
}

function writeId(at: number): void {
  count(Date.now());
  const high = Math.floor(lastMs / 0x1_0000);
  writeHex(at, high, 8);
  bytes[at + 8] = DASH;
  writeHex(at + 9, lastMs % 0x1_0000, 4);
  bytes[at + 13] = DASH;
  writeHex(at + 14, 0x7000 | (counter >>> 20), 4);
  bytes[at + 18] = DASH;
  writeHex(at + 19, 0x8000 | ((counter >>> 6) & 0x3fff), 4);
  bytes[at + 23] = DASH;
  writeHex(at + 24, ((counter & 0x3f) << 10) | (takeRandom() & 0x3ff), 4);
  writeHex(at + 28, takeRandom(), 8);
}

/** Goes on to the next value: of a new millisecond, or of the one in hand (also when the clock went back). */
function count(now: number): void {
  if (now > lastMs) {
    lastMs = now;
    counter = takeRandom() >>> 1;
    return;
  }
  counter = (counter + 1) >>> 0;
  if (counter === 0) lastMs += 1;
}

function takeRandom(): number {
  if (randomAt === RANDOM_COUNT) {
    crypto.getRandomValues(random);
    randomAt = 0;
  }
  return random[randomAt++] as number;
}

function writeHex(at: number, value: number, digitCount: number): void {
  for (let digit = digitCount - 1; digit >= 0; digit -= 1) {
    bytes[at + digit] = DIGITS[value & 15] as number;
    value >>>= 4;
  }
}
