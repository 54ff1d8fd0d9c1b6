// The page's side: the same `Engine` as in-thread, with the work done in a worker. Control goes over Comlink; calls that
// come often, batches and events go over ports of their own.
import { type Endpoint, releaseProxy, type Remote, transfer, wrap } from "comlink";
import { checkArguments } from "../model/checked-engine.js";
import type { CustomConstants } from "../model/custom-function.js";
import type {
  CancelOptions,
  Engine,
  EngineOptions,
  EngineStatistics,
  EventBatch,
  FailOptions,
  ForkOptions,
  LiveOptions,
  RerunOptions,
  Run,
  SendResult,
  StartOptions,
  Value,
  Workflow,
} from "../model/engine.js";
import { readPieces } from "../model/byte-pieces.js";
import type { ExportChoice, ExportOptions, ImportOptions, ImportReport, ImportSource } from "../model/portable.js";
import type { RunPage, RunQuery, RunRecord } from "../model/run-record.js";
import { WorkflowError } from "../model/errors.js";
import type { TasksPort } from "../model/ports.js";
import type { RunStatus } from "../model/status.js";
import { CallChannel } from "./call-channel.js";
import { ClientRun, type RareQuestions } from "./client-run.js";
import { type Cursor, readCursor, serveCursor } from "./cursor.js";
import { installErrorTransfer, lostError } from "./errors.js";
import { PIECE_SIZE_MAX, PIECES_CREDIT_MAX } from "./limits.js";
import type { HostApi, HostImportSource, HostOptions, ProgressMessage } from "./protocol.js";
import { serveTasks } from "./task-relay.js";
import { startWorker } from "./worker-start.js";

/**
 * Starts a worker and an engine in it; `tasks` run in this thread. Rejects with `worker/failed` (why it did not start) and
 * with whatever kept the engine from opening (`kernel/wasm-blocked`, `store/…`).
 */
export async function createWorkerEngine(options: EngineOptions, tasks: TasksPort, watch: WatchLifeline): Promise<Engine> {
  const worker = await startWorker(options.workerUrl);
  return connectEngine(worker, options, tasks, watch, () => worker.terminate());
}

/** Calls `onEnd` when the thread that holds the named lifeline is gone; returns a function that stops watching. */
export type WatchLifeline = (name: string, onEnd: () => void) => () => void;

/** The engine behind `endpoint`, which has said ready. `end` is called once, after it was closed. */
export async function connectEngine(
  endpoint: Endpoint,
  options: EngineOptions,
  tasks: TasksPort,
  watch: WatchLifeline,
  end: () => void,
): Promise<Engine> {
  installErrorTransfer();
  const calls = new MessageChannel();
  const handlers = new MessageChannel();
  const client = new WorkerClient(wrap<HostApi>(endpoint), calls.port1, handlers.port1, end);
  serveTasks(tasks, handlers.port1);
  try {
    await client.watch(watch);
    await client.open(toHostOptions(options), tasks.names(), calls.port2, handlers.port2);
  } catch (error) {
    await client.abandon();
    throw error;
  }
  return checkArguments(client);
}

