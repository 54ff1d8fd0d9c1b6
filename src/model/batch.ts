// Batches of events for many runs, packed as the worker and the engine take them: typed arrays that are transferred or
// read in place, and each name once.
import type { EventBatch, Value } from "./engine.js";
import { WorkflowError } from "./errors.js";
import { ValueWriter } from "./value.js";

/** Events in one batch. */
export const BATCH_EVENTS_MAX = 4_000_000;
const FIRST_COUNT = 1_024;

/** An empty batch. Fill it with `add`, hand it to `engine.sendMany`, `clear` it and use it again. */
export function createBatch(): EventBatch {
  return new PackedBatch();
}

class PackedBatch implements EventBatch {
  #count = 0;
  #records = new Uint32Array(FIRST_COUNT * 2);
  #payloadCount = 0;
  #payloadIndex = new Uint32Array(16);
  #payloads: ValueWriter | undefined;
  #runIds: string[] = [];
  #eventNames: string[] = [];
  readonly #runIndexes = new Map<string, number>();
  readonly #eventIndexes = new Map<string, number>();

  get count(): number {
    return this.#count;
  }

  get runIds(): readonly string[] {
    return this.#runIds;
  }

  get eventNames(): readonly string[] {
    return this.#eventNames;
  }

  get records(): Uint32Array {
    return this.#records.subarray(0, this.#count * 2);
  }

  get payloadIndex(): Uint32Array {
    return this.#payloadIndex.subarray(0, this.#payloadCount * 2);
  }

  get payloadBytes(): Uint8Array {
    return this.#payloads?.bytes() ?? new Uint8Array(0);
  }

  /** Throws `event/batch-full`, and `value/unsupported` for a payload that is no value; the batch stays as it was. */
  add(runId: string, event: string, payload?: Value): number {
    const index = this.#count;
    if (index === BATCH_EVENTS_MAX) {
      throw new WorkflowError("event/batch-full", `A batch has ${index} events already; the limit is ${BATCH_EVENTS_MAX}`, {
        details: { countMax: BATCH_EVENTS_MAX },
      });
    }
    if (payload !== undefined) this.#addPayload(index, payload);
    if (index * 2 === this.#records.length) this.#records = grow(this.#records);
    this.#records[index * 2] = intern(runId, this.#runIds, this.#runIndexes);
    this.#records[index * 2 + 1] = intern(event, this.#eventNames, this.#eventIndexes);
    this.#count = index + 1;
    return index;
  }

  clear(): void {
    this.#count = 0;
    this.#payloadCount = 0;
    this.#payloads?.reset();
    // New arrays: a call under way may still read the old ones.
    this.#runIds = [];
    this.#eventNames = [];
    this.#runIndexes.clear();
    this.#eventIndexes.clear();
  }

  #addPayload(index: number, payload: Value): void {
    this.#payloads ??= new ValueWriter();
    this.#payloads.writeValue(payload, "payload");
    const at = this.#payloadCount * 2;
    if (at === this.#payloadIndex.length) this.#payloadIndex = grow(this.#payloadIndex);
    this.#payloadIndex[at] = index;
    this.#payloadIndex[at + 1] = this.#payloads.size;
    this.#payloadCount += 1;
  }
}

function intern(text: string, texts: string[], indexes: Map<string, number>): number {
  let index = indexes.get(text);
  if (index === undefined) {
    index = texts.length;
    indexes.set(text, index);
    texts.push(text);
  }
  return index;
}

function grow(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
}
