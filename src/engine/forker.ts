// `engine.fork`: a run that begins as another one was after an entry of its history. Its own history begins with a copy of the other's; where input or
// workflow are others, with what of it still fits. All of that is in its first commit, so a crash leaves either nothing or the whole.
import { createRunIds } from "../base/run-id.js";
import type { ForkOptions } from "../model/engine.js";
import type { HistoryEntry } from "../model/history.js";
import { SEMANTICS_VERSION } from "../model/kernel-words.js";
import { ChartMemory, type ToldStep } from "./chart-memory.js";
import { ChartRetelling } from "./chart-retelling.js";
import { type Core, isKernelLost } from "./core.js";
import { historyCutError, redactedError, runExistsError } from "./errors.js";
import { checkInput, encodeStart } from "./input-check.js";
import { REPLAY_SLICE_STEPS } from "./limits.js";
import type { Loop } from "./loop.js";
import { OpenRun, TOUCH } from "./open-run.js";
import type { OwnIds } from "./own-ids.js";
import { findUnregisteredTasks, type LoadedProgram } from "./program-table.js";
import { type Reader, type SettledRun, upTo } from "./reader.js";
import { placeProgram, type Reach, Replay, reachBefore } from "./replay.js";
import { Retelling } from "./retelling.js";
import { readStart } from "./run-events.js";
import { RunMemory } from "./run-memory.js";
import { packVersions } from "./run-state.js";
import { checkStep } from "./traveler.js";

export interface ForkerHost {
  readonly core: Core;
  readonly loop: Loop;
  readonly reader: Reader;
  readonly ownIds: OwnIds;
}

/** How the new run is brought to where the other was: `play` steps it, `entries` are its history then. */
interface Beginning {
  play(): Iterable<void>;
  readonly entries: readonly HistoryEntry[];
  release(): void;
}

interface Plan {
  readonly newId: string;
  readonly program: LoadedProgram;
  readonly versions: number;
  readonly begin: (run: OpenRun) => Beginning;
}

export class Forker {
  readonly #host: ForkerHost;

  constructor(host: ForkerHost) {
    this.#host = host;
  }

  /** The new run's id, once it is committed. */
  async fork(runId: string, seq: number, options: ForkOptions): Promise<string> {
    const newId = options.runId;
    if (newId === undefined) return this.#forkAs(createRunIds(1)[0] as string, runId, seq, options);
    return this.#host.ownIds.begin(newId, () => this.#forkAs(newId, runId, seq, options));
  }

  async #forkAs(newId: string, runId: string, seq: number, options: ForkOptions): Promise<string> {
    const { core, reader } = this.#host;
    const settled = await reader.findSettled(runId);
    const { found } = settled;
    checkStep(found, seq);
    if (found.record.isRedacted === true) throw redactedError(runId, "nothing goes on from it");
    if (found.pastSeq > 0) throw historyCutError(runId, found.pastSeq);
    const before = await found.program();
    const { workflow } = options;
    const program = workflow === undefined ? before : core.programs.find(typeof workflow === "string" ? workflow : String(workflow.identity));
    const unregistered = findUnregisteredTasks(program.workflow, core.tasks);
    if (unregistered !== undefined) throw unregistered;
    const isSame = program === before && !("input" in options && options.input !== undefined) && program.workflow.program.isRunIdUsed !== true && seq > 0;
    const plan = isSame ? await this.#planCopy(settled, seq, newId, program) : await this.#planRetelling(settled, seq, newId, { before, program, options });
    await reader.insist(() => this.#begin(plan, settled, seq, options));
    return newId;
  }

  /** The history is copied. */
  async #planCopy({ found, reach }: SettledRun, seq: number, newId: string, program: LoadedProgram): Promise<Plan> {
    const { entries: all } = await found.past("whole");
    const entries = [...upTo(all, seq + 1)];
    const next = entries.length > seq ? entries.pop() : undefined;
    const last: Reach = next === undefined ? reach : reachBefore(next);
    const versions = entries[0]?.id ?? 0;
    const begin = (run: OpenRun): Beginning => {
      const replay = new Replay(this.#host.core.kernel, program, { runId: newId, state: run, reach: last });
      return { play: () => replay.play(entries), entries, release: () => replay.release() };
    };
    return { newId, program, versions, begin };
  }

