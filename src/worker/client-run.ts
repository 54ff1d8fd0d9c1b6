// The `Run` that the page holds: an id and questions, asked across the worker. There may be ten thousand of them: nothing is made for
// one before somebody asks.
import { checkTold, readFrom } from "../model/checked-engine.js";
import type { Run, RunEvent, RunStep, Verification, VerifyOptions } from "../model/engine.js";
import type { LogConditions, LogEntry, LogPage, LogQuery } from "../model/log.js";
import { checkLogQuery } from "../model/log-query.js";
import type { RunRecord } from "../model/run-record.js";
import type { RunStatus } from "../model/status.js";
import type { CallChannel } from "./call-channel.js";

/** How the questions that are not asked often cross. */
export type RareQuestions = { readonly [Name in "metrics" | "context" | "states" | "awaits" | "workflow"]: (runId: string) => ReturnType<Run[Name]> } & {
  at(runId: string, seq: number): Promise<RunStep>;
  verify(runId: string, options: VerifyOptions): Promise<Verification>;
  logs(runId: string, query: LogQuery): Promise<LogPage>;
  tailLogs(runId: string, query: LogConditions): AsyncIterable<LogEntry>;
  events(runId: string, from: number | undefined): AsyncIterable<RunEvent>;
};

export class ClientRun implements Run {
  readonly id: string;
  readonly #calls: CallChannel;
  readonly #rare: RareQuestions;
  #result: Promise<unknown> | undefined;

  constructor(id: string, calls: CallChannel, rare: RareQuestions) {
    this.id = id;
    this.#calls = calls;
    this.#rare = rare;
  }

  async status(): Promise<RunStatus> {
    return (await this.#calls.call({ kind: "status", runId: this.id })) as RunStatus;
  }

  async record(): Promise<RunRecord> {
    return (await this.#calls.call({ kind: "record", runId: this.id })) as RunRecord;
  }

  get result(): Promise<unknown> {
    this.#result ??= this.#calls.call({ kind: "result", runId: this.id });
    return this.#result;
  }

  metrics(): ReturnType<Run["metrics"]> {
    return this.#rare.metrics(this.id);
  }

  context(): ReturnType<Run["context"]> {
    return this.#rare.context(this.id);
  }

  states(): ReturnType<Run["states"]> {
    return this.#rare.states(this.id);
  }

  awaits(): ReturnType<Run["awaits"]> {
    return this.#rare.awaits(this.id);
  }

  at(seq: number): Promise<RunStep> {
    return this.#rare.at(this.id, seq);
  }

  async verify(options: VerifyOptions = {}): Promise<Verification> {
    checkTold(options);
    return this.#rare.verify(this.id, options);
  }

  workflow(): ReturnType<Run["workflow"]> {
    return this.#rare.workflow(this.id);
  }

  async logs(query: LogQuery = {}): Promise<LogPage> {
    checkLogQuery(query);
    return this.#rare.logs(this.id, query);
  }

  tailLogs(query: LogConditions = {}): AsyncIterable<LogEntry> {
    checkLogQuery(query);
    return this.#rare.tailLogs(this.id, query);
  }

  events(options?: { readonly from?: number }): AsyncIterable<RunEvent> {
    return this.#rare.events(this.id, readFrom(options));
  }
}
