// Many trials, one after the other in one browser, and what is said of them.
import { fileURLToPath } from "node:url";
import { seedAt } from "../../../src/base/prng.js";
import { bundleToFolder } from "../bundle.js";
import { serveBuilt, type TestServer } from "../server.js";
import { CHROMIUM } from "./browsers.js";
import { type KillKind, type KillPlan, makePlan } from "./plan.js";
import { Stage, type StageOptions } from "./stage.js";
import { HEIRS, type KillReport, playTrial, playUndisturbed, type TrialReport, type Undisturbed } from "./trial.js";

/** How long handlers take where nobody disturbs them, ms. */
const TASK_MS = 25;

export interface ProofOptions {
  readonly seed: number;
  readonly tabsMin: number;
  readonly tabsMax: number;
  readonly kinds: readonly KillKind[];
  readonly browser?: Pick<StageOptions, "launch" | "findProcesses">;
}

/** A browser, and what undisturbed runs come to in it. To be closed. */
export class Proof {
  readonly #options: ProofOptions;
  readonly #server: TestServer;
  readonly #stage: Stage;
  readonly #undisturbed: Undisturbed;

  private constructor(options: ProofOptions, server: TestServer, stage: Stage, undisturbed: Undisturbed) {
    this.#options = options;
    this.#server = server;
    this.#stage = stage;
    this.#undisturbed = undisturbed;
  }

  static async open(options: ProofOptions): Promise<Proof> {
    const folder = await bundleToFolder(fileURLToPath(new URL("./kill-page.ts", import.meta.url)), "kills");
    const server = await serveBuilt({ folders: { "/kills/": folder } });
    const stage = new Stage({ ...(options.browser ?? CHROMIUM), server });
    try {
      await stage.start();
      return new Proof(options, server, stage, await playUndisturbed(stage, TASK_MS));
    } catch (error) {
      await stage.close();
      await server.close();
      throw error;
    }
  }

  get wholeMs(): number {
    return this.#undisturbed.wholeMs;
  }

  /** The plan of trial `index`: the first one's seed is the proof's own. */
  plan(index: number): KillPlan {
    return makePlan(seedAt(this.#options.seed, index), { ...this.#options, wholeMs: this.#undisturbed.wholeMs });
  }

  play(index: number): Promise<TrialReport> {
    return playTrial(this.#stage, this.plan(index), this.#undisturbed);
  }

  async close(): Promise<void> {
    await this.#stage.close();
    await this.#server.close();
  }
}

export function describeKill(kill: KillReport, seed: number): string {
  const midway = kill.midwayCount === 0 ? "" : `, at attempt ${kill.midwayCount + 1}`;
  const took = kill.takeoverMs === undefined ? "" : `, taken over after ${kill.takeoverMs.toFixed(0)} ms by ${kill.heir}`;
  return `seed ${seed}: ${kill.kind} of tab ${kill.tab + 1} of ${kill.tabCount} after ${kill.afterMs} ms, ${kill.openCount} runs open, ${kill.callCount} tasks in hand${midway}${took}`;
}

/** One line for each kind of heir, and one for freezes. */
export function describeTakeovers(kills: readonly KillReport[]): string[] {
  const freezes = kills.filter((kill) => kill.kind === "freeze");
  const midwayCount = freezes.reduce((sum, kill) => sum + kill.midwayCount, 0);
  const midway = freezes.length === 0 ? [] : [`${midwayCount} of ${freezes.length + midwayCount} freezes were in the midst of a transaction, and were done again`];
  const takeovers = HEIRS.flatMap((heir) => {
    const times = kills.flatMap((kill) => (kill.heir === heir && kill.takeoverMs !== undefined ? [kill.takeoverMs] : [])).sort((a, b) => a - b);
    if (times.length === 0) return [];
    const at = (part: number): string => (times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0).toFixed(0);
    return [`takeover by ${heir}: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, longest ${at(1)} ms, of ${times.length}`];
  });
  return [...takeovers, ...midway];
}
