// What the page of the soak tells the command.

export interface SoakCounts {
  readonly endedCount: number;
  /** Runs that did not succeed, or answers that were wrong; the first few. */
  readonly wrongs: readonly string[];
  readonly runsOpen: number;
  readonly kernelBytes: number;
  /** Stored runs. */
  readonly storedCount: number;
  /** Of the origin, as the browser estimates it. */
  readonly storedBytes: number;
}

/** The page, as `window.soak`. */
export interface SoakPage {
  open(slotCount: number, keptMax: number): Promise<void>;
  counts(): Promise<SoakCounts>;
  /** Starts nothing more; resolves when all runs have ended. */
  stop(): Promise<void>;
}
