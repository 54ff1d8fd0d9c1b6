// One trial: tabs on one profile, runs under way in them, kills at their instants, and what became of it all.
import { setTimeout as sleep } from "node:timers/promises";
import { AMOUNTS, KILL_WORKFLOWS } from "./kill-workflows.js";
import { Ledger } from "./ledger.js";
import type { PlannedRun, ToldEnd } from "./messages.js";
import type { KillKind, KillPlan, PlannedKill } from "./plan.js";
import { OriginForsaken, type Stage, type StageTab } from "./stage.js";
import { endName, findWrongs, isOver, type MaskedEnd, maskEnd } from "./verdict.js";

/** All runs have ended so long after the last kill, ms. */
const ENDS_MS_MAX = 20_000;
/** Every tab knows of all ends so long after them, ms. */
const HEARSAY_MS_MAX = 5_000;
/** Where it was stopped in the midst of a transaction, it is tried again so often. */
const FREEZES_MAX = 10;
/** A tab without others is not frozen for longer, ms. */
const ALONE_MS_MAX = 1_500;
/** A turn of the event loop is over by then, ms. */
const TURN_MS = 7;
/** A tab that was frozen until all runs had ended may do its harm for so long, ms. */
const THAW_MS = 500;

/** Who went on with what a killed tab had in hand. */
export const HEIRS = ["another tab", "another tab, for a frozen one", "a new tab", "a new browser", "nobody"] as const;
export type Heir = (typeof HEIRS)[number];

export interface KillReport {
  readonly kind: KillKind;
  readonly tab: number;
  readonly tabCount: number;
  readonly afterMs: number;
  /** Runs that had not ended. */
  readonly openCount: number;
  /** Tasks that handlers of the killed tabs had in hand. */
  readonly callCount: number;
  readonly heir: Heir;
  /** How often it was frozen in the midst of a transaction, and had to be frozen again. */
  readonly midwayCount: number;
  /** From the kill to the first call, in the heir, of what had been in hand. */
  readonly takeoverMs: number | undefined;
}

export interface TrialReport {
  readonly seed: number;
  readonly tabCount: number;
  readonly runCount: number;
  readonly kills: readonly KillReport[];
  /** The browser has deleted everything by itself: nothing can be said of the engine. */
  readonly isForsaken: boolean;
  /** Empty: all is well. */
  readonly wrongs: readonly string[];
}

export interface Undisturbed {
  readonly ends: ReadonlyMap<string, MaskedEnd>;
  /** How long all of them took, ms. */
  readonly wholeMs: number;
}

let trialCount = 0;

/** Every workflow with every input, in one tab that nobody disturbs. */
export async function playUndisturbed(stage: Stage, taskMs: number): Promise<Undisturbed> {
  const planned = KILL_WORKFLOWS.flatMap((_, workflow) => AMOUNTS.map((amount): PlannedRun => ({ runId: `run-${workflow}-${amount}`, workflow, amount })));
  const ledger = new Ledger();
  const name = nameTrial();
  stage.listen(name, ledger);
  const tab = await stage.openTab(name, taskMs);
  const startedAt = performance.now();
  await stage.pursue(tab, planned);
  const areEnded = await ledger.untilEnded(planned.map((run) => run.runId), ENDS_MS_MAX);
  const wholeMs = performance.now() - startedAt;
  const told = await stage.tell(tab);
  const ends = new Map(planned.flatMap((run) => told.filter((end) => end.runId === run.runId).map((end) => [endName(run), maskEnd(end, run)] as const)));
  const wrongs = findWrongs({ planned, told, ledger, undisturbed: ends });
  if (!areEnded || wrongs.length > 0) throw new Error(`undisturbed runs: ${wrongs.join("\n")}`);
  for (const [end, { status }] of ends) if (status !== "succeeded") throw new Error(`${end}: ${status} though nobody disturbed it`);
  await stage.leave(tab);
  return { ends, wholeMs };
}

/** Never rejects for what the engine does wrong: that stands in `wrongs`. */
export async function playTrial(stage: Stage, plan: KillPlan, undisturbed: Undisturbed): Promise<TrialReport> {
  const trial = new Trial(stage, plan);
  const wrongs: string[] = [];
  let isForsaken = false;
  try {
    await trial.play();
    wrongs.push(...(await trial.judge(undisturbed)));
  } catch (error) {
    isForsaken = error instanceof OriginForsaken;
    if (!isForsaken) wrongs.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  } finally {
    await trial.leave();
  }
  return { seed: plan.seed, tabCount: plan.tabCount, runCount: plan.runs.length, kills: trial.kills, isForsaken, wrongs };
}

