// What is wrong with a workflow that can be read: scopes without a start, states that nothing leads to, choices without
// a way out. It reads a definition and reports; it changes nothing.
import type { Definition, StateDefinition, TransitionDefinition } from "../model/definition.js";
import type { Place } from "../model/errors.js";
import type { SourceText } from "./source-text.js";

/** Reports all that it finds. O(states + transitions). */
export function validateDefinition(definition: Definition, source: SourceText): void {
  new Validation(definition, source).run();
}

class Validation {
  private readonly outgoing: TransitionDefinition[][];
  private readonly incomingCounts: Uint32Array;
  private readonly children: number[][];
  /** Per state + 1 (0: the top): its start, or -1. */
  private readonly starts: Int32Array;

  constructor(
    private readonly definition: Definition,
    private readonly source: SourceText,
  ) {
    const { states, transitions } = definition;
    this.outgoing = states.map(() => []);
    this.children = Array.from({ length: states.length + 1 }, () => []);
    this.incomingCounts = new Uint32Array(states.length);
    this.starts = new Int32Array(states.length + 1).fill(-1);
    for (const transition of transitions) {
      if (transition.isInternal === true) continue;
      this.outgoing[transition.source]?.push(transition);
      this.incomingCounts[transition.target] = (this.incomingCounts[transition.target] ?? 0) + 1;
    }
    states.forEach(({ parent, kind }, index) => {
      this.children[parent + 1]?.push(index);
      if (kind === "start") this.starts[parent + 1] = index;
    });
  }

  run(): void {
    const { states } = this.definition;
    if (this.starts[0] === -1)
      this.report("error", "parse/no-start", "The workflow has no start: write [*] --> State", { start: 0, end: 0 });
    states.forEach((state, index) => this.checkState(state, index));
    this.checkReach();
  }

  private report(
    severity: "error" | "warning",
    code: `parse/${string}`,
    message: string,
    { start, end }: Pick<Place, "start" | "end">,
  ): void {
    this.source.report(severity, code, message, start, end);
  }

  private checkState(state: StateDefinition, index: number): void {
    const outgoing = this.outgoing[index] as TransitionDefinition[];
    switch (state.kind) {
      case "start":
        return this.checkStart(state, outgoing);
      case "end":
        return this.checkEnd(state, outgoing);
      case "choice":
        return this.checkChoice(state, outgoing);
      case "fork":
        return this.checkFork(state, outgoing);
      case "join":
        this.checkUntriggered(outgoing, "a join");
        if ((this.incomingCounts[index] ?? 0) < 2)
          this.report("warning", "parse/join-branches", `Join "${state.id}" waits for fewer than two branches`, state.place);
        return;
      case "composite":
        if (this.starts[index + 1] === -1 && (this.incomingCounts[index] ?? 0) > 0) {
          this.report(
            "error",
            "parse/no-start",
            `State "${state.id}" has no start inside: write [*] --> State within its braces`,
            state.place,
          );
        }
        return;
      case "history":
        return this.checkHistory(state, outgoing);
      case "region":
        if (this.starts[index + 1] === -1)
          this.report(
            "error",
            "parse/no-start",
            `A region of "${this.parentId(state)}" has no start: write [*] --> State in each part`,
            state.place,
          );
        return;
      case "parallel":
        for (const child of this.children[index + 1] ?? []) this.checkRegionChild(state, this.definition.states[child] as StateDefinition);
        return;
    }
  }

  private parentId(state: StateDefinition): string {
    return this.definition.states[state.parent]?.id ?? "root";
  }

  private checkRegionChild(parent: StateDefinition, child: StateDefinition): void {
    if (child.kind === "region") return;
    this.report("error", "parse/mixed-regions", `State "${child.id}" stands in "${parent.id}" outside of its regions`, child.place);
  }

  private checkStart(state: StateDefinition, outgoing: readonly TransitionDefinition[]): void {
    for (const { trigger, place } of outgoing) {
      if (trigger.kind !== "always")
        this.report(
          "error",
          "parse/start-trigger",
          "A start is left at once: its transition has a guard at most, no event, time or outcome",
          place,
        );
    }
    this.checkShadowed(
      outgoing,
      "parse/duplicate-start",
      `The start of ${state.parent === -1 ? "the workflow" : `"${this.parentId(state)}"`} leads elsewhere already; [*] --> stands once in each scope`,
    );
    if (outgoing.length === 0) this.report("error", "parse/no-start", "This [*] leads nowhere: write [*] --> State", state.place);
  }

