// Bounded exhaustive exploration: steps the workflow in the kernel from its start by every event, outcome and timer, breadth
// first, over values that are unknown unless they are given, until no new configuration is found or a bound is met. So a
// witness is as short as there is one, and an exploration that ended without a bound has seen every configuration there is.
import type { Definition } from "../model/definition.js";
import { WorkflowError } from "../model/errors.js";
import type { ConfigurationReader, ExplorerPort, KernelPort } from "../model/ports.js";
import { makeAbstract } from "./abstraction.js";
import { exploreInKernel } from "./exploration-kernel.js";
import { exploreBySteps } from "./exploration-steps.js";
import type { Exploration, ExplorationOptions } from "./exploration-words.js";

/** What an exploration needs of others. */
export interface ExplorationParts {
  readonly kernel: KernelPort;
  readonly reader: ConfigurationReader;
  /** Of the same kernel. Without it every workflow is explored step by step. */
  readonly explorer?: ExplorerPort | undefined;
}

/**
 * Explores. Rejects with `parse/invalid` for a definition that does not compile, and with the kernel's errors. Time and memory
 * are those of the bounds: a configuration takes a kernel step for every event, outcome and timer, and some 30 bytes in the
 * kernel, some 200 where it is explored step by step.
 */
export async function exploreDefinition(
  definition: Definition,
  { kernel, reader, explorer }: ExplorationParts,
  options: ExplorationOptions = {},
): Promise<Exploration> {
  if (definition.taskGraph !== undefined) throw new WorkflowError("analysis/not-supported", "Task graphs cannot be explored yet, only state diagrams");
  const abstraction = makeAbstract(definition, options.input ?? {});
  if (explorer !== undefined && abstraction.isKnown) {
    const explored = await exploreInKernel(definition, abstraction, { kernel, explorer }, options);
    if (explored !== undefined) return explored;
  }
  return exploreBySteps(definition, abstraction, { kernel, reader }, options);
}
