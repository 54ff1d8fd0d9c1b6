// Who drives which journal: a Web Lock each. A tab takes the first that is free as its home and waits in the queues of the others, so that it
// drives a dead tab's runs as soon as the browser frees the lock. A tab that is frozen keeps its lock: whoever has runs to worry about asks it,
// and steals the lock from who does not answer. Being wrong about that costs nothing but time, since journals are fenced by themselves.
import { WorkflowError } from "../model/errors.js";
import type { TabsHooks, TabsPort } from "../model/ports.js";
import { CallTable } from "./call-table.js";
import { IdClaims } from "./id-claims.js";
import { isTabMessage, TABS_VERSION, type TabMessage } from "./messages.js";
import { findTabPlatform, type TabChannel, type TabPlatform } from "./platform.js";
import { createSoleTab } from "./sole-tab.js";

/** How often tabs that have neighbours tell that they are alive, ms. */
export const HEARTBEAT_MS = 250;
/** A driver that was not heard of for so long is asked whether it is alive, ms. */
export const SILENCE_MS = 1_000;
/** How long it has to answer, ms; and as much again by chance, so that not all heirs ask at once. */
export const ANSWER_MS = 250;
/** A tab that was not heard of for so long is no neighbour any more, ms. */
export const NEIGHBOUR_MS = 6_000;
/** So long a tab waits for another that begins a run of an id of the embedder's choice, ms. */
export const CLAIM_WAIT_MS = 3_000;
/** A tab that has heard others since looks so often into all journals that nobody drives: what they left may have been told to nobody. One that has not asks so often who is there, ms. */
export const SWEEP_MS = 5_000;
/** A journal whose runs this tab could not drive is left to others for so long, ms. */
export const UNFIT_MS = 2_000;

/** Tabs that share the database `name`; a sole tab where the platform has no locks. */
export function createTabs(name: string, platform: TabPlatform | undefined = findTabPlatform()): TabsPort {
  return platform === undefined ? createSoleTab() : new SharedTabs(`millrace:${name}`, platform);
}

class SharedTabs implements TabsPort {
  readonly #name: string;
  readonly #platform: TabPlatform;
  readonly #id: string;
  readonly #closing = new AbortController();
  readonly #calls: CallTable;
  readonly #claims = new IdClaims((lane) => this.#acquireLane(lane));
  /** How each lane that this tab holds is given up. */
  readonly #lanes = new Set<() => void>();
  /** Journals whose lock this tab holds, and how each is given up. */
  readonly #held = new Map<number, () => void>();
  /** Journals that the engine is taking over: one after the other where a lock is lost and granted again meanwhile. */
  readonly #gaining = new Map<number, Promise<void>>();
  /** Journals in whose queue it waits. */
  readonly #queued = new Set<number>();
  readonly #suspected = new Set<number>();
  readonly #unfitUntil = new Map<number, number>();
  /** Journals that could not be taken up, so that nobody knows what is in them. */
  readonly #failed = new Set<number>();
  /** When the driver of a journal was heard of last, and who it is. */
  readonly #heard = new Map<number, { readonly time: number; readonly from: string }>();
  #neighbourTime = Number.NEGATIVE_INFINITY;
  #isSweepDue = false;
  #sweepTime = 0;
  #beatTime = 0;
  #greetTime = 0;
  #joinTime = 0;
  #home: number | undefined;
  #channel: TabChannel | undefined;
  #hooks: TabsHooks | undefined;
  #journalCount = 0;
  #stopBeat: () => void = () => undefined;

  constructor(name: string, platform: TabPlatform) {
    this.#name = name;
    this.#platform = platform;
    this.#id = `${platform.random().toString(36).slice(2)}${platform.random().toString(36).slice(2)}`;
    this.#calls = new CallTable((message) => this.#post(message));
  }