  /** The way out of a history state leads to where its composite begins while nothing is remembered. */
  private checkHistory(state: StateDefinition, outgoing: readonly TransitionDefinition[]): void {
    const [first, second] = outgoing;
    if (first === undefined) {
      if (this.starts[state.parent + 1] === -1)
        this.report("error", "parse/no-start", `History "${state.id}" needs a start: [*] --> State beside it, or a transition of its own`, state.place);
      return;
    }
    if (second !== undefined || first.trigger.kind !== "always" || first.guard !== undefined)
      this.report("error", "parse/history-default", `History "${state.id}" has one transition without label at most`, (second ?? first).place);
    else if (!this.isWithin(state.parent, first.target))
      this.report("error", "parse/history-default", `The transition of history "${state.id}" leads out of "${this.parentId(state)}"`, first.place);
  }

  private isWithin(scope: number, state: number): boolean {
    for (let at = this.definition.states[state]?.parent ?? -1; at !== -1; at = this.definition.states[at]?.parent ?? -1) if (at === scope) return true;
    return false;
  }

  private checkEnd(state: StateDefinition, outgoing: readonly TransitionDefinition[]): void {
    const first = outgoing[0];
    if (first !== undefined) this.report("error", "parse/end-left", `Nothing can follow the end "${state.id}"`, first.place);
  }

  /** Transitions after one that is always taken. */
  private checkShadowed(outgoing: readonly TransitionDefinition[], code: `parse/${string}`, message: string): void {
    const always = outgoing.findIndex(({ trigger, guard }) => trigger.kind === "always" && guard === undefined);
    const next = always === -1 ? undefined : outgoing[always + 1];
    if (next !== undefined) this.report("error", code, message, next.place);
  }

  /** Choices, forks and joins are passed at once. */
  private checkUntriggered(outgoing: readonly TransitionDefinition[], what: string): void {
    for (const transition of outgoing) {
      const { trigger, reading, label, place } = transition;
      if (trigger.kind === "always" || (isFailureWay(transition) && what !== "a fork")) continue;
      const hint = reading === "event" ? `; a condition stands in brackets or backticks: [${label}]` : "";
      this.report("error", "parse/pseudo-trigger", `The way out of ${what} waits for nothing, "${label}" does${hint}`, place);
    }
  }

  private checkChoice(state: StateDefinition, ways: readonly TransitionDefinition[]): void {
    this.checkUntriggered(ways, "a choice");
    const outgoing = ways.filter((way) => !isFailureWay(way));
    if (outgoing.length === 0) this.report("error", "parse/choice-dead-end", `Choice "${state.id}" leads nowhere`, state.place);
    else if (outgoing.length === ways.length && outgoing.every(({ guard }) => guard !== undefined)) {
      this.report(
        "warning",
        "parse/choice-default",
        `Choice "${state.id}" has no default: where no guard holds, the run fails`,
        state.place,
      );
    }
    this.checkShadowed(
      outgoing,
      "parse/choice-shadowed",
      `A way out of "${state.id}" without a condition stands before this one, which is never taken; put it last`,
    );
  }

  private checkFork(state: StateDefinition, outgoing: readonly TransitionDefinition[]): void {
    this.checkUntriggered(outgoing, "a fork");
    if (outgoing.length < 2) this.report("warning", "parse/fork-branches", `Fork "${state.id}" has fewer than two branches`, state.place);
  }

  /** States that no way leads to from the start. Told of the outermost such state only. */
  private checkReach(): void {
    const { states } = this.definition;
    const isReached = new Uint8Array(states.length);
    const pending: number[] = [];
    const reach = (index: number) => {
      for (let at = index; at !== -1 && isReached[at] === 0; at = (states[at] as StateDefinition).parent) {
        isReached[at] = 1;
        pending.push(at);
      }
    };
    const root = this.starts[0] as number;
    if (root === -1) return;
    reach(root);
    for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
      const state = states[index] as StateDefinition;
      if (state.kind === "parallel") for (const region of this.children[index + 1] ?? []) reach(region);
      const start = this.starts[index + 1] as number;
      if (start !== -1) reach(start);
      for (const { target } of this.outgoing[index] as TransitionDefinition[]) reach(target);
    }
    states.forEach((state, index) => {
      if (isReached[index] === 1 || (state.parent !== -1 && isReached[state.parent] === 0)) return;
      if (state.kind === "start" || state.kind === "end") return;
      this.report("warning", "parse/unreachable-state", `State "${state.id}" can never be reached`, state.place);
    });
  }
}

/** Taken when a choice has no way, or when what meets in a join disagrees. */
function isFailureWay({ trigger }: TransitionDefinition): boolean {
  return trigger.kind === "outcome" && trigger.outcome === "failure";
}
