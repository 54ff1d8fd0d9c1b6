// Which variables of the context have a value where an expression reads them, on every way that leads there. A join brings together
// what all of its ways published; elsewhere each way must have published it.
import type { Definition } from "../../model/definition.js";
import type { SourceText } from "../source-text.js";
import { findNearest, reportAt } from "../yaml/keys.js";

/** Where an expression stands. */
export type ReadingPoint =
  /** Before any task: with the names that are known so far. */
  | { readonly kind: "start"; readonly known: ReadonlySet<string> }
  /** In a task, or on a way out of it: `added` was published just before. */
  | { readonly kind: "task"; readonly task: string; readonly added: ReadonlySet<string> }
  | { readonly kind: "output" };

interface Reading {
  readonly point: ReadingPoint;
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** Sets of variables as bits. */
type Bits = Uint32Array;

export class AssignmentCheck {
  private readonly readings: Reading[] = [];

  constructor(private readonly source: SourceText) {}

  add(point: ReadingPoint, name: string, start: number, end: number): void {
    this.readings.push({ point, name, start, end });
  }

  /** All names that are read. */
  get names(): ReadonlySet<string> {
    return new Set(this.readings.map(({ name }) => name));
  }

  /**
   * Reports what may be read before it has a value.
   * @param declared - names of inputs and variables
   */
  check(definition: Definition, declared: ReadonlySet<string>): void {
    const names = new Map(definition.variables.map(({ name }, index) => [name, index]));
    const assigned = findAssigned(definition, names, declared);
    const indexes = new Map(definition.states.map(({ id }, index) => [id, index]));
    for (const reading of this.readings) {
      const { point, name } = reading;
      const bit = names.get(name);
      if (bit !== undefined && isKnown(point, name, bit, (task) => assigned[indexes.get(task) ?? -1])) continue;
      const near = names.has(name) ? undefined : findNearest(name, names.keys());
      reportAt(this.source, "parse/unknown-name", `The variable "${name}" is read before it has a value${near === undefined ? "" : `; is "${near}" meant?`}`, reading);
    }
  }
}

function isKnown(point: ReadingPoint, name: string, bit: number, assignedOf: (task: string) => Bits | undefined): boolean {
  switch (point.kind) {
    case "start":
      return point.known.has(name);
    case "output":
      // Any task may have published it: which have ended is known when the run has.
      return true;
    case "task": {
      const bits = assignedOf(point.task);
      // Nothing leads to the task: what it reads does not matter.
      return bits === undefined || point.added.has(name) || hasBit(bits, bit);
    }
  }
}

/** Per state: what has a value when it begins; undefined where nothing leads to it. O(rounds · transitions · variables / 32) */
function findAssigned({ states, transitions, variables }: Definition, names: ReadonlyMap<string, number>, declared: ReadonlySet<string>): readonly (Bits | undefined)[] {
  const size = (variables.length + 31) >>> 5;
  const base = new Uint32Array(size);
  for (const name of declared) setBit(base, names.get(name) ?? 0);
  const assigned: (Bits | undefined)[] = states.map(() => undefined);
  const isLed = states.map(() => false);
  const leaving: number[][] = states.map(() => []);
  transitions.forEach(({ source, target, isRetry }, index) => {
    if (target < 0 || isRetry === true) return;
    isLed[target] = true;
    leaving[source]?.push(index);
  });
  const pending = states.flatMap((_, index) => (isLed[index] === true ? [] : [index]));
  for (const index of pending) assigned[index] = base;
  for (let source = pending.pop(); source !== undefined; source = pending.pop()) {
    for (const index of leaving[source] as number[]) {
      const { target, actions } = transitions[index] as Definition["transitions"][number];
      const arriving = (assigned[source] as Bits).slice();
      for (const action of actions) if (action.kind === "set") setBit(arriving, names.get(action.variable) ?? 0);
      const known = assigned[target];
      const isJoin = states[target]?.task?.join !== undefined;
      const merged = known === undefined ? arriving : isJoin ? unite(known, arriving) : intersect(known, arriving);
      if (known !== undefined && merged.every((word, at) => word === known[at])) continue;
      assigned[target] = merged;
      pending.push(target);
    }
  }
  return assigned;
}

function setBit(bits: Bits, index: number): void {
  bits[index >>> 5] = (bits[index >>> 5] as number) | (1 << (index & 31));
}

function hasBit(bits: Bits, index: number): boolean {
  return (((bits[index >>> 5] as number) >>> (index & 31)) & 1) === 1;
}

function unite(left: Bits, right: Bits): Bits {
  return left.map((word, at) => word | (right[at] as number));
}

function intersect(left: Bits, right: Bits): Bits {
  return left.map((word, at) => word & (right[at] as number));
}
