// `run.events()`: a run told from its first event to its end. What happened before is replayed; then a tap on the live
// run goes on where the replay stops. A listener that lags too far behind loses its tap and goes back to reading history
// from where it is, so that nothing is lost and nothing grows.
import type { RunEvent } from "../model/engine.js";
import { WorkflowError } from "../model/errors.js";
import { isEnded } from "../model/status.js";
import { type Core, isKernelLost } from "./core.js";
import { EVENT_BUFFER_MAX } from "./limits.js";
import type { Loop } from "./loop.js";
import type { OpenRun, Tap } from "./open-run.js";
import type { FoundRun, Reader } from "./reader.js";
import type { Reach } from "./replay.js";
import { NO_HANDLE } from "./run-state.js";

/** The reader's wish to end, and how to wake whoever waits meanwhile. */
export interface Stop {
  isStopped: boolean;
  wake: () => void;
}

/** What a stream needs from the engine. */
export interface StreamHost {
  readonly core: Core;
  readonly loop: Loop;
  readonly reader: Reader;
  /** The next change of the run's record from now on, also by another tab. */
  change(runId: string): Change;
}

/** A change of a record that may happen. */
export interface Change {
  /** Resolves when it has happened or the reader stops; rejects when the engine closes. */
  happens(stop: Stop): Promise<void>;
  cancel(): void;
}

/** Where a stream reads from for a while. */
interface Source {
  readonly found: FoundRun;
  readonly tap: LiveTap | undefined;
  /** What of the last entry's consequences belongs to the past. */
  readonly reach: Reach | undefined;
}

/** Begins a stream of all events from entry `from` on. The history is read when the first event is asked for. */
export function streamEvents(host: StreamHost, runId: string, from: number): AsyncIterable<RunEvent> {
  return { [Symbol.asyncIterator]: () => createIterator(host, runId, from) };
}

function createIterator(host: StreamHost, runId: string, from: number): AsyncIterator<RunEvent> {
  const stop: Stop = { isStopped: false, wake: () => undefined };
  const batches = readAll(host, runId, stop);
  let batch: readonly RunEvent[] = [];
  let next = 0;
  return {
    async next() {
      for (;;) {
        const event = batch[next++];
        if (event === undefined) {
          const result = await batches.next();
          if (result.done === true) return { done: true, value: undefined };
          batch = result.value;
          next = 0;
        } else if (event.seq >= from) {
          return { done: false, value: event };
        }
      }
    },
    async return() {
      stop.isStopped = true;
      stop.wake();
      batch = [];
      await batches.return(undefined);
      return { done: true, value: undefined };
    },
  };
}

/** All events, several at a time: the past, then live, and over again from `position` when the tap is lost. */
async function* readAll(host: StreamHost, runId: string, stop: Stop): AsyncGenerator<readonly RunEvent[], undefined> {
  const place = new Place();
  while (!stop.isStopped) {
    const change = host.change(runId);
    let source: Source | undefined;
    try {
      source = await openSource(host, runId);
      for await (const events of readSource(host, source, place, stop)) {
        yield events;
        if (events.at(-1)?.type === "ended") return undefined;
      }
      if (source.tap === undefined && !isEnded(source.found.record.status)) await change.happens(stop);
    } catch (error) {
      if (!isKernelLost(error) || host.core.isClosed) throw error;
      host.loop.loseKernel();
      await host.loop.flushed();
    } finally {
      change.cancel();
      source?.tap?.close();
    }
  }
  return undefined;
}

/** How far a stream has told, as a number of events from where the history begins: it is cut now and then. */
class Place {
  toldCount = 0;
  #pastSeq = 0;
  readonly #cuts = new Map<number, number>();

  /** `count`: of the events up to entry `seq`, after which the history may begin when it is read the next time. */
  noteCut(seq: number, count: number): void {
    this.#cuts.set(seq, count);
  }

  /** The history that is read now begins after entry `pastSeq`; where that is not 0, with an event that says so. */
  open(pastSeq: number): void {
    if (pastSeq !== this.#pastSeq) {
      const count = this.#cuts.get(pastSeq);
      // Not noted: it was cut behind all that was told, and what lies between may be lost.
      this.toldCount = count === undefined ? 0 : Math.max(0, this.toldCount - count + 1);
    }
    this.#pastSeq = pastSeq;
    this.#cuts.clear();
  }
}

