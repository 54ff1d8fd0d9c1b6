// Errors as the playground shows them: a code, a message, perhaps findings. Reads any thrown value.
import type { ErrorRecord, Finding } from "../millrace.js";

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Turns whatever was thrown into code, message and findings. */
export function toProblem(error: unknown): ErrorRecord {
  if (!isRecord(error)) return { code: "engine/failed", message: String(error) };
  const code = typeof error["code"] === "string" ? error["code"] : "engine/failed";
  const message = typeof error["message"] === "string" ? error["message"] : String(error);
  const findings = Array.isArray(error["findings"]) ? (error["findings"] as Finding[]) : [];
  const details = isRecord(error["details"]) ? error["details"] : undefined;
  return { code, message, ...(details && { details }), ...(findings.length > 0 && { findings }) };
}

const ADVICE: readonly (readonly [prefix: string, advice: string])[] = [
  [
    "kernel/wasm-blocked",
    "This page's Content-Security-Policy forbids WebAssembly. Add 'wasm-unsafe-eval' to script-src on the page and on the worker's own response.",
  ],
  [
    "kernel/",
    "The WebAssembly kernel could not be loaded. Check that millrace.wasm is served beside the page and belongs to this version, then try again.",
  ],
  ["store/quota", "The browser's storage for this site is full. Delete ended runs or free some disk space, then try again."],
  [
    "store/",
    "The browser's database could not be opened. Private windows and strict privacy settings may forbid IndexedDB; close other tabs of this page and try again.",
  ],
  [
    "worker/",
    "The engine's worker did not start. Check that the worker file is served from this origin and that worker-src allows it, then try again.",
  ],
];

/** What a person can do about an engine that failed to start. */
export function adviseOn(code: string): string {
  return ADVICE.find(([prefix]) => code.startsWith(prefix))?.[1] ?? "Reload the page. If it stays, the browser's console says more.";
}
