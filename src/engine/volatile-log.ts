// The history of a run of durability `none`: in memory only, about one number an entry and no object, so that a million
// events a second can be kept for rebuilding a lost kernel and for listeners. Entries that many runs have in common may
// stay where they are: a piece stands for them. A long history is cut: it begins with a checkpoint then.
import { EntryKind, type HistoryEntry } from "../model/history.js";
import { VOLATILE_SPAN_ENTRIES } from "./limits.js";

/** Events without payload that are kept elsewhere, in order; what there is does not change any more. */
export interface LogPiece {
  readonly count: number;
  /** The time of the last one. */
  readonly lastNow: number;
  events(): Iterable<PieceEvent>;
}
export type PieceEvent = Pick<HistoryEntry, "id" | "now" | "seed">;

/** What is kept of a run's history at one time. */
export interface Past {
  /** Number of the entries before it, which are not kept; 0: it begins with the run. */
  readonly seq: number;
  /** The run after entry `seq`: what `encodeCheckpoint` gave. Undefined where `seq` is 0. */
  readonly checkpoint: Uint8Array | undefined;
  readonly entries: Iterable<HistoryEntry>;
}

// An entry is one number below 2^53: seed, plus 2^32 times (kind, 64 where held, plus 128 times id or ID_ELSEWHERE).
const HEAD_UNIT = 2 ** 32;
const IS_HELD = 0x40;
const ID_UNIT = 0x80;
const ID_ELSEWHERE = 2 ** 14 - 1;

/** What came after one cut. Only added to; who reads it while it is cut off goes on reading it. */
class Span {
  readonly seq: number;
  readonly checkpoint: Uint8Array | undefined;
  lastNow = -1;
  readonly #entries: number[] = [];
  /** Pairs: from which entry on, and what time it is since then. */
  readonly #times: number[] = [];
  /** Payloads, and at the same index the entry that each belongs to, ascending. */
  readonly #payloads: Uint8Array[] = [];
  readonly #payloadAt: number[] = [];
  #ids: Map<number, number> | undefined;
  /** Pieces, and before which of the entries each stands. */
  #pieces: { readonly at: number; readonly piece: LogPiece }[] | undefined;
  #pieceCount = 0;

  constructor(seq: number, checkpoint: Uint8Array | undefined) {
    this.seq = seq;
    this.checkpoint = checkpoint;
  }

  get count(): number {
    return this.#entries.length + this.#pieceCount;
  }

  add(kind: EntryKind, isHeld: boolean, id: number, now: number, seed: number, payload: Uint8Array | undefined): void {
    const at = this.#entries.length;
    if (payload !== undefined) {
      this.#payloads.push(payload);
      this.#payloadAt.push(at);
    }
    if (id >= ID_ELSEWHERE) (this.#ids ??= new Map()).set(at, id);
    if (now > this.lastNow) this.#addTime(at, now);
    const head = kind + (isHeld ? IS_HELD : 0) + Math.min(id, ID_ELSEWHERE) * ID_UNIT;
    this.#entries.push(head * HEAD_UNIT + seed);
  }

  addPiece(piece: LogPiece): void {
    (this.#pieces ??= []).push({ at: this.#entries.length, piece });
    this.#pieceCount += piece.count;
    this.lastNow = Math.max(this.lastNow, piece.lastNow);
  }

  *all(): Iterable<Omit<HistoryEntry, "seq">> {
    let time = -2;
    let next = 0;
    let payload = 0;
    for (let at = 0; at <= this.#entries.length; at += 1) {
      for (let place = this.#pieces?.[next]; place?.at === at; place = this.#pieces?.[next]) {
        for (const event of place.piece.events()) yield { kind: EntryKind.EVENT, isHeld: false, ...event };
        next += 1;
      }
      if (at === this.#entries.length) return;
      while ((this.#times[time + 2] ?? Infinity) <= at) time += 2;
      // No time of its own: that of the piece before it.
      const hasPayload = this.#payloadAt[payload] === at;
      yield this.#entryAt(at, this.#times[time + 1] ?? 0, hasPayload ? this.#payloads[payload] : undefined);
      if (hasPayload) payload += 1;
    }
  }

  #entryAt(at: number, now: number, payload: Uint8Array | undefined): Omit<HistoryEntry, "seq"> {
    const packed = this.#entries[at] ?? 0;
    const seed = packed % HEAD_UNIT;
    const head = (packed - seed) / HEAD_UNIT;
    const id = Math.floor(head / ID_UNIT);
    return {
      kind: head % IS_HELD,
      isHeld: head % ID_UNIT >= IS_HELD,
      id: id === ID_ELSEWHERE ? (this.#ids?.get(at) ?? id) : id,
      now,
      seed,
      ...(payload && { payload }),
    };
  }

  #addTime(at: number, now: number): void {
    this.#times.push(at, now);
    this.lastNow = now;
  }
}

export class VolatileLog {
  #span = new Span(0, undefined);
  /** What came before, back to the cut before. */
  #before: Span | undefined;

  /** Number of entries that there were. */
  get count(): number {
    return this.#span.seq + this.#span.count;
  }

  /** The time of the last entry that is kept, ms since 1970. */
  get lastNow(): number {
    return Math.max(this.#span.lastNow, this.#before?.lastNow ?? -1);
  }

  /** It is time to cut it. */
  get isLong(): boolean {
    return this.#span.count >= VOLATILE_SPAN_ENTRIES;
  }

  /** Time never goes back. */
  add(kind: EntryKind, isHeld: boolean, id: number, now: number, seed: number, payload: Uint8Array | undefined): void {
    this.#span.add(kind, isHeld, id, now, seed, payload);
  }

  addPiece(piece: LogPiece): void {
    this.#span.addPiece(piece);
  }

  /** Forgets what came before the last cut. `checkpoint`: the run as it is now. */
  cut(checkpoint: Uint8Array): void {
    this.#before = this.#span;
    this.#span = new Span(this.count, checkpoint);
  }

  /** All that is kept until now; entries are made on the way, and later ones and cuts change nothing of it. */
  past(): Past {
    return makePast(this.#before === undefined ? [this.#span] : [this.#before, this.#span]);
  }

  /** What came since the last cut. */
  recentPast(): Past {
    return makePast([this.#span]);
  }
}

function makePast(spans: readonly [Span, ...Span[]]): Past {
  const [{ seq, checkpoint }] = spans;
  const last = spans.at(-1) as Span;
  return { seq, checkpoint, entries: listEntries(spans, seq, last.seq + last.count) };
}

function* listEntries(spans: readonly Span[], first: number, last: number): Iterable<HistoryEntry> {
  let seq = first;
  let now = 0;
  for (const span of spans) {
    for (const entry of span.all()) {
      if (seq === last) return;
      seq += 1;
      now = Math.max(now, entry.now);
      yield { seq, ...entry, now };
    }
  }
}
