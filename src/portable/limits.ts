// The limits of portable files, and the figures that stand in them.

/** Version of the whole layout, sections and envelope. A file with a higher one is refused. */
export const PORTABLE_VERSION = 1;
/** Bytes of plain text in one encrypted chunk, and about so many in one piece of an export. */
export const CHUNK_SIZE = 65_536;
/** Entries and bytes of payload after which a block of history ends. Part of the layout: other figures are other bytes. */
export const BLOCK_ENTRIES_MAX = 1_024;
export const BLOCK_SIZE = 65_536;
/** Bytes of one section: the largest value that an entry may hold, and what stands around it. */
export const SECTION_SIZE_MAX = 0x1010_0000;
/** Bytes of a workflow's source with its zones and customs. */
export const SOURCE_SIZE_MAX = 16 << 20;
/** Bytes of a run's record. */
export const RECORD_SIZE_MAX = 4 << 20;
/** Bytes of a run's history, with those of its family: they are in memory at a time. */
export const FAMILY_SIZE_MAX = 0x2000_0000;
/** Runs of one family. */
export const FAMILY_RUNS_MAX = 100_000;
/** Different workflows in one file, and bytes of those whose runs have not been stored yet. */
export const SOURCES_MAX = 65_536;
export const SOURCES_SIZE_MAX = 64 << 20;
/** Bytes that are given to the decompressor at a time: gzip packs at most 1,032 to 1, so this bounds what comes out at once to 17 MB. */
export const INFLATE_SLICE_SIZE = 16_384;
/**
 * Rounds of PBKDF2 with HMAC-SHA-256: what OWASP's Password Storage Cheat Sheet asks for (600,000, since 2023). Some 200 ms.
 */
export const KEY_ROUNDS = 600_000;
/** A file that asks for more rounds is refused: they would keep a thread busy for seconds. */
export const KEY_ROUNDS_MAX = 10_000_000;
/** Named offsets of a zone; there are some 250 in two centuries. */
export const ZONE_STARTS_MAX = 10_000;
/** Tags of a run, and its searchable fields. */
export const TAGS_MAX = 10_000;
