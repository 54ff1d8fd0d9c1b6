// Joins of a task graph: which ways have come, in which round, and what they bring.
import { Branch, mergeBranches } from "./branch.js";
import type { TaskShape } from "./task-shape.js";

/** One waiting of a join within a split: the branches that have come, by their sources. */
interface Round {
  readonly task: number;
  readonly split: number;
  readonly branches: Map<number, Branch>;
  hasFired: boolean;
}

/** In place of a branch that nobody looks at. */
const NOTHING = new Branch(new Map());

export class Joins {
  /** Has a join forgotten what came out of a scope? */
  hasForgotten = false;
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

  /**
   * A scope is given up. Its own joins wait no more. Joins outside that wait forget what came out of it; those that have had enough do not
   * wait for what is in it where they stand in a cycle, because that belongs to the next round.
   */
  giveUp(scope: number): void {
    this.rounds = this.rounds.filter(({ task }) => !this.shape.isIn(task, scope));
    for (const { task, branches, hasFired } of this.rounds) {
      const inside = this.shape.sources(task).filter((source) => this.shape.isIn(source, scope));
      if (!hasFired) for (const source of inside) this.hasForgotten = branches.delete(source) || this.hasForgotten;
      else if (this.shape.isCyclic(task)) for (const source of inside) branches.set(source, branches.get(source) ?? NOTHING);
    }
    const isOver = ({ task, branches, hasFired }: Round) => branches.size === (hasFired ? this.shape.sources(task).length : 0);
    this.rounds = this.rounds.filter((round) => !isOver(round));
  }

  /** The tasks that wait for further ways, each as often as it does. */
  get waiting(): readonly number[] {
    return this.rounds.filter(({ hasFired }) => !hasFired).map(({ task }) => task);
  }
}