/** A kill that was done. What had been in hand is asked for again some time later: that shows who took over, and when. */
interface DoneKill extends Omit<KillReport, "takeoverMs"> {
  readonly killedAt: number;
  readonly keys: ReadonlySet<string>;
  readonly victims: ReadonlySet<string>;
}

class Trial {
  readonly #stage: Stage;
  readonly #plan: KillPlan;
  readonly #name = nameTrial();
  readonly #ledger = new Ledger();
  readonly #done: DoneKill[] = [];
  /** Per run: the tab that takes care of it. */
  readonly #owners = new Map<string, StageTab>();
  readonly #frozen = new Set<StageTab>();
  readonly #leaving = new AbortController();
  #tabs: StageTab[] = [];

  constructor(stage: Stage, plan: KillPlan) {
    this.#stage = stage;
    this.#plan = plan;
    stage.listen(this.#name, this.#ledger);
  }

  get kills(): readonly KillReport[] {
    return this.#done.map(({ killedAt, keys, victims, ...report }) => {
      const time = this.#ledger.firstCallSince(killedAt, keys, victims);
      return { ...report, takeoverMs: time === undefined ? undefined : time - killedAt };
    });
  }

  async play(): Promise<void> {
    await this.#openTabs(this.#plan.tabCount);
    for (const kill of this.#plan.kills) {
      await sleep(kill.afterMs);
      await this.#kill(kill);
    }
    await this.#untilEnded(this.#plan.runs.filter((run) => !this.#isLeft(run)));
    if (this.#frozen.size === 0) return;
    for (const tab of this.#frozen) this.#thaw(tab);
    await this.#untilEnded(this.#plan.runs);
    await sleep(THAW_MS);
  }

  async #untilEnded(runs: readonly PlannedRun[]): Promise<void> {
    const areEnded = await this.#ledger.untilEnded(runs.map((run) => run.runId), ENDS_MS_MAX);
    if (!areEnded) throw new Error([`not ended after ${ENDS_MS_MAX} ms:`, ...this.#ledger.wrong, ...(await this.#describeOpen())].join("\n         "));
  }

  /** As one of the tabs tells it. */
  async judge({ ends }: Undisturbed): Promise<string[]> {
    const teller = this.#tabs[this.#plan.teller % this.#tabs.length] as StageTab;
    const told = await this.#tellAll(teller);
    return findWrongs({ planned: this.#plan.runs, told, ledger: this.#ledger, undisturbed: ends });
  }

  /** A tab hears of what others did a little later. */
  async #tellAll(teller: StageTab): Promise<readonly ToldEnd[]> {
    for (const since = performance.now(); ; await sleep(200)) {
      const told = await this.#stage.tell(teller);
      if (told.every((end) => isOver(end.status)) || performance.now() - since > HEARSAY_MS_MAX) return told;
    }
  }

  async leave(): Promise<void> {
    this.#leaving.abort();
    for (const tab of this.#frozen) this.#thaw(tab);
    for (const tab of this.#tabs) await this.#stage.leave(tab).catch(() => undefined);
  }

  get #living(): readonly StageTab[] {
    return this.#tabs.filter((tab) => !this.#frozen.has(tab));
  }

  #openRuns(): readonly PlannedRun[] {
    return this.#plan.runs.filter((run) => !this.#ledger.ended.has(run.runId));
  }

  /** Why do they not end? As the tabs that live tell it. */
  async #describeOpen(): Promise<string[]> {
    const open = this.#openRuns().map((run) => run.runId);
    const lines = this.#openRuns().map((run) => `${run.runId} (${endName(run)}), taken care of by tab ${this.#owners.get(run.runId)?.name ?? "none"}`);
    for (const tab of this.#living) {
      const doing = await this.#stage.doing(tab).catch(() => ({}));
      lines.push(`tab ${tab.name}: ${JSON.stringify(doing)}`);
      lines.push(`tab ${tab.name} has ${await this.#stage.listStored(tab).catch(String)}`);
    }
    const told = this.#living[0] === undefined ? [] : await this.#stage.tell(this.#living[0]).catch(() => []);
    for (const { runId, parentRunId = runId, status, states, context } of told) {
      if (open.includes(parentRunId)) lines.push(`${runId} is ${status} in ${states}: ${JSON.stringify(context)}`);
    }
    return lines;
  }

  async #openTabs(count: number): Promise<void> {
    const fresh: StageTab[] = [];
    for (let index = 0; index < count; index += 1) fresh.push(await this.#stage.openTab(this.#name, this.#plan.taskMs));
    this.#tabs.push(...fresh);
    await this.#assign();
  }

  /**
   * A frozen tab may be in the midst of starting it, and then keeps all others from that id. So it is left to that tab, as an embedder would.
   */
  #isLeft(run: PlannedRun): boolean {
    const owner = this.#owners.get(run.runId);
    return owner !== undefined && this.#frozen.has(owner) && !this.#ledger.started.has(run.runId);
  }

  /** Every open run is taken care of by a tab that lives. */
  async #assign(): Promise<void> {
    const living = this.#living;
    const assigned = new Map<StageTab, PlannedRun[]>();
    for (const [index, run] of this.#plan.runs.entries()) {
      const before = this.#owners.get(run.runId);
      if (this.#ledger.ended.has(run.runId) || (before !== undefined && living.includes(before)) || this.#isLeft(run)) continue;
      const owner = living[(this.#plan.owners[index] ?? 0) % living.length] as StageTab;
      this.#owners.set(run.runId, owner);
      assigned.set(owner, [...(assigned.get(owner) ?? []), run]);
    }
    for (const [tab, runs] of assigned) await this.#stage.pursue(tab, runs);
  }

  async #kill(kill: PlannedKill): Promise<void> {
    const living = this.#living;
    if (living.length === 0) return;
    const victim = living[kill.tab % living.length] as StageTab;
    const kind = victim.processId === undefined && (kill.kind === "renderer" || kill.kind === "freeze") ? "close" : kill.kind;
    const victims = kind === "browser" ? living : [victim];
    const { midwayCount, killedAt } = kind === "freeze" ? await this.#stop(victim) : { midwayCount: 0, killedAt: performance.now() };
    const keys = new Set(victims.flatMap((tab) => [...this.#ledger.keysInFlight(tab.name)]));
    const report = { kind, tab: living.indexOf(victim), tabCount: living.length, afterMs: kill.afterMs, openCount: this.#openRuns().length, callCount: keys.size };
    const heir = findHeir(kind, living.length - victims.length);
    this.#done.push({ ...report, heir, midwayCount, killedAt, keys, victims: new Set(victims.map((tab) => tab.name)) });
    if (kind === "freeze") return this.#keepFrozen(victim, kill.frozenMs);
    await this.#end(kind, victim);
    this.#tabs = kind === "browser" ? [] : this.#tabs.filter((tab) => tab !== victim);
    if (kind === "browser") {
      this.#frozen.clear();
      await this.#stage.start();
      return this.#openTabs(this.#plan.tabCount);
    }
    if (this.#living.length === 0) return this.#openTabs(1);
    await this.#assign();
    if (kill.isReplaced) await this.#openTabs(1);
  }

  async #end(kind: Exclude<KillKind, "freeze">, victim: StageTab): Promise<void> {
    if (kind === "crash") await this.#stage.crash(victim);
    else if (kind === "renderer") await this.#stage.killRenderer(victim);
    else if (kind === "close") await this.#stage.closeTab(victim);
    else await this.#stage.killBrowser();
  }

  /**
   * Browsers freeze tabs between two turns of their event loop. A signal may come in the midst of one, when requests have been issued and not all of them: then
   * the others wait as long as it lasts, and no store could help it. So it is tried again until nobody is kept waiting. Returns how often it was, and when it was frozen at last.
   */
  async #stop(victim: StageTab): Promise<Pick<DoneKill, "midwayCount" | "killedAt">> {
    this.#frozen.add(victim);
    const witness = this.#living[0];
    for (let midwayCount = 0; ; midwayCount += 1) {
      const killedAt = performance.now();
      this.#stage.freeze(victim);
      if (witness === undefined || !(await this.#stage.isBlocked(witness))) return { midwayCount, killedAt };
      this.#stage.thaw(victim);
      if (midwayCount === FREEZES_MAX) throw new Error(`tab ${victim.name} was in the midst of a transaction each of ${FREEZES_MAX} times that it was frozen`);
      await sleep(TURN_MS);
    }
  }

  /** For so long, or until all runs have ended. */
  async #keepFrozen(victim: StageTab, frozenMs: number): Promise<void> {
    const isAlone = this.#living.length === 0;
    const ms = isAlone ? Math.min(frozenMs, ALONE_MS_MAX) : frozenMs;
    if (ms !== Number.POSITIVE_INFINITY) {
      sleep(ms, undefined, { signal: this.#leaving.signal }).then(
        () => this.#thaw(victim),
        () => undefined,
      );
    }
    if (!isAlone) await this.#assign();
  }

  #thaw(tab: StageTab): void {
    if (this.#frozen.delete(tab)) this.#stage.thaw(tab);
  }
}

function findHeir(kind: KillKind, leftCount: number): Heir {
  if (kind === "browser") return "a new browser";
  if (kind === "freeze") return leftCount === 0 ? "nobody" : "another tab, for a frozen one";
  return leftCount === 0 ? "a new tab" : "another tab";
}

/** Also the name of its database. */
function nameTrial(): string {
  trialCount += 1;
  return `trial-${trialCount}`;
}
