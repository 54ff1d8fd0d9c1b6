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
  #version = 0;
  #records = new Uint32Array(FIRST_COUNT * 2);
  #payloadCount = 0;
  #payloadIndex = new Uint32Array(16);
  #payloads: ValueWriter | undefined;
  readonly #runIds = new NameList();
  readonly #eventNames = new NameList();

  get count(): number {
    return this.#count;
  }

  get version(): number {
    return this.#version;
  }

  get runIds(): readonly string[] {
    return this.#runIds.list();
  }

  get eventNames(): readonly string[] {
    return this.#eventNames.list();
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
    this.#records[index * 2] = this.#runIds.indexOf(runId);
    this.#records[index * 2 + 1] = this.#eventNames.indexOf(event);
    this.#count = index + 1;
    this.#version += 1;
    return index;
  }

  clear(): void {
    this.#count = 0;
    this.#version += 1;
    this.#payloadCount = 0;
    this.#payloads?.reset();
    this.#runIds.clear();
    this.#eventNames.clear();
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

/** Names that a list remembers beyond `clear`. */
const NAMES_REMEMBERED_MAX = 1_000_000;

interface Known {
  index: number;
  /** The filling that gave it this index. */
  filling: number;
}

/**
 * Names by order of first use. A list that is filled anew with the same names in the same order stays the same array, so
 * whoever takes batches can tell by identity that nothing changed. An array that was handed out only ever grows.
 */
class NameList {
  #names: string[] = [];
  #count = 0;
  #filling = 0;
  readonly #known = new Map<string, Known>();

  indexOf(name: string): number {
    const known = this.#known.get(name);
    if (known !== undefined && known.filling === this.#filling) return known.index;
    const index = this.#count++;
    if (this.#names[index] !== name) {
      if (index < this.#names.length) this.#names = this.#names.slice(0, index);
      this.#names.push(name);
    }
    if (known === undefined) this.#known.set(name, { index, filling: this.#filling });
    else {
      known.index = index;
      known.filling = this.#filling;
    }
    return index;
  }

  list(): readonly string[] {
    if (this.#names.length !== this.#count) this.#names = this.#names.slice(0, this.#count);
    return this.#names;
  }

  clear(): void {
    this.#count = 0;
    this.#filling += 1;
    if (this.#known.size > NAMES_REMEMBERED_MAX) this.#known.clear();
  }
}

function grow(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
}
