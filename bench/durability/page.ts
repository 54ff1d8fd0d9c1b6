// The page's side of `node bench/durability.mjs`: does one thing when asked, and hands back plain figures.
import type { Open, Throughput, Where } from "./options.js";
import { measureBytes } from "./bytes.js";
import { fillRuns, measureCleaning, measurePages } from "./many-runs.js";
import { openRuns, restoreRuns } from "./open-runs.js";
import { measureLatency } from "./latency.js";
import { awaitHeritage, holdRuns, inherit } from "./takeover.js";
import { measureOwnIds } from "./own-ids.js";
import { measureThroughput } from "./throughput.js";

const open: Open = async (where, options) => {
  const { createEngine } = where === "worker" ? await import("../../src/doors/index.js") : await import("../../src/doors/local.js");
  return createEngine(options);
};

const page = {
  throughput: (options: Throughput) => measureThroughput(open, options),
  latency: (where: Where, count: number) => measureLatency(open, where, count),
  ownIds: (count: number, crowdSize: number) => measureOwnIds(open, count, crowdSize),
  openRuns: (count: number) => openRuns(open, count),
  restoreRuns: (where: Where, count: number) => restoreRuns(open, where, count),
  holdRuns: (name: string, count: number) => holdRuns(open, name, count),
  awaitHeritage: (name: string, count: number) => awaitHeritage(open, name, count),
  inherit,
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
