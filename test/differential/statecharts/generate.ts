// Seeded random charts: composites within composites, regions, choices, forks with joins in several steps, guards over a few
// variables that can only take few values (so that every endless loop recurs), actions that log and set, timers and tasks.
import { type Chart, type ChartState, type ChartTransition, EDGE } from "./chart.js";
import { Random } from "./random.js";

/** What a chart may have. */
export interface Features {
  readonly depthMax: number;
  readonly hasRegions: boolean;
  readonly hasForks: boolean;
  readonly hasChoices: boolean;
  readonly hasTimers: boolean;
  /** Tasks, waits, awaited events: actions that take time. */
  readonly hasTasks: boolean;
  /** Only what XState reads the same way: no jump from one region into another, no choice without a default, no run that fails. */
  readonly isShared: boolean;
}

export const ALL_FEATURES: Features = {
  depthMax: 4,
  hasRegions: true,
  hasForks: true,
  hasChoices: true,
  hasTimers: true,
  hasTasks: true,
  isShared: false,
};

/** What XState has as well. */
export const SHARED_FEATURES: Features = { ...ALL_FEATURES, hasForks: false, hasTasks: false, isShared: true };

const NUMBERS = ["a", "b", "c"] as const;
const EVENTS = ["e1", "e2", "e3", "e4"] as const;
const STATE_COUNT_MAX = 24;

/** A state in the making, with what the rules about transitions ask for. */
interface Draft extends Omit<ChartState, "regionCount" | "entry"> {
  regionCount: number;
  entry: string[];
  /** The fork branches around it, outer to inner: nothing jumps into a branch. */
  readonly branches: readonly Branch[];
  /** May a transition lead here? */
  isTarget: boolean;
}

interface Branch {
  /** The composite in which the fork stands: a transition out of a branch leaves it, too. */
  readonly scope: string;
}

export function generateChart(seed: number, features: Features): Chart {
  return new Generator(new Random(seed), features).generate();
}

class Generator {
  private readonly states: Draft[] = [];
  private readonly transitions: ChartTransition[] = [];

  constructor(
    private readonly random: Random,
    private readonly features: Features,
  ) {}

  generate(): Chart {
    this.addScope("", 0, 0, []);
    for (const state of this.states) if (state.isTarget && this.random.chance(0.6)) this.addWayTo(state);
    for (const state of this.states) if (state.kind === "state" || state.kind === "composite") this.addWays(state);
    for (const state of this.states) if (state.kind === "choice") this.addChoiceWays(state);
    const variables: Record<string, string> = { p: "{ type: bool, initial: false }", s: '{ type: string, initial: "x" }' };
    for (const name of NUMBERS) variables[name] = `{ type: int, initial: ${this.random.below(4)} }`;
    return {
      variables,
      events: EVENTS,
      states: this.states.map(({ branches: _, isTarget: __, ...state }) => state),
      transitions: this.transitions,
    };
  }

  // --- states ---------------------------------------------------------------------------------------------------------

  private addScope(parent: string, region: number, depth: number, branches: readonly Branch[]): void {
    const count = 1 + this.random.below(depth === 0 ? 4 : 3);
    const first = this.states.length;
    for (let index = 0; index < count; index += 1) this.addState(parent, region, depth, branches, index > 0);
    if (this.features.hasForks && this.random.chance(depth === 0 ? 0.4 : 0.15)) this.addFork(parent, region, depth, branches);
    const inner = this.states.slice(first).filter((state) => state.parent === parent && state.region === region && state.isTarget);
    this.connect(EDGE, this.random.pick(inner.filter(({ kind }) => kind !== "join" && kind !== "choice")).id, "", parent, region);
  }

  private addState(parent: string, region: number, depth: number, branches: readonly Branch[], mayBeChoice: boolean): Draft {
    const isFull = this.states.length >= STATE_COUNT_MAX;
    const { hasChoices, depthMax } = this.features;
    const kind =
      mayBeChoice && hasChoices && this.random.chance(0.12)
        ? "choice"
        : !isFull && depth < depthMax && this.random.chance(0.3)
          ? "composite"
          : "state";
    const state = this.makeState(kind, parent, region, branches);
    if (kind === "choice") return state;
    state.entry.push(...this.actions());
    if (kind === "composite") this.fillComposite(state, depth);
    return state;
  }

  private fillComposite(state: Draft, depth: number): void {
    if (this.features.hasRegions && this.random.chance(0.4)) state.regionCount = 2 + this.random.below(2);
    for (let region = 0; region < state.regionCount; region += 1) this.addScope(state.id, region, depth + 1, state.branches);
  }

