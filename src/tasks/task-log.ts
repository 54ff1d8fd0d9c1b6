// `context.log`: what a handler says is made fit to be kept, at once, so that what it changes later is not told, and handed on. An entry that nobody
// wants costs a comparison. Nothing here throws into the handler.
import { isLevelLogged, type LogLevel, type LogOptions, type TaskLog } from "../model/log.js";
import { toLogFields, toLogMessage } from "../model/log-value.js";
import type { TaskCall, TaskLogEntry } from "../model/ports.js";

type Fields = Readonly<Record<string, unknown>>;

/** The log of one call. */
export function createLog(call: TaskCall, logging: { readonly options?: LogOptions | undefined; readonly now: () => number }, write: (entry: TaskLogEntry) => void): TaskLog {
  const add = (level: LogLevel, message: string, fields?: Fields): void => {
    if (!isLevelLogged(level, logging.options)) return;
    const said = toLogMessage(message);
    const kept = toLogFields(fields);
    const { runId, task, visit, item, attempt } = call;
    write({
      runId,
      time: logging.now(),
      level,
      by: "task",
      task,
      visit,
      ...(item > 0 && { item: item - 1 }),
      attempt,
      message: said.message,
      ...(kept.fields !== undefined && { fields: kept.fields }),
      ...((said.isCut || kept.isCut) && { isCut: true }),
    });
  };
  // Each may be taken off its object: handlers pass them on.
  return {
    debug: (message, fields) => add("debug", message, fields),
    info: (message, fields) => add("info", message, fields),
    warn: (message, fields) => add("warning", message, fields),
    error: (message, fields) => add("error", message, fields),
  };
}
