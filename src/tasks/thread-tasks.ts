// Tasks whose handlers live in this thread: starts them, watches over their signals, and brings their results back in
// batches, one per microtask. Knows nothing of runs and histories.
import { argumentError, isRecord } from "../model/arguments.js";
import type { Secrets, TaskContext, TaskHandler } from "../model/engine.js";
import { type ErrorRecord, toErrorRecord, WorkflowError } from "../model/errors.js";
import type { LogOptions, TaskLog } from "../model/log.js";
import type { TaskCall, TaskLogEntry, TaskResult, TasksPort } from "../model/ports.js";
import { insertSecrets, namesOf, type SecretUse } from "../model/secrets.js";
import { type CallName, CallTable, spellKey } from "../model/task-call.js";
import { createLog } from "./task-log.js";

/** The handlers by task name, and the secrets by name, as a port. Own, enumerable functions only: a task named `constructor` is nobody's. */
export function createTasks(handlers: Readonly<Record<string, TaskHandler>> = {}, secrets: Secrets = {}, logging: Logging = {}): TasksPort {
  return new ThreadTasks(handlers, secrets, logging);
}

/** What handlers' logs need. */
export interface Logging {
  /** Which entries are wanted. */
  readonly options?: LogOptions | undefined;
  /** ms since 1970. Default: this machine's clock. */
  readonly now?: () => number;
}

class ThreadTasks implements TasksPort {
  readonly #handlers: ReadonlyMap<string, TaskHandler>;
  readonly #secrets: ReadonlyMap<string, Secrets[string]>;
  /** A controller is made when somebody looks at the signal. */
  readonly #running = new CallTable<RunningTask>(RunningTask.serialOf);
  #results: TaskResult[] = [];
  readonly #logging: Required<Pick<Logging, "now">> & Logging;
  readonly #write = (entry: TaskLogEntry): void => this.onLogs([entry]);
  onResults: TasksPort["onResults"] = () => undefined;
  onLogs: TasksPort["onLogs"] = () => undefined;

  constructor(handlers: Readonly<Record<string, TaskHandler>>, secrets: Secrets, logging: Logging) {
    this.#logging = { now: Date.now, ...logging };
    if (!isRecord(handlers)) throw argumentError("engine/invalid-option", "tasks", handlers, "an object of functions");
    for (const [name, handler] of Object.entries(handlers)) {
      if (typeof handler !== "function") throw argumentError("engine/invalid-option", `The handler of task "${name}"`, handler, "a function");
    }
    this.#handlers = new Map(Object.entries(handlers));
    if (!isRecord(secrets)) throw argumentError("engine/invalid-option", "secrets", secrets, "an object of texts and functions");
    for (const [name, secret] of Object.entries(secrets)) {
      // Never the value itself: an error is shown.
      if (typeof secret !== "function" && typeof secret !== "string") throw argumentError("engine/invalid-option", `The secret "${name}"`, typeof secret, "a text or a function");
    }
    this.#secrets = new Map(Object.entries(secrets));
  }

  has(task: string): boolean {
    return this.#handlers.has(task);
  }

  names(): readonly string[] {
    return [...this.#handlers.keys()];
  }

  perform(calls: readonly TaskCall[]): void {
    for (const call of calls) if (this.#running.get(call) === undefined) this.#start(call);
  }

  abort(calls: readonly CallName[]): void {
    for (const call of calls) this.#running.get(call)?.abort();
  }

  #start(call: TaskCall): void {
    const running = new RunningTask(call, this.#logging, this.#write);
    this.#running.set(call, running);
    const handler = this.#handlers.get(call.task);
    if (handler === undefined) {
      this.#fail(call, new WorkflowError("task/unregistered", `No handler is registered for task "${call.task}"`, { details: { task: call.task } }));
      return;
    }
    if (call.secrets !== undefined) {
      this.#resolve(call.input, call.secrets).then((input) => this.#perform(call, handler, running, input), (error: unknown) => this.#fail(call, error));
      return;
    }
    this.#perform(call, handler, running, call.input);
  }

  #perform(call: TaskCall, handler: TaskHandler, running: RunningTask, input: unknown): void {
    try {
      const result = handler(input, running);
      if (isThenable(result)) result.then((value) => this.#succeed(call, value), (error: unknown) => this.#fail(call, error));
      else this.#succeed(call, result);
    } catch (error) {
      this.#fail(call, error);
    }
  }

  /** The input with its secrets. */
  async #resolve(input: unknown, uses: readonly SecretUse[]): Promise<unknown> {
    const values = new Map<string, unknown>();
    for (const name of namesOf(uses)) {
      const secret = this.#secrets.get(name);
      if (secret === undefined) throw new WorkflowError("task/unknown-secret", `There is no secret "${name}"`, { details: { secret: name } });
      values.set(name, typeof secret === "function" ? await secret() : secret);
    }
    return insertSecrets(input, uses, (name) => values.get(name));
  }

  #succeed(call: TaskCall, value: unknown): void {
    this.#end({ call, isSuccess: true, value });
  }

  #fail(call: TaskCall, error: unknown): void {
    this.#end({ call, isSuccess: false, error: describeFailure(call, error) });
  }

  #end(result: TaskResult): void {
    this.#running.take(result.call);
    if (this.#results.push(result) === 1) void Promise.resolve().then(() => this.#flush());
  }

  #flush(): void {
    const results = this.#results;
    this.#results = [];
    this.onResults(results);
  }
}

class RunningTask implements TaskContext {
  readonly #call: TaskCall;
  #controller: AbortController | undefined;
  #isAborted = false;
  readonly #logging: Required<Pick<Logging, "now">> & Logging;
  readonly #write: (entry: TaskLogEntry) => void;
  #log: TaskLog | undefined;

  constructor(call: TaskCall, logging: Required<Pick<Logging, "now">> & Logging, write: (entry: TaskLogEntry) => void) {
    this.#call = call;
    this.#logging = logging;
    this.#write = write;
  }

  /** Not a member: handlers see these. */
  static serialOf(this: void, running: RunningTask): number {
    return running.#call.serial;
  }

  get runId(): string {
    return this.#call.runId;
  }

  get task(): string {
    return this.#call.task;
  }

  get attempt(): number {
    return this.#call.attempt;
  }

  get item(): number | undefined {
    return this.#call.item === 0 ? undefined : this.#call.item - 1;
  }

  get idempotencyKey(): string {
    return spellKey(this.#call);
  }

  get log(): TaskLog {
    this.#log ??= createLog(this.#call, this.#logging, this.#write);
    return this.#log;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#isAborted) this.abort();
    }
    return this.#controller.signal;
  }

  abort(): void {
    this.#isAborted = true;
    this.#controller?.abort(new WorkflowError("task/aborted", `Task "${this.task}" was aborted`, { details: { task: this.task, runId: this.runId } }));
  }
}

function describeFailure({ task }: TaskCall, error: unknown): ErrorRecord {
  const record = toErrorRecord(error);
  return record.message === "" ? { ...record, message: `Task "${task}" failed` } : record;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