  /** What the other run was told is told to the new one where it fits. */
  async #planRetelling({ found }: SettledRun, seq: number, newId: string, { before, program, options }: Change): Promise<Plan> {
    const { core, reader } = this.#host;
    const isGraph = (each: LoadedProgram): boolean => each.workflow.program.definition.taskGraph !== undefined;
    const memory = isGraph(before) && isGraph(program) ? new RunMemory(before) : undefined;
    const chart = new ChartMemory(before);
    await reader.show(found, memory?.watch ?? chart, Math.max(1, seq));
    memory?.forget({ tasks: [], areItemsKept: true });
    const given = options.input === undefined ? readStart(before, memory?.watch.startPayload ?? chart.startPayload) : options.input;
    const { name, program: compiled } = program.workflow;
    const payload = encodeStart(compiled, newId, checkInput(name, compiled.definition.parameters, given));
    const versions = packVersions(compiled.compilerVersion, SEMANTICS_VERSION);
    const steps: readonly ToldStep[] = seq === 0 || isGraph(before) !== isGraph(program) ? [] : chart.steps;
    const begin = (state: OpenRun): Beginning => {
      const common = { runId: newId, versions, payload, state, clock: core.clock };
      if (memory === undefined || seq === 0) return new ChartRetelling(core.kernel, program, { ...common, steps });
      return new Retelling(core.kernel, program, { ...common, memory });
    };
    return { newId, program, versions, begin };
  }

  async #begin({ newId, program, versions, begin }: Plan, { found }: SettledRun, seq: number, options: ForkOptions): Promise<void> {
    const { core, reader } = this.#host;
    const { kernelCount } = core;
    const { record, open } = found;
    const { tags = record.tags, priority = record.priority, durability = open?.durability ?? core.durability } = options;
    const forkOf = { runId: record.runId, seq };
    const run = new OpenRun(program, { runId: newId, durability, startedAt: core.clock.now(), tags, priority, forkOf, versions, journal: core.journal });
    placeProgram(core.kernel, program);
    const beginning = begin(run);
    program.userCount += 1;
    try {
      let steps = 0;
      for (const _step of beginning.play()) if (++steps % REPLAY_SLICE_STEPS === 0) await reader.breathe(kernelCount);
      if (core.runs.has(newId)) throw runExistsError(newId);
    } catch (error) {
      program.userCount -= 1;
      if (!isKernelLost(error)) beginning.release();
      throw error;
    }
    await this.#adopt(run, beginning.entries);
  }

  async #adopt(run: OpenRun, entries: readonly HistoryEntry[]): Promise<void> {
    const { core, loop } = this.#host;
    core.kernel.setTraced(run.handle, false);
    run.updatedAt = Math.max(run.startedAt, run.lastNow);
    run.readInput(entries[0]?.payload);
    if (run.isVolatile) for (const { kind, isHeld, id, now, seed, payload } of entries) run.keepEntry(kind, isHeld, id, now, seed, payload);
    else run.fresh = [...entries];
    if (!run.isPaused && run.held.length > 0) run.waiting = run.held.map(({ kind, id, payload, seed }) => ({ run, kind, id, payload, heldSeed: seed }));
    if (!run.isPaused) run.held = [];
    core.runs.set(run.runId, run);
    await new Promise<void>((resolve, reject) => loop.adopt(run, { settle: () => resolve(), fail: reject }));
    // While it is paused no call goes out: nothing is in flight, which was not known when it was committed.
    if (run.isPaused) loop.deliver([{ run, kind: TOUCH, id: 0, payload: undefined }]);
  }
}

interface Change {
  readonly before: LoadedProgram;
  readonly program: LoadedProgram;
  readonly options: ForkOptions;
}
