// The codec of checkpoints: a run at rest as bytes that any later version can recognise. The kernel's part is its own
// portable snapshot; around it stands what the engine keeps of a run.
import { WorkflowError } from "../model/errors.js";
import { decodeValue, encodeValue } from "../model/value.js";
import type { OpenCommand, RunState } from "./run-state.js";

export const CHECKPOINT_VERSION = 1;

/** Fields are short because every checkpoint repeats them. */
interface CheckpointFields {
  /** `packVersions` of the run. */
  readonly v: number;
  readonly seq: number;
  readonly now: number;
  readonly resume: number;
  /** `[kind, serial, visit, action, due, input or null]` per open command; then, unless they are 0 and 1, item and attempt. */
  readonly open: readonly (readonly unknown[])[];
  /** Of a run that undoes before it is canceled. */
  readonly canceled?: boolean;
  readonly kernel: Uint8Array;
}

export interface Checkpoint {
  readonly versions: number;
  readonly seq: number;
  readonly lastNow: number;
  readonly resumeSeq: number;
  readonly isCanceled: boolean;
  readonly open: readonly OpenCommand[];
  readonly kernel: Uint8Array;
}

/** Is it between two steps and not paused? */
export function isAtRest(state: RunState): boolean {
  return !state.isPaused && !state.isYielded && state.held.length === 0 && state.ending === undefined;
}

/** `snapshot`: the kernel's, taken at the same time. */
export function encodeCheckpoint(state: RunState, versions: number, snapshot: Uint8Array): Uint8Array {
  const open = [...(state.open?.values() ?? [])].map(({ kind, serial, visit, action, due, input, item, attempt }) => [
    kind,
    serial,
    visit,
    action,
    due,
    input ?? null,
    ...(item !== 0 || attempt !== 1 ? [item, attempt] : []),
  ]);
  const fields: CheckpointFields = { v: versions, seq: state.seq, now: state.lastNow, resume: state.resumeSeq, open, ...(state.isCanceled && { canceled: true }), kernel: snapshot };
  const body = encodeValue(fields);
  const bytes = new Uint8Array(body.length + 1);
  bytes[0] = CHECKPOINT_VERSION;
  bytes.set(body, 1);
  return bytes;
}

/** Throws `run/version-unsupported` for bytes of another codec. */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  if (bytes[0] !== CHECKPOINT_VERSION) {
    throw new WorkflowError("run/version-unsupported", `A checkpoint has version ${bytes[0]}; this engine reads ${CHECKPOINT_VERSION}`, {
      details: { version: bytes[0] },
    });
  }
  const fields = decodeValue(bytes, 1) as CheckpointFields;
  return {
    versions: fields.v,
    seq: fields.seq,
    lastNow: fields.now,
    resumeSeq: fields.resume,
    isCanceled: fields.canceled === true,
    open: fields.open.map(toOpenCommand),
    kernel: fields.kernel,
  };
}

function toOpenCommand([kind, serial, visit, action, due, input, item = 0, attempt = 1]: readonly unknown[]): OpenCommand {
  return {
    kind: Number(kind),
    serial: Number(serial),
    visit: String(visit),
    item: Number(item),
    attempt: Number(attempt),
    action: Number(action),
    due: Number(due),
    input: input instanceof Uint8Array ? input : undefined,
    isQueued: false,
    isAnswered: false,
    isClosed: false,
  };
}