  private makeState(kind: ChartState["kind"], parent: string, region: number, branches: readonly Branch[]): Draft {
    const prefix = { state: "S", composite: "C", choice: "Q", fork: "F", join: "J" }[kind];
    const id = `${prefix}${this.states.length}`;
    const state: Draft = { id, kind, parent, region, regionCount: kind === "composite" ? 1 : 0, entry: [], branches, isTarget: true };
    this.states.push(state);
    return state;
  }

  /** A fork, two or three branches of one or two states, and their join; or the first two meet before the third. */
  private addFork(parent: string, region: number, depth: number, branches: readonly Branch[]): void {
    const fork = this.makeState("fork", parent, region, branches);
    const count = 2 + this.random.below(2);
    const ends = Array.from({ length: count }, () => this.addBranch(fork, depth));
    const early = count === 3 && this.random.chance(0.5) ? this.makeState("join", parent, region, branches) : undefined;
    const join = this.makeState("join", parent, region, branches);
    join.isTarget = false;
    if (early !== undefined) early.isTarget = false;
    // A branch that goes to the end without the others: they must not come to the fork again, or tokens would grow without end.
    const isStray = this.random.chance(0.1);
    ends.forEach((end, index) => {
      const target = early !== undefined && index < 2 ? early : join;
      this.connect(end.id, isStray && index === 0 ? EDGE : target.id, this.label(end, 0.25), parent, region);
    });
    if (early !== undefined) this.connect(early.id, join.id, "", parent, region);
    const targets = this.states.filter(
      (state) => state.parent === parent && state.region === region && state.isTarget && this.mayGo(join, state),
    );
    this.connect(join.id, isStray || this.random.chance(0.3) ? EDGE : this.random.pick(targets).id, "", parent, region);
  }

  /** Returns the branch's last state. */
  private addBranch(fork: Draft, depth: number): Draft {
    const { parent, region } = fork;
    const branches = [...fork.branches, { scope: parent }];
    const first = this.addState(parent, region, depth + 1, branches, false);
    this.connect(fork.id, first.id, "", parent, region);
    if (this.random.chance(0.6)) return first;
    const second = this.addState(parent, region, depth + 1, branches, false);
    this.connect(first.id, second.id, this.label(first, 0.25), parent, region);
    return second;
  }

  // --- transitions ------------------------------------------------------------------------------------------------------

  private connect(source: string, target: string, label: string, parent: string, region: number): void {
    this.transitions.push({ source, target, label, parent, region });
  }

  /** From an earlier sibling, so that most states can be reached. */
  private addWayTo(target: Draft): void {
    const sources = this.states.filter(
      (state) =>
        state.isTarget &&
        state.parent === target.parent &&
        state.region === target.region &&
        (state.kind === "state" || state.kind === "composite"),
    );
    const earlier = sources.filter((state) => this.states.indexOf(state) < this.states.indexOf(target) && this.mayGo(state, target));
    if (earlier.length === 0) return;
    const source = this.random.pick(earlier);
    this.connect(source.id, target.id, this.label(source, 0.1), source.parent, source.region);
  }

  private addWays(state: Draft): void {
    const count = this.random.below(state.kind === "composite" ? 3 : 4);
    const targets = this.states.filter((target) => target.isTarget && this.mayGo(state, target));
    const siblings = targets.filter((target) => target.parent === state.parent && target.region === state.region);
    const mayEnd = state.branches.every(({ scope }) => scope !== state.parent);
    for (let index = 0; index < count; index += 1) {
      if (mayEnd && this.random.chance(0.2)) {
        this.connect(state.id, EDGE, this.label(state, 0.2), state.parent, state.region);
        continue;
      }
      const target = this.random.pick(this.random.chance(0.65) && siblings.length > 0 ? siblings : targets);
      const isForward = this.states.indexOf(target) > this.states.indexOf(state);
      this.connect(state.id, target.id, this.label(state, isForward ? 0.2 : 0.01), state.parent, state.region);
    }
  }

  private addChoiceWays(state: Draft): void {
    const targets = this.states.filter((target) => target.isTarget && target !== state && this.mayGo(state, target));
    const forward = targets.filter((target) => this.states.indexOf(target) > this.states.indexOf(state));
    const pick = () => this.random.pick(forward.length > 0 && this.random.chance(0.85) ? forward : targets);
    const count = 1 + this.random.below(2);
    for (let index = 0; index < count; index += 1) this.connect(state.id, pick().id, `[${this.condition()}]`, state.parent, state.region);
    if (this.features.isShared || this.random.chance(0.9)) this.connect(state.id, pick().id, "default", state.parent, state.region);
  }