/** What a source is told from: the past by replay, and what is live behind it. */
async function* readSource(host: StreamHost, { found, tap, reach }: Source, place: Place, stop: Stop): AsyncGenerator<readonly RunEvent[], undefined> {
  place.open(found.pastSeq);
  let index = 0;
  let earlyCount = 0;
  for await (const events of host.reader.tell(found, reach)) {
    for (const { seq } of events) if (seq <= found.recentSeq) earlyCount += 1;
    const fresh = events.slice(Math.max(0, place.toldCount - index));
    index += events.length;
    place.toldCount = Math.max(place.toldCount, index);
    if (index > earlyCount) place.noteCut(found.recentSeq, earlyCount);
    if (fresh.length > 0) yield fresh;
  }
  place.noteCut(found.recentSeq, earlyCount);
  for (let events = await tap?.next(stop); events !== undefined; events = await tap?.next(stop)) {
    place.toldCount += events.length;
    yield events;
  }
  for (const { seq, pushedCount } of tap?.cuts ?? []) place.noteCut(seq, index + pushedCount);
}

/** Finds the run; of an open one, taps it at a step boundary in the same moment as the past is cut off. */
async function openSource(host: StreamHost, runId: string): Promise<Source> {
  const { core, reader } = host;
  for (;;) {
    const run = core.runs.get(runId);
    if (run === undefined) return { found: await reader.find(runId), tap: undefined, reach: undefined };
    await reader.settled(run);
    if (run.isDropped || run.isCommitting) continue;
    const found = await reader.find(runId);
    if (found.open !== run || run.isDropped || run.isCommitting || run.seq !== found.record.seq) continue;
    try {
      return { found, tap: new LiveTap(core, run), reach: { continues: run.continueCount, held: run.heldCount } };
    } catch (error) {
      if (!isKernelLost(error)) throw error;
      host.loop.loseKernel();
      await host.loop.flushed();
    }
  }
}

/** A bounded buffer of what a live run tells. */
class LiveTap implements Tap {
  readonly #core: Core;
  readonly #run: OpenRun;
  #events: RunEvent[] = [];
  #isOpen = true;
  #wake: () => void = () => undefined;

  #pushedCount = 0;
  /** The last cuts of the run's history: behind so many of the pushed events. */
  cuts: readonly { readonly seq: number; readonly pushedCount: number }[] = [];

  constructor(core: Core, run: OpenRun) {
    this.#core = core;
    this.#run = run;
    if (run.taps === undefined && run.handle !== NO_HANDLE) core.kernel.setTraced(run.handle, true);
    (run.taps ??= new Set()).add(this);
    if (run.isVolatile) core.restless.add(run);
  }

  push(events: readonly RunEvent[]): void {
    if (!this.#isOpen) return;
    this.#pushedCount += events.length;
    if (this.#events.length + events.length > EVENT_BUFFER_MAX && this.#events.length > 0) {
      this.#events = [];
      this.close();
      return;
    }
    for (const event of events) this.#events.push(event);
    this.#wake();
  }

  detach(): void {
    this.#isOpen = false;
    this.#wake();
  }

  noteCut(seq: number): void {
    if (this.#isOpen) this.cuts = [...this.cuts.slice(-1), { seq, pushedCount: this.#pushedCount }];
  }

  /** What came since the last call; undefined when the tap is closed and read empty, or the reader has stopped. */
  async next(stop: Stop): Promise<readonly RunEvent[] | undefined> {
    while (this.#events.length === 0 && this.#isOpen && !stop.isStopped) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        stop.wake = resolve;
      });
    }
    if (this.#core.isClosed && this.#events.length === 0) throw new WorkflowError("engine/closed", "The engine is closed");
    const events = this.#events;
    this.#events = [];
    return events.length === 0 ? undefined : events;
  }

  close(): void {
    this.detach();
    const { taps, handle } = this.#run;
    if (taps?.delete(this) !== true || taps.size > 0) return;
    this.#run.taps = undefined;
    if (handle === NO_HANDLE || this.#run.isDropped || this.#core.isClosed) return;
    try {
      this.#core.kernel.setTraced(handle, false);
    } catch (error) {
      if (!isKernelLost(error)) throw error;
    }
  }
}
