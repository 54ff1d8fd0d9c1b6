// What the parts of `node bench/durability.mjs` are asked for.
import type { Durability, Engine, EngineOptions } from "../../src/model/engine.js";

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