class WorkerClient implements Engine {
  readonly runs: Engine["runs"];
  readonly #api: Remote<HostApi>;
  readonly #calls: CallChannel;
  readonly #handlers: MessagePort;
  readonly #end: () => void;
  /** Rejects the control calls under way. */
  readonly #underWay = new Set<(error: WorkflowError) => void>();
  readonly #cursors = new Set<Pick<Cursor<unknown>, "end">>();
  readonly #rare: RareQuestions = {
    metrics: (runId) => this.#control(() => this.#api.metrics(runId)),
    context: (runId) => this.#control(() => this.#api.context(runId)),
    states: (runId) => this.#control(() => this.#api.states(runId)),
    awaits: (runId) => this.#control(() => this.#api.awaits(runId)),
    at: (runId, seq) => this.#control(() => this.#api.at(runId, seq)),
    verify: (runId, options) => this.#control(async () => this.#api.verify(runId, options)),
    workflow: (runId) => this.#control(() => this.#api.workflow(runId)),
    logs: (runId, query) => this.#control(() => this.#api.logs(runId, query)),
    tailLogs: (runId, query) => this.#openCursor((port) => this.#api.openLogs(runId, query, transfer(port, [port]))),
    events: (runId, from) => this.#openCursor((port) => this.#api.openEvents(runId, from, transfer(port, [port]))),
  };
  #failure: WorkflowError | undefined;
  #closing: Promise<void> | undefined;
  #stopWatching: () => void = () => undefined;

  constructor(api: Remote<HostApi>, calls: MessagePort, handlers: MessagePort, end: () => void) {
    this.#api = api;
    this.#calls = new CallChannel(calls);
    this.#handlers = handlers;
    this.#end = end;
    this.runs = {
      get: (runId) => this.#getRun(runId),
      query: (query?: RunQuery): Promise<RunPage> => this.#control(() => this.#api.query(query)),
      count: (query?: RunQuery): Promise<number> => this.#control(() => this.#api.count(query)),
      delete: (runId: string): Promise<void> => this.#control(() => this.#api.delete(runId)),
      clean: (options) => this.#control(() => this.#api.clean(options)),
      watch: (query?: RunQuery): AsyncIterable<RunPage> => this.#openCursor((port) => this.#api.openWatch(query, transfer(port, [port]))),
      changes: (): AsyncIterable<RunRecord> => this.#openCursor((port) => this.#api.openChanges(transfer(port, [port]))),
    };
  }

  /** From now on, the end of the worker is noticed. */
  async watch(watch: WatchLifeline): Promise<void> {
    const name = crypto.getRandomValues(new Uint32Array(4)).join("-");
    await this.#control(() => this.#api.hold(name));
    this.#stopWatching = watch(name, () => this.#fail(lostError("it ended, or the browser ended it")));
  }

  open(options: HostOptions, taskNames: readonly string[], calls: MessagePort, tasks: MessagePort): Promise<void> {
    return this.#control(() => this.#api.open(options, [...taskNames], transfer({ calls, tasks }, [calls, tasks])));
  }

  /** Gives up a worker whose engine did not open. */
  async abandon(): Promise<void> {
    this.#fail(new WorkflowError("engine/closed", "The engine did not open"));
    this.#release();
  }

  configure(options: LiveOptions): Promise<void> {
    return this.#control(() => this.#api.configure(options));
  }

  ready(): Promise<void> {
    return this.#control(() => this.#api.ready());
  }

  load(source: string, options: { readonly name?: string } = {}): Promise<Workflow> {
    return this.#control(() => this.#api.load(source, options.name));
  }

  async start(workflow: Workflow | string, input?: Value, options?: StartOptions): Promise<Run> {
    const [runId] = await this.#start(workflow, input === undefined ? [] : [input], false, options);
    return this.#makeRun(runId as string);
  }

  async startMany(workflow: Workflow | string, inputs: readonly Value[], options?: StartOptions): Promise<readonly Run[]> {
    return (await this.#start(workflow, inputs, true, options)).map((runId) => this.#makeRun(runId));
  }

  async send(runId: string, event: string, payload?: Value): Promise<SendResult> {
    return (await this.#calls.call({ kind: "send", runId, event, payload })) as SendResult;
  }

  sendMany(batch: EventBatch): Promise<Uint8Array> {
    return this.#calls.sendBatch(batch);
  }

  async rerun(runId: string, options?: RerunOptions): Promise<Run> {
    return this.#makeRun(await this.#control(() => this.#api.rerun(runId, nameWorkflow(options))));
  }

  async fork(runId: string, seq: number, options?: ForkOptions): Promise<Run> {
    return this.#makeRun(await this.#control(() => this.#api.fork(runId, seq, nameWorkflow(options))));
  }

  export(what?: ExportChoice, options?: ExportOptions): AsyncIterable<Uint8Array> {
    return this.#openCursor((port) => this.#api.openExport(what, options, transfer(port, [port])), PIECES_CREDIT_MAX);
  }

  async import(source: ImportSource, { onProgress, ...options }: ImportOptions = {}): Promise<ImportReport> {
    const { port1, port2 } = new MessageChannel();
    if (onProgress !== undefined) port1.onmessage = ({ data }: MessageEvent<ProgressMessage>) => onProgress(data);
    const crossing = servePieces(source);
    const told = onProgress === undefined ? options : transfer({ ...options, progress: port2 }, [port2]);
    try {
      return await this.#control(() => this.#api.import(crossing, told));
    } finally {
      port1.close();
    }
  }

  pause(runId: string): Promise<RunStatus> {
    return this.#control(() => this.#api.pause(runId));
  }

  resume(runId: string): Promise<RunStatus> {
    return this.#control(() => this.#api.resume(runId));
  }

  cancel(runId: string, options?: CancelOptions): Promise<RunStatus> {
    return this.#control(() => this.#api.cancel(runId, options));
  }

  fail(runId: string, error: Parameters<Engine["fail"]>[1], options?: FailOptions): Promise<RunStatus> {
    return this.#control(() => this.#api.fail(runId, error, options));
  }

  role(): Promise<"driver" | "watcher"> {
    return this.#control(() => this.#api.role());
  }

  statistics(): Promise<EngineStatistics> {
    return this.#control(() => this.#api.statistics());
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#failure !== undefined) return;
    try {
      await this.#control(() => this.#api.close());
    } finally {
      this.#fail(new WorkflowError("engine/closed", "The engine was closed"));
      this.#release();
    }
  }

  #release(): void {
    this.#stopWatching();
    this.#api[releaseProxy]();
    this.#handlers.close();
    this.#end();
  }

  #fail(error: WorkflowError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    for (const reject of this.#underWay) reject(error);
    this.#underWay.clear();
    this.#calls.fail(error);
    for (const cursor of this.#cursors) cursor.end(this.#closing === undefined ? error : undefined);
    this.#cursors.clear();
  }

  /** A control call that also ends when the worker does. */
  #control<T>(call: () => Promise<T>): Promise<T> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise<T>((resolve, reject) => {
      this.#underWay.add(reject);
      const end = (): void => void this.#underWay.delete(reject);
      call().then(resolve, reject).finally(end);
    });
  }

  async #start(
    workflow: Workflow | string,
    inputs: readonly Value[],
    isMany: boolean,
    options: StartOptions | undefined,
  ): Promise<readonly string[]> {
    const identity = typeof workflow === "string" ? workflow : String((workflow as Workflow | undefined)?.identity);
    return (await this.#calls.call({ kind: "start", workflow: identity, inputs, isMany, options })) as readonly string[];
  }

  async #getRun(runId: string): Promise<Run> {
    await this.#calls.call({ kind: "record", runId });
    return this.#makeRun(runId);
  }

  #makeRun(runId: string): Run {
    return new ClientRun(runId, this.#calls, this.#rare);
  }

  /** Each reading opens a cursor of its own, at its first step. */
  #openCursor<T>(open: (port: MessagePort) => Promise<void>, creditMax?: number): AsyncIterable<T> {
    const start = async (): Promise<AsyncIterator<T>> => {
      const { port1, port2 } = new MessageChannel();
      await this.#control(() => open(port2));
      const cursor: Cursor<T> = readCursor<T>(port1, () => this.#cursors.delete(cursor), creditMax);
      this.#cursors.add(cursor);
      return cursor;
    };
    return {
      [Symbol.asyncIterator](): AsyncIterator<T> {
        let opened: Promise<AsyncIterator<T>> | undefined;
        return {
          async next() {
            opened ??= start();
            return (await opened).next();
          },
          async return() {
            await (await opened)?.return?.();
            return { done: true, value: undefined };
          },
        };
      },
    };
  }
}

