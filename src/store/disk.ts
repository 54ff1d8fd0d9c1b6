// What a journal asks of the disk under it: numbered groups, each added in one transaction or refused, and plain reads. IndexedDB is one disk; a
// simulated one, which loses power, fails and lies about time, is another. A disk knows nothing of what its bytes mean.
import { fingerprintBytes } from "../base/fingerprint.js";
import type { SourceRecord } from "../model/ports.js";

/** Journals of one database: so many drivers there can be at a time. */
export const JOURNAL_COUNT = 8;

/** How bytes are packed. */
export enum Form {
  PLAIN = 0,
  ZSTD = 1,
  GZIP = 2,
}

/** Packs and unpacks in one form. */
export interface PackCodec {
  readonly form: Form;
  /** `isThorough`: smaller, and several times slower. */
  compress(bytes: Uint8Array, isThorough?: boolean): Uint8Array;
  /** Throws where the bytes are not what `compress` gave. */
  decompress(bytes: Uint8Array): Uint8Array;
}

/** Bytes as they stand on a disk. */
export interface StoredBytes {
  /** Layout of the bytes; see the codec that wrote them. */
  readonly version: number;
  readonly form: Form;
  /** XXH32 of `bytes`, as they stand. */
  readonly checksum: number;
  /** XXH32 of all that stands beside `bytes`, and of where it stands. Absent: older code wrote it. */
  readonly head?: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The row of a group, or of the groups `from` to its own number. */
export interface StoredRow extends StoredBytes {
  /** Of the driver that wrote it. */
  readonly epoch: number;
  readonly from: number;
  /** 0 as committed; one more each time rows of one level were merged. */
  readonly level: number;
  /** The row is a takeover: its number must stay taken for ever. */
  readonly isTakeover: boolean;
}

/** Kinds of what stands beside rows. The key of a thing is `keyOf(kind, number)`. */
export enum Kind {
  /** By group. */
  HISTORY = 0,
  /** By group. */
  CHECKPOINTS = 1,
  /** By segment. */
  COLUMNS = 2,
  /** By segment: who lies where in its blocks. */
  DIRECTORY = 3,
  /** By segment × BLOCKS_MAX + block. */
  BLOCK = 4,
  /** By segment: which of its runs are removed, a bit each. */
  REMOVED = 5,
  /** By group. */
  LOGS = 6,
  /** Nothing that stays. */
  SCRATCH = 7,
}

const KIND_SIZE = 2 ** 48;

export function keyOf(kind: Kind, number: number): number {
  return kind * KIND_SIZE + number;
}

export function numberOf(key: number): number {
  return key % KIND_SIZE;
}

/** Keys `first` to `last`, both included. */
export interface KeyRange {
  readonly first: number;
  readonly last: number;
}

/** One group: everything in it takes effect, or nothing. */
export interface GroupWrite {
  readonly number: number;
  readonly row: StoredRow;
  readonly puts: readonly { readonly key: number; readonly value: StoredBytes }[];
  readonly removals?: readonly KeyRange[];
  /** Rows that are put in the place of others, and numbers of rows that go. */
  readonly rows?: { readonly puts: readonly { readonly number: number; readonly row: StoredRow }[]; readonly removals: readonly number[] };
  /** Identities of sources that go. */
  readonly sourceRemovals?: readonly string[];
  /** Acknowledged only when it has reached the device. */
  readonly isStrict: boolean;
}

export interface Disk {
  /** Opens or upgrades. `onLost`: the connection is gone. Rejects with `store/blocked`, `store/version-unsupported`, `store/failed`. */
  open(onLost: (why: string) => void): Promise<void>;
  close(): void;
  /** Keeps what a crash of the browser may have left unfinished apart from what is written from now on. Returns at once. Default: nothing to do. */
  setApart?(): void;
  /** Adds a group. False: its number is taken, nothing was changed. Rejects with `store/quota-exceeded`, `store/failed`. */
  append(journal: number, write: GroupWrite): Promise<boolean>;
  /** Rows after `after`, in order, with their numbers; at most `countMax`. */
  readRows(journal: number, after: number, countMax: number): Promise<readonly { readonly number: number; readonly row: unknown }[]>;
  readRow(journal: number, number: number): Promise<unknown>;
  /** What stands under `key`, if anything. */
  read(journal: number, key: number): Promise<unknown>;
  /** All in a range, in order; at most `countMax`. */
  readRange(journal: number, range: KeyRange, countMax: number): Promise<readonly { readonly key: number; readonly value: unknown }[]>;
  readKeys(journal: number, range: KeyRange): Promise<readonly number[]>;
  putSources(journal: number, sources: readonly SourceRecord[]): Promise<void>;
  getSource(journal: number, identity: string): Promise<SourceRecord | undefined>;
  readSourceKeys(journal: number): Promise<readonly string[]>;
}

/** Bytes with what is needed to trust them later. `key`: where they will stand. */
export function seal(key: number, { version, form = Form.PLAIN, bytes }: Pick<StoredBytes, "version" | "bytes"> & { readonly form?: Form }): StoredBytes {
  const stored = { version, form, checksum: fingerprintBytes(bytes), bytes };
  return { ...stored, head: fingerprintHead(key, stored) };
}

/** The same for the row of group `number`. */
export function sealRow(number: number, row: Omit<StoredRow, "checksum" | "head">): StoredRow {
  const stored = { ...row, checksum: fingerprintBytes(row.bytes) };
  return { ...stored, head: fingerprintHead(number, stored) };
}

/** Are these the bytes that were sealed to stand under `key`? Anything may stand on a damaged disk. */
export function isIntact(stored: unknown, key: number): stored is StoredBytes {
  if (typeof stored !== "object" || stored === null) return false;
  const { version, form, checksum, bytes, head } = stored as Readonly<Record<string, unknown>>;
  if (!Number.isInteger(version) || !Number.isInteger(form) || !(bytes instanceof Uint8Array) || checksum !== fingerprintBytes(bytes)) return false;
  return head === undefined || head === fingerprintHead(key, stored as StoredBytes);
}

/** The row, or undefined where it is not what was written. */
export function checkRow(stored: unknown, number: number): StoredRow | undefined {
  if (!isIntact(stored, number)) return undefined;
  const { from, level, epoch, isTakeover } = stored as Partial<StoredRow>;
  const isRow = isCount(from) && isCount(level) && isCount(epoch) && typeof isTakeover === "boolean" && from <= number;
  return isRow ? (stored as StoredRow) : undefined;
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}

/** A swapped record, or one whose form or first group is another, would be read for what it is not. */
function fingerprintHead(key: number, stored: Omit<StoredBytes, "head"> & Partial<StoredRow>): number {
  const { version, form, checksum, epoch = -1, from = -1, level = -1, isTakeover = false } = stored;
  return fingerprintBytes(new Uint8Array(Float64Array.of(key, version, form, checksum, epoch, from, level, Number(isTakeover)).buffer));
}
