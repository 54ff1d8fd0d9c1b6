// Starts the worker's script and waits until it speaks; when it does not, finds out why and says so.
import { WorkflowError } from "../model/errors.js";
import { PROTOCOL_VERSION, WORKER_START_MS_MAX } from "./limits.js";
import type { ReadyMessage } from "./protocol.js";

const DEFAULT_NAME = "millrace-worker";

/** A worker that has said ready. Rejects with `worker/failed`. */
export async function startWorker(workerUrl: string | URL | undefined): Promise<Worker> {
  const violations = watchViolations();
  let worker: Worker | undefined;
  try {
    worker = makeWorker(workerUrl);
    await waitUntilReady(worker);
    return worker;
  } catch (error) {
    worker?.terminate();
    if (error instanceof WorkflowError) throw error;
    const url = workerUrl === undefined ? findDefaultUrl() : new URL(workerUrl, document.baseURI).href;
    const why = violations.describe() ?? (await explainFailure(url, error));
    const where = url ?? `${DEFAULT_NAME}, beside the package's file`;
    throw new WorkflowError("worker/failed", `The engine's worker did not start (${where}): ${why}`, {
      details: { url: where, why },
      cause: error,
    });
  } finally {
    violations.stop();
  }
}

function makeWorker(url: string | URL | undefined): Worker {
  // Bundlers look for exactly this form, to emit the worker's file beside the bundle.
  if (url === undefined) return new Worker(new URL("./millrace-worker.js", import.meta.url), { type: "module", name: "millrace" });
  return new Worker(new URL(url, document.baseURI), { type: "module", name: "millrace" });
}

/** Where the worker's file was looked for: a bundler may have given it another name, so the page's own log is asked. */
function findDefaultUrl(): string | undefined {
  return performance
    .getEntriesByType("resource")
    .map((entry) => entry.name)
    .findLast((name) => name.includes(DEFAULT_NAME));
}

function waitUntilReady(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => finish(() => reject(new Error(`it did not answer within ${WORKER_START_MS_MAX} ms`))),
      WORKER_START_MS_MAX,
    );
    const onError = (event: ErrorEvent): void => {
      event.preventDefault();
      finish(() => reject(new Error(event.message ?? "")));
    };
    const onMessage = ({ data }: MessageEvent<unknown>): void => {
      if (!isReady(data)) return;
      finish(() => (data.version === PROTOCOL_VERSION ? resolve() : reject(versionError(data.version))));
    };
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      worker.removeEventListener("error", onError);
      worker.removeEventListener("message", onMessage);
      settle();
    };
    worker.addEventListener("error", onError);
    worker.addEventListener("message", onMessage);
  });
}

function isReady(data: unknown): data is ReadyMessage {
  return typeof data === "object" && data !== null && "kind" in data && data.kind === "ready" && "version" in data;
}

function versionError(version: number): WorkflowError {
  const message = `The worker's file is of another version of this package (protocol ${version}; this page speaks ${PROTOCOL_VERSION})`;
  return new WorkflowError("worker/failed", message, { details: { why: "version", version, expected: PROTOCOL_VERSION } });
}

/** Notes what the page's Content-Security-Policy refuses meanwhile. */
function watchViolations(): { describe(): string | undefined; stop(): void } {
  let directive: string | undefined;
  const note = (event: SecurityPolicyViolationEvent): void => {
    if (/^(worker|child|script|default)-src/.test(event.effectiveDirective)) directive = event.effectiveDirective;
  };
  document.addEventListener("securitypolicyviolation", note);
  return {
    describe: () =>
      directive === undefined ? undefined : `the page's Content-Security-Policy refuses it (${directive}): allow its address in worker-src`,
    stop: () => document.removeEventListener("securitypolicyviolation", note),
  };
}

/** A worker's error event says little: asking for the file tells whether it is there at all. */
async function explainFailure(url: string | undefined, error: unknown): Promise<string> {
  const said = error instanceof Error ? error.message : String(error);
  if (url === undefined) return said === "" ? "its file is not there, or was refused" : said;
  try {
    const response = await fetch(url);
    if (!response.ok) return `the server answers ${response.status} for its file`;
    const type = response.headers.get("content-type") ?? "none";
    if (!/javascript|ecmascript/.test(type)) return `its file has the content type "${type}", not JavaScript`;
  } catch {
    return said === "" ? "its file cannot be fetched" : said;
  }
  return said === "" ? "its file was refused or failed while loading" : said;
}
