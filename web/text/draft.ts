// What the text on show means: its definition and its findings. Parsing happens in a worker, some time after the last
// key, so typing never waits for it. When the format has no objection the engine is asked as well, because unknown
// tasks and type errors only show there.
import { computed, effect, signal } from "@preact/signals";
import { toProblem } from "../app/problem.js";
import type { Definition, Finding } from "../millrace.js";
import type { AnalysisFinding } from "../millrace-editor.js";
import { connection } from "../run/connection.js";
import { source } from "./documents.js";
import type { ParseAnswer, ParseRequest } from "./parse-worker.js";

export interface Draft {
  /** The text that was parsed. */
  readonly text: string;
  readonly definition: Definition | undefined;
  readonly findings: readonly Finding[];
  readonly parseMs: number;
}

const PARSE_DELAY_MS = 120;
const CHECK_DELAY_MS = 700;

/** The last parsed text; undefined until the first parse has come back. */
export const draft = signal<Draft | undefined>(undefined);
/** Findings that only the engine can make (unknown tasks, type errors), with the text they are about. */
export const engineFindings = signal<{ readonly text: string; readonly findings: readonly Finding[] }>({ text: "", findings: [] });
/** What analysis says of a text without errors (web/proof), with the text that it is about. */
export const analysisFindings = signal<{ readonly text: string; readonly findings: readonly AnalysisFinding[] }>({ text: "", findings: [] });
/** What is doubted of the expressions in a text without errors (web/expression), with the text that it is about. */
export const expressionFindings = signal<{ readonly text: string; readonly findings: readonly Finding[] }>({ text: "", findings: [] });
/** Is a newer text being parsed? */
export const isParsing = computed(() => draft.value?.text !== source.value);

/** All findings about the text on show, in order of place, each once. */
export const findings = computed<readonly Finding[]>(() => {
  const parsed = draft.value?.findings ?? [];
  const checked = engineFindings.value.text === draft.value?.text ? engineFindings.value.findings : [];
  const analysed = analysisFindings.value.text === draft.value?.text ? analysisFindings.value.findings : [];
  const doubted = expressionFindings.value.text === draft.value?.text ? expressionFindings.value.findings : [];
  // Analysis knows more of a guard than its expression alone says.
  const analysedPlaces = new Set(analysed.map(({ place }) => place.start));
  const seen = new Set<string>();
  const all = [...parsed, ...checked, ...analysed, ...doubted.filter(({ place }) => !analysedPlaces.has(place.start))].filter((finding) => {
    const key = `${finding.place.start}:${finding.code}:${finding.message}`;
    return !seen.has(key) && seen.add(key) !== undefined;
  });
  return all.sort((left, right) => left.place.start - right.place.start);
});

export const errorCount = computed(() => findings.value.filter((finding) => finding.severity === "error").length);

/** Begins to follow the text. Call once. */
export function followSource(): void {
  const worker = new Worker(new URL("./parse-worker.ts", import.meta.url), { type: "module", name: "playground-parse" });
  let parseTimer: ReturnType<typeof setTimeout> | undefined;
  worker.addEventListener("message", (event: MessageEvent<ParseAnswer>) => {
    if (event.data.text !== source.peek()) return;
    draft.value = event.data;
  });
  let delayMs = 0;
  effect(() => {
    const text = source.value;
    clearTimeout(parseTimer);
    parseTimer = setTimeout(() => worker.postMessage({ text } satisfies ParseRequest), delayMs);
    delayMs = PARSE_DELAY_MS;
  });
  followChecks();
}

function followChecks(): void {
  let checkTimer: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    const current = draft.value;
    const state = connection.value;
    clearTimeout(checkTimer);
    if (!current || state.kind !== "ready" || current.findings.some((finding) => finding.severity === "error")) return;
    checkTimer = setTimeout(() => {
      state.engine.load(current.text).then(
        (workflow) => keepFindings(current.text, workflow.findings),
        (error: unknown) => keepFindings(current.text, toProblem(error).findings ?? []),
      );
    }, CHECK_DELAY_MS);
  });
}

function keepFindings(text: string, list: readonly Finding[]): void {
  if (draft.peek()?.text === text) engineFindings.value = { text, findings: list };
}
