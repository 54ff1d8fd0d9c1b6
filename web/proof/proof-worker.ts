// Analyses and explores workflows away from the page's thread. Only the newest text is analysed; an exploration is ended by
// ending the worker.
import {
  type AnalysisFinding,
  analyseWorkflow,
  type Definition,
  type Exploration,
  exploreWorkflow,
} from "../millrace-editor.js";

export type ProofRequest =
  | { readonly kind: "analyse"; readonly serial: number; readonly definition: Definition }
  | {
      readonly kind: "explore";
      readonly serial: number;
      readonly definition: Definition;
      readonly input: Readonly<Record<string, unknown>>;
      readonly configurationCountMax: number;
    };
export type ProofAnswer =
  | { readonly kind: "findings"; readonly serial: number; readonly findings: readonly AnalysisFinding[] }
  | { readonly kind: "progress"; readonly serial: number; readonly configurationCount: number; readonly pendingCount: number }
  | { readonly kind: "explored"; readonly serial: number; readonly exploration: Exploration; readonly durationMs: number }
  | { readonly kind: "failed"; readonly serial: number; readonly message: string };

/** Between two messages of progress, ms. */
const PROGRESS_DELAY_MS = 100;

async function explore(request: Extract<ProofRequest, { kind: "explore" }>): Promise<void> {
  const { serial, definition, input, configurationCountMax } = request;
  const startedAt = performance.now();
  let toldAt = startedAt;
  const exploration = await exploreWorkflow(definition, {
    input,
    configurationCountMax,
    onProgress({ configurationCount, pendingCount }) {
      const now = performance.now();
      if (now - toldAt < PROGRESS_DELAY_MS) return;
      toldAt = now;
      postMessage({ kind: "progress", serial, configurationCount, pendingCount } satisfies ProofAnswer);
    },
  });
  postMessage({ kind: "explored", serial, exploration, durationMs: performance.now() - startedAt } satisfies ProofAnswer);
}

addEventListener("message", (event: MessageEvent<ProofRequest>) => {
  const request = event.data;
  const { serial } = request;
  const fail = (error: unknown): void =>
    postMessage({ kind: "failed", serial, message: error instanceof Error ? error.message : String(error) } satisfies ProofAnswer);
  try {
    if (request.kind === "explore") explore(request).catch(fail);
    else postMessage({ kind: "findings", serial, findings: analyseWorkflow(request.definition) } satisfies ProofAnswer);
  } catch (error) {
    fail(error);
  }
});
