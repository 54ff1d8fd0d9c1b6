// What a run waits for that only an event can bring, told from its definition and from where it stands: nothing of it is kept.
import type { Definition, StateDefinition } from "../model/definition.js";
import type { RunAwait } from "../model/engine.js";
import type { KernelAwait, KernelPort } from "../model/ports.js";
import { decodePayload } from "./payload.js";
import type { RunState } from "./run-state.js";

/** The run is open and has a place in the kernel. Of a task graph the longest waiting come first, of a statechart it goes by document order. */
export function describeAwaits(state: RunState, kernel: KernelPort): readonly RunAwait[] {
  const { definition } = state.program.workflow.program;
  const awaits = kernel.awaits(state.handle, state.lastNow);
  if (definition.taskGraph === undefined) return describeChart(state, definition, kernel.activeNodes(state.handle), awaits);
  return [...awaits].sort((a, b) => a.serial - b.serial).flatMap((wait) => describeTask(state, wait) ?? []);
}

function describeTask(state: RunState, { node, event, limit, message, result }: KernelAwait): RunAwait | undefined {
  const { definition, nodeStates, eventNames } = state.program.workflow.program;
  const task = definition.states[nodeStates[node] ?? -1];
  if (task?.task?.action.kind !== "await") return undefined;
  const { form, default: standard } = task.task.action;
  const due = state.open?.get(limit)?.due;
  return {
    state: task.id,
    event: eventNames[event] ?? "",
    ...(message !== undefined && { message: String(decodePayload(message)) }),
    ...(form !== undefined && { form }),
    ...(due !== undefined && { deadline: due }),
    ...(standard !== undefined && result !== undefined && { default: decodePayload(result) }),
  };
}

function describeChart(state: RunState, definition: Definition, nodes: readonly number[], awaits: readonly KernelAwait[]): readonly RunAwait[] {
  const { nodeStates, eventNames } = state.program.workflow.program;
  const active = new Set(nodes.map((node) => nodeStates[node] ?? -1));
  const events = new Map<number, Set<string>>();
  const add = (index: number, event: string) => events.set(index, (events.get(index) ?? new Set()).add(event));
  for (const { node, event } of awaits) add(nodeStates[node] ?? -1, eventNames[event] ?? "");
  for (const { source, trigger } of definition.transitions) if (trigger.kind === "event" && active.has(source)) add(source, trigger.event);
  return definition.states.flatMap((each, index) => [...(events.get(index) ?? [])].map((event) => ({ state: each.id, event, ...findMessage(each, event) })));
}

function findMessage({ entry }: StateDefinition, event: string): { message?: string } {
  const action = entry.find((each) => each.kind === "await" && each.event === event);
  return action?.kind === "await" && action.message !== undefined ? { message: action.message } : {};
}
