// The pure `transition`, without an engine: joins the library with a kernel that all compiled workflows share. Loading is
// asynchronous once; stepping is synchronous from then on.
import { Stepper, type Step } from "./engine/transition.js";
import { type LoadedProgram, NO_PROGRAM, ProgramTable } from "./engine/program-table.js";
import { CustomSet } from "./expression/custom/custom-set.js";
import { createKernelFactory } from "./kernel/kernel-factory.js";
import { createLibrary } from "./library/library.js";
import { argumentError, isRecord } from "./model/arguments.js";
import type { EngineOptions, Value } from "./model/engine.js";
import type { Finding } from "./model/errors.js";
import type { Definition } from "./model/definition.js";
import type { KernelPort } from "./model/ports.js";
import type { InitialOptions, RunSnapshot, SnapshotContent, StepEvent } from "./model/transition.js";

const CODE = "engine/invalid-argument";

/** Where the kernel comes from, and what expressions may name: as in `EngineOptions`. */
export interface CompileWorkflowOptions extends Pick<EngineOptions, "wasmUrl" | "wasmModule" | "functions" | "constants"> {
  /** The workflow's name where its text gives none. */
  readonly name?: string;
}

let shared: Promise<KernelPort> | undefined;

/** A workflow that `transition` steps. Holds a place in the kernel until `dispose`. */
export class WorkflowProgram {
  readonly name: string;
  /** As in `Workflow`. */
  readonly identity: string;
  readonly definition: Definition;
  /** None is an error. */
  readonly findings: readonly Finding[];
  readonly #kernel: KernelPort;
  readonly #program: LoadedProgram;
  readonly #stepper: Stepper;

  /** Made by `compileWorkflow`. */
  constructor(kernel: KernelPort, program: LoadedProgram) {
    const { workflow } = program;
    this.name = workflow.name;
    this.identity = workflow.identity;
    this.definition = workflow.program.definition;
    this.findings = workflow.findings;
    this.#kernel = kernel;
    this.#program = program;
    this.#stepper = new Stepper(kernel, program);
  }

  /** For the functions of this file. */
  static stepperOf(program: WorkflowProgram): Stepper {
    if (!(program instanceof WorkflowProgram)) throw argumentError(CODE, "program", program, "a program of compileWorkflow");
    return program.#stepper;
  }

  /** Frees its place in the kernel; it is taken again where the program is used after all. */
  dispose(): void {
    if (this.#program.kernelProgram === NO_PROGRAM) return;
    this.#kernel.unloadProgram(this.#program.kernelProgram);
    this.#program.kernelProgram = NO_PROGRAM;
  }
}

/**
 * Parses and compiles a workflow for `initialTransition` and `transition`. All programs of a thread share one kernel, which the
 * first call loads; where it was lost, this makes another.
 * Rejects with `parse/invalid` (its `findings`), `engine/invalid-argument`, `expression/invalid-declaration`, `kernel/wasm-blocked`, `kernel/unavailable`.
 * @param source - Markdown with a state diagram, or a bare diagram
 */
export async function compileWorkflow(source: string, options: CompileWorkflowOptions = {}): Promise<WorkflowProgram> {
  if (typeof source !== "string") throw argumentError(CODE, "source", source, "a text");
  checkOptions(options);
  const { name, functions, constants, wasmUrl, wasmModule } = options;
  const customs = functions === undefined && constants === undefined ? undefined : new CustomSet({ functions, constants });
  const workflow = await createLibrary(customs).load(source, name);
  const kernel = await openKernel({ wasmUrl, wasmModule });
  return new WorkflowProgram(kernel, new ProgramTable().add(workflow));
}

function checkOptions(options: unknown): void {
  if (!isRecord(options)) throw argumentError(CODE, "options", options, "an object");
}

async function openKernel(source: Parameters<typeof createKernelFactory>[0]): Promise<KernelPort> {
  const before = shared;
  if (before !== undefined && !(await isLost(before))) return before;
  // Somebody else may have made another meanwhile.
  if (shared === before) {
    const opening = createKernelFactory(source)({});
    shared = opening;
    opening.catch(() => {
      if (shared === opening) shared = undefined;
    });
  }
  return shared ?? openKernel(source);
}

async function isLost(kernel: Promise<KernelPort>): Promise<boolean> {
  try {
    const port = await kernel;
    // Any call tells.
    port.setTraced(0, false);
    return false;
  } catch {
    return true;
  }
}

/**
 * The first step of a run: what it is then, and what it asks for. Does nothing of it, and keeps nothing: time and chance are
 * `options.now` (ms since 1970, default 0) and `options.seed` (a u32, default 0), so equal arguments give equal answers.
 * O(size of the run's variables), some microseconds.
 * @param input - as for `engine.start`
 * @throws WorkflowError `run/invalid-input`, `run/step-limit` (a step without end), `engine/invalid-argument`, `value/unsupported`,
 * `kernel/lost` (compile the workflow again), `kernel/out-of-memory`
 */
export function initialTransition(program: WorkflowProgram, input: Value = {}, options: InitialOptions = {}): Step {
  const stepper = WorkflowProgram.stepperOf(program);
  checkOptions(options);
  if (options.runId !== undefined && typeof options.runId !== "string") throw argumentError(CODE, "options.runId", options.runId, "a text");
  return stepper.begin(input, options);
}

/**
 * What an event makes of a run: the snapshot after the step, and the commands that the step asks for, in order. Pure: the snapshot
 * given stays as it is, nothing is performed, and equal arguments give equal answers. An engine that is told the same events at the same
 * times gives the same states, variables and commands, idempotency keys included.
 * O(size of the run's variables), some microseconds.
 * @param snapshot - of this program, also one that was stored as JSON; the next one tells in `outcome` what became of the event
 * @param event - `now` defaults to the snapshot's, `seed` to 0
 * @throws WorkflowError `run/version-unsupported` for a snapshot of another workflow or version, `kernel/bad-snapshot` for a damaged one,
 * `run/invalid-payload` where the payload of an event does not fit the form of the task that waits for it,
 * and what `initialTransition` throws
 */
export function transition(program: WorkflowProgram, snapshot: RunSnapshot, event: StepEvent): Step {
  return WorkflowProgram.stepperOf(program).step(snapshot, event);
}

/**
 * The variables of a snapshot (after the end too), and the commands of its run that wait for an answer.
 * @throws WorkflowError as `transition`
 */
export function readSnapshot(program: WorkflowProgram, snapshot: RunSnapshot): SnapshotContent {
  return WorkflowProgram.stepperOf(program).read(snapshot);
}