  /** Nothing jumps into a branch; a way out of a branch leaves the composite in which the fork stands, too. */
  private mayGo(source: Draft, target: Draft): boolean {
    if (this.features.isShared && (this.jumpsBetweenRegions(source, target) || this.leavesTwoParallels(source, target))) return false;
    if (!target.branches.every((branch) => source.branches.includes(branch))) return false;
    return source.branches.every((branch) => {
      if (target.branches.includes(branch)) return true;
      return branch.scope !== "" && !this.isWithin(target, branch.scope);
    });
  }

  private jumpsBetweenRegions(source: Draft, target: Draft): boolean {
    return this.lineOf(source).some(({ parent, region }) =>
      this.lineOf(target).some((other) => other.parent === parent && parent !== "" && other.region !== region),
    );
  }

  /** Out of a parallel state and of one more around it. */
  private leavesTwoParallels(source: Draft, target: Draft): boolean {
    const [, outer] = this.lineOf(source).filter((state) => state.regionCount > 1 && state !== source);
    return outer !== undefined && (target === outer || !this.isWithin(target, outer.id));
  }

  /** The state and the composites around it. */
  private lineOf(state: Draft): Draft[] {
    const around = this.states.find(({ id }) => id === state.parent);
    return around === undefined ? [state] : [state, ...this.lineOf(around)];
  }

  private isWithin(state: Draft, scope: string): boolean {
    return this.lineOf(state).some(({ id }) => id === scope);
  }

  // --- labels, guards, actions --------------------------------------------------------------------------------------------

  /** `eventless`: probability of a label that waits for nothing; small for ways back, which would often loop without end. */
  private label(state: Draft, eventless: number): string {
    const { random } = this;
    if (random.chance(eventless)) return "";
    const isWaiting = state.entry.some((action) => action.startsWith("call"));
    if (isWaiting && random.chance(0.5)) return random.pick(["success", "failure", "failure"]);
    if (random.chance(0.02) && !this.features.isShared) return "failure";
    if (this.features.hasTimers && random.chance(0.15)) return `after ${random.pick([10, 20, 20, 50])}ms`;
    if (random.chance(eventless < 0.1 ? 0.02 : 0.12)) return `[${this.condition()}]`;
    const guard = random.chance(0.35) ? ` [${this.condition()}]` : "";
    const action = random.chance(0.4) ? ` / ${this.instantAction()}` : "";
    return `${random.pick(EVENTS)}${guard}${action}`;
  }

  private condition(): string {
    const { random } = this;
    const first = random.pick(NUMBERS);
    switch (random.below(6)) {
      case 0:
        return "p";
      case 1:
        return `!p && ${first} < 2`;
      case 2:
        return `${first} == ${random.pick(NUMBERS)}`;
      case 3:
        return `${first} + ${random.pick(NUMBERS)} > 4`;
      case 4:
        return `s == "${random.pick(["x", "y"])}" || ${first} != 1`;
      default:
        return `${first} ${random.pick([">", "<=", "=="])} ${random.below(4)}`;
    }
  }

  private actions(): string[] {
    const count = this.random.chance(0.5) ? 0 : 1 + this.random.below(3);
    return Array.from({ length: count }, () =>
      this.features.hasTasks && this.random.chance(0.15) ? this.waitingAction() : this.instantAction(),
    );
  }

  private instantAction(): string {
    const { random } = this;
    const first = random.pick(NUMBERS);
    const second = random.pick(NUMBERS);
    switch (random.below(8)) {
      case 0:
        return "set p = !p";
      case 1:
        return `set s = ${random.pick(["'x'", "'y'", "p ? 'x' : 'z'"])}`;
      case 2:
        return `set ${first} = (${second} * 2 + 1) % 5`;
      case 3:
        return random.chance(0.15) && !this.features.isShared ? 'abort "stop ${a}"' : `set ${first} = ${random.below(4)}`;
      case 4:
      case 5:
        return `set ${first} = (${first} + 1) % 5`;
      default:
        return `log ${random.pick(["", "warning "])}"${random.pick(["here", "there"])} \${a} \${b} \${c} \${p} \${s}"`;
    }
  }

  private waitingAction(): string {
    const { random } = this;
    switch (random.below(5)) {
      case 0:
        return `wait ${random.pick([10, 30])}ms`;
      case 1:
        return `await ${random.pick(EVENTS)}`;
      default: {
        const result = random.chance(0.4) ? ` result ${random.pick(NUMBERS)}` : "";
        return `call work with n=${random.pick(NUMBERS)}${result}${random.chance(0.3) ? " timeout 30ms" : ""}`;
      }
    }
  }
}
