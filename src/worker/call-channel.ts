// The page's end of the calls port: calls made in one microtask leave in one message, batches of events leave as
// transferred typed arrays, and each caller gets its own answer.
import type { EventBatch } from "../model/engine.js";
import { fromErrorRecord, toErrorRecord, WorkflowError } from "../model/errors.js";
import { encodeValue } from "../model/value.js";
import { isAnswer, isFromHost, readList } from "./messages.js";
import { BATCHES_KNOWN_MAX, CALLS_BY_MESSAGE_MAX, CALLS_PENDING_MAX, RUN_NUMBERS_MAX } from "./limits.js";
import type { BatchMessage, Call, FromHost, NumberedCall, ToHost } from "./protocol.js";

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** A batch as the worker knows it. */
interface KnownBatch {
  readonly slot: number;
  /** Which batch the slot was given to, counted from 1. */
  readonly tenant: number;
  readonly version: number;
}

export class CallChannel {
  readonly #port: MessagePort;
  readonly #waiting = new Map<number, Waiting>();
  readonly #runNumbers = new Map<string, number>();
  /** Run ids of the batch before: when the same array comes again, only the events are sent. */
  #lastRunIds: readonly string[] | undefined;
  #lastRunCount = 0;
  readonly #knownBatches = new WeakMap<EventBatch, KnownBatch>();
  /** By slot: which batch has it now. */
  readonly #tenants = new Uint32Array(BATCHES_KNOWN_MAX);
  #tenantCount = 0;
  #calls: NumberedCall[] = [];
  #nextId = 1;
  #failure: WorkflowError | undefined;

  constructor(port: MessagePort) {
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<FromHost>) => this.#take(data);
  }

  /** Resolves with the call's answer; leaves with the others of this microtask. */
  call(call: Call): Promise<unknown> {
    return this.#register((id) => {
      // Left out of a slice, it is on its way already.
      if (this.#calls.push({ ...call, id }) === 1) queueMicrotask(() => this.#flushSlice());
    });
  }

  /** Sends a batch at once, after the calls that were made before it. The batch may be changed as soon as this returns. */
  sendBatch(batch: EventBatch): Promise<Uint8Array> {
    return this.#register((id) => {
      this.#flush();
      const known = this.#knownBatches.get(batch);
      if (known !== undefined && known.version === batch.version && this.#tenants[known.slot] === known.tenant) {
        this.#port.postMessage({ kind: "again", id, slot: known.slot } satisfies ToHost);
        return;
      }
      const message = this.#pack(batch, id);
      const transfer = [message.records.buffer, message.runs?.buffer, message.payloadIndex?.buffer, message.payloadBytes?.buffer];
      this.#port.postMessage(
        message,
        transfer.filter((buffer) => buffer !== undefined),
      );
    }) as Promise<Uint8Array>;
  }

  /** Rejects everything that waits, and every later call. */
  fail(error: WorkflowError): void {
    this.#failure ??= error;
    this.#calls = [];
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    this.#port.close();
  }

  #register(post: (id: number) => void): Promise<unknown> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#waiting.size >= CALLS_PENDING_MAX) {
      const message = `${this.#waiting.size} calls wait for their answer; the limit is ${CALLS_PENDING_MAX}`;
      return Promise.reject(new WorkflowError("worker/overloaded", message, { isRetryable: true }));
    }
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      post(id);
    });
  }

  /** Ten thousand calls in one message would block the page while they are copied: the others follow in its next turns. */
  #flushSlice(): void {
    this.#post(this.#calls.splice(0, CALLS_BY_MESSAGE_MAX));
    if (this.#calls.length > 0) takeTurn(() => this.#flushSlice());
  }

  #flush(): void {
    this.#post(this.#calls.splice(0));
  }

  #post(calls: readonly NumberedCall[]): void {
    if (calls.length === 0) return;
    try {
      this.#port.postMessage({ kind: "calls", calls } satisfies ToHost);
    } catch {
      this.#postSendable(calls);
    }
  }

  /** One of the calls holds what cannot be cloned: it fails with the path, the others go on. */
  #postSendable(calls: readonly NumberedCall[]): void {
    for (const call of calls) {
      try {
        if (call.kind === "send") encodeValue(call.payload, "payload");
        if (call.kind === "start") for (const input of call.inputs) encodeValue(input, "input");
        this.#port.postMessage({ kind: "calls", calls: [call] } satisfies ToHost);
      } catch (error) {
        const { code, message, details } = toErrorRecord(error);
        const failure =
          error instanceof WorkflowError ? error : new WorkflowError("value/unsupported", message, { details: { ...details, code } });
        this.#waiting.get(call.id)?.reject(failure);
        this.#waiting.delete(call.id);
      }
    }
  }

  #take(message: FromHost): void {
    if (!isFromHost(message)) return;
    if (message.kind === "outcomes") {
      this.#waiting.get(message.id)?.resolve(message.outcomes);
      this.#waiting.delete(message.id);
      return;
    }
    for (const answer of readList(message.answers, isAnswer)) {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (answer.isSuccess) waiting?.resolve(answer.value);
      else waiting?.reject(fromErrorRecord(answer.error));
    }
  }

  /** The slot under which the worker keeps the batch as it is now; another one may lose it. */
  #rememberBatch(batch: EventBatch): number {
    const before = this.#knownBatches.get(batch);
    const isTenant = before !== undefined && this.#tenants[before.slot] === before.tenant;
    const slot = isTenant ? before.slot : this.#tenantCount % BATCHES_KNOWN_MAX;
    if (!isTenant) this.#tenants[slot] = ++this.#tenantCount;
    this.#knownBatches.set(batch, { slot, tenant: this.#tenants[slot] as number, version: batch.version });
    return slot;
  }

  #pack(batch: EventBatch, id: number): BatchMessage {
    const { runIds } = batch;
    const isSame = runIds === this.#lastRunIds && runIds.length === this.#lastRunCount;
    if (this.#runNumbers.size + runIds.length > RUN_NUMBERS_MAX && !isSame) this.#runNumbers.clear();
    const firstNewRun = this.#runNumbers.size;
    const newRunIds: string[] = [];
    const runs = isSame ? undefined : new Uint32Array(runIds.length);
    if (runs !== undefined) {
      for (let index = 0; index < runIds.length; index += 1) {
        const runId = runIds[index] as string;
        let number = this.#runNumbers.get(runId);
        if (number === undefined) {
          number = this.#runNumbers.size;
          this.#runNumbers.set(runId, number);
          newRunIds.push(runId);
        }
        runs[index] = number;
      }
      this.#lastRunIds = runIds;
      this.#lastRunCount = runIds.length;
    }
    return {
      kind: "batch",
      id,
      slot: this.#rememberBatch(batch),
      firstNewRun,
      newRunIds,
      runs,
      eventNames: batch.eventNames,
      records: new Uint32Array(batch.records),
      payloadIndex: batch.payloadIndex.length === 0 ? undefined : new Uint32Array(batch.payloadIndex),
      payloadBytes: batch.payloadBytes.length === 0 ? undefined : new Uint8Array(batch.payloadBytes),
    };
  }
}

/** Calls back in a turn of its own; no timer, since those of hidden pages are late. */
function takeTurn(callback: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    callback();
  };
  port2.postMessage(0);
}