/** A workflow crosses by its identity. */
function nameWorkflow<Options extends ForkOptions>(options: Options | undefined): Options | undefined {
  const workflow = typeof options?.workflow === "object" ? options.workflow.identity : options?.workflow;
  return options === undefined || workflow === undefined ? options : { ...options, workflow };
}

/** A file crosses by itself; what else there is, is read here and sent as the worker asks for it. */
function servePieces(source: ImportSource): HostImportSource {
  if (source instanceof Blob) return { kind: "blob", blob: source };
  const { port1, port2 } = new MessageChannel();
  serveCursor(cutPieces(source), port1, queueMicrotask);
  return transfer({ kind: "pieces", port: port2 }, [port2]);
}

/** Small copies: of a view, all that it is a view of would cross. */
async function* cutPieces(source: ImportSource): AsyncGenerator<Uint8Array, undefined> {
  for await (const piece of readPieces(source))
    for (let at = 0; at < piece.length; at += PIECE_SIZE_MAX) yield piece.slice(at, at + PIECE_SIZE_MAX);
}

function toHostOptions(options: EngineOptions): HostOptions {
  const { tasks: _tasks, secrets: _secrets, workerUrl: _workerUrl, wasmUrl, functions, functionsUrl, constants, ...others } = options;
  return {
    ...others,
    ...(wasmUrl !== undefined && { wasmUrl: toAbsolute(wasmUrl) }),
    ...(functionsUrl !== undefined && { functionsUrl: toAbsolute(functionsUrl) }),
    ...(functions !== undefined && { outOfReach: Object.keys(functions) }),
    ...(constants !== undefined && { constants: cloneConstants(constants) }),
  };
}

/** Constants are data, so they cross to the worker. */
function cloneConstants(constants: CustomConstants): CustomConstants {
  try {
    return structuredClone(constants);
  } catch (error) {
    throw new WorkflowError("expression/invalid-declaration", "The constants hold something that is no data and cannot cross to the worker", { cause: error });
  }
}

/** The worker resolves addresses against its own file, the caller meant the page. */
function toAbsolute(url: string | URL): string {
  return new URL(url, typeof document === "undefined" ? globalThis.location?.href : document.baseURI).href;
}
