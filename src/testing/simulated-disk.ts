// A disk in memory whose behaviour a seed decides: how long a transaction takes, whether it fails, what of it a dead process or a power failure
// leaves. Several stores on one disk are tabs. The real journals run on it in virtual time, so that no instant is out of reach of a test.
import type { ClockPort, SourceRecord } from "../model/ports.js";
import type { Disk, GroupWrite, KeyRange } from "../store/disk.js";
import { WorkflowError } from "../model/errors.js";

/** What of a journal is on the disk. */
interface JournalState {
  readonly rows: Map<number, unknown>;
  readonly bytes: Map<number, unknown>;
  readonly sources: Map<string, SourceRecord>;
}

/**
 * What becomes of a transaction. `lost`: it takes effect, but its driver is told that it failed. `forgotten`: it takes no effect, and its driver is told
 * that it did: no disk may do so, a proof that a simulation finds such things may.
 */
export type Fate = "done" | "aborted" | "full" | "lost" | "forgotten";

export interface DiskFaults {
  /** How long a read or a transaction takes, ms. `journal`: of a transaction. */
  delay(journal?: number): number;
  fate(write: GroupWrite, journal: number): Fate;
  /** Does this read fail? Default: none does. */
  isUnreadable?(what: "rows" | "bytes" | "sources"): boolean;
}

/** Calls back at once, or when whoever asks is awake again; never when it is dead. */
export type WhenAwake = (callback: () => void) => void;

const NO_FAULTS: DiskFaults = { delay: () => 0, fate: () => "done" };

/** What all connections share. */
export class SimulatedDevice {
  readonly journals = new Map<number, JournalState>();
  /** Transactions that took effect. */
  writeCount = 0;
  /** Per journal: a transaction waits for those before it. */
  readonly #queues = new Map<number, Promise<void>>();

  /**
   * A connection, as a tab has one. Without a clock nothing takes time; the clock is the device's own, since a transaction that was begun goes on
   * whatever becomes of who began it.
   */
  connect(clock?: ClockPort, faults: DiskFaults = NO_FAULTS, whenAwake: WhenAwake = (callback) => callback()): SimulatedDisk {
    return new SimulatedDisk(this, clock, faults, whenAwake);
  }

  journal(number: number): JournalState {
    const known = this.journals.get(number);
    if (known !== undefined) return known;
    const made: JournalState = { rows: new Map(), bytes: new Map(), sources: new Map() };
    this.journals.set(number, made);
    return made;
  }

  /** One after the other, in the order in which they were asked for. */
  inTurn<T>(journal: number, work: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(journal) ?? Promise.resolve();
    const result = before.then(work);
    this.#queues.set(
      journal,
      result.then(
        () => undefined,
        () => undefined,
      ),
    );
    return result;
  }
}

export class SimulatedDisk implements Disk {
  readonly #device: SimulatedDevice;
  readonly #clock: ClockPort | undefined;
  readonly #faults: DiskFaults;
  readonly #whenAwake: WhenAwake;
  #isOpen = false;
  #isDead = false;

  constructor(device: SimulatedDevice, clock: ClockPort | undefined, faults: DiskFaults, whenAwake: WhenAwake) {
    this.#whenAwake = whenAwake;
    this.#device = device;
    this.#clock = clock;
    this.#faults = faults;
  }

  /** The process is gone: what it asked for and is not done never happens, and nothing answers any more. */
  kill(): void {
    this.#isDead = true;
  }

  async open(): Promise<void> {
    await this.#delay();
    this.#isOpen = true;
  }

  close(): void {
    this.#isOpen = false;
  }

