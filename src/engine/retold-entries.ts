// Entries made anew from what they say: which answer to which attempt at which item of which visit, the event of which name. Numbers that the
// kernel and the engine gave - serials, sequence, pauses, the run's clock - are those of the run that is told, so that an entry comes out as it is
// recorded only where that run has come to the same.
import { encodeEntries } from "../model/history-codec.js";
import { EntryKind, type HistoryEntry } from "../model/history.js";
import { SEMANTICS_VERSION } from "../model/kernel-words.js";
import type { LoadedProgram } from "./program-table.js";
import { type OpenCommand, OpenKind, packVersions, type RunState } from "./run-state.js";

/** Names an ask for ever. */
export function keyOfAsk({ kind, visit, item, attempt }: Pick<OpenCommand, "kind" | "visit" | "item" | "attempt">): string {
  return `${kind}/${visit}/${item}/${attempt}`;
}

export function isAnswer(kind: EntryKind): boolean {
  return kind === EntryKind.TASK_SUCCEEDED || kind === EntryKind.TASK_FAILED || kind === EntryKind.TIMER;
}

/** What an entry says, without the numbers that were given to it. Undefined: it answers what nobody asked. */
export interface Statement {
  readonly kind: EntryKind;
  /** The name of an event, the key of an ask; else empty. */
  readonly about: string;
}

/** Reads the entry as the next of a run that stands at `state`. */
export function readStatement({ kind, id }: HistoryEntry, state: RunState): Statement | undefined {
  if (kind === EntryKind.EVENT) {
    const name = state.program.workflow.program.eventNames[id];
    return name === undefined ? undefined : { kind, about: name };
  }
  if (!isAnswer(kind)) return { kind, about: "" };
  const open = state.open?.get(id);
  if (open === undefined || open.isAnswered || (open.kind === OpenKind.TIMER) !== (kind === EntryKind.TIMER)) return undefined;
  return { kind, about: keyOfAsk(open) };
}

/** Records statements as the engine would, for a run that is told them. */
export class Recorder {
  readonly #program: LoadedProgram;
  readonly #serials = new Map<string, number>();

  constructor(program: LoadedProgram) {
    this.#program = program;
  }

  /** The run has asked for something. */
  note(open: OpenCommand): void {
    this.#serials.set(keyOfAsk(open), open.serial);
  }

  /** The entry as it would stand next in the history of the run at `state`; undefined: the run has not asked for that. */
  record({ kind, about }: Statement, { now, seed, payload }: HistoryEntry, state: RunState): HistoryEntry | undefined {
    const id = this.#idOf(kind, about, state);
    if (id === undefined || !Number.isFinite(now)) return undefined;
    const isHeld = state.isPaused && (kind === EntryKind.EVENT || isAnswer(kind));
    return { seq: state.seq + 1, kind, isHeld, id, now: Math.max(now, state.lastNow), seed, ...(payload !== undefined && { payload }) };
  }

  #idOf(kind: EntryKind, about: string, state: RunState): number | undefined {
    switch (kind) {
      case EntryKind.START:
        return state.seq === 0 ? packVersions(this.#program.workflow.program.compilerVersion, SEMANTICS_VERSION) : undefined;
      case EntryKind.EVENT:
        return this.#program.eventIndexes.get(about);
      case EntryKind.PAUSE:
      case EntryKind.WIND_DOWN:
      case EntryKind.CANCEL:
        return state.continueCount;
      case EntryKind.RESUME:
        return 0;
      default:
        return this.#serials.get(about);
    }
  }
}

/** The same to the byte? */
export function areSameEntries(a: HistoryEntry, b: HistoryEntry): boolean {
  return areSameBytes(encodeEntries([a]), encodeEntries([b]));
}

export function areSameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
