// Stand-ins for the tasks that a real application would supply: they touch nothing outside this page and answer with
// plausible results. The same idempotency key always gives the same result.
import { createRemembered } from "../app/preferences.js";
import type { TaskHandler } from "../millrace.js";
import { type Produce, PRODUCERS, toInput } from "./simulated-results.js";
import { awaitOutcome } from "./task-calls.js";

/** Names of the tasks that are always there. */
export const BUILT_IN_TASKS: readonly string[] = Object.keys(PRODUCERS);
const addedTaskCountMax = 200;
const INPUT_LENGTH_MAX = 80;

/** Names that the person registered on top: such a task answers with what it was given. */
export const addedTasks = createRemembered<readonly string[]>("added-tasks", []);

/** Adds names to the remembered list. */
export function addTasks(names: readonly string[]): void {
  addedTasks.value = [...new Set([...addedTasks.peek(), ...names])].slice(0, addedTaskCountMax);
}

/** Is there a handler of that name? */
export function isTaskKnown(name: string): boolean {
  return name in PRODUCERS || addedTasks.value.includes(name);
}

function createChance(text: string): (countMax: number) => number {
  let state = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) state = Math.imul(state ^ text.charCodeAt(at), 0x01000193);
  return (countMax) => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5;
    return (state >>> 0) % countMax;
  };
}

function createHandler(produce: Produce): TaskHandler {
  return async (input: unknown, context) => {
    const { log, task, item, attempt } = context;
    // Of thousands of items nobody reads that each has begun.
    const say = item === undefined ? log.info : log.debug;
    const given = toInput(input);
    say(`${task} begins${attempt > 1 ? ` again, attempt ${attempt}` : ""}${sayInput(given)}`, given);
    try {
      await awaitOutcome(context);
    } catch (error) {
      log.warn(context.signal.aborted ? `${task} was told to stop` : `${task} gives up`, { error });
      throw error;
    }
    const result = produce(given, createChance(context.idempotencyKey));
    say(`${task} is done`, { result });
    return result;
  };
}

/** What a line has room for. */
function sayInput(input: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(input).flatMap(([name, value]) => (typeof value === "string" || typeof value === "number" ? [`${name} ${value}`] : []));
  const text = parts.join(", ");
  return text === "" ? "" : `: ${text.length > INPUT_LENGTH_MAX ? `${text.slice(0, INPUT_LENGTH_MAX)}…` : text}`;
}

/** The handlers to register with the engine. */
export function createHandlers(): Readonly<Record<string, TaskHandler>> {
  const handlers: Record<string, TaskHandler> = {};
  for (const name of addedTasks.peek()) handlers[name] = createHandler((input) => ({ ...input, ok: true }));
  for (const [name, produce] of Object.entries(PRODUCERS)) handlers[name] = createHandler(produce);
  return handlers;
}
