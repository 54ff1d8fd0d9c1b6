// What the parts of the engine share: the ports that they speak to, the open runs, the loaded programs.
import type { Durability } from "../model/engine.js";
import type { RunRecord } from "../model/run-record.js";
import { WorkflowError } from "../model/errors.js";
import type { LogOptions } from "../model/log.js";
import type { ClockPort, FilterPort, KernelFactory, KernelPort, LibraryPort, StorePort, TabsPort, TasksPort } from "../model/ports.js";
import type { RetentionPolicy } from "../model/retention.js";
import type { SchedulingOptions } from "../model/scheduling.js";
import { BatchJournal } from "./batch-journal.js";
import { CANCEL_TIMEOUT_MS_DEFAULT } from "./limits.js";
import type { OpenRun } from "./open-run.js";
import { NO_PROGRAM, ProgramTable } from "./program-table.js";
import { RunLogs } from "./run-logs.js";
import { RunTable } from "./run-table.js";

/** What an engine is made of. */
export interface EngineParts {
  readonly kernelFactory: KernelFactory;
  readonly store: StorePort;
  readonly tasks: TasksPort;
  readonly clock: ClockPort;
  readonly library: LibraryPort;
  readonly tabs: TabsPort;
  readonly durability?: Durability | undefined;
  readonly cancelTimeoutMs?: number | undefined;
  readonly memorySizeMax?: number | undefined;
  readonly runSizeMax?: number | undefined;
  readonly expressionCostMax?: number | undefined;
  readonly scheduling?: SchedulingOptions | undefined;
  /** Absent: no query has a `filter`. */
  readonly filters?: FilterPort | undefined;
  readonly logs?: LogOptions | undefined;
  /** Default RETENTION_DEFAULT. */
  readonly retention?: RetentionPolicy | "none" | undefined;
}

export class Core {
  readonly parts: EngineParts;
  readonly store: StorePort;
  readonly tasks: TasksPort;
  readonly clock: ClockPort;
  readonly library: LibraryPort;
  readonly tabs: TabsPort;
  readonly durability: Durability;
  readonly cancelTimeoutMs: number;
  readonly logs: RunLogs;
  readonly programs = new ProgramTable();
  /** Events that are not yet in the logs of their runs. */
  readonly journal = new BatchJournal();
  /** Open runs that this engine drives. */
  readonly runs = new RunTable(this.journal);
  /** Runs of durability `none` that may not take an event at once, or are listened to; some may have come to rest since. */
  readonly restless = new Set<OpenRun>();
  /** Journals that this engine drives. */
  readonly driven = new Set<number>();
  /** The journal among them where runs begin that have no parent. */
  home: number | undefined;
  isClosed = false;
  stepsTotal = 0;
  eventsTotal = 0;
  commitsTotal = 0;
  /** Told of every record that changed, after its commit. `stored`: those that other tabs can read. */
  onRecords: (records: readonly RunRecord[], stored: readonly RunRecord[]) => void = () => undefined;
  /** Does anybody want to be told of records that are not stored, other than of ends? */
  isListenedTo: () => boolean = () => true;
  /** Told of every run that ended, before `onRecords`. */
  onEnded: (run: OpenRun, record: RunRecord) => void = () => undefined;
  /** Called when another engine has taken a journal over. */
  onFenced: (journal: number) => void = () => undefined;
  #kernel: KernelPort;
  #kernelCount = 1;

  constructor(parts: EngineParts, kernel: KernelPort) {
    this.parts = parts;
    this.store = parts.store;
    this.tasks = parts.tasks;
    this.clock = parts.clock;
    this.library = parts.library;
    this.tabs = parts.tabs;
    this.durability = parts.durability ?? "relaxed";
    this.cancelTimeoutMs = parts.cancelTimeoutMs ?? CANCEL_TIMEOUT_MS_DEFAULT;
    this.#kernel = kernel;
    const { store, clock } = parts;
    this.logs = new RunLogs({ store, clock, options: parts.logs, findRun: (runId) => this.runs.get(runId) });
  }

  get isDriver(): boolean {
    return this.home !== undefined;
  }

  /** The kernel in hand: ask for it anew after every wait, since a lost one is replaced. */
  get kernel(): KernelPort {
    return this.#kernel;
  }

  /** Which kernel it is, counted from 1. */
  get kernelCount(): number {
    return this.#kernelCount;
  }

  /** A fresh kernel in place of a lost one. Everything in the old one is gone. */
  async replaceKernel(): Promise<void> {
    this.#kernel = await makeKernel(this.parts);
    this.#kernelCount += 1;
    for (const program of this.programs.values()) program.kernelProgram = NO_PROGRAM;
  }

  /** Keeps histories of durability `none` within their bounds. Only while no event is under way. */
  shortenLogs(): void {
    if (!this.journal.isLong) return;
    try {
      this.journal.shorten(this.#kernel);
    } catch (error) {
      // It is tried again with the next event; a lost kernel is met, and replaced, by then.
      if (!(error instanceof WorkflowError)) throw error;
    }
  }

  /** The next turn of the event loop. */
  turn(): Promise<void> {
    return new Promise((resolve) => this.clock.defer(resolve));
  }
}

/** A kernel within the engine's limits. */
export function makeKernel({ kernelFactory, memorySizeMax, runSizeMax, expressionCostMax }: EngineParts): Promise<KernelPort> {
  return kernelFactory({
    ...(memorySizeMax !== undefined && { memorySizeMax }),
    ...(runSizeMax !== undefined && { runSizeMax }),
    ...(expressionCostMax !== undefined && { expressionCostMax }),
  });
}

/** Has the kernel been lost (a trap, out of memory)? */
export function isKernelLost(error: unknown): boolean {
  return error instanceof WorkflowError && error.code === "kernel/lost";
}

/** Was there no memory for what the kernel should hand out? It goes on as it was. */
export function isKernelFull(error: unknown): boolean {
  return error instanceof WorkflowError && error.code === "kernel/out-of-memory";
}

/** Any failure as a WorkflowError. */
export function toWorkflowError(error: unknown): WorkflowError {
  if (error instanceof WorkflowError) return error;
  return new WorkflowError("engine/failed", error instanceof Error ? error.message : String(error), { cause: error });
}
