// The playground's one engine: started with the page, started anew when tasks are registered, and asked now and then
// whether this tab or another one drives the runs.
import { signal } from "@preact/signals";
import { announce } from "../app/announcement.js";
import { toProblem } from "../app/problem.js";
import { createEngine, type Engine, type ErrorRecord } from "../millrace.js";
import { addTasks, createHandlers } from "./simulated-tasks.js";

export type Connection =
  | { readonly kind: "starting" }
  | { readonly kind: "ready"; readonly engine: Engine }
  | { readonly kind: "failed"; readonly problem: ErrorRecord };

const ENGINE_NAME = "millrace-playground";
const ROLE_POLL_MS = 1_500;

/** The engine, or why there is none. */
export const connection = signal<Connection>({ kind: "starting" });
/** Does this tab drive the runs, or does another? */
export const role = signal<"driver" | "watcher" | undefined>(undefined);

let isConnecting = false;

/** Starts the engine; a failure stands in `connection`. */
export async function connect(): Promise<void> {
  if (isConnecting) return;
  isConnecting = true;
  const before = connection.peek();
  connection.value = { kind: "starting" };
  role.value = undefined;
  try {
    if (before.kind === "ready") await before.engine.close();
    const engine = await createEngine({ name: ENGINE_NAME, tasks: createHandlers() });
    connection.value = { kind: "ready", engine };
    void followRole(engine);
  } catch (error) {
    connection.value = { kind: "failed", problem: toProblem(error) };
  } finally {
    isConnecting = false;
  }
}

async function followRole(engine: Engine): Promise<void> {
  const isCurrent = (): boolean => {
    const state = connection.peek();
    return state.kind === "ready" && state.engine === engine;
  };
  while (isCurrent()) {
    try {
      const next = await engine.role();
      if (!isCurrent()) return;
      if (role.peek() === "watcher" && next === "driver") announce("This tab can start runs now", "good");
      role.value = next;
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, ROLE_POLL_MS));
  }
}

/** Registers simulated handlers for more task names and restarts the engine with them; runs go on by themselves. */
export async function registerTasks(names: readonly string[]): Promise<void> {
  addTasks(names);
  await connect();
  if (connection.peek().kind === "ready") announce(`Registered ${names.map((name) => `“${name}”`).join(", ")}`, "good");
}

/** The engine when it is ready. */
export function readEngine(): Engine | undefined {
  const state = connection.peek();
  return state.kind === "ready" ? state.engine : undefined;
}
