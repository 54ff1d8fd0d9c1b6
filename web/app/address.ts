// The address: which run and which text are open, whether the list of runs is, and what is looked for in it, stand in the hash, so that a reload or a
// copied link comes back to the same place, and the browser's way back does too.
import { effect } from "@preact/signals";
import { openRun, openRunId } from "../run/open-run.js";
import { readSearch, type RunSearch, writeSearch } from "../run/run-query.js";
import { changeSearch, search } from "../run/run-results.js";
import { documentKey, openDocument } from "../text/documents.js";
import { isPadOpen, panelTab, showView } from "./views.js";

/** What is typed in one go is one place to come back to, ms. */
const TYPING_MS = 1_500;

function readHash(): URLSearchParams {
  return new URLSearchParams(location.hash.slice(1));
}

function takeHash(): void {
  const hash = readHash();
  const text = hash.get("text");
  if (text !== null && text !== documentKey.peek()) openDocument(text);
  const runId = hash.get("run") ?? undefined;
  if (runId !== openRunId.peek()) openRun(runId);
  const asked = readSearch(hash);
  if (spell(asked) !== spell(search.peek())) changeSearch(asked);
}

/** Goes where the address leads: to the list of runs, or from it to the run. */
function takePlace(): void {
  takeHash();
  const view = readHash().get("view");
  isPadOpen.value = view === "expressions";
  if (isPadOpen.peek()) return;
  if (view === "runs") showView("runs");
  else if (panelTab.peek() === "runs") showView(openRunId.peek() === undefined ? "start" : "run");
}

function spell(asked: RunSearch): string {
  const address = new URLSearchParams();
  writeSearch(asked, address);
  return address.toString();
}

/** Reads the address once and keeps it in step from then on; call once. */
export function followAddress(): void {
  takeHash();
  isPadOpen.value = readHash().get("view") === "expressions";
  if (!isPadOpen.peek() && readHash().get("view") === "runs") showView("runs");
  else if (openRunId.peek() !== undefined && panelTab.peek() !== "runs") panelTab.value = "run";
  let shown = describePlace();
  let isAsked = false;
  let searchedAt = Number.NEGATIVE_INFINITY;
  const write = (): void => {
    isAsked = false;
    const next = describePlace();
    if (next.hash === location.hash) {
      shown = next;
      return;
    }
    const isOther = next.place !== shown.place;
    const isSearched = next.asked !== shown.asked;
    const isStep = isOther || (isSearched && performance.now() - searchedAt > TYPING_MS);
    if (isSearched) searchedAt = performance.now();
    shown = next;
    if (isStep) history.pushState(null, "", next.hash);
    else history.replaceState(history.state, "", next.hash);
  };
  history.replaceState(history.state, "", shown.hash);
  effect(() => {
    describePlace();
    // What changes together is one step.
    if (!isAsked) queueMicrotask(write);
    isAsked = true;
  });
  addEventListener("popstate", takePlace);
}

/** `place`: the run, the list of runs or the scratch-pad that is looked at; the way back leads from one to the other. */
function describePlace(): { readonly hash: string; readonly place: string; readonly asked: string } {
  const hash = new URLSearchParams({ text: documentKey.value });
  const runId = openRunId.value;
  const isList = panelTab.value === "runs";
  if (isPadOpen.value) return { hash: `#${new URLSearchParams({ text: documentKey.value, ...(runId !== undefined && { run: runId }), view: "expressions" })}`, place: "pad", asked: "" };
  const asked = spell(search.value);
  if (runId !== undefined) hash.set("run", runId);
  if (isList) hash.set("view", "runs");
  writeSearch(search.value, hash);
  return { hash: `#${hash.toString()}`, place: isList ? "list" : (runId ?? ""), asked };
}
