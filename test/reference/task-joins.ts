// Joins of a task graph: which ways have come, in which round, and what they bring.
import { type Branch, mergeBranches } from "./branch.js";
import type { TaskShape } from "./task-shape.js";

/** One waiting of a join within a split: the branches that have come, by their sources. */
interface Round {
  readonly task: number;
  readonly split: number;
  readonly branches: Map<number, Branch>;
  hasFired: boolean;
}

export class Joins {
  private rounds: Round[] = [];

  constructor(private readonly shape: TaskShape) {}

  /** The branch with which the task begins now, if it does. */
  arrive(task: number, split: number, source: number, branch: Branch): Branch | undefined {
    const { join, merge } = this.shape.task(task);
    const sources = this.shape.sources(task);
    const count = join === "all" || join === undefined ? sources.length : Math.min(join, sources.length);
    const round = this.roundFor(task, split, source);
    const known = round.branches.get(source);
    // The same source again, outside of cycles: its ways are one.
    round.branches.set(source, known === undefined || round.hasFired ? branch : mergeBranches(known, branch, merge === "last"));
    const isFiring = !round.hasFired && round.branches.size >= count;
    if (isFiring) round.hasFired = true;
    // Once all have come the next round may begin.
    if (round.hasFired && round.branches.size === sources.length) this.rounds = this.rounds.filter((other) => other !== round);
    if (!isFiring) return undefined;
    const come = sources.flatMap((from) => round.branches.get(from) ?? []);
    return come.reduce((first, second) => mergeBranches(first, second, merge === "last"));
  }

  private roundFor(task: number, split: number, source: number): Round {
    const isCyclic = this.shape.isCyclic(task);
    const own = this.rounds.filter((round) => round.task === task && round.split === split);
    const found = own.find(({ branches }) => !isCyclic || !branches.has(source));
    if (found !== undefined) return found;
    const round: Round = { task, split, branches: new Map(), hasFired: false };
    this.rounds.push(round);
    return round;
  }

  /** The tasks that wait for further ways, each as often as it does. */
  get waiting(): readonly number[] {
    return this.rounds.filter(({ hasFired }) => !hasFired).map(({ task }) => task);
  }
}
