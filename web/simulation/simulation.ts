// A simulation of the text on show: what it is asked for, how far it is, and its report.
import { effect, signal } from "@preact/signals";
import { createRemembered } from "../app/preferences.js";
import { draft, errorCount } from "../text/draft.js";
import type { ShownReport, SimulationAnswer, SimulationRequest } from "./simulation-worker.js";

export type SimulationState =
  | { readonly kind: "idle" }
  | { readonly kind: "busy"; readonly done: number; readonly all: number }
  | { readonly kind: "done"; readonly text: string; readonly report: ShownReport }
  | { readonly kind: "failed"; readonly message: string };

export const simulationState = signal<SimulationState>({ kind: "idle" });
export const runCount = createRemembered<number>("simulated-runs", 1_000);
/** Of every call, in percent. */
export const failurePercent = createRemembered<number>("simulated-failures", 5);
export const medianMs = createRemembered<number>("simulated-median", 200);
export const crashesPerHour = createRemembered<number>("simulated-crashes", 0);

let worker: Worker | undefined;
let seed = 0;

/** Forgets a report when the text has changed; call once. */
export function followSimulation(): void {
  effect(() => {
    const text = draft.value?.text;
    const state = simulationState.peek();
    if (state.kind === "done" && state.text !== text) simulationState.value = { kind: "idle" };
  });
}

/** Simulates the text on show. Each simulation has another seed. */
export function beginSimulation(input: unknown): void {
  const text = draft.peek()?.text;
  if (text === undefined || errorCount.peek() > 0) return;
  stopSimulation();
  seed += 1;
  simulationState.value = { kind: "busy", done: 0, all: runCount.peek() };
  worker = new Worker(new URL("./simulation-worker.ts", import.meta.url), { type: "module", name: "playground-simulation" });
  worker.addEventListener("message", ({ data }: MessageEvent<SimulationAnswer>) => {
    if (data.kind === "progress") simulationState.value = { ...data, kind: "busy" };
    else {
      stopSimulation();
      simulationState.value = data.kind === "done" ? { kind: "done", text, report: data.report } : { kind: "failed", message: data.message };
    }
  });
  const request: SimulationRequest = {
    source: text,
    input,
    runCount: runCount.peek(),
    failureRate: failurePercent.peek() / 100,
    medianMs: medianMs.peek(),
    crashesPerHour: crashesPerHour.peek(),
    seed,
  };
  worker.postMessage(request);
}

export function stopSimulation(): void {
  worker?.terminate();
  worker = undefined;
  if (simulationState.peek().kind === "busy") simulationState.value = { kind: "idle" };
}
