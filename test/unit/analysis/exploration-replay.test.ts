// What an exploration finds is what plain runs find: seeded random charts are explored, and every sequence of events up to a
// length is played from the start, each in a run of its own, without snapshots.
import { expect, test } from "vitest";
import { CommandKind, EventKind, EventOutcome } from "../../../assembly/abi.js";
import { analyseDefinition } from "../../../src/analysis/analyse-workflow.js";
import { createPrng } from "../../../src/base/prng.js";
import { compileWorkflow } from "../../../src/compile/compile-workflow.js";
import { exploreWorkflow } from "../../../src/create-editor.js";
import { parseWorkflow } from "../../../src/doors/format.js";
import { createKernelFactory } from "../../../src/kernel/kernel-factory.js";
import type { Definition } from "../../../src/model/definition.js";
import type { KernelPort } from "../../../src/model/ports.js";
import { writeWorkflow } from "./reading.js";

const CHART_COUNT = 150;
const DEPTH = 4;
const EVENTS = ["a", "b", "c"];

/** A chart of a few states, some of them in a composite and in regions, with a counter that guards read and transitions raise. */
function writeChart(seed: number): string {
  const random = createPrng(seed);
  const pick = <T>(items: readonly T[]): T => items[random() % items.length] as T;
  const label = () =>
    pick([...EVENTS, ...EVENTS, "a [n < 2]", "b [n >= 1]", "c [n == 1]", "a [n > 1 && n < 1]", "b [n >= 0]"]) +
    pick(["", "", " / set n = n + 1", " / set n = 0"]);
  const ways = (names: readonly string[], count: number) =>
    Array.from({ length: count }, () => `${pick(names)} --> ${pick(names)} : ${label()}`);
  const inner = ["state K {", "[*] --> I", ...ways(["I", "J", "M"], 4), pick(["J --> [*] : c", "I --> [*] : b"]), "}"];
  const regions = [
    "state P {",
    "[*] --> R",
    ...ways(["R", "S"], 3),
    pick(["S --> [*] : a", ""]),
    "--",
    "[*] --> U",
    ...ways(["U", "V"], 3),
    "V --> [*] : b",
    "}",
  ];
  const fork = [
    "state F <<fork>>",
    "state N <<join>>",
    "F --> X",
    "F --> Y",
    "X --> N : a",
    "Y --> N : b",
    pick(["Y --> [*] : c", "X --> Y : c", ""]),
    "N --> A",
  ];
  const outer = ways(["A", "B", "C", "K", "P"], 5);
  const on = [
    `K --> ${pick(["A", "B"])}`,
    `P --> ${pick(["A", "C"])}`,
    `${pick(["A", "B"])} --> F : ${pick(EVENTS)}`,
    `A --> B : ${label()}`,
    `B --> C : ${label()}`,
  ];
  const end = pick(["C --> [*] : c", "B --> [*] : b"]);
  return writeWorkflow({
    front: ["variables:", "  n: { type: int, initial: 0 }"],
    diagram: ["[*] --> A", ...outer, ...on, ...inner, ...regions, ...fork, end],
  });
}

interface Played {
  /** Indexes of transitions. */
  readonly taken: ReadonlySet<number>;
  readonly states: readonly string[];
  readonly deadlocks: readonly string[];
}

/** Plays every sequence of events from the start. `taken` is known of traced runs only. */
function play(kernel: KernelPort, definition: Definition, isTraced: boolean): Played {
  const { program } = compileWorkflow(definition, "");
  if (program === undefined) throw new Error("the chart does not compile");
  const handle = kernel.loadProgram(program);
  const states = new Set<string>();
  const deadlocks = new Set<string>();
  const taken = new Set<number>();
  const note = ({ kind, a }: { readonly kind: number; readonly a: number }) => {
    if (kind === CommandKind.TRANSITION_TAKEN) taken.add(program.transitionSources[a] as number);
  };
  const pending: (readonly number[])[] = [[]];
  for (let sequence = pending.pop(); sequence !== undefined; sequence = pending.pop()) {
    const run = kernel.createRun(handle);
    kernel.setTraced(run, isTraced);
    kernel.add(run, EventKind.START, 0, 0, 0);
    let output = kernel.step();
    for (const event of sequence) {
      kernel.add(run, EventKind.EVENT, event, 0, 0);
      output = kernel.step();
      output.commands.forEach(note);
    }
    const isEnded = output.commands.some(({ kind }) => kind === CommandKind.RUN_ENDED);
    const ids = isEnded ? [] : kernel.activeNodes(run).flatMap((node) => definition.states[program.nodeStates[node] as number]?.id ?? []);
    for (const id of ids) states.add(id);
    if (!isEnded && sequence.length < DEPTH) {
      // An ignored event leaves the run as it is, so all can be tried on this one.
      const taken = definition.events.findIndex((_, event) => {
        kernel.add(run, EventKind.EVENT, event, 0, 0);
        return kernel.step().outcomes[0] !== EventOutcome.IGNORED;
      });
      if (taken === -1) deadlocks.add(ids.join(" "));
      else definition.events.forEach((_, event) => pending.push([...(sequence as readonly number[]), event]));
    }
    kernel.destroyRun(run);
  }
  kernel.unloadProgram(handle);
  return { taken, states: [...states].sort(), deadlocks: [...deadlocks].sort() };
}

/** What is called certain must not be seen: states that are never reached, transitions that are never taken. */
function checkProofs(definition: Definition, { states, taken }: Played, text: string): number {
  const proofs = analyseDefinition(definition).filter(({ certainty }) => certainty === "certain");
  for (const { code, states: ids, place } of proofs) {
    if (code === "analysis/unreachable") expect(states, text).not.toContain(ids[0]);
    if (code !== "analysis/guard-never" && code !== "analysis/shadowed") continue;
    const transition = definition.transitions.findIndex(
      (item) => item.place.start === place.start || item.guard?.place.start === place.start,
    );
    expect(transition, text).toBeGreaterThanOrEqual(0);
    expect([...taken], text).not.toContain(transition);
  }
  return proofs.length;
}

test(`${CHART_COUNT} random charts: the same states, the same deadlocks as in plain runs, and no proof refuted`, {
  timeout: 240_000,
}, async () => {
  const kernel = await createKernelFactory()({});
  let deadlockCount = 0;
  let proofCount = 0;
  for (let seed = 1; seed <= CHART_COUNT; seed += 1) {
    const text = writeChart(seed);
    const { definition, findings } = parseWorkflow(text);
    expect(
      findings.filter(({ severity }) => severity === "error"),
      text,
    ).toEqual([]);
    const played = play(kernel, definition, false);
    const explored = await exploreWorkflow(definition, { depthMax: DEPTH });
    expect([...explored.states].sort(), text).toEqual(played.states);
    const deadlocks = explored.findings.filter(({ code }) => code === "analysis/deadlock").map(({ states }) => states.join(" "));
    expect(deadlocks.sort(), text).toEqual(played.deadlocks);
    deadlockCount += deadlocks.length;
    proofCount += checkProofs(definition, play(kernel, definition, true), text);
  }
  expect(deadlockCount).toBeGreaterThan(CHART_COUNT / 10);
  expect(proofCount).toBeGreaterThan(CHART_COUNT);
});