  async join(hooks: TabsHooks, journalCount: number): Promise<void> {
    this.#hooks = hooks;
    this.#journalCount = journalCount;
    this.#joinTime = this.#platform.now();
    this.#sweepTime = this.#joinTime;
    this.#beatTime = this.#joinTime;
    this.#channel = this.#platform.openChannel(this.#name, (message) => this.#hear(message));
    this.#greet();
    await this.#findHome();
    this.#queueAll();
    this.#beat();
  }

  tellGroup(journal: number, group: number): void {
    if (this.#hasNeighbours) this.#post({ kind: "group", journal, group });
  }

  call(journal: number, method: string, args: readonly unknown[]): Promise<unknown> {
    if (!this.#calls.isAwaited(journal)) this.#askFor(journal);
    return this.#calls.call(journal, method, args, this.#platform.now());
  }

  claim<T>(runId: string, work: () => Promise<T>): Promise<T> {
    return this.#claims.claim(runId, work);
  }

  claimAll<T>(work: () => Promise<T>): Promise<T> {
    return this.#claims.claimAll(work);
  }

  async tryAcquire(journal: number): Promise<boolean> {
    return this.#held.has(journal) || (await this.#take(journal, "free")) !== undefined;
  }

  release(journal: number): void {
    const release = this.#held.get(journal);
    this.#held.delete(journal);
    if (this.#home === journal) this.#home = undefined;
    release?.();
  }

  close(): void {
    this.#closing.abort();
    this.#stopBeat();
    this.#channel?.close();
    for (const journal of [...this.#held.keys()]) this.release(journal);
    for (const release of this.#lanes) release();
    this.#calls.close();
  }

  // --- locks ------------------------------------------------------------------------------------------------------

  /** The first free journal that no driver without a lock writes to. There may be none: then the first that becomes free is this tab's home. */
  async #findHome(): Promise<void> {
    for (let journal = 0; journal < this.#journalCount && !this.#isClosed; journal += 1) {
      const hold = this.#held.has(journal) ? undefined : await this.#take(journal, "free");
      if (hold === undefined) continue;
      try {
        await this.#gain(journal, hold);
      } catch (error) {
        if (!(error instanceof WorkflowError && error.code === "store/fenced")) throw error;
      }
      if (this.#home !== undefined) return;
    }
  }

  #queueAll(): void {
    for (let journal = 0; journal < this.#journalCount; journal += 1) this.#queue(journal);
  }

  /** Waits for a journal's lock, if it does not wait already. */
  #queue(journal: number): void {
    if (this.#queued.has(journal) || this.#held.has(journal) || this.#isClosed) return;
    this.#queued.add(journal);
    void this.#take(journal, "queue").then((hold) => {
      this.#queued.delete(journal);
      if (hold !== undefined) this.#tryGain(journal, hold);
    });
  }

  /** The engine keeps the error for who asks it next; the next beat tries again. */
  #tryGain(journal: number, hold: () => void): void {
    this.#gain(journal, hold).catch(ignore);
  }

  /** `hold`: gives up the lock that it was granted. */
  async #gain(journal: number, hold: () => void): Promise<void> {
    const before = this.#gaining.get(journal);
    const gaining = (async () => {
      await before?.catch(ignore);
      await this.#takeUp(journal, hold);
    })();
    this.#gaining.set(journal, gaining);
    try {
      await gaining;
    } finally {
      if (this.#gaining.get(journal) === gaining) this.#gaining.delete(journal);
    }
  }

  /** Holds the lock from now on: tells the engine, and gives it up again where that has no use for it. */
  async #takeUp(journal: number, hold: () => void): Promise<void> {
    // It may have been stolen from a tab that was frozen when it was granted.
    if (this.#held.get(journal) !== hold) return;
    const isHome = this.#home === undefined;
    if (isHome) this.#home = journal;
    let isKept = false;
    this.#failed.add(journal);
    try {
      isKept = (await this.#hooks?.onGain(journal, isHome)) === true;
      this.#failed.delete(journal);
    } finally {
      const isHeld = this.#held.get(journal) === hold;
      // Stolen meanwhile: the engine was told before it had taken it over.
      if (isKept && !isHeld) this.#hooks?.onLoss(journal);
      else if (!isKept) {
        if (this.#failed.has(journal) || this.#hooks?.hasOpenRuns(journal) === true) this.#unfitUntil.set(journal, this.#platform.now() + UNFIT_MS);
        // Until somebody drives it again there is nothing to inherit.
        this.#heard.delete(journal);
        if (isHeld) this.release(journal);
      } else {
        this.#calls.refuse(journal);
        this.#tellAlive();
      }
    }
  }

  /** Resolves when it is clear whether this tab holds the lock, with what gives it up. */
  #take(journal: number, mode: "free" | "queue" | "steal"): Promise<(() => void) | undefined> {
    return new Promise((resolve) => {
      let hold: (() => void) | undefined;
      const onAnswer = (isHeld: boolean): Promise<void> => {
        if (!isHeld || this.#isClosed) {
          resolve(undefined);
          return Promise.resolve();
        }
        return new Promise<void>((release) => {
          hold = release;
          this.#held.set(journal, release);
          resolve(release);
        });
      };
      this.#platform.requestLock(`${this.#name}:${journal}`, { mode, signal: this.#closing.signal, onAnswer }).catch(() => {
        // Nobody asked any more, or the lock was stolen.
        if (hold === undefined) resolve(undefined);
        else if (this.#held.get(journal) === hold) this.#lose(journal);
      });
    });
  }

  /** Waits CLAIM_WAIT_MS at most: who holds it for longer is frozen, and may have begun a run or not. */
  #acquireLane(lane: number): Promise<() => void> {
    const waiting = new AbortController();
    const abort = (): void => waiting.abort();
    const stop = this.#platform.schedule(CLAIM_WAIT_MS, abort);
    this.#closing.signal.addEventListener("abort", abort);
    const settle = (): void => {
      stop();
      this.#closing.signal.removeEventListener("abort", abort);
    };
    return new Promise((resolve, reject) => {
      const onAnswer = (): Promise<void> => {
        settle();
        return new Promise((end) => {
          const release = (): void => {
            this.#lanes.delete(release);
            end();
          };
          this.#lanes.add(release);
          resolve(release);
        });
      };
      this.#platform.requestLock(`${this.#name}:ids:${lane}`, { mode: "queue", signal: waiting.signal, onAnswer }).catch(() => {
        settle();
        reject(new WorkflowError("engine/no-answer", "Another tab is beginning a run of such an id, and does not answer", { isRetryable: true }));
      });
    });
  }

