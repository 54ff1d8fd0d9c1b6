// What stands around the content of a portable file: a head that says how to read it, gzip, and encryption.
//
//   head: 8 bytes magic · u8 version · u8 form (bit 0 gzip, bit 1 encrypted) · [u32 rounds · 16 bytes salt · 16 bytes check] · u32 XXH32 of all before
//   then the content, as it is; or gzip of it; or either of them, encrypted
//
// Encryption: the key is PBKDF2-HMAC-SHA-256 of the passphrase (NFC, UTF-8), 256 bits. The text is cut into chunks of CHUNK_SIZE, the last one shorter
// or empty; each is AES-256-GCM with a nonce of its number, and as additional data the head, the number (u32) and whether it is the last (u8): chunks
// that are missing, in another order or of another file do not open. A chunk takes 16 bytes more than its text; the last one ends with the file. `check` is the
// tag of an empty text under a nonce of its own: a wrong passphrase is told from damage. The salt is random, so a key is used for one file only.
import { fingerprintBytes } from "../base/fingerprint.js";
import { readPieces } from "../model/byte-pieces.js";
import type { ImportSource } from "../model/portable.js";
import { BytePull, join } from "./byte-pull.js";
import { damagedError, foreignError, passphraseError, versionError } from "./errors.js";
import { CHUNK_SIZE, INFLATE_SLICE_SIZE, KEY_ROUNDS, KEY_ROUNDS_MAX, PORTABLE_VERSION } from "./limits.js";

/** Not a letter first and a line break of either kind after it: a file that was sent as text is found out at once. */
const MAGIC = Uint8Array.of(0x8e, 0x4d, 0x52, 0x55, 0x4e, 0x0d, 0x0a, 0x1a);
const IS_COMPRESSED = 1;
const IS_ENCRYPTED = 2;
const SALT_SIZE = 16;
const TAG_SIZE = 16;
const NONCE_SIZE = 12;
/** Of the check; no chunk has this number. */
const CHECK_NUMBER = 0xffff_ffff;

type Bytes = Uint8Array<ArrayBuffer>;

export interface SealOptions {
  readonly passphrase?: string | undefined;
  readonly isCompressed?: boolean | undefined;
  /** Rounds of PBKDF2. For tests; default KEY_ROUNDS. */
  readonly rounds?: number | undefined;
}

/** The file around a content. */
export async function* sealContent(content: AsyncIterable<Bytes>, { passphrase, isCompressed = false, rounds = KEY_ROUNDS }: SealOptions): AsyncGenerator<Bytes, undefined> {
  const packed = isCompressed ? pipe(content, new CompressionStream("gzip")) : content;
  if (passphrase === undefined) {
    yield makeHead(isCompressed ? IS_COMPRESSED : 0, []);
    yield* packed;
    return;
  }
  const salt = crypto.getRandomValues(new Uint8Array(SALT_SIZE));
  const key = await makeKey(passphrase, salt, rounds);
  const check = new Uint8Array(await crypto.subtle.encrypt(gcm(CHECK_NUMBER, new Uint8Array(0)), key, new Uint8Array(0)));
  const head = makeHead(IS_ENCRYPTED | (isCompressed ? IS_COMPRESSED : 0), [toU32(rounds), salt, check]);
  yield head;
  let number = 0;
  for await (const { bytes, isLast } of cutChunks(packed, CHUNK_SIZE)) {
    yield new Uint8Array(await crypto.subtle.encrypt(gcm(number, chunkMark(head, number, isLast)), key, bytes));
    number += 1;
  }
}

/** An opened file: its content, and how much of the file has been read. */
export interface OpenedFile {
  readonly content: BytePull;
  readSize(): number;
  end(): Promise<void>;
}

/**
 * Reads the head and opens the content. Rejects with `portable/not-portable`, `portable/version-unsupported`, `portable/damaged`,
 * `portable/passphrase-needed`, `portable/wrong-passphrase`; reading the content throws `portable/damaged`.
 */
export async function openFile(source: ImportSource, passphrase: string | undefined): Promise<OpenedFile> {
  const pull = new BytePull(readPieces(source));
  try {
    const content = await openContent(pull, passphrase);
    return { content: new BytePull(content), readSize: () => pull.offset, end: () => pull.end() };
  } catch (error) {
    await pull.end();
    throw error;
  }
}

async function openContent(pull: BytePull, passphrase: string | undefined): Promise<AsyncIterable<Uint8Array>> {
  const magic = await pull.take(MAGIC.length);
  if (magic.length < MAGIC.length || MAGIC.some((byte, index) => magic[index] !== byte)) throw foreignError();
  const [version, form] = await takeAll(pull, 2);
  if (version === undefined || version > PORTABLE_VERSION) throw versionError(version ?? 0);
  if (version < 1 || form === undefined || form > (IS_COMPRESSED | IS_ENCRYPTED)) throw damagedError("its head is none", MAGIC.length, "file");
  const isEncrypted = (form & IS_ENCRYPTED) !== 0;
  const keyParts = isEncrypted ? (await takeAll(pull, 4 + SALT_SIZE + TAG_SIZE)).slice() : new Uint8Array(0);
  const head = makeHead(form, [keyParts], version);
  const sum = await takeAll(pull, 4);
  if (sum.some((byte, index) => head[head.length - 4 + index] !== byte)) throw damagedError("the checksum of its head does not fit", MAGIC.length, "file");
  let content: AsyncIterable<Uint8Array> = pull.rest();
  if (isEncrypted) content = openChunks(pull, head, await openKey(keyParts, passphrase));
  return (form & IS_COMPRESSED) === 0 ? content : inflate(content);
}

