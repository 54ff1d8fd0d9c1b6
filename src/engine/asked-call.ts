// What an open command asks of a handler: which task, and with what. The name may be computed, and the input may refer to secrets.
import type { TaskCall } from "../model/ports.js";
import { hideSecret, insertSecrets, type SecretUse } from "../model/secrets.js";
import { decodePayload } from "./payload.js";
import type { LoadedProgram } from "./program-table.js";
import type { OpenCommand } from "./run-state.js";

type Asking = Pick<OpenCommand, "action" | "input">;

/** The handler's name. A computed one that is no text is spelled, and nobody's. */
export function taskOf(program: LoadedProgram, { action, input }: Asking): string {
  const { name = "", isComputed } = program.workflow.program.actions[action] ?? {};
  return isComputed === true ? splitComputed(input).task : name;
}

/** As the handler's side takes it. */
export function readCall(program: LoadedProgram, open: Asking): Pick<TaskCall, "task" | "input" | "secrets"> {
  const { name = "", isComputed, secrets } = program.workflow.program.actions[open.action] ?? {};
  const call = isComputed === true ? splitComputed(open.input) : { task: name, input: decodePayload(open.input) };
  return secrets === undefined ? call : { ...call, secrets };
}

/** As it is told to anybody else: secrets are named. */
export function tellInput(program: LoadedProgram, open: Asking): unknown {
  const { input, secrets } = readCall(program, open);
  return secrets === undefined ? input : insertSecrets(input, secrets as readonly SecretUse[], hideSecret);
}

/** A computed name comes before the input, in a list of both. */
function splitComputed(payload: Uint8Array | undefined): { readonly task: string; readonly input: unknown } {
  const [task, input] = decodePayload(payload) as readonly unknown[];
  return { task: String(task), input };
}
