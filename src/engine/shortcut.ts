// The shortest way from a call to the kernel: events without payload to runs of durability `none` that nothing keeps from
// taking them at once, while the loop has nothing to do. They are stepped before the call returns, so nothing is copied,
// queued or woken. Whatever does not fit goes the loop's way, in the order of the calls.
import type { EventBatch, SendResult } from "../model/engine.js";
import { BatchCall } from "./batch-call.js";
import type { BatchDirectory } from "./batch-directory.js";
import type { Core } from "./core.js";
import { type DirectCalls, isUnheard, takesAtOnce } from "./direct-call.js";
import type { Loop } from "./loop.js";
import { toSendStatus } from "./run-events.js";

export class Shortcut {
  readonly #core: Core;
  readonly #loop: Loop;
  readonly #direct: DirectCalls;
  readonly #directory: BatchDirectory;

  constructor(core: Core, loop: Loop, direct: DirectCalls, directory: BatchDirectory) {
    this.#core = core;
    this.#loop = loop;
    this.#direct = direct;
    this.#directory = directory;
  }

  /** What became of the event, or undefined: nothing was done. */
  send(runId: string, event: string): SendResult | undefined {
    const run = this.#core.runs.get(runId);
    if (run === undefined || !isUnheard(run) || !takesAtOnce(run)) return undefined;
    const id = run.program.eventIndexes.get(event);
    const now = this.#core.clock.now();
    if (id === undefined || !this.#loop.isIdle(now)) return undefined;
    const outcome = this.#stepOne(run.handle, id, now);
    if (outcome < 0) return undefined;
    this.#core.stepsTotal += 1;
    this.#core.eventsTotal += 1;
    run.takeEvent(id, now, this.#core.clock.seed());
    this.#core.shortenLogs();
    return { status: toSendStatus(outcome), runStatus: run.status };
  }

  /** One outcome per event, or undefined: nothing was done. */
  sendMany(batch: EventBatch): Uint8Array | Promise<Uint8Array> | undefined {
    const now = this.#core.clock.now();
    if (batch.count === 0 || this.#core.restless.size > 0 || !this.#loop.isIdle(now) || batch.payloadIndex.length > 0) return undefined;
    const names = this.#directory.lookUp(this.#core, batch);
    if (names.direct === undefined) return undefined;
    const copy = this.#directory.copy(batch);
    const seed = this.#core.clock.seed();
    try {
      const output = this.#direct.stepPacked(copy, names.direct, now);
      const outcomes = output.outcomes.slice();
      if (output.oddCount === 0 && output.commands.length === 0) {
        this.#core.journal.add(names.direct, copy.records, copy.count, output.isRepeated, now, seed);
        this.#core.shortenLogs();
        return outcomes;
      }
      return new Promise((resolve, reject) => {
        const call = new BatchCall(copy, names, resolve, reject);
        call.stepped = { now, seed, outcomes, commands: output.commands, kernelCount: this.#core.kernelCount };
        this.#loop.deliver([call]);
      });
    } catch {
      return undefined;
    }
  }

  /** Negative: not stepped. A kernel that is lost, or busy with a function of the embedder, is the loop's business. */
  #stepOne(handle: number, id: number, now: number): number {
    try {
      return this.#core.kernel.stepOne(handle, id, now);
    } catch {
      return -1;
    }
  }
}
