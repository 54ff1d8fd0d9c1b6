// What an evaluation is given, checked: the context as an object or as JSON, and the moment.
import { argumentError } from "../model/arguments.js";
import type { EvaluateOptions, ExpressionContext } from "./compiled.js";

const utf8 = new TextDecoder("utf-8", { fatal: true });

export function checkContext(context: unknown): asserts context is ExpressionContext {
  if (typeof context !== "object" || context === null) throw argumentError("expression/invalid-call", "context", context, "an object");
}

/** The context that a JSON text is. Throws `expression/invalid-call` where it is none, or no object. */
export function parseContext(json: string | Uint8Array): ExpressionContext {
  let context: unknown;
  try {
    context = JSON.parse(typeof json === "string" ? json : utf8.decode(json));
  } catch (error) {
    if (typeof json !== "string" && !(json instanceof Uint8Array)) throw argumentError("expression/invalid-call", "json", json, "a text or bytes");
    throw argumentError("expression/invalid-call", "json", error instanceof Error ? error.message : json, "JSON");
  }
  checkContext(context);
  return context;
}

export function readNow(options: EvaluateOptions | undefined): number {
  const now = options?.now ?? Date.now();
  // Anything else would be a fault of the kernel's own call.
  if (typeof now !== "number") throw argumentError("expression/invalid-call", "options.now", now, "a number");
  return now;
}
