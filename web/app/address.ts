// The address: which run and which text are open stands in the hash, so that a reload or a copied link comes back to
// the same place.
import { effect } from "@preact/signals";
import { openRun, openRunId } from "../run/open-run.js";
import { documentKey, openDocument } from "../text/documents.js";
import { panelTab } from "./views.js";

function readHash(): URLSearchParams {
  return new URLSearchParams(location.hash.slice(1));
}

function takeHash(): void {
  const hash = readHash();
  const text = hash.get("text");
  if (text !== null && text !== documentKey.peek()) openDocument(text);
  const runId = hash.get("run") ?? undefined;
  if (runId !== openRunId.peek()) openRun(runId);
}

/** Reads the address once and keeps it in step from then on; call once. */
export function followAddress(): void {
  takeHash();
  if (openRunId.peek() !== undefined && panelTab.peek() !== "runs") panelTab.value = "run";
  effect(() => {
    const hash = new URLSearchParams({ text: documentKey.value });
    if (openRunId.value !== undefined) hash.set("run", openRunId.value);
    const next = `#${hash.toString()}`;
    if (next !== location.hash) history.replaceState(history.state, "", next);
  });
  addEventListener("hashchange", takeHash);
}
