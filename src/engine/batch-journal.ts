// Events of packed calls to runs of durability `none`, kept as they came: no work per event, and none but a time and a
// seed for a call that repeats the one before. They become part of the runs' histories when somebody asks for one of
// these or adds to it, in the order in which they were stepped.
import { seedAt } from "../base/prng.js";
import type { KernelPort } from "../model/ports.js";
import { JOURNAL_EVENT_WEIGHT, JOURNAL_WEIGHT_MAX } from "./limits.js";
import type { LogPiece, PieceEvent } from "./volatile-log.js";

/** A run as far as the journal knows it. */
export interface JournalRun {
  /** One more event of its history. */
  takeEvent(id: number, now: number, seed: number): void;
  takePiece(piece: LogPiece): void;
  /** Cuts its history, where it rests. Throws the kernel's errors. */
  shorten(kernel: KernelPort): void;
}

/** The runs and event numbers that calls name by index. */
export interface JournalNames {
  readonly runs: readonly (JournalRun | undefined)[];
  /** Per event name its number in the runs' program. */
  readonly ids: Uint32Array;
}

/** Calls with the same events. */
interface Segment {
  readonly count: number;
  /** Two numbers per event: index into `names.runs`, index into `names.ids`. */
  readonly records: Uint32Array;
  readonly names: JournalNames;
  /** Pairs: the time of a call, and its seed. */
  readonly calls: number[];
}

export class BatchJournal {
  #segments: Segment[] = [];
  #weight = 0;
  readonly #long = new Set<JournalRun>();

  /** Is there something for `shorten` to do? */
  get isLong(): boolean {
    return this.#weight >= JOURNAL_WEIGHT_MAX || this.#long.size > 0;
  }

  /** The run's history has become long. */
  noteLong(run: JournalRun): void {
    this.#long.add(run);
  }

  /** To be called when nothing is under way: spills what is too much, cuts histories that are long. Throws the kernel's errors. */
  shorten(kernel: KernelPort): void {
    if (this.#weight >= JOURNAL_WEIGHT_MAX) this.spill();
    const runs = [...this.#long];
    this.#long.clear();
    for (const run of runs) run.shorten(kernel);
  }

  get isEmpty(): boolean {
    return this.#segments.length === 0;
  }

  /** A call of which every event was recorded. `records` belong to the journal from now on; `isRepeated`: it is the call before again. */
  add(names: JournalNames, records: Uint32Array, count: number, isRepeated: boolean, now: number, seed: number): void {
    const last = this.#segments.at(-1);
    const isKnown = isRepeated && last?.names === names && last.count === count;
    this.#weight += isKnown ? count : count * JOURNAL_EVENT_WEIGHT;
    if (isKnown) last.calls.push(now, seed);
    else this.#segments.push({ count, records, names, calls: [now, seed] });
  }

  /** Gives the runs what is here. O(runs and events of the different calls since the last time). */
  spill(): void {
    const segments = this.#segments;
    this.#segments = [];
    this.#weight = 0;
    for (const segment of segments) {
      if (segment.calls.length === 2) spillCall(segment);
      else spillCalls(segment);
    }
  }
}

function spillCall({ count, records, names, calls }: Segment): void {
  const [now = 0, seed = 0] = calls;
  for (let index = 0; index < count; index += 1) {
    const id = names.ids[records[index * 2 + 1] as number] as number;
    names.runs[records[index * 2] as number]?.takeEvent(id, now, seedAt(seed, index));
  }
}

/** Each run of repeated calls gets one piece. */
function spillCalls(segment: Segment): void {
  const { count, records, names } = segment;
  const ends = new Uint32Array(names.runs.length + 1);
  for (let index = 0; index < count; index += 1) ends[(records[index * 2] as number) + 1] = (ends[(records[index * 2] as number) + 1] as number) + 1;
  for (let run = 0; run < names.runs.length; run += 1) ends[run + 1] = (ends[run + 1] as number) + (ends[run] as number);
  const places = ends.slice();
  /** Indexes of the events, run by run. */
  const order = new Uint32Array(count);
  for (let index = 0; index < count; index += 1) {
    const run = records[index * 2] as number;
    const place = places[run] as number;
    order[place] = index;
    places[run] = place + 1;
  }
  names.runs.forEach((run, index) => {
    const own = order.subarray(ends[index], ends[index + 1]);
    if (own.length > 0) run?.takePiece(new CallsPiece(segment.records, names.ids, segment.calls, own));
  });
}

/** The events that repeated calls hold for one run. */
class CallsPiece implements LogPiece {
  readonly count: number;
  readonly lastNow: number;
  readonly #records: Uint32Array;
  readonly #ids: Uint32Array;
  readonly #calls: readonly number[];
  readonly #order: Uint32Array;

  constructor(records: Uint32Array, ids: Uint32Array, calls: readonly number[], order: Uint32Array) {
    this.#records = records;
    this.#ids = ids;
    this.#calls = calls;
    this.#order = order;
    this.count = order.length * (calls.length / 2);
    this.lastNow = 0;
    for (let at = 0; at < calls.length; at += 2) this.lastNow = Math.max(this.lastNow, calls[at] as number);
  }

  *events(): Iterable<PieceEvent> {
    for (let at = 0; at < this.#calls.length; at += 2) {
      const now = this.#calls[at] as number;
      const seed = this.#calls[at + 1] as number;
      for (const index of this.#order) yield { id: this.#ids[this.#records[index * 2 + 1] as number] as number, now, seed: seedAt(seed, index) };
    }
  }
}