  async append(journal: number, write: GroupWrite): Promise<boolean> {
    this.#check();
    const isAdded = await this.#device.inTurn(journal, async () => {
      await this.#delay(journal);
      // A transaction of a dead process keeps nobody waiting.
      if (this.#isDead) return false;
      const fate = this.#faults.fate(write, journal);
      if (fate === "aborted") throw failure("store/failed", "Could not commit a group: AbortError");
      if (fate === "forgotten") return true;
      if (fate === "full") throw failure("store/quota-exceeded", "No space is left to commit a group");
      const state = this.#device.journal(journal);
      if (state.rows.has(write.number)) return false;
      this.#apply(state, write);
      if (fate === "lost") throw failure("store/failed", "Could not commit a group: the connection was lost");
      return true;
    });
    await this.#answer();
    return isAdded;
  }

  async readRows(journal: number, after: number, countMax: number): Promise<readonly { readonly number: number; readonly row: unknown }[]> {
    await this.#read("rows");
    const { rows } = this.#device.journal(journal);
    const numbers = [...rows.keys()].filter((key) => key > after).sort(ascending);
    return numbers.slice(0, countMax).map((number) => ({ number, row: rows.get(number) }));
  }

  async readRow(journal: number, number: number): Promise<unknown> {
    await this.#read("rows");
    return this.#device.journal(journal).rows.get(number);
  }

  async read(journal: number, key: number): Promise<unknown> {
    await this.#read("bytes");
    return this.#device.journal(journal).bytes.get(key);
  }

  async readRange(journal: number, range: KeyRange, countMax: number): Promise<readonly { readonly key: number; readonly value: unknown }[]> {
    const keys = await this.readKeys(journal, range);
    const { bytes } = this.#device.journal(journal);
    return keys.slice(0, countMax).map((key) => ({ key, value: bytes.get(key) }));
  }

  async readKeys(journal: number, { first, last }: KeyRange): Promise<readonly number[]> {
    await this.#read("bytes");
    return [...this.#device.journal(journal).bytes.keys()].filter((key) => key >= first && key <= last).sort(ascending);
  }

  async putSources(journal: number, sources: readonly SourceRecord[]): Promise<void> {
    await this.#read("sources");
    for (const source of sources) this.#device.journal(journal).sources.set(source.identity, source);
  }

  async getSource(journal: number, identity: string): Promise<SourceRecord | undefined> {
    await this.#read("sources");
    return this.#device.journal(journal).sources.get(identity);
  }

  async readSourceKeys(journal: number): Promise<readonly string[]> {
    await this.#read("sources");
    return [...this.#device.journal(journal).sources.keys()];
  }

  #apply(state: JournalState, write: GroupWrite): void {
    this.#device.writeCount += 1;
    state.rows.set(write.number, write.row);
    for (const { key, value } of write.puts) state.bytes.set(key, value);
    for (const { first, last } of write.removals ?? []) {
      if (first === last) state.bytes.delete(first);
      else for (const key of [...state.bytes.keys()]) if (key >= first && key <= last) state.bytes.delete(key);
    }
    for (const number of write.rows?.removals ?? []) state.rows.delete(number);
    for (const { number, row } of write.rows?.puts ?? []) state.rows.set(number, row);
    for (const identity of write.sourceRemovals ?? []) state.sources.delete(identity);
  }

  async #read(what: "rows" | "bytes" | "sources"): Promise<void> {
    this.#check();
    await this.#delay();
    const isUnreadable = this.#faults.isUnreadable?.(what) === true;
    await this.#answer();
    if (isUnreadable) throw failure("store/failed", "Could not read: the simulated disk did not answer");
  }

  async #delay(journal?: number): Promise<void> {
    const delay = this.#clock === undefined ? 0 : this.#faults.delay(journal);
    if (delay > 0) await new Promise<void>((resolve) => this.#clock?.schedule(delay, resolve));
  }

  /** A frozen process hears of it later, a dead one never. */
  async #answer(): Promise<void> {
    await new Promise<void>((resolve) => this.#whenAwake(resolve));
    if (this.#isDead) await new Promise<never>(() => undefined);
  }

  #check(): void {
    if (!this.#isOpen) throw failure("store/closed", "The simulated disk is closed");
  }
}

function ascending(a: number, b: number): number {
  return a - b;
}

function failure(code: "store/failed" | "store/quota-exceeded" | "store/closed", message: string): WorkflowError {
  return new WorkflowError(code, message, { isRetryable: code !== "store/closed" });
}
