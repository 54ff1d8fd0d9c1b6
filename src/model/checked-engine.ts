// An engine whose arguments are looked at before anything is done with them: what is not of its declared type is refused with
// `engine/invalid-argument`. The same for the engine in this thread and for the one behind a worker.
import { argumentError, isRecord } from "./arguments.js";
import type { CancelOptions, Engine, EngineOptions, EngineStatistics, EventBatch, FailOptions, ForkOptions, LiveOptions, RerunOptions, Run, SendResult, StartOptions, Value, VerifyOptions, Workflow } from "./engine.js";
import type { ExportChoice, ExportOptions, ImportOptions, ImportReport, ImportSource } from "./portable.js";
import { readFieldConditions } from "./run-filter.js";
import type { RunQuery } from "./run-record.js";
import type { WorkflowError } from "./errors.js";
import { findSchedulingMistake, isPriority, PRIORITY_MAX } from "./scheduling.js";
import type { RunStatus } from "./status.js";

const CODE = "engine/invalid-argument";

function wrong(isRight: boolean, argument: string, value: unknown, wanted: string): WorkflowError | undefined {
  return isRight ? undefined : argumentError(CODE, argument, value, wanted);
}

function wrongText(argument: string, value: unknown): WorkflowError | undefined {
  return wrong(typeof value === "string", argument, value, "a text");
}

const TYPE_WORDS = { string: "a text", number: "a number", boolean: "true or false" } as const;

function wrongOption(argument: string, value: unknown, type: keyof typeof TYPE_WORDS): WorkflowError | undefined {
  return wrong(value === undefined || typeof value === type, argument, value, TYPE_WORDS[type]);
}

function wrongOptions(options: unknown): WorkflowError | undefined {
  return wrong(options === undefined || isRecord(options), "options", options, "an object");
}

function areTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function wrongStartOptions(options: StartOptions | undefined): WorkflowError | undefined {
  const isWrong = wrongOptions(options);
  if (isWrong !== undefined || options === undefined) return isWrong;
  const { tags, durability, priority } = options;
  return (
    wrong(priority === undefined || isPriority(priority), "options.priority", priority, `a whole number from 0 to ${PRIORITY_MAX}`) ??
    wrong(tags === undefined || areTexts(tags), "options.tags", tags, "a list of texts") ??
    wrong(
      durability === undefined || ["strict", "relaxed", "none"].includes(durability),
      "options.durability",
      durability,
      `one of "strict", "relaxed", "none"`,
    )
  );
}

function wrongLiveOptions(options: LiveOptions): WorkflowError | undefined {
  if (!isRecord(options)) return wrong(false, "options", options, "an object");
  const mistake = findSchedulingMistake(options["scheduling"]);
  return mistake && wrong(false, `options.${mistake.option}`, mistake.value, mistake.wanted);
}

function wrongError(error: Parameters<Engine["fail"]>[1]): WorkflowError | undefined {
  if (!isRecord(error)) return wrong(false, "error", error, "an object");
  const { code, message, details } = error;
  return (
    wrongOption("error.code", code, "string") ??
    wrongOption("error.message", message, "string") ??
    wrong(details === undefined || isRecord(details), "error.details", details, "an object")
  );
}

function wrongRerunOptions(options: RerunOptions | undefined): WorkflowError | undefined {
  const isWrong = wrongStartOptions(options);
  if (isWrong !== undefined || options === undefined) return isWrong;
  const { tasks, items } = options;
  return (
    wrong(tasks === undefined || areTexts(tasks), "options.tasks", tasks, "a list of texts") ??
    wrong(items === undefined || items === "keep" || items === "reset", "options.items", items, `"keep" or "reset"`)
  );
}

function wrongQuery(query: RunQuery | undefined): WorkflowError | undefined {
  if (query === undefined) return undefined;
  if (!isRecord(query)) return wrong(false, "query", query, "an object");
  const { status, workflow, sort, order, fields, limit } = query;
  const { startedFrom, startedTo, endedFrom, endedTo, durationMin, durationMax, tag, parentRunId, errorCode, filter, cursor } = query;
  return (
    wrong(status === undefined || typeof status === "string" || areTexts(status), "query.status", status, "a status or a list of them") ??
    wrong(workflow === undefined || typeof workflow === "string" || areTexts(workflow), "query.workflow", workflow, "a name or a list of them") ??
    wrongParts({ tag, parentRunId, errorCode, filter, cursor }, "string") ??
    wrongParts({ startedFrom, startedTo, endedFrom, endedTo, durationMin, durationMax, limit }, "number") ??
    wrong(fields === undefined || isRecord(fields), "query.fields", fields, "an object") ??
    wrongFields(query) ??
    wrong(sort === undefined || ["started", "updated", "ended", "duration"].includes(sort as string), "query.sort", sort, `"started", "updated", "ended" or "duration"`) ??
    wrong(order === undefined || order === "newest" || order === "oldest", "query.order", order, `"newest" or "oldest"`)
  );
}

