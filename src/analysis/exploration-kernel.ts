// Exploration in the kernel: the whole search is one loop there, called in pieces. For workflows of which guards and invariants
// read only what is known. What comes out are numbers; this gives them their names.
import { createDefer } from "../base/clock.js";
import { compileWorkflow } from "../compile/compile-workflow.js";
import type { Definition } from "../model/definition.js";
import { causeOf } from "../model/fault-codes.js";
import { ExploreBound, ExploreStep } from "../model/kernel-words.js";
import type { ExplorerPort, KernelPort, ExploredStep } from "../model/ports.js";
import type { Program } from "../model/program.js";
import { encodeValue } from "../model/value.js";
import { type Abstraction, STATES, UNKNOWN, withInvariants } from "./abstraction.js";
import { ExplorationReport } from "./exploration-report.js";
import {
  BREATH_MS,
  CONFIGURATION_COUNT_MAX,
  CONFIGURATION_SIZE_MAX,
  EXPLORATION_DEPTH_MAX,
  type Exploration,
  type ExplorationBound,
  type ExplorationOptions,
  type WitnessStep,
} from "./exploration-words.js";

/** Steps of one call into the kernel: some milliseconds. */
const STEPS_PER_CALL = 20_000;

interface Parts {
  readonly kernel: KernelPort;
  readonly explorer: ExplorerPort;
}

/** Explores; undefined where the program is not one for the kernel alone (invariants that do not compile, or too many). */
export async function exploreInKernel(
  definition: Definition,
  abstraction: Abstraction,
  parts: Parts,
  options: ExplorationOptions,
): Promise<Exploration | undefined> {
  const { program } = compileWorkflow(withInvariants(abstraction, definition), "");
  if (program === undefined) return undefined;
  const { kernel, explorer } = parts;
  const handle = kernel.loadProgram(program);
  try {
    const search = new KernelSearch(definition, program, explorer, options);
    return search.open(handle, abstraction) ? await search.run() : undefined;
  } finally {
    explorer.close();
    kernel.unloadProgram(handle);
  }
}

class KernelSearch {
  private readonly report: ExplorationReport;
  private readonly defer = createDefer();
  private isAborted = false;

  constructor(
    private readonly definition: Definition,
    private readonly program: Program,
    private readonly explorer: ExplorerPort,
    private readonly options: ExplorationOptions,
  ) {
    this.report = new ExplorationReport(definition);
  }

  open(handle: number, { input }: Abstraction): boolean {
    const { definition, program, options } = this;
    const slot = program.slotNames.indexOf(STATES);
    // A variable of the author's that is known goes before the active states; one that is unknown would not come here.
    const isOwn = definition.variables.some(({ name }) => name === STATES) || Object.hasOwn(options.input ?? {}, STATES);
    const names = program.nodeStates.map((state) => this.report.idOf(state));
    return this.explorer.open(handle, {
      eventCount: definition.events.length,
      configurationCountMax: options.configurationCountMax ?? CONFIGURATION_COUNT_MAX,
      sizeMax: options.sizeMax ?? CONFIGURATION_SIZE_MAX,
      depthMax: options.depthMax ?? EXPLORATION_DEPTH_MAX,
      input: encodeValue(input),
      payload: encodeValue(UNKNOWN),
      hasEventPayload: program.slotNames.includes("event"),
      invariants: { first: definition.transitions.length, count: definition.invariants.length },
      ...(slot !== -1 && !isOwn && definition.invariants.length > 0 && { names: { slot, values: encodeValue(names) } }),
    });
  }

  async run(): Promise<Exploration> {
    let before = Date.now();
    this.takeFindings();
    while (!this.isAborted && this.explorer.more(STEPS_PER_CALL)) {
      this.takeFindings();
      if (Date.now() - before <= BREATH_MS) continue;
      await this.breathe();
      before = Date.now();
    }
    this.takeFindings();
    const { configurationCount, stepCount } = this.explorer.progress();
    const bounds = this.listBounds();
    const { findings } = this.report;
    return { findings, isComplete: bounds.length === 0, bounds, configurationCount, stepCount, states: this.listStates(), way: "kernel" };
  }

  private async breathe(): Promise<void> {
    const { onProgress, signal } = this.options;
    const { configurationCount, expandedCount, depth } = this.explorer.progress();
    onProgress?.({ configurationCount, pendingCount: configurationCount - expandedCount, depth });
    await new Promise<void>((resolve) => this.defer(resolve));
    if (signal?.aborted === true) this.isAborted = true;
  }

  private listBounds(): readonly ExplorationBound[] {
    const { bounds } = this.explorer.progress();
    const met = (bound: ExploreBound, name: ExplorationBound) => ((bounds & bound) === 0 ? [] : [name]);
    return [
      ...met(ExploreBound.CONFIGURATIONS, "configurations"),
      ...met(ExploreBound.SIZE, "size"),
      ...met(ExploreBound.DEPTH, "depth"),
      ...met(ExploreBound.ENDLESS, "endless-step"),
      ...(this.isAborted ? (["aborted"] as const) : []),
      ...(this.report.isFull ? (["findings"] as const) : []),
    ];
  }

  private listStates(): readonly string[] {
    const active = new Set<number>();
    this.explorer.seenNodes(this.program.nodeStates.length).forEach((isSeen, node) => {
      const states = this.definition.states;
      for (let at = isSeen === 0 ? -1 : (this.program.nodeStates[node] ?? -1); at !== -1; at = states[at]?.parent ?? -1) active.add(at);
    });
    return [...active].sort((a, b) => a - b).map((state) => this.report.idOf(state));
  }

  // --- telling -------------------------------------------------------------------------------------------------------

  private takeFindings(): void {
    for (const { configuration, invariant, error } of this.explorer.takeFindings()) {
      const found = { states: this.statesOf(configuration), trace: () => this.trace(configuration) };
      if (invariant === undefined) this.report.addDeadlock(found);
      else this.report.addViolation(invariant, error === 0 ? undefined : `expression/${causeOf(error)}`, found);
    }
  }

  private statesOf(configuration: number): readonly number[] {
    return this.explorer.activeNodes(configuration).flatMap((node) => this.program.nodeStates[node] ?? []);
  }

  private trace(configuration: number): readonly WitnessStep[] {
    return this.explorer.trace(configuration).map((step) => ({
      ...this.nameStep(step),
      states: this.statesOf(step.configuration).map((state) => this.report.idOf(state)),
      guards: [],
    }));
  }

  private nameStep({ step, number }: ExploredStep): Pick<WitnessStep, "kind" | "name"> {
    const { actions, eventNames, transitionSources } = this.program;
    const action = actions[number];
    switch (step) {
      case ExploreStep.EVENT:
        return { kind: "event", name: eventNames[number] ?? "" };
      case ExploreStep.TASK_SUCCEEDED:
        return { kind: "outcome", name: `${action?.name} success` };
      case ExploreStep.TASK_FAILED:
        return { kind: "outcome", name: `${action?.name} failure` };
      case ExploreStep.WAIT:
        return { kind: "timer", name: this.report.idOf(action?.state ?? -1) };
      case ExploreStep.AFTER:
        return { kind: "timer", name: this.report.idOf(this.definition.transitions[transitionSources[number] ?? 0]?.source ?? -1) };
      default:
        return { kind: "start", name: "start" };
    }
  }
}
