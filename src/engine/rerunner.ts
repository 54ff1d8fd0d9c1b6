// Does tasks of an ended run again, in a new run: reads what the other was told, leaves out what is to be done again, tells the rest to
// the new one, and hands it to the loop. Its first commit holds all of that, so a crash leaves either nothing or the whole.
import { createRunIds } from "../base/run-id.js";
import type { RerunOptions } from "../model/engine.js";
import { WorkflowError } from "../model/errors.js";
import { SEMANTICS_VERSION } from "../model/kernel-words.js";
import { isEnded } from "../model/status.js";
import { type Core, isKernelLost } from "./core.js";
import { redactedError, runExistsError } from "./errors.js";
import { checkInput, encodeStart } from "./input-check.js";
import { REPLAY_SLICE_STEPS } from "./limits.js";
import type { Loop } from "./loop.js";
import { OpenRun } from "./open-run.js";
import type { OwnIds } from "./own-ids.js";
import type { LoadedProgram } from "./program-table.js";
import type { FoundRun, Reader } from "./reader.js";
import { placeProgram } from "./replay.js";
import { Retelling } from "./retelling.js";
import { readStart } from "./run-events.js";
import { RunMemory } from "./run-memory.js";
import { packVersions } from "./run-state.js";

/** How often a retelling is begun anew when the kernel is lost under it. */
const ATTEMPTS_MAX = 3;

export interface RerunnerHost {
  readonly core: Core;
  readonly loop: Loop;
  readonly reader: Reader;
  readonly ownIds: OwnIds;
}

export class Rerunner {
  readonly #host: RerunnerHost;

  constructor(host: RerunnerHost) {
    this.#host = host;
  }

  /** The new run's id, once it is committed. */
  async rerun(runId: string, options: RerunOptions): Promise<string> {
    const newId = options.runId;
    if (newId === undefined) return this.#rerunAs(createRunIds(1)[0] as string, runId, options);
    return this.#host.ownIds.begin(newId, () => this.#rerunAs(newId, runId, options));
  }

  async #rerunAs(newId: string, runId: string, options: RerunOptions): Promise<string> {
    const { core, reader } = this.#host;
    const found = await reader.find(runId);
    const before = await found.program();
    checkRerunnable(found, before);
    const { workflow } = options;
    const program = workflow === undefined ? before : core.programs.find(typeof workflow === "string" ? workflow : String(workflow.identity));
    checkRerunnable(found, program);
    const memory = new RunMemory(before);
    await reader.show(found, memory.watch);
    memory.forget({ tasks: options.tasks, areItemsKept: options.items !== "reset" });
    const input = "input" in options ? options.input : readStart(before, memory.watch.startPayload);
    const { name, program: compiled } = program.workflow;
    const payload = encodeStart(compiled, newId, checkInput(name, compiled.definition.parameters, input));
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#begin(program, { found, newId, options, memory, payload });
        return newId;
      } catch (error) {
        if (!isKernelLost(error) || attempt === ATTEMPTS_MAX || core.isClosed) throw error;
        this.#host.loop.loseKernel();
      }
    }
  }

  async #begin(program: LoadedProgram, { found, newId, options, memory, payload }: RerunParts): Promise<void> {
    const { core, loop } = this.#host;
    await loop.flushed();
    const { kernelCount } = core;
    const versions = packVersions(program.workflow.program.compilerVersion, SEMANTICS_VERSION);
    const startedAt = core.clock.now();
    const { runId } = found.record;
    const { tags = found.record.tags, priority = found.record.priority } = options;
    const durability = options.durability ?? found.open?.durability ?? core.durability;
    const run = new OpenRun(program, { runId: newId, durability, startedAt, tags, priority, rerunOf: runId, versions, journal: core.journal });
    placeProgram(core.kernel, program);
    program.userCount += 1;
    const retelling = new Retelling(core.kernel, program, { runId: newId, versions, payload, memory, state: run, clock: core.clock });
    try {
      let steps = 0;
      for (const _step of retelling.play()) {
        if (++steps % REPLAY_SLICE_STEPS !== 0) continue;
        await core.turn();
        if (core.kernelCount !== kernelCount) throw new WorkflowError("kernel/lost", "The kernel was replaced while a run was begun");
      }
      if (core.runs.has(newId)) throw runExistsError(newId);
    } catch (error) {
      program.userCount -= 1;
      if (!isKernelLost(error)) retelling.release();
      throw error;
    }
    await this.#adopt(run, retelling);
  }

  #adopt(run: OpenRun, { entries }: Retelling): Promise<void> {
    const { core, loop } = this.#host;
    core.kernel.setTraced(run.handle, false);
    run.updatedAt = run.lastNow;
    run.readInput(entries[0]?.payload);
    if (run.isVolatile) for (const { kind, isHeld, id, now, seed, payload } of entries) run.keepEntry(kind, isHeld, id, now, seed, payload);
    else run.fresh = [...entries];
    core.runs.set(run.runId, run);
    return new Promise((resolve, reject) => loop.adopt(run, { settle: () => resolve(), fail: reject }));
  }
}

interface RerunParts {
  readonly found: FoundRun;
  readonly newId: string;
  readonly options: RerunOptions;
  readonly memory: RunMemory;
  readonly payload: Uint8Array;
}

function checkRerunnable({ record: { runId, status, isRedacted } }: FoundRun, { workflow }: LoadedProgram): void {
  if (isRedacted === true) throw redactedError(runId, "its tasks are not done again");
  if (!isEnded(status)) throw new WorkflowError("run/not-ended", `Run ${runId} is ${status}; only ended runs are done again`, { details: { runId, status } });
  if (workflow.program.definition.taskGraph !== undefined) return;
  const message = `Workflow "${workflow.name}" is a state diagram; tasks are done again in task graphs only`;
  throw new WorkflowError("run/not-rerunnable", message, { details: { runId, workflow: workflow.name } });
}
