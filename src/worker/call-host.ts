// The worker's end of the calls port: performs calls and batches on the engine; answers that are ready together travel
// together.
import type { Engine, EventBatch, Run } from "../model/engine.js";
import { WorkflowError } from "../model/errors.js";
import { serializeThrown } from "./errors.js";
import { isBatchMessage, isNumbered, isRecord, isSlot, readList } from "./messages.js";
import type { AgainMessage, Answer, BatchMessage, Call, FromHost, NumberedCall, ToHost } from "./protocol.js";

/** Serves the calls port with `engine`. */
export function serveCalls(engine: Engine, port: MessagePort): void {
  let answers: Answer[] = [];
  const flush = (): void => {
    const ready = answers;
    answers = [];
    try {
      port.postMessage({ kind: "answers", answers: ready } satisfies FromHost);
    } catch {
      // One of them cannot be cloned: that one fails, the others arrive.
      for (const answer of ready) postAlone(port, answer);
    }
  };
  const answer = (one: Answer): void => {
    if (answers.push(one) === 1) queueMicrotask(flush);
  };
  const batches = new BatchReader();
  const sendBatch = async (message: unknown): Promise<Uint8Array> => engine.sendMany(batches.find(message));
  port.onmessage = ({ data }: MessageEvent<ToHost>) => {
    if (!isRecord(data)) return;
    if (data.kind !== "calls") {
      const { id } = data;
      if (!isNumbered(data)) return;
      sendBatch(data).then(
        (outcomes) => postOutcomes(port, id, outcomes),
        (error: unknown) => answer({ id, isSuccess: false, error: serializeThrown(error).record }),
      );
      return;
    }
    for (const { id, ...call } of readList<NumberedCall>(data.calls, isNumbered as (part: unknown) => part is NumberedCall)) {
      performCall(engine, call).then(
        (value) => answer({ id, isSuccess: true, value }),
        (error: unknown) => answer({ id, isSuccess: false, error: serializeThrown(error).record }),
      );
    }
  };
}

async function performCall(engine: Engine, call: Call): Promise<unknown> {
  switch (call.kind) {
    case "send":
      return engine.send(call.runId, call.event, call.payload);
    case "start":
      return startRuns(engine, call);
    case "record":
      return (await engine.runs.get(call.runId)).record();
    case "status":
      return (await engine.runs.get(call.runId)).status();
    case "result":
      return (await engine.runs.get(call.runId)).result;
    default:
      throw unknownError((call as { readonly kind?: unknown }).kind);
  }
}

/** Ids of the started runs. */
async function startRuns(engine: Engine, call: Extract<Call, { kind: "start" }>): Promise<readonly string[]> {
  if (!Array.isArray(call.inputs)) throw unknownError(call.kind);
  if (call.isMany) return (await engine.startMany(call.workflow, call.inputs, call.options)).map((run: Run) => run.id);
  return [(await engine.start(call.workflow, call.inputs[0], call.options)).id];
}

function unknownError(kind: unknown): WorkflowError {
  return new WorkflowError("engine/invalid-argument", `The page asks for "${String(kind)}" in a way that its worker does not know`, { details: { kind: String(kind) } });
}

function postOutcomes(port: MessagePort, id: number, outcomes: Uint8Array): void {
  const own = outcomes.byteLength === outcomes.buffer.byteLength ? outcomes : outcomes.slice();
  port.postMessage({ kind: "outcomes", id, outcomes: own } satisfies FromHost, [own.buffer as ArrayBuffer]);
}

function postAlone(port: MessagePort, answer: Answer): void {
  try {
    port.postMessage({ kind: "answers", answers: [answer] } satisfies FromHost);
  } catch (error) {
    port.postMessage({
      kind: "answers",
      answers: [{ id: answer.id, isSuccess: false, error: serializeThrown(error).record }],
    } satisfies FromHost);
  }
}

const EMPTY_INDEX = new Uint32Array(0);
const EMPTY_BYTES = new Uint8Array(0);

/** Turns batch messages back into batches; remembers run ids by their numbers. */
export class BatchReader {
  #runIds: string[] = [];
  #lastRunIds: readonly string[] = [];
  #lastEventNames: readonly string[] = [];
  readonly #known: EventBatch[] = [];

  /** The batch that a message holds or names. Throws `engine/invalid-argument`. */
  find(message: unknown): EventBatch {
    if (isBatchMessage(message, this.#runIds.length) && message.kind === "batch") return this.read(message);
    const { kind, slot } = message as Partial<AgainMessage>;
    if (kind === "again" && isSlot(slot) && this.#known[slot] !== undefined) return this.#known[slot];
    throw unknownError(kind);
  }

  read(message: BatchMessage): EventBatch {
    if (message.firstNewRun === 0) this.#runIds = [];
    for (const runId of message.newRunIds) this.#runIds.push(runId);
    if (message.runs !== undefined) this.#lastRunIds = Array.from(message.runs, (number) => this.#runIds[number] as string);
    const { records } = message;
    const batch: EventBatch = {
      count: records.length / 2,
      version: 0,
      runIds: this.#lastRunIds,
      eventNames: this.#keepNames(message.eventNames),
      records,
      payloadIndex: message.payloadIndex ?? EMPTY_INDEX,
      payloadBytes: message.payloadBytes ?? EMPTY_BYTES,
      add: refuseChange,
      clear: refuseChange,
    };
    this.#known[message.slot] = batch;
    return batch;
  }

  /** The array of the batch before where it says the same, so that what the engine looked up for it is found again. */
  #keepNames(eventNames: readonly string[]): readonly string[] {
    if (!areEqual(eventNames, this.#lastEventNames)) this.#lastEventNames = eventNames;
    return this.#lastEventNames;
  }
}

function areEqual(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}

function refuseChange(): never {
  throw new Error("a batch under way does not change");
}
