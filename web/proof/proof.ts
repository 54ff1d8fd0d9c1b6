// What is proved of the text on show: findings of analysis as the text changes, an exploration when a person asks for one,
// and the witness that is being replayed on the diagram.
import { computed, effect, signal } from "@preact/signals";
import type { Definition } from "../millrace.js";
import type { Exploration, ExplorationFinding, WitnessStep } from "../millrace-editor.js";
import { analysisFindings, draft, errorCount } from "../text/draft.js";
import type { ProofAnswer, ProofRequest } from "./proof-worker.js";

export type ExplorationState =
  | { readonly kind: "idle" }
  | { readonly kind: "busy"; readonly configurationCount: number; readonly pendingCount: number }
  | { readonly kind: "done"; readonly definition: Definition; readonly exploration: Exploration; readonly durationMs: number }
  | { readonly kind: "failed"; readonly message: string };

export interface Replay {
  readonly definition: Definition;
  readonly finding: ExplorationFinding;
  /** Index of the step on show. */
  readonly at: number;
}

const ANALYSIS_DELAY_MS = 250;
/** Time that a step stays on show while the witness plays, ms. */
const STEP_MS = 900;

export const explorationState = signal<ExplorationState>({ kind: "idle" });
export const replay = signal<Replay | undefined>(undefined);
export const isPlaying = signal(false);
/** Configurations to keep at most. */
export const configurationCountMax = signal(100_000);

export const replayStep = computed<WitnessStep | undefined>(() => replay.value?.finding.witness[replay.value.at]);

/** Can the text on show be explored now? */
export const isExplorable = computed(() => draft.value?.definition !== undefined && errorCount.value === 0);

let analysisWorker: Worker | undefined;
let explorationWorker: Worker | undefined;
let serial = 0;

function startWorker(onAnswer: (answer: ProofAnswer) => void): Worker {
  const worker = new Worker(new URL("./proof-worker.ts", import.meta.url), { type: "module", name: "playground-proof" });
  worker.addEventListener("message", (event: MessageEvent<ProofAnswer>) => onAnswer(event.data));
  return worker;
}

/** Begins to analyse each text that has no errors; call once. */
export function followAnalysis(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked: { readonly serial: number; readonly text: string } | undefined;
  effect(() => {
    const current = draft.value;
    clearTimeout(timer);
    if (!current?.definition || current.findings.some(({ severity }) => severity === "error")) return;
    const { definition, text } = current;
    timer = setTimeout(() => {
      analysisWorker ??= startWorker((answer) => {
        if (answer.kind === "findings" && answer.serial === asked?.serial) analysisFindings.value = { text: asked.text, findings: answer.findings };
      });
      serial += 1;
      asked = { serial, text };
      analysisWorker.postMessage({ kind: "analyse", serial, definition } satisfies ProofRequest);
    }, ANALYSIS_DELAY_MS);
  });
  // What was proved is about one text only.
  effect(() => {
    const definition = draft.value?.definition;
    const state = explorationState.peek();
    if (state.kind === "idle" || (state.kind === "done" && state.definition === definition)) return;
    stopExploration();
    explorationState.value = { kind: "idle" };
    endReplay();
  });
}

/** Explores the text on show from its start. `input`: values that runs start with. */
export function explore(input: Readonly<Record<string, unknown>> = {}): void {
  const definition = draft.peek()?.definition;
  if (!definition || !isExplorable.peek()) return;
  stopExploration();
  endReplay();
  serial += 1;
  const mine = serial;
  explorationState.value = { kind: "busy", configurationCount: 0, pendingCount: 0 };
  explorationWorker = startWorker((answer) => {
    if (answer.serial !== mine) return;
    if (answer.kind === "progress") explorationState.value = { ...answer, kind: "busy" };
    else {
      stopExploration();
      explorationState.value =
        answer.kind === "explored"
          ? { kind: "done", definition, exploration: answer.exploration, durationMs: answer.durationMs }
          : { kind: "failed", message: answer.kind === "failed" ? answer.message : "The exploration gave no answer" };
    }
  });
  explorationWorker.postMessage({
    kind: "explore",
    serial: mine,
    definition,
    input,
    configurationCountMax: configurationCountMax.peek(),
  } satisfies ProofRequest);
}

/** Ends the exploration under way. */
export function stopExploration(): void {
  explorationWorker?.terminate();
  explorationWorker = undefined;
  if (explorationState.peek().kind === "busy") explorationState.value = { kind: "idle" };
}

// --- replay -------------------------------------------------------------------------------------------------------

let playTimer: ReturnType<typeof setTimeout> | undefined;

/** Puts a witness on the diagram, at its first step. */
export function beginReplay(finding: ExplorationFinding): void {
  const state = explorationState.peek();
  if (state.kind !== "done") return;
  pauseReplay();
  replay.value = { definition: state.definition, finding, at: 0 };
}

/** Takes the witness off the diagram. */
export function endReplay(): void {
  pauseReplay();
  replay.value = undefined;
}

/** Shows one step; held within the witness. */
export function goToStep(at: number): void {
  const current = replay.peek();
  if (!current) return;
  const last = current.finding.witness.length - 1;
  replay.value = { ...current, at: Math.max(0, Math.min(last, at)) };
  if (replay.peek()?.at === last) pauseReplay();
}

/** Shows step after step; from the start where it stands at the end. */
export function playReplay(): void {
  const current = replay.peek();
  if (!current) return;
  if (current.at === current.finding.witness.length - 1) goToStep(0);
  isPlaying.value = true;
  const advance = (): void => {
    playTimer = setTimeout(() => {
      goToStep((replay.peek()?.at ?? 0) + 1);
      if (isPlaying.peek()) advance();
    }, STEP_MS);
  };
  clearTimeout(playTimer);
  advance();
}

export function pauseReplay(): void {
  clearTimeout(playTimer);
  isPlaying.value = false;
}
