// Findings of one exploration: each set of states where a run is stuck and each invariant is told once, with its witness.
import type { Definition } from "../model/definition.js";
import type { Place } from "../model/errors.js";
import { EXPLORATION_FINDING_COUNT_MAX, type ExplorationFinding, type WitnessStep } from "./exploration-words.js";

/** Where a finding was made: its active states, and the way there. */
export interface Found {
  /** Indexes into `Definition.states`, ascending. */
  readonly states: readonly number[];
  /** Called where the finding is kept. */
  readonly trace: () => readonly WitnessStep[];
}

const NOWHERE: Place = { start: 0, end: 0, line: 1, column: 1 };

export class ExplorationReport {
  readonly findings: ExplorationFinding[] = [];
  /** Was there more to tell than is kept? */
  isFull = false;
  private readonly told = new Set<string>();

  constructor(private readonly definition: Definition) {}

  idOf(state: number): string {
    return this.definition.states[state]?.id ?? "";
  }

  addDeadlock({ states, trace }: Found): void {
    const ids = states.map((state) => this.idOf(state));
    const message = `Nothing that can happen changes a run that rests in ${ids.join(", ")}: no event, no outcome, no timer`;
    const place = this.definition.states[states.at(-1) ?? 0]?.place ?? NOWHERE;
    this.add("analysis/deadlock", ids.join(" "), message, place, ids, trace);
  }

  /** `error`: what it failed with; undefined where it is not true. */
  addViolation(invariant: number, error: string | undefined, { states, trace }: Found): void {
    const told = this.definition.invariants[invariant];
    if (told === undefined) return;
    const ids = states.map((state) => this.idOf(state));
    const why = error === undefined ? "does not hold" : `fails (${error})`;
    const message = `The invariant ${told.name} ${why} in ${ids.join(", ")}`;
    this.add("analysis/invariant-violated", `invariant ${told.place.start}`, message, told.place, ids, trace);
  }

  private add(code: ExplorationFinding["code"], key: string, message: string, place: Place, states: readonly string[], trace: Found["trace"]): void {
    if (this.told.has(key)) return;
    this.told.add(key);
    if (this.findings.length >= EXPLORATION_FINDING_COUNT_MAX) this.isFull = true;
    else {
      const witness = trace();
      // A way on which a guard was taken one way or the other is only there if some values make it so.
      const certainty = witness.every(({ guards }) => guards.length === 0) ? "certain" : "possible";
      this.findings.push({ severity: "warning", certainty, code, message, place, states, witness });
    }
  }
}
