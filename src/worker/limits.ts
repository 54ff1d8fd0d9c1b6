// The worker's limits and the version of what is said across it.

/** Version of protocol.ts: page and worker must be of one package. */
export const PROTOCOL_VERSION = 5;
/** How long a worker's script may take to load and answer, ms. */
export const WORKER_START_MS_MAX = 30_000;
/** Calls that may wait for their answer; further ones are refused with `worker/overloaded`. */
export const CALLS_PENDING_MAX = 250_000;
/** Calls that leave in one message: about a millisecond. */
export const CALLS_BY_MESSAGE_MAX = 1_024;
/** Batches that page and worker remember: one of them that comes again as it was is not sent again. */
export const BATCHES_KNOWN_MAX = 16;
/** Run ids that page and worker remember by number; beyond it the numbering starts anew. */
export const RUN_NUMBERS_MAX = 1_000_000;
/** Bytes of a file that cross to the worker in one piece. */
export const PIECE_SIZE_MAX = 65_536;
/** Pieces of an exported or imported file, of about 64 KiB, that may be under way or unread at once. */
export const PIECES_CREDIT_MAX = 32;
/** What handlers log crosses with the next result, or after so long, ms, … */
export const LOGS_DELAY_MS = 50;
/** … or as soon as there are so many entries. */
export const LOGS_BY_MESSAGE_MAX = 100;
