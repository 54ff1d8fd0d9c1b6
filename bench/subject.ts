// What a scenario asks of each who takes part. Subjects are opened in the page, one scenario at a time.
import type { Load } from "./catalogue.js";

export interface Subject {
  /** Performs `count` operations. */
  run(count: number): void | Promise<void>;
  /** For figures that are not the time of `run`: one sample of it, per operation, in the scenario's unit. */
  gauge?(): Promise<number>;
  /** Does a small fixed load from a fresh start; all subjects of a scenario must give the same (compared as JSON). Called once, before any `run`. */
  answer(): unknown;
  /** Untimed, after each sample: back to a state from which the next sample costs the same. */
  settle?(): void | Promise<void>;
  close?(): void | Promise<void>;
}

export type SubjectOpener<L extends Load = Load> = (load: L) => Promise<Subject>;
/** Openers of one family by subject name. */
export type SubjectTable<L extends Load = Load> = Readonly<Record<string, SubjectOpener<L>>>;

export type LoadOf<F extends Load["family"]> = Extract<Load, { family: F }>;
