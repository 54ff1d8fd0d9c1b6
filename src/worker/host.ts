// The worker's side: an engine in this thread, and the ports through which the page uses it. Knows nothing of how the
// engine is made: the entry hands in `join`.
import { expose } from "comlink";
import type { Engine } from "../model/engine.js";
import { WorkflowError } from "../model/errors.js";
import type { TasksPort } from "../model/ports.js";
import { serveCalls } from "./call-host.js";
import { readCursor, serveCursor } from "./cursor.js";
import { installErrorTransfer } from "./errors.js";
import { PIECES_CREDIT_MAX, PROTOCOL_VERSION } from "./limits.js";
import type { HostApi, HostOptions, ProgressMessage, ReadyMessage } from "./protocol.js";
import { createTaskRelay } from "./task-relay.js";

/** Holds a lifeline by name until this thread ends. */
export type HoldLifeline = (name: string) => Promise<void>;
/** Makes the engine of this thread; its tasks are done behind `tasks`. */
export type JoinEngine = (options: HostOptions, tasks: TasksPort) => Promise<Engine>;

/** The messages of a worker's global scope, or of a port. */
export type HostEndpoint = Pick<MessagePort, "postMessage" | "addEventListener" | "removeEventListener"> & { start?(): void };

/** Says ready and serves one page over `endpoint`. */
export function startHost(endpoint: HostEndpoint, join: JoinEngine, hold: HoldLifeline): void {
  installErrorTransfer();
  expose(createHostApi(join, hold), endpoint);
  endpoint.postMessage({ kind: "ready", version: PROTOCOL_VERSION } satisfies ReadyMessage);
}

function createHostApi(join: JoinEngine, hold: HoldLifeline): HostApi {
  let opened: Engine | undefined;
  const defer = createDefer();
  const engine = (): Engine => {
    if (opened === undefined) throw new WorkflowError("engine/not-open", "The engine in the worker is not open");
    return opened;
  };
  return {
    hold,
    async open(options, taskNames, { calls, tasks }) {
      opened = await join(options, createTaskRelay(taskNames, tasks));
      serveCalls(opened, calls);
    },
    configure: (options) => engine().configure(options),
    ready: () => engine().ready(),
    load: (source, name) => engine().load(source, name === undefined ? {} : { name }),
    rerun: async (runId, options) => (await engine().rerun(runId, options)).id,
    fork: async (runId, seq, options) => (await engine().fork(runId, seq, options)).id,
    pause: (runId) => engine().pause(runId),
    resume: (runId) => engine().resume(runId),
    cancel: (runId, options) => engine().cancel(runId, options),
    fail: (runId, error, options) => engine().fail(runId, error, options),
    query: (query) => engine().runs.query(query),
    count: (query) => engine().runs.count(query),
    delete: (runId) => engine().runs.delete(runId),
    clean: (options) => engine().runs.clean(options),
    metrics: async (runId) => (await engine().runs.get(runId)).metrics(),
    context: async (runId) => (await engine().runs.get(runId)).context(),
    states: async (runId) => (await engine().runs.get(runId)).states(),
    awaits: async (runId) => (await engine().runs.get(runId)).awaits(),
    at: async (runId, seq) => (await engine().runs.get(runId)).at(seq),
    verify: async (runId, options) => (await engine().runs.get(runId)).verify(options),
    workflow: async (runId) => (await engine().runs.get(runId)).workflow(),
    async openEvents(runId, from, port) {
      const run = await engine().runs.get(runId);
      serveCursor(run.events(from === undefined ? {} : { from }), port, defer);
    },
    logs: async (runId, query) => (await engine().runs.get(runId)).logs(query),
    async openLogs(runId, query, port) {
      const run = await engine().runs.get(runId);
      serveCursor(run.tailLogs(query), port, defer);
    },
    async openChanges(port) {
      serveCursor(engine().runs.changes(), port, defer);
    },
    async openWatch(query, port) {
      serveCursor(engine().runs.watch(query), port, defer);
    },
    async openExport(what, options, port) {
      serveCursor(engine().export(what, options), port, defer);
    },
    async import(source, { progress, ...options }) {
      const pieces = source.kind === "blob" ? source.blob : readCursor<Uint8Array>(source.port, undefined, PIECES_CREDIT_MAX);
      const onProgress = progress && ((message: ProgressMessage): void => progress.postMessage(message));
      try {
        return await engine().import(pieces, { ...options, ...(onProgress && { onProgress }) });
      } finally {
        progress?.close();
      }
    },
    role: () => engine().role(),
    statistics: () => engine().statistics(),
    close: async () => {
      await opened?.close();
      opened = undefined;
    },
  };
}

/** Runs callbacks after the microtasks in hand, without the delay of a timer. */
function createDefer(): (callback: () => void) => void {
  const { port1, port2 } = new MessageChannel();
  let callbacks: (() => void)[] = [];
  port1.onmessage = () => {
    const ready = callbacks;
    callbacks = [];
    for (const callback of ready) callback();
  };
  // In Node an open channel keeps the process alive.
  if ("unref" in port1 && typeof port1.unref === "function") port1.unref();
  return (callback) => {
    if (callbacks.push(callback) === 1) port2.postMessage(0);
  };
}
