// Tasks across the worker: the engine in the worker sees a `TasksPort`, the handlers run on the page. Calls and results
// travel in batches; an abort crosses as a message.
import { encodeValue } from "../model/value.js";
import { toErrorRecord } from "../model/errors.js";
import { createClock } from "../base/clock.js";
import type { ClockPort, TaskCall, TaskLogEntry, TaskResult, TasksPort } from "../model/ports.js";
import { CallTable } from "../model/task-call.js";
import type { CallName } from "../model/task-call.js";
import { makeClonable } from "./errors.js";
import { LOGS_BY_MESSAGE_MAX, LOGS_DELAY_MS } from "./limits.js";
import { isCallName, isRecord, isTaskAnswer, isTaskLogEntry, isToHandlers, readList } from "./messages.js";
import type { FromHandlers, TaskAnswer, ToHandlers } from "./protocol.js";

/** The worker's end: what the engine takes for the handlers. `names`: the tasks that the page registered. */
export function createTaskRelay(names: readonly string[], port: MessagePort): TasksPort {
  const known = new Set(names);
  const running = new CallTable<TaskCall>((call) => call.serial);
  const relay: TasksPort = {
    onResults: () => undefined,
    onLogs: () => undefined,
    has: (task) => known.has(task),
    names: () => names,
    perform(calls) {
      const fresh = calls.filter((call) => running.set(call, call) === undefined);
      if (fresh.length > 0) port.postMessage({ kind: "perform", calls: fresh } satisfies ToHandlers);
    },
    abort(calls) {
      port.postMessage({ kind: "abort", calls } satisfies ToHandlers);
    },
  };
  port.onmessage = ({ data }: MessageEvent<FromHandlers>) => {
    if (isRecord(data) && data.logs !== undefined) relay.onLogs(readList(data.logs, isTaskLogEntry));
    const results: TaskResult[] = [];
    for (const { name, ...outcome } of readList(isRecord(data) ? data.results : undefined, isTaskAnswer)) {
      const call = running.take(name);
      if (call !== undefined) results.push({ call, ...outcome });
    }
    if (results.length > 0) relay.onResults(results);
  };
  return relay;
}

/** The page's end: does what the worker asks for with `tasks`, and sends each batch of results back, with what was logged before. */
export function serveTasks(tasks: TasksPort, port: MessagePort, clock: Pick<ClockPort, "schedule"> = createClock()): void {
  let logs: TaskLogEntry[] = [];
  let stopTimer: (() => void) | undefined;
  const post = (results: readonly TaskAnswer[]): void => {
    if (logs.length === 0) return postResults(port, results, undefined);
    const ready = logs;
    logs = [];
    stopTimer?.();
    stopTimer = undefined;
    postResults(port, results, ready);
  };
  tasks.onResults = (results) => post(results.map(toAnswer));
  tasks.onLogs = (entries) => {
    for (const entry of entries) logs.push(entry);
    if (logs.length >= LOGS_BY_MESSAGE_MAX) post([]);
    else stopTimer ??= clock.schedule(LOGS_DELAY_MS, () => post([]));
  };
  port.onmessage = ({ data }: MessageEvent<ToHandlers>) => {
    if (!isToHandlers(data)) return;
    if (data.kind === "perform") tasks.perform(readList(data.calls, isCallName<TaskCall>));
    else tasks.abort(readList(data.calls, isCallName<CallName>));
  };
}

function toAnswer(result: TaskResult): TaskAnswer {
  const { runId, serial } = result.call;
  const name = { runId, serial };
  return result.isSuccess ? { name, isSuccess: true, value: result.value } : { name, isSuccess: false, error: makeClonable(result.error) };
}

/** A result that cannot be cloned fails its own task, not the batch. */
function postResults(port: MessagePort, results: readonly TaskAnswer[], logs: readonly TaskLogEntry[] | undefined): void {
  const rest = logs === undefined ? {} : { logs };
  try {
    port.postMessage({ kind: "results", results, ...rest } satisfies FromHandlers);
  } catch {
    port.postMessage({ kind: "results", results: results.map(makeSendable), ...rest } satisfies FromHandlers);
  }
}

function makeSendable(answer: TaskAnswer): TaskAnswer {
  if (!answer.isSuccess) return answer;
  try {
    encodeValue(answer.value, "result");
    return { ...answer, value: structuredClone(answer.value) };
  } catch (error) {
    return { name: answer.name, isSuccess: false, error: makeClonable(toErrorRecord(error)) };
  }
}
