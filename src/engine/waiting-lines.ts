// Where lanes wait for limits: one line for each pair of limits that a call can be subject to (its workflow's, its task's), so that
// all lanes of a line may go or may not. A limit that has room again costs a look at its lines, however many lanes wait in them.
import { LaneQueue } from "./lane-queue.js";
import { OVERDUE_CALLS } from "./limits.js";
import type { Gate, Lane, Line } from "./run-calls.js";

type Limits = Readonly<Record<string, number>>;

export class WaitingLines<W> {
  readonly #workflowGates: ReadonlyMap<string, Gate<W>>;
  readonly #taskGates: ReadonlyMap<string, Gate<W>>;
  readonly #lines = new Map<Gate<W> | undefined, Map<Gate<W> | undefined, Line<W>>>();
  /** Lines with lanes whose limits may have room. */
  readonly #open = new Set<Line<W>>();
  /** One that has waited too long for two limits at once: both are kept free for it. */
  #overdue: Line<W> | undefined;

  constructor(workflowLimits: Limits, taskLimits: Limits) {
    this.#workflowGates = createGates(workflowLimits);
    this.#taskGates = createGates(taskLimits);
  }

  get hasGates(): boolean {
    return this.#workflowGates.size + this.#taskGates.size > 0;
  }

  get hasTaskGates(): boolean {
    return this.#taskGates.size > 0;
  }

  workflowGate(name: string): Gate<W> | undefined {
    return this.#workflowGates.get(name);
  }

  taskGate(name: string): Gate<W> | undefined {
    return this.#taskGates.get(name);
  }

  /** The line of calls that are subject to these limits. */
  line(workflowGate: Gate<W> | undefined, taskGate: Gate<W> | undefined): Line<W> {
    let lines = this.#lines.get(workflowGate);
    if (lines === undefined) this.#lines.set(workflowGate, (lines = new Map()));
    let line = lines.get(taskGate);
    if (line === undefined) {
      line = { gates: [workflowGate, taskGate].filter((gate) => gate !== undefined), queue: new LaneQueue(), spare: new LaneQueue() };
      lines.set(taskGate, line);
      for (const gate of line.gates) gate.lines.push(line);
    }
    return line;
  }

  /** A call that is subject to the limit began (1) or ended (-1). */
  count(gate: Gate<W>, change: 1 | -1): void {
    gate.count += change;
    if (change === -1 && gate.count === gate.countMax - 1) this.#reopen(gate);
  }

  push(lane: Lane<W>, line: Line<W>): void {
    lane.line = line;
    line.queue.push(lane);
    this.#open.add(line);
  }

  /** From now on the lane goes when no other can. */
  putAside(lane: Lane<W>): void {
    lane.queue?.remove(lane);
    lane.line?.spare.push(lane);
  }

  remove(lane: Lane<W>): void {
    const { line } = lane;
    lane.queue?.remove(lane);
    lane.line = undefined;
    if (line !== undefined && isEmpty(line)) this.noteTurn(line);
  }

  /** The lane whose turn it is, of all whose limits have room; undefined: there is none. `tick`: calls that have left the lines. */
  findBest(tick: number): Lane<W> | undefined {
    let best: Lane<W> | undefined;
    let bestSpare: Lane<W> | undefined;
    for (const line of this.#open) {
      if (!this.#mayGo(line)) {
        this.#open.delete(line);
        this.#noteWait(line, tick);
        continue;
      }
      const [lane, spare] = [line.queue.best, line.spare.best];
      if (lane !== undefined && (best === undefined || lane.rank < best.rank)) best = lane;
      if (spare !== undefined && (bestSpare === undefined || spare.rank < bestSpare.rank)) bestSpare = spare;
    }
    return best ?? bestSpare;
  }

  /** A call of the line went, or none waits any more: limits that were kept free for it are everybody's again. */
  noteTurn(line: Line<W>): void {
    if (this.#overdue !== line) return;
    this.#overdue = undefined;
    for (const gate of line.gates) this.#reopen(gate);
  }

  #reopen(gate: Gate<W>): void {
    for (const line of gate.lines) if (!isEmpty(line)) this.#open.add(line);
  }

  #mayGo(line: Line<W>): boolean {
    if (isEmpty(line) || !line.gates.every(isOpen)) return false;
    return this.#overdue === undefined || this.#overdue === line || !line.gates.some((gate) => this.#overdue?.gates.includes(gate));
  }

  /** Whoever needs two limits can always be too late for one of them. */
  #noteWait(line: Line<W>, tick: number): void {
    if (line.gates.length < 2 || this.#overdue !== undefined || isEmpty(line)) return;
    const lane = line.queue.best ?? line.spare.best;
    if (lane !== undefined && tick - lane.turnAt >= OVERDUE_CALLS) this.#overdue = line;
  }
}

function createGates<W>(limits: Limits): Map<string, Gate<W>> {
  return new Map(Object.entries(limits).map(([name, countMax]) => [name, { name, countMax, count: 0, lines: [] }]));
}

/** Has the limit room? */
export function isOpen(gate: { readonly count: number; readonly countMax: number } | undefined): boolean {
  return gate === undefined || gate.count < gate.countMax;
}

function isEmpty<W>({ queue, spare }: Line<W>): boolean {
  return queue.isEmpty && spare.isEmpty;
}