async function takeAll(pull: BytePull, count: number): Promise<Uint8Array> {
  const bytes = await pull.take(count);
  if (bytes.length < count) throw damagedError("it ends in its head", pull.offset, "file");
  return bytes;
}

function makeHead(form: number, parts: readonly Uint8Array[], version: number = PORTABLE_VERSION): Bytes {
  const all = [MAGIC, Uint8Array.of(version, form), ...parts];
  const body = join(all, all.reduce((size, part) => size + part.length, 0));
  return join([body, toU32(fingerprintBytes(body))], body.length + 4) as Bytes;
}

function toU32(value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

// --- encryption ---------------------------------------------------------------------------------------------------

async function makeKey(passphrase: string, salt: Bytes, iterations: number): Promise<CryptoKey> {
  const secret = new TextEncoder().encode(passphrase.normalize("NFC"));
  const base = await crypto.subtle.importKey("raw", secret, "PBKDF2", false, ["deriveKey"]);
  const derivation = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  return crypto.subtle.deriveKey(derivation, base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

async function openKey(parts: Bytes, passphrase: string | undefined): Promise<CryptoKey> {
  const rounds = new DataView(parts.buffer, parts.byteOffset).getUint32(0, true);
  if (rounds < 1 || rounds > KEY_ROUNDS_MAX) throw damagedError(`it asks for ${rounds} rounds of PBKDF2; the limit is ${KEY_ROUNDS_MAX}`, MAGIC.length + 2, "file");
  if (passphrase === undefined) throw passphraseError(false);
  const key = await makeKey(passphrase, parts.slice(4, 4 + SALT_SIZE), rounds);
  try {
    await crypto.subtle.decrypt(gcm(CHECK_NUMBER, new Uint8Array(0)), key, parts.slice(4 + SALT_SIZE));
  } catch {
    throw passphraseError(true);
  }
  return key;
}

async function* openChunks(pull: BytePull, head: Bytes, key: CryptoKey): AsyncGenerator<Uint8Array, undefined> {
  for (let number = 0; ; number += 1) {
    const at = pull.offset;
    const sealed = await pull.take(CHUNK_SIZE + TAG_SIZE);
    const isLast = sealed.length < CHUNK_SIZE + TAG_SIZE || (await pull.isAtEnd());
    let bytes: ArrayBuffer;
    try {
      bytes = await crypto.subtle.decrypt(gcm(number, chunkMark(head, number, isLast)), key, sealed as Bytes);
    } catch (cause) {
      throw damagedError(`its chunk ${number} does not open: it was changed, moved, or the file was cut`, at, "file", cause);
    }
    yield new Uint8Array(bytes);
    if (isLast) return;
  }
}

function gcm(number: number, additionalData: Bytes): AesGcmParams {
  const iv = new Uint8Array(NONCE_SIZE);
  new DataView(iv.buffer).setUint32(0, number, true);
  return { name: "AES-GCM", iv, additionalData, tagLength: TAG_SIZE * 8 };
}

function chunkMark(head: Bytes, number: number, isLast: boolean): Bytes {
  return join([head, toU32(number), Uint8Array.of(isLast ? 1 : 0)], head.length + 5) as Bytes;
}

/** Pieces of `size` bytes, and a last one of fewer, or of none. */
async function* cutChunks(pieces: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<{ readonly bytes: Bytes; readonly isLast: boolean }, undefined> {
  const pull = new BytePull(pieces);
  try {
    for (;;) {
      const bytes = (await pull.take(size)) as Bytes;
      const isLast = bytes.length < size;
      yield { bytes, isLast };
      if (isLast) return;
    }
  } finally {
    await pull.end();
  }
}

// --- compression --------------------------------------------------------------------------------------------------

async function* inflate(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, undefined> {
  const source = new Failing(slice(packed));
  let size = 0;
  try {
    for await (const piece of pipe(source, new DecompressionStream("gzip"))) {
      size += piece.length;
      yield piece;
    }
  } catch (cause) {
    throw source.failure ?? damagedError("what is compressed in it cannot be read", size, "content", cause);
  }
}

/** Remembers what its source threw: a stream tells it in its own words. */
class Failing implements AsyncIterable<Bytes> {
  readonly #pieces: AsyncIterable<Bytes>;
  failure: unknown;

  constructor(pieces: AsyncIterable<Bytes>) {
    this.#pieces = pieces;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Bytes, undefined> {
    try {
      yield* this.#pieces;
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }
}

async function* slice(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Bytes, undefined> {
  for await (const piece of pieces)
    for (let at = 0; at < piece.length; at += INFLATE_SLICE_SIZE) yield piece.slice(at, at + INFLATE_SLICE_SIZE) as Bytes;
}

/** What comes out of a transform; its source is read only as fast as that is. */
async function* pipe(source: AsyncIterable<Bytes>, transform: CompressionStream | DecompressionStream): AsyncGenerator<Bytes, undefined> {
  const reader = transform.readable.getReader() as ReadableStreamDefaultReader<Bytes>;
  const pieces = source[Symbol.asyncIterator]();
  let isOver = false;
  const writing = (async () => {
    const writer = transform.writable.getWriter();
    writer.closed.catch(() => undefined);
    try {
      for (let next = await pieces.next(); next.done !== true && !isOver; next = await pieces.next()) await writer.write(next.value);
      await writer.close();
    } catch (error) {
      await writer.abort(error).catch(() => undefined);
      throw error;
    }
  })();
  // Told by whoever reads: an error of the source fails the reader too.
  writing.catch(() => undefined);
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
    await writing;
  } finally {
    isOver = true;
    await reader.cancel().catch(() => undefined);
    await writing.catch(() => undefined);
    await pieces.return?.();
  }
}
