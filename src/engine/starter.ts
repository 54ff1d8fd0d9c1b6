// Starts runs: checks what they start with, gives them ids, and sends them off: many of durability `none` in bulk, the
// others through the loop.
import { createRunIds } from "../base/run-id.js";
import type { StartOptions, Value } from "../model/engine.js";
import type { WorkflowError } from "../model/errors.js";
import { EntryKind } from "../model/history.js";
import { SEMANTICS_VERSION } from "../model/kernel-words.js";
import { encodeValue } from "../model/value.js";
import { BulkStart } from "./bulk-start.js";
import type { Core } from "./core.js";
import { checkInput, encodeStart } from "./input-check.js";
import type { Intake } from "./intake.js";
import { BULK_STEP_RUNS, PUMP_SLICE_MS, START_SLICE_RUNS } from "./limits.js";
import type { Loop } from "./loop.js";
import { type Arrival, OpenRun, type Receipt } from "./open-run.js";
import { invalidIdError, type OwnIds } from "./own-ids.js";
import type { LoadedProgram } from "./program-table.js";
import { packVersions } from "./run-state.js";

/** What the starter needs of the engine. */
export interface StarterHost {
  readonly core: Core;
  readonly loop: Loop;
  readonly ownIds: OwnIds;
  readonly intake: Intake;
  /** Does somebody read of every record that changes? */
  isWatched(): boolean;
  /** Rejects where the engine is closed or does not drive. */
  checkDriver(): Promise<void>;
}

export class Starter {
  readonly #host: StarterHost;
  readonly #bulk: BulkStart;
  /** The input of a run that is given none. */
  readonly #noInput = encodeValue({});

  constructor(host: StarterHost) {
    this.#host = host;
    this.#bulk = new BulkStart(host.core);
  }

  /** Starts a run per input; resolves with their ids when they have started. Rejects with `engine/overloaded`. */
  async startMany(program: LoadedProgram, inputs: readonly Value[], options: StartOptions): Promise<readonly string[]> {
    const { intake } = this.#host;
    intake.enter(inputs.length);
    try {
      return await this.#startAll(program, inputs, options);
    } finally {
      intake.leave(inputs.length);
    }
  }

  async #startAll(program: LoadedProgram, inputs: readonly Value[], options: StartOptions): Promise<readonly string[]> {
    const { core, ownIds } = this.#host;
    const { runId, durability = core.durability } = options;
    if (runId !== undefined) {
      if (inputs.length !== 1) throw invalidIdError(runId);
      return ownIds.begin(runId, () => this.#startAs([runId], program, inputs, options), durability === "none");
    }
    return inputs.length === 0 ? [] : this.#startAs(createRunIds(inputs.length), program, inputs, options);
  }

  async #startAs(runIds: readonly string[], program: LoadedProgram, inputs: readonly Value[], options: StartOptions): Promise<readonly string[]> {
    const payloads = this.#encodeInputs(program, runIds, inputs);
    const versions = packVersions(program.workflow.program.compilerVersion, SEMANTICS_VERSION);
    const startedCount = this.#isBulk(program, payloads.length, options) ? await this.#startInBulk(program, versions, runIds, payloads) : 0;
    if (startedCount === payloads.length) return runIds;
    await this.#startInTurn(program, versions, runIds.slice(startedCount), payloads.slice(startedCount), options);
    return runIds;
  }

  /** Makes the runs in slices, between which the event loop has its turns, and resolves when all have started. */
  #startInTurn(program: LoadedProgram, versions: number, runIds: readonly string[], payloads: readonly Uint8Array[], options: StartOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const receipt = new CountReceipt(runIds.length, resolve, reject);
      this.#startSlices(program, versions, runIds, payloads, options, receipt).catch(reject);
    });
  }

  async #startSlices(
    program: LoadedProgram,
    versions: number,
    runIds: readonly string[],
    payloads: readonly Uint8Array[],
    { durability, tags = [], priority }: StartOptions,
    receipt: CountReceipt,
  ): Promise<void> {
    const { core, loop } = this.#host;
    const startedAt = core.clock.now();
    let sliceStart = startedAt;
    // Kept for all of them: between the slices it must not go.
    program.userCount += runIds.length;
    for (let from = 0; from < runIds.length; from += START_SLICE_RUNS) {
      if (from > 0 && core.clock.now() - sliceStart >= PUMP_SLICE_MS) {
        await core.turn();
        try {
          await this.#host.checkDriver();
        } catch (error) {
          program.userCount -= runIds.length - from;
          throw error;
        }
        sliceStart = core.clock.now();
      }
      const arrivals: Arrival[] = [];
      for (let index = from; index < Math.min(from + START_SLICE_RUNS, runIds.length); index += 1) {
        const runId = runIds[index] as string;
        const run = new OpenRun(program, { runId, durability: durability ?? core.durability, startedAt, tags, priority, versions, journal: core.journal });
        core.runs.set(runId, run);
        arrivals.push({ run, kind: EntryKind.START, id: versions, payload: payloads[index], receipt, index });
      }
      loop.deliver(arrivals);
    }
  }

  #encodeInputs({ workflow }: LoadedProgram, runIds: readonly string[], inputs: readonly Value[]): readonly Uint8Array[] {
    const { name, program } = workflow;
    const { parameters } = program.definition;
    const isBare = parameters.length === 0 && program.isRunIdUsed !== true;
    return inputs.map((input, index) =>
      isBare && isNothing(input) ? this.#noInput : encodeStart(program, runIds[index] as string, checkInput(name, parameters, input)),
    );
  }

  #isBulk(program: LoadedProgram, count: number, { durability, tags, runId, priority }: StartOptions): boolean {
    const { core } = this.#host;
    const isNamed = (tags ?? []).length > 0 || runId !== undefined || priority !== undefined;
    const isPlain = (durability ?? core.durability) === "none" && !isNamed && program.workflow.search === undefined;
    return isPlain && !this.#host.isWatched() && this.#bulk.isWorthwhile(program, count);
  }

  /** How many of the runs, from the first on, were started. The event loop gets its turns between the steps. */
  async #startInBulk(program: LoadedProgram, versions: number, runIds: readonly string[], payloads: readonly Uint8Array[]): Promise<number> {
    const { core, loop } = this.#host;
    for (let from = 0; from < payloads.length; from += BULK_STEP_RUNS) {
      if (!loop.isIdle(core.clock.now())) await loop.breathe();
      await this.#host.checkDriver();
      const to = from + BULK_STEP_RUNS;
      const isStarted =
        loop.isIdle(core.clock.now()) && this.#bulk.start(program, versions, runIds.slice(from, to), payloads.slice(from, to));
      if (!isStarted) return from;
    }
    return payloads.length;
  }
}

/** Is it an object without anything in it? */
function isNothing(input: unknown): boolean {
  if (typeof input !== "object" || input === null || Object.getPrototypeOf(input) !== Object.prototype) return false;
  for (const _key in input) return false;
  return true;
}

/** Resolves when all of a number of arrivals are settled. */
class CountReceipt implements Receipt {
  readonly #resolve: () => void;
  readonly #reject: (error: WorkflowError) => void;
  #count: number;

  constructor(count: number, resolve: () => void, reject: (error: WorkflowError) => void) {
    this.#count = count;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  settle(): void {
    this.#count -= 1;
    if (this.#count === 0) this.#resolve();
  }

  fail(error: WorkflowError): void {
    this.#reject(error);
  }
}
