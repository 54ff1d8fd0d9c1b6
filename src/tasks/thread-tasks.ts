// Tasks whose handlers live in this thread: starts them, watches over their signals, and brings their results back in
// batches, one per microtask. Knows nothing of runs and histories.
import { argumentError, isRecord } from "../model/arguments.js";
import type { TaskContext, TaskHandler } from "../model/engine.js";
import { type ErrorRecord, toErrorRecord, WorkflowError } from "../model/errors.js";
import type { TaskCall, TaskResult, TasksPort } from "../model/ports.js";
import { type CallName, CallTable, spellKey } from "../model/task-call.js";

/** The handlers by task name, as a port. Own, enumerable functions only: a task named `constructor` is nobody's. */
export function createTasks(handlers: Readonly<Record<string, TaskHandler>> = {}): TasksPort {
  return new ThreadTasks(handlers);
}

class ThreadTasks implements TasksPort {
  readonly #handlers: ReadonlyMap<string, TaskHandler>;
  /** A controller is made when somebody looks at the signal. */
  readonly #running = new CallTable<RunningTask>();
  #results: TaskResult[] = [];
  onResults: TasksPort["onResults"] = () => undefined;

  constructor(handlers: Readonly<Record<string, TaskHandler>>) {
    if (!isRecord(handlers)) throw argumentError("engine/invalid-option", "tasks", handlers, "an object of functions");
    for (const [name, handler] of Object.entries(handlers)) {
      if (typeof handler !== "function") throw argumentError("engine/invalid-option", `The handler of task "${name}"`, handler, "a function");
    }
    this.#handlers = new Map(Object.entries(handlers));
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
    const running = new RunningTask(call);
    this.#running.set(call, running);
    const handler = this.#handlers.get(call.task);
    if (handler === undefined) {
      this.#fail(call, new WorkflowError("task/unregistered", `No handler is registered for task "${call.task}"`, { details: { task: call.task } }));
      return;
    }
    try {
      const result = handler(call.input, running);
      if (isThenable(result)) result.then((value) => this.#succeed(call, value), (error: unknown) => this.#fail(call, error));
      else this.#succeed(call, result);
    } catch (error) {
      this.#fail(call, error);
    }
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

  constructor(call: TaskCall) {
    this.#call = call;
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
