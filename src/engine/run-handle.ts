// The `Run` that embedders hold: an id and questions; it keeps nothing but the promise of its result.
import { checkTold, readFrom } from "../model/checked-engine.js";
import type { Run, RunAwait, RunEvent, RunStep, Verification, VerifyOptions, Workflow } from "../model/engine.js";
import type { LogConditions, LogEntry, LogPage, LogQuery } from "../model/log.js";
import { checkLogQuery } from "../model/log-query.js";
import type { RunRecord } from "../model/run-record.js";
import type { RunMetrics } from "../model/scheduling.js";
import type { RunStatus } from "../model/status.js";

/** Where a handle's answers come from. */
export interface RunSource {
  recordOf(runId: string): Promise<RunRecord>;
  metricsOf(runId: string): Promise<RunMetrics | undefined>;
  contextOf(runId: string): Promise<Record<string, unknown>>;
  statesOf(runId: string): Promise<readonly string[]>;
  awaitsOf(runId: string): Promise<readonly RunAwait[]>;
  stepOf(runId: string, seq: number): Promise<RunStep>;
  verificationOf(runId: string, options: VerifyOptions): Promise<Verification>;
  workflowOf(runId: string): Promise<Workflow & { readonly source: string }>;
  /** A rejection is no unhandled one where nobody awaits it. */
  resultOf(runId: string): Promise<unknown>;
  eventsOf(runId: string, from: number): AsyncIterable<RunEvent>;
  logsOf(runId: string, query: LogQuery): Promise<LogPage>;
  tailOf(runId: string, query: LogConditions): AsyncIterable<LogEntry>;
}

export class RunHandle implements Run {
  readonly id: string;
  readonly #source: RunSource;
  #result: Promise<unknown> | undefined;

  constructor(id: string, source: RunSource) {
    this.id = id;
    this.#source = source;
  }

  async status(): Promise<RunStatus> {
    return (await this.record()).status;
  }

  record(): Promise<RunRecord> {
    return this.#source.recordOf(this.id);
  }

  metrics(): Promise<RunMetrics | undefined> {
    return this.#source.metricsOf(this.id);
  }

  context(): Promise<Record<string, unknown>> {
    return this.#source.contextOf(this.id);
  }

  states(): Promise<readonly string[]> {
    return this.#source.statesOf(this.id);
  }

  awaits(): Promise<readonly RunAwait[]> {
    return this.#source.awaitsOf(this.id);
  }

  at(seq: number): Promise<RunStep> {
    return this.#source.stepOf(this.id, seq);
  }

  async verify(options: VerifyOptions = {}): Promise<Verification> {
    checkTold(options);
    return this.#source.verificationOf(this.id, options);
  }

  workflow(): Promise<Workflow & { readonly source: string }> {
    return this.#source.workflowOf(this.id);
  }

  get result(): Promise<unknown> {
    this.#result ??= this.#source.resultOf(this.id);
    return this.#result;
  }

  async logs(query: LogQuery = {}): Promise<LogPage> {
    checkLogQuery(query);
    return this.#source.logsOf(this.id, query);
  }

  tailLogs(query: LogConditions = {}): AsyncIterable<LogEntry> {
    checkLogQuery(query);
    return this.#source.tailOf(this.id, query);
  }

  events(options?: { readonly from?: number }): AsyncIterable<RunEvent> {
    return this.#source.eventsOf(this.id, readFrom(options) ?? 0);
  }
}