function wrongFields({ fields }: RunQuery): WorkflowError | undefined {
  try {
    readFieldConditions(fields);
    return undefined;
  } catch (error) {
    return error as WorkflowError;
  }
}

function wrongParts(parts: Readonly<Record<string, unknown>>, type: "string" | "number"): WorkflowError | undefined {
  for (const [name, value] of Object.entries(parts)) {
    const mistake = wrongOption(`query.${name}`, value, type);
    if (mistake !== undefined) return mistake;
  }
  return undefined;
}

function wrongPassphrase(passphrase: unknown): WorkflowError | undefined {
  const isRight = passphrase === undefined || (typeof passphrase === "string" && passphrase !== "");
  // It is not told what stood there.
  return wrong(isRight, "options.passphrase", typeof passphrase === "string" ? "" : passphrase, "a text that is not empty");
}

function wrongExport(what: ExportChoice | undefined, options: ExportOptions | undefined): WorkflowError | undefined {
  if (what !== undefined && !isRecord(what)) return wrong(false, "what", what, "an object");
  const isWrong = wrong(what?.runIds === undefined || areTexts(what.runIds), "what.runIds", what?.runIds, "a list of texts") ?? wrongQuery(what?.query as RunQuery | undefined) ?? wrongOptions(options);
  if (isWrong !== undefined || options === undefined) return isWrong;
  const { passphrase, redact, logs, compress, exportedAt } = options;
  return (
    wrongPassphrase(passphrase) ??
    wrongRedaction(redact) ??
    wrongOption("options.logs", logs, "boolean") ??
    wrong(compress === undefined || typeof compress === "boolean", "options.compress", compress, "true or false") ??
    wrong(exportedAt === undefined || Number.isFinite(exportedAt), "options.exportedAt", exportedAt, "a number")
  );
}

function wrongRedaction(redact: ExportOptions["redact"]): WorkflowError | undefined {
  if (redact === undefined || areTexts(redact)) return undefined;
  const { paths, marker } = isRecord(redact) ? redact : { paths: undefined, marker: undefined };
  return (
    wrong(areTexts(paths), "options.redact", redact, "a list of paths, or an object with one") ??
    wrong(marker === undefined || marker === null || typeof marker === "string", "options.redact.marker", marker, "a text or null")
  );
}

function wrongImport(source: ImportSource, options: ImportOptions | undefined): WorkflowError | undefined {
  const isBlob = typeof Blob !== "undefined" && source instanceof Blob;
  const isSource = isBlob || (typeof source === "object" && source !== null && (source instanceof Uint8Array || "getReader" in source || Symbol.asyncIterator in source));
  const isWrong = wrong(isSource, "source", source, "a Blob, a stream or an iterable of bytes, or bytes") ?? wrongOptions(options);
  if (isWrong !== undefined || options === undefined) return isWrong;
  const { passphrase, onConflict, open, onProgress } = options;
  return (
    wrongPassphrase(passphrase) ??
    wrong(onConflict === undefined || ["skip", "rename", "fail"].includes(onConflict), "options.onConflict", onConflict, `one of "skip", "rename", "fail"`) ??
    wrong(open === undefined || ["pause", "keep", "cancel"].includes(open), "options.open", open, `one of "pause", "keep", "cancel"`) ??
    wrong(onProgress === undefined || typeof onProgress === "function", "options.onProgress", onProgress, "a function")
  );
}

function wrongBatch(batch: EventBatch): WorkflowError | undefined {
  const isBatch =
    isRecord(batch) &&
    Number.isSafeInteger(batch.count) &&
    Array.isArray(batch.runIds) &&
    Array.isArray(batch.eventNames) &&
    [batch.records, batch.payloadIndex, batch.payloadBytes].every((part) => ArrayBuffer.isView(part));
  return wrong(isBatch, "batch", batch, "a batch of createBatch()");
}

/** `from` of `run.events(options)`. Throws `engine/invalid-argument`. */
export function readFrom(options: { readonly from?: number } | undefined): number | undefined {
  const isWrong = wrongOptions(options) ?? wrongOption("options.from", options?.from, "number");
  if (isWrong !== undefined) throw isWrong;
  return options?.from;
}

/** `options` of `run.verify(options)`. Throws `engine/invalid-argument`. */
export function checkTold(options: VerifyOptions): void {
  const isWrong = wrongOptions(options) ?? wrong(options.told === undefined || Array.isArray(options.told), "options.told", options.told, "a list of events");
  if (isWrong !== undefined) throw isWrong;
}

/** Throws `engine/invalid-option` where the options of `createEngine` are no object. */
export function checkEngineOptions(options: EngineOptions): void {
  if (!isRecord(options)) throw argumentError("engine/invalid-option", "options", options, "an object");
}

/** `engine`, with its arguments looked at. */
export function checkArguments(engine: Engine): Engine {
  return new CheckedEngine(engine);
}

