// Simulates runs away from the page's thread. A simulation is ended by ending the worker.
import { simulate, type SimulatedHandler, type SimulationReport } from "../millrace-testing.js";
import { PRODUCERS, toInput } from "../run/simulated-results.js";

export interface SimulationRequest {
  readonly source: string;
  readonly input: unknown;
  readonly runCount: number;
  /** 0 to 1, of every call. */
  readonly failureRate: number;
  readonly medianMs: number;
  readonly crashesPerHour: number;
  readonly seed: number;
}
/** What the panel shows of a report: no list of runs, which may be long. */
export type ShownReport = Omit<SimulationReport, "runs"> & { readonly runCount: number; readonly bins: readonly Bin[]; readonly tookMs: number };
export interface Bin {
  /** Virtual ms. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
}
export type SimulationAnswer =
  | { readonly kind: "progress"; readonly done: number; readonly all: number }
  | { readonly kind: "done"; readonly report: ShownReport }
  | { readonly kind: "failed"; readonly message: string };

const BIN_COUNT = 24;

/** Counts of durations in steps of equal length; the last step holds all that are longer than 99 of 100. Runs that rest for ever have none. */
function makeBins({ runs }: SimulationReport): readonly Bin[] {
  const durations = runs.filter(({ status }) => status !== "waiting").map(({ durationMs }) => durationMs);
  const sorted = Float64Array.from(durations).sort();
  const low = sorted[0];
  if (low === undefined) return [];
  const high = sorted[Math.floor(sorted.length * 0.99)] ?? low;
  const step = Math.max(1, (high - low) / BIN_COUNT);
  const counts = new Array<number>(Math.min(BIN_COUNT, Math.floor((high - low) / step) + 1)).fill(0);
  for (const duration of durations) {
    const at = Math.min(counts.length - 1, Math.floor((duration - low) / step));
    counts[at] = (counts[at] ?? 0) + 1;
  }
  const longest = sorted.at(-1) ?? low;
  return counts.map((count, index) => ({ from: low + index * step, to: index === counts.length - 1 ? Math.max(longest, low + step) : low + (index + 1) * step, count }));
}

/** The playground's tasks give what they give in real runs; any other answers with what it was given. */
function makeHandlers(common: SimulatedHandler): Readonly<Record<string, SimulatedHandler>> {
  const known = Object.entries(PRODUCERS).map(([name, produce]): [string, SimulatedHandler] => [
    name,
    { ...common, result: ({ input, chance }) => produce(toInput(input), (countMax) => Math.floor(chance() * countMax)) },
  ]);
  return { ...Object.fromEntries(known), default: { ...common, result: ({ input }) => ({ ...toInput(input), ok: true }) } };
}

async function run({ source, input, runCount, failureRate, medianMs, crashesPerHour, seed }: SimulationRequest): Promise<void> {
  const startedAt = performance.now();
  const report = await simulate(source, {
    seed,
    runCount,
    input,
    handlers: makeHandlers({ takes: { median: medianMs }, failureRate }),
    ...(crashesPerHour > 0 && { faults: { crashesPerHour } }),
    onProgress: (done, all) => postMessage({ kind: "progress", done, all } satisfies SimulationAnswer),
  });
  const { runs, ...rest } = report;
  const shown = { ...rest, runCount: runs.length, bins: makeBins(report), tookMs: performance.now() - startedAt };
  postMessage({ kind: "done", report: shown } satisfies SimulationAnswer);
}

addEventListener("message", (event: MessageEvent<SimulationRequest>) => {
  run(event.data).catch((error: unknown) =>
    postMessage({ kind: "failed", message: error instanceof Error ? error.message : String(error) } satisfies SimulationAnswer),
  );
});
