// A browser's locks and channels in virtual time: what tabs are told apart and joined by, with the faults that real ones have. Messages come late, twice,
// or not at all while a tab is frozen; a dead tab's locks are free at once.
import type { LockRequest, TabChannel, TabPlatform } from "../tabs/platform.js";
import { scheduleWatched } from "../base/clock.js";
import { createPrng } from "../base/prng.js";
import type { ClockPort } from "../model/ports.js";
import type { SimulatedClock } from "./simulated-clock.js";

/** Numbers from 0 to 1. */
export function makeRandom(seed: number): () => number {
  const prng = createPrng(seed);
  return () => prng() / 2 ** 32;
}

export interface ChannelFaults {
  /** ms from the sender to one receiver. */
  delay(from: SimulatedTab, to: SimulatedTab): number;
  /** How often it arrives: 1, or 0 (lost), or 2. */
  copies(from: SimulatedTab, to: SimulatedTab): number;
  /** ms until a tab hears that a lock was stolen from it; it goes on meanwhile. Default 0. */
  robbedDelay?(tab: SimulatedTab): number;
}

const NO_FAULTS: ChannelFaults = { delay: () => 0, copies: () => 1 };

interface Holder {
  readonly tab: SimulatedTab;
  end(error?: Error): void;
}

interface Lock {
  holder: Holder | undefined;
  readonly queue: { readonly tab: SimulatedTab; grant(): void }[];
}

export class SimulatedBrowser {
  readonly clock: SimulatedClock;
  readonly faults: ChannelFaults;
  readonly #random: () => number;
  readonly #locks = new Map<string, Lock>();
  readonly #tabs = new Set<SimulatedTab>();
  #tabCount = 0;
  /** How much the machine's clock is wrong, ms: wall clocks of all tabs are so much ahead. Timers take no notice. */
  clockErrorMs = 0;

  /** `random`: 0 to 1. */
  constructor(clock: SimulatedClock, random: () => number = makeRandom(1), faults: ChannelFaults = NO_FAULTS) {
    this.clock = clock;
    this.faults = faults;
    this.#random = random;
  }

  /** `random`: of this tab alone; default: the browser's. */
  openTab(random: () => number = this.#random): SimulatedTab {
    const tab: SimulatedTab = new SimulatedTab(this, this.#tabCount++, random);
    this.#tabs.add(tab);
    return tab;
  }

  /** Everybody of the name except the sender. */
  deliver(from: SimulatedTab, name: string, message: unknown): void {
    for (const tab of this.#tabs) {
      if (tab === from) continue;
      for (let copy = this.faults.copies(from, tab); copy > 0; copy -= 1) {
        this.clock.schedule(this.faults.delay(from, tab), () => tab.receive(name, structuredClone(message)));
      }
    }
  }

  request(tab: SimulatedTab, name: string, { mode, signal, onAnswer }: LockRequest): Promise<void> {
    const lock = this.#locks.get(name) ?? { holder: undefined, queue: [] };
    this.#locks.set(name, lock);
    return new Promise((resolve, reject) => {
      const hold = (): void => {
        const holder: Holder = {
          tab,
          end: (error) => {
            if (lock.holder === holder) {
              lock.holder = undefined;
              lock.queue.shift()?.grant();
            }
            if (error === undefined) resolve();
            else tab.whenAwake(() => reject(error));
          },
        };
        lock.holder = holder;
        tab.whenAwake(() => void onAnswer(true).then(() => holder.end(), (error: Error) => holder.end(error)));
      };
      if (mode === "steal" && lock.holder !== undefined) {
        const robbed = lock.holder;
        hold();
        const delay = this.faults.robbedDelay?.(robbed.tab) ?? 0;
        const tell = (): void => robbed.end(new Error("AbortError"));
        if (delay === 0) tell();
        else this.clock.schedule(delay, tell);
      } else if (lock.holder === undefined) hold();
      else if (mode === "free") void onAnswer(false).then(resolve, reject);
      else {
        const abort = (): void => {
          const at = lock.queue.indexOf(waiting);
          if (at >= 0) lock.queue.splice(at, 1);
          reject(new Error("AbortError"));
        };
        const grant = (): void => {
          signal?.removeEventListener("abort", abort);
          hold();
        };
        const waiting = { tab, grant };
        lock.queue.push(waiting);
        signal?.addEventListener("abort", abort);
      }
    });
  }

  /** Grants a lock to who waits for it although another tab holds it, and tells nobody. False: nobody waits. */
  grantTwice(name: string): boolean {
    const waiting = this.#locks.get(name)?.queue.shift();
    waiting?.grant();
    return waiting !== undefined;
  }

  /** The tab's process is gone. */
  remove(tab: SimulatedTab): void {
    this.#tabs.delete(tab);
    for (const lock of this.#locks.values()) {
      for (let at = lock.queue.length - 1; at >= 0; at -= 1) if (lock.queue[at]?.tab === tab) lock.queue.splice(at, 1);
    }
    for (const lock of this.#locks.values()) if (lock.holder?.tab === tab) lock.holder.end();
  }
}

export class SimulatedTab implements TabPlatform {
  /** In order of opening, from 0. */
  readonly number: number;
  readonly #browser: SimulatedBrowser;
  readonly #random: () => number;
  readonly #listeners = new Map<string, Set<(message: unknown) => void>>();
  #held: (() => void)[] = [];
  #isFrozen = false;
  #isDead = false;

  constructor(browser: SimulatedBrowser, number: number, random: () => number) {
    this.#browser = browser;
    this.number = number;
    this.#random = random;
  }

  /** Its process is killed. */
  kill(): void {
    this.#isDead = true;
    this.#held = [];
    this.#browser.remove(this);
  }

  /** Nothing happens in it until `thaw`. */
  freeze(): void {
    this.#isFrozen = true;
  }

  thaw(): void {
    this.#isFrozen = false;
    const held = this.#held;
    this.#held = [];
    for (const callback of held) this.whenAwake(callback);
  }

  /** At once, or when it is thawed; never in a dead tab. */
  whenAwake(callback: () => void): void {
    if (this.#isDead) return;
    if (this.#isFrozen) this.#held.push(callback);
    else callback();
  }

  receive(name: string, message: unknown): void {
    this.whenAwake(() => {
      for (const listener of [...(this.#listeners.get(name) ?? [])]) listener(message);
    });
  }

  requestLock(name: string, request: LockRequest): Promise<void> {
    return this.#browser.request(this, name, request);
  }

  openChannel(name: string, onMessage: (message: unknown) => void): TabChannel {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(onMessage));
    return {
      post: (message) => {
        if (!this.#isDead) this.#browser.deliver(this, name, message);
      },
      close: () => listeners.delete(onMessage),
    };
  }

  now(): number {
    return this.#browser.clock.now();
  }

  schedule(delayMs: number, callback: () => void): () => void {
    return this.#browser.clock.schedule(delayMs, () => this.whenAwake(callback));
  }

  random(): number {
    return this.#random();
  }

  /** The clock of an engine in this tab. */
  clock(): ClockPort {
    const { clock } = this.#browser;
    const now = (): number => clock.now() + this.#browser.clockErrorMs;
    return {
      now,
      seed: () => clock.seed(),
      schedule: (delayMs, callback) => scheduleWatched({ now, schedule: (ms, call) => this.schedule(ms, call) }, delayMs, callback),
      defer: (callback) => clock.defer(() => this.whenAwake(callback)),
    };
  }
}
