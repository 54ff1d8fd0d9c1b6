// What is right of a trial: every run came to the end of one that nobody disturbed, and nothing was lost or taken twice on the way.
import type { RunEvent } from "../../../src/model/engine.js";
import { KILL_WORKFLOWS } from "./kill-workflows.js";
import type { Ledger } from "./ledger.js";
import type { PlannedRun, ToldEnd } from "./messages.js";

/** What two runs of one workflow and input have in common. */
export interface MaskedEnd {
  readonly status: string;
  readonly end: string;
  readonly story: readonly string[];
}

/** Without what differs from run to run: ids, times, what handlers made up, events that nobody took, and the order where there is none. */
export function maskEnd(told: ToldEnd, { runId, workflow }: PlannedRun): MaskedEnd {
  const mask = (value: unknown): string => (JSON.stringify(value) ?? "").replaceAll(runId, "RUN").replaceAll(/"nonce":"[^"]*"/g, '"nonce":"*"');
  const story = told.events.flatMap((event) => {
    if (event.type === "event" && event.status !== "taken") return [];
    const { time: _time, seq: _seq, ...rest } = event;
    return [mask({ ...rest, ...("visit" in rest && { visit: "*" }), ...("due" in rest && { due: 0 }), ...(rest.type === "childStarted" && { runId: "*" }) })];
  });
  const isOrdered = KILL_WORKFLOWS[workflow]?.isOrdered === true;
  return { status: told.status, end: mask([told.result, told.error, told.context]), story: isOrdered ? story : story.sort() };
}

export interface TrialEnds {
  readonly planned: readonly PlannedRun[];
  readonly told: readonly ToldEnd[];
  readonly ledger: Ledger;
  /** By workflow and amount. */
  readonly undisturbed: ReadonlyMap<string, MaskedEnd>;
}

export function endName({ workflow, amount }: Pick<PlannedRun, "workflow" | "amount">): string {
  return `${KILL_WORKFLOWS[workflow]?.name} of ${amount}`;
}

/** One line for each thing that is wrong. */
export function findWrongs(ends: TrialEnds): string[] {
  return [...ends.ledger.wrong, ...compareEnds(ends), ...checkEvents(ends), ...checkCalls(ends.ledger), ...checkResults(ends)];
}

function compareEnds({ planned, told, ledger, undisturbed }: TrialEnds): string[] {
  const wrongs = told.filter((end) => !isOver(end.status)).map((end) => `${end.runId} has not ended: ${end.status} (heard of its end: ${ledger.ended.get(end.runId) ?? "nothing"})`);
  wrongs.push(...told.filter((end) => !end.isSame).map((end) => `${end.runId}: replayed, it is another run`));
  const top = told.filter((end) => end.parentRunId === undefined).map((end) => end.runId);
  if (JSON.stringify(top.toSorted()) !== JSON.stringify(planned.map((run) => run.runId).toSorted())) wrongs.push(`the runs that are there: ${top.toSorted()}`);
  for (const run of planned) {
    const end = told.find((one) => one.runId === run.runId);
    const wanted = undisturbed.get(endName(run));
    if (end === undefined || wanted === undefined) continue;
    const found = maskEnd(end, run);
    const name = `${run.runId} (${endName(run)})`;
    if (found.status !== wanted.status || found.end !== wanted.end) wrongs.push(`${name} ended as ${found.status} with ${found.end}, not as ${wanted.status} with ${wanted.end}`);
    else wrongs.push(...compareStories(found.story, wanted.story).map((line) => `${name}: ${line}`));
  }
  return wrongs;
}

/** The first lines that one of them has more than the other. */
function compareStories(found: readonly string[], wanted: readonly string[]): string[] {
  if (JSON.stringify(found) === JSON.stringify(wanted)) return [];
  const left = [...wanted];
  const more = found.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  if (more.length + left.length === 0) return ["all that happened is right, its order is not"];
  return [...more.slice(0, 3).map((line) => `too much: ${line}`), ...left.slice(0, 3).map((line) => `missing: ${line}`)];
}

/** An acknowledged event is in its run's history, taken once. */
function checkEvents({ told, ledger }: TrialEnds): string[] {
  return ledger.acked.flatMap(({ runId, event, id, status }) => {
    if (status !== "taken") return [];
    const events = told.find((end) => end.runId === runId)?.events ?? [];
    const count = events.filter((one) => one.type === "event" && one.name === event && one.status === "taken" && (one.payload as { id?: unknown }).id === id).length;
    return count === 1 ? [] : [`${runId}: event ${event} ${id} was acknowledged as taken, and was taken ${count} times`];
  });
}

/** Whoever asks again under one key asks for the same. */
function checkCalls({ calls }: Ledger): string[] {
  const inputs = new Map<string, string>();
  return calls.flatMap(({ key, input }) => {
    const before = inputs.get(key);
    inputs.set(key, input);
    return before === undefined || before === input ? [] : [`${key} was called with ${before}, then with ${input}`];
  });
}

/** A result is taken once, and is one that a handler gave for that key. */
function checkResults({ told, ledger }: TrialEnds): string[] {
  return told.flatMap((end) => {
    const seen = new Set<string>();
    return end.events.flatMap((event) => {
      if (event.type !== "taskSucceeded" && event.type !== "taskFailed") return [];
      const key = `${end.runId}/${event.visit}/${event.item === undefined ? 0 : event.item + 1}`;
      const name = `${key} of ${event.task}, attempt ${event.attempt ?? 1}`;
      const wrongs = seen.has(name) ? [`${name}: a second result was taken`] : [];
      seen.add(name);
      const nonce = nonceOf(event);
      if (nonce !== undefined && ledger.answers.get(key)?.has(nonce) !== true) wrongs.push(`${name}: nobody gave the result ${nonce}`);
      return wrongs;
    });
  });
}

function nonceOf(event: RunEvent): string | undefined {
  if (event.type !== "taskSucceeded" || typeof event.result !== "object" || event.result === null) return undefined;
  return "nonce" in event.result && typeof event.result.nonce === "string" ? event.result.nonce : undefined;
}

/** Of a run's status. */
export function isOver(status: string): boolean {
  return ["succeeded", "failed", "canceled", "timedOut"].includes(status);
}