class CheckedEngine implements Engine {
  readonly runs: Engine["runs"];
  readonly #engine: Engine;

  constructor(engine: Engine) {
    const { runs } = engine;
    this.#engine = engine;
    this.runs = {
      get: (runId) => answer(wrongText("runId", runId), () => runs.get(runId)),
      query: (query) => answer(wrongQuery(query), () => runs.query(query)),
      count: (query) => answer(wrongQuery(query), () => runs.count(query)),
      watch: (query) => {
        const mistake = wrongQuery(query);
        if (mistake !== undefined) throw mistake;
        return runs.watch(query);
      },
      delete: (runId) => answer(wrongText("runId", runId), () => runs.delete(runId)),
      clean: (options) => answer(wrongOptions(options) ?? wrong(["boolean", "undefined"].includes(typeof options?.isDryRun), "options.isDryRun", options?.isDryRun, "true or false"), () => runs.clean(options)),
      changes: () => runs.changes(),
    };
  }

  configure(options: LiveOptions): Promise<void> {
    return answer(wrongLiveOptions(options), () => this.#engine.configure(options));
  }

  ready(): Promise<void> {
    return this.#engine.ready();
  }

  load(source: string, options?: { readonly name?: string }): Promise<Workflow> {
    const isWrong = wrongText("source", source) ?? wrongOptions(options) ?? wrongOption("options.name", options?.name, "string");
    return answer(isWrong, () => this.#engine.load(source, options));
  }

  // What is no workflow is an unknown one: the engine says so.
  start(workflow: Workflow | string, input?: Value, options?: StartOptions): Promise<Run> {
    return answer(wrongStartOptions(options), () => this.#engine.start(workflow, input, options));
  }

  startMany(workflow: Workflow | string, inputs: readonly Value[], options?: StartOptions): Promise<readonly Run[]> {
    const isWrong = wrong(Array.isArray(inputs), "inputs", inputs, "a list") ?? wrongStartOptions(options);
    return answer(isWrong, () => this.#engine.startMany(workflow, inputs, options));
  }

  send(runId: string, event: string, payload?: Value): Promise<SendResult> {
    return answer(wrongText("runId", runId) ?? wrongText("event", event), () => this.#engine.send(runId, event, payload));
  }

  sendMany(batch: EventBatch): Promise<Uint8Array> {
    return answer(wrongBatch(batch), () => this.#engine.sendMany(batch));
  }

  fail(runId: string, error: Parameters<Engine["fail"]>[1], options?: FailOptions): Promise<RunStatus> {
    const isWrong = wrongText("runId", runId) ?? wrongError(error) ?? wrongOptions(options) ?? wrongOption("options.undo", options?.undo, "boolean");
    return answer(isWrong, () => this.#engine.fail(runId, error, options));
  }

  rerun(runId: string, options?: RerunOptions): Promise<Run> {
    return answer(wrongText("runId", runId) ?? wrongRerunOptions(options), () => this.#engine.rerun(runId, options));
  }

  fork(runId: string, seq: number, options?: ForkOptions): Promise<Run> {
    const isWrong = wrongText("runId", runId) ?? wrong(typeof seq === "number", "seq", seq, "a number") ?? wrongStartOptions(options);
    return answer(isWrong, () => this.#engine.fork(runId, seq, options));
  }

  export(what?: ExportChoice, options?: ExportOptions): AsyncIterable<Uint8Array> {
    const isWrong = wrongExport(what, options);
    if (isWrong !== undefined) throw isWrong;
    return this.#engine.export(what, options);
  }

  import(source: ImportSource, options?: ImportOptions): Promise<ImportReport> {
    return answer(wrongImport(source, options), () => this.#engine.import(source, options));
  }

  pause(runId: string): Promise<RunStatus> {
    return answer(wrongText("runId", runId), () => this.#engine.pause(runId));
  }

  resume(runId: string): Promise<RunStatus> {
    return answer(wrongText("runId", runId), () => this.#engine.resume(runId));
  }

  cancel(runId: string, options?: CancelOptions): Promise<RunStatus> {
    const tasks = options?.tasks;
    const isChoice = tasks === undefined || tasks === "abort" || tasks === "finish";
    const undo = options?.undo;
    const isWrong =
      wrongText("runId", runId) ??
      wrongOptions(options) ??
      wrong(isChoice, "options.tasks", tasks, `"abort" or "finish"`) ??
      wrongOption("options.undo", undo, "boolean") ??
      wrong(undo !== true || tasks !== "finish", "options.tasks", tasks, `"abort" where "undo" is true`);
    return answer(isWrong, () => this.#engine.cancel(runId, options));
  }

  role(): Promise<"driver" | "watcher"> {
    return this.#engine.role();
  }

  statistics(): Promise<EngineStatistics> {
    return this.#engine.statistics();
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}

function answer<Result>(isWrong: WorkflowError | undefined, call: () => Promise<Result>): Promise<Result> {
  return isWrong === undefined ? call() : Promise.reject(isWrong);
}
