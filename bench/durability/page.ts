// The page's side of `node bench/durability.mjs`: does one thing when asked, and hands back plain figures.
import type { Durability, Engine, EngineOptions } from "../../src/model/engine.js";
import { measureBytes } from "./bytes.js";
import { fillRuns, measureCleaning, measurePages } from "./many-runs.js";
import { openRuns, restoreRuns } from "./open-runs.js";
import { measureLatency } from "./latency.js";
import { measureThroughput } from "./throughput.js";

/** `worker`: as embedders have it; `engine`: the same engine in the page's own thread. */
export type Where = "worker" | "engine";

export type Open = (where: Where, options: EngineOptions) => Promise<Engine>;

export interface Throughput {
  readonly where: Where;
  readonly durability: Durability;
  /** Runs under way at a time. */
  readonly live: number;
  /** Of one round. */
  readonly runCount: number;
  readonly roundCount: number;
}

const open: Open = async (where, options) => {
  const { createEngine } = where === "worker" ? await import("../../src/doors/index.js") : await import("../../src/doors/local.js");
  return createEngine(options);
};

const page = {
  throughput: (options: Throughput) => measureThroughput(open, options),
  latency: (where: Where, count: number) => measureLatency(open, where, count),
  openRuns: (count: number) => openRuns(open, count),
  restoreRuns: (where: Where, count: number) => restoreRuns(open, where, count),
  fillRuns,
  pages: (count: number) => measurePages(open, count),
  clean: () => measureCleaning(open),
  bytes: (count: number) => measureBytes(open, count),
};

export type DurabilityPage = typeof page;

declare global {
  interface Window {
    durability: DurabilityPage;
  }
}

window.durability = page;
