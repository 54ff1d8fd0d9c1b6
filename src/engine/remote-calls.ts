// What is asked of a run that another engine drives: passed to that engine, and done here where others ask. An event is passed once: where its
// driver is gone before it answers, nobody knows whether the run took it, and the sender hears so.
import { WorkflowError } from "../model/errors.js";
import { EntryKind } from "../model/history.js";
import { EventOutcome } from "../model/kernel-words.js";
import type { RunStatus } from "../model/status.js";
import type { BatchCopy } from "./batch-directory.js";
import type { Driving } from "./driving.js";

/** In place of an outcome: another engine drives the run. No `EventOutcome`. */
export const REMOTE = 255;

/** What another tab may tell a run, beside events. */
const CONTROLS: ReadonlySet<number> = new Set([EntryKind.PAUSE, EntryKind.RESUME, EntryKind.CANCEL, EntryKind.WIND_DOWN]);

/** What became of one event. */
export interface EventAnswer {
  /** EventOutcome. */
  readonly outcome: number;
  readonly runStatus: RunStatus;
}

/** The engine's own side. */
export interface RemoteHost {
  control(runId: string, kind: number, payload: Uint8Array | undefined): Promise<RunStatus>;
  tellEvent(runId: string, event: string, payload: Uint8Array | undefined): Promise<EventAnswer>;
  delete(runId: string): Promise<void>;
}

export class RemoteCalls {
  readonly #host: RemoteHost;
  readonly #driving: Driving;

  constructor(host: RemoteHost, driving: Driving) {
    this.#host = host;
    this.#driving = driving;
  }

  async control(runId: string, kind: number, payload: Uint8Array | undefined): Promise<RunStatus> {
    const answer = await this.#driving.call(runId, "control", [kind, payload], true);
    return answer === undefined ? this.#host.control(runId, kind, payload) : (answer.value as RunStatus);
  }

  async tellEvent(runId: string, event: string, payload: Uint8Array | undefined): Promise<EventAnswer> {
    const answer = await this.#driving.call(runId, "event", [event, payload], false);
    return answer === undefined ? this.#host.tellEvent(runId, event, payload) : (answer.value as EventAnswer);
  }

  async delete(runId: string): Promise<void> {
    if ((await this.#driving.call(runId, "delete", [], true)) === undefined) await this.#host.delete(runId);
  }

  /** Sends those events of a batch whose run is REMOTE in `fixed` (by index into `runIds`), in their order, and writes their outcomes. */
  async sendMany(outcomes: Uint8Array, batch: BatchCopy, runIds: readonly string[], eventNames: readonly string[], fixed: readonly (number | undefined)[]): Promise<void> {
    if (!fixed.includes(REMOTE)) return;
    const payloads = readPayloads(batch);
    const sending: Promise<void>[] = [];
    for (let index = 0; index < outcomes.length; index += 1) {
      const run = batch.records[index * 2] ?? 0;
      if (fixed[run] !== REMOTE) continue;
      const event = eventNames[batch.records[index * 2 + 1] ?? 0] ?? "";
      const told = this.tellEvent(runIds[run] ?? "", event, payloads.get(index)).then(
        ({ outcome }) => outcome,
        (error: unknown) => (error instanceof WorkflowError && error.code === "run/invalid-payload" ? EventOutcome.INVALID : EventOutcome.UNKNOWN_RUN),
      );
      sending.push(told.then((outcome) => void (outcomes[index] = outcome)));
    }
    await Promise.all(sending);
  }

  /** Does what another engine asks for. */
  async answer(method: string, [runId, first, second]: readonly unknown[]): Promise<unknown> {
    if (typeof runId === "string") {
      const payload = second instanceof Uint8Array ? second : undefined;
      if (method === "control" && typeof first === "number" && CONTROLS.has(first)) return this.#host.control(runId, first, payload);
      if (method === "event" && typeof first === "string") return this.#host.tellEvent(runId, first, payload);
      if (method === "delete") return this.#host.delete(runId);
    }
    throw new WorkflowError("engine/no-answer", `Another tab asks for "${method}", which this version does not know`, { details: { method } });
  }
}

function readPayloads({ payloadIndex, payloadBytes }: BatchCopy): ReadonlyMap<number, Uint8Array> {
  const payloads = new Map<number, Uint8Array>();
  let from = 0;
  for (let at = 0; at < payloadIndex.length; at += 2) {
    const to = payloadIndex[at + 1] ?? from;
    payloads.set(payloadIndex[at] ?? 0, payloadBytes.slice(from, to));
    from = to;
  }
  return payloads;
}