  #lose(journal: number): void {
    this.#held.delete(journal);
    this.#hooks?.onLoss(journal);
    if (this.#home !== journal) return;
    this.#home = undefined;
    this.#findHome().catch(ignore);
  }

  // --- signs of life ----------------------------------------------------------------------------------------------

  get #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  get #hasNeighbours(): boolean {
    return this.#platform.now() - this.#neighbourTime < NEIGHBOUR_MS;
  }

  #beat(): void {
    if (this.#isClosed) return;
    const now = this.#platform.now();
    const isLate = now - this.#beatTime > SILENCE_MS;
    this.#beatTime = now;
    // It was frozen, or the machine slept: others may have been, too, and take themselves to be alone. Who is alone asks now and then.
    if (isLate || (!this.#hasNeighbours && now - this.#greetTime >= SWEEP_MS)) this.#greet();
    if (this.#hasNeighbours) this.#tellAlive();
    this.#sweep();
    for (let journal = 0; journal < this.#journalCount; journal += 1) if (!this.#held.has(journal)) this.#look(journal);
    for (const journal of this.#calls.awaited) this.#askFor(journal);
    this.#calls.repeat(now);
    this.#calls.expire(now, (journal) => this.#lastHeard(journal));
    this.#stopBeat = this.#platform.schedule(HEARTBEAT_MS, () => this.#beat());
  }

  #greet(): void {
    this.#greetTime = this.#platform.now();
    this.#post({ kind: "hello" });
  }

  #sweep(): void {
    const now = this.#platform.now();
    if (!this.#isSweepDue || now - this.#sweepTime < SWEEP_MS) return;
    this.#isSweepDue = false;
    this.#sweepTime = now;
    this.#queueAll();
  }

  /** Does somebody else drive it, or is there something in it to drive? */
  #look(journal: number): void {
    const now = this.#platform.now();
    const hasOpenRuns = this.#hooks?.hasOpenRuns(journal) === true;
    const isUnfit = (this.#unfitUntil.get(journal) ?? 0) > now;
    if (!isUnfit && (hasOpenRuns || this.#failed.has(journal) || this.#heard.has(journal) || this.#home === undefined)) this.#queue(journal);
    if (hasOpenRuns && !isUnfit && now - this.#lastHeard(journal) > SILENCE_MS) this.#suspect(journal);
  }

  #lastHeard(journal: number): number {
    return Math.max(this.#joinTime, this.#heard.get(journal)?.time ?? 0);
  }

  /** Asks the driver; who does not answer loses the lock. */
  #suspect(journal: number): void {
    if (this.#suspected.has(journal)) return;
    this.#suspected.add(journal);
    const askedAt = this.#platform.now();
    this.#askFor(journal);
    this.#platform.schedule(ANSWER_MS * (1 + this.#platform.random()), () => {
      this.#suspected.delete(journal);
      if (this.#isClosed || this.#held.has(journal) || this.#lastHeard(journal) > askedAt) return;
      this.#heard.delete(journal);
      void this.#take(journal, "steal").then((hold) => {
        if (hold !== undefined) this.#tryGain(journal, hold);
      });
    });
  }

  /** Its driver, if it is there, says so. */
  #askFor(journal: number): void {
    this.#post({ kind: "ping", journal });
  }

  #tellAlive(): void {
    const journals = [...this.#held.keys()].map((journal) => ({ journal, group: this.#hooks?.lastGroup(journal) ?? 0 }));
    this.#post({ kind: "alive", journals });
  }

  // --- messages ---------------------------------------------------------------------------------------------------

  #post(message: DistributiveOmit<TabMessage, "version" | "from">): void {
    if (!this.#isClosed) this.#channel?.post({ ...message, version: TABS_VERSION, from: this.#id });
  }

  #hear(message: unknown): void {
    if (!isTabMessage(message) || message.from === this.#id || this.#isClosed) return;
    this.#neighbourTime = this.#platform.now();
    this.#isSweepDue = true;
    switch (message.kind) {
      case "hello":
        this.#tellAlive();
        break;
      case "alive":
        for (const { journal, group } of message.journals) this.#noteDriver(journal, group, message.from);
        break;
      case "ping":
        if (this.#held.has(message.journal)) this.#tellAlive();
        break;
      case "group":
        this.#noteDriver(message.journal, message.group, message.from);
        break;
      case "call":
        if (message.to === this.#id && this.#hooks !== undefined) this.#calls.answer(message, this.#hooks);
        break;
      case "reply":
        if (message.to === this.#id) this.#calls.settle(message);
    }
  }

  #noteDriver(journal: number, group: number, from: string): void {
    if (journal < 0 || journal >= this.#journalCount) return;
    if (this.#held.has(journal)) {
      // Whoever has groups that the holder does not know has taken over from it; it was not told, or not yet.
      if (this.#gaining.has(journal) || group <= (this.#hooks?.lastGroup(journal) ?? group)) return;
      const release = this.#held.get(journal);
      this.#lose(journal);
      release?.();
    }
    const before = this.#heard.get(journal);
    this.#heard.set(journal, { time: this.#platform.now(), from });
    if (before !== undefined && before.from !== from) this.#calls.fail(journal);
    this.#calls.passOn(journal, from, this.#platform.now());
    if (group > (this.#hooks?.lastGroup(journal) ?? group)) this.#hooks?.onGroup(journal, group);
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

function ignore(): void {}
