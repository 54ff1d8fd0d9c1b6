// What an open command asks of a handler: which task, and with what. The name may be computed, and the input may refer to secrets.
import type { TaskCall } from "../model/ports.js";
import { hideSecret, insertSecrets, type SecretUse } from "../model/secrets.js";
import { decodeValue } from "../model/value.js";
import type { LoadedProgram } from "./program-table.js";
import type { OpenCommand } from "./run-state.js";

type Asking = Pick<OpenCommand, "action" | "input">;

/** The handler's name. A computed one that is no text is spelled, and nobody's. */
export function taskOf(program: LoadedProgram, { action, input }: Asking): string {
  const { name, isComputed } = program.workflow.program.actions[action] ?? { name: "" };
  return isComputed === true ? String((decode(input) as readonly unknown[])[0]) : (name as string);
}

/** As the handler's side takes it. */
export function readCall(program: LoadedProgram, open: Asking): Pick<TaskCall, "task" | "input" | "secrets"> {
  const { name = "", isComputed, secrets } = program.workflow.program.actions[open.action] ?? {};
  const input = decode(open.input);
  const [task, own] = isComputed === true ? [String((input as readonly unknown[])[0]), (input as readonly unknown[])[1]] : [name, input];
  return secrets === undefined ? { task, input: own } : { task, input: own, secrets };
}

/** As it is told to anybody else: secrets are named. */
export function tellInput(program: LoadedProgram, open: Asking): unknown {
  const { input, secrets } = readCall(program, open);
  return secrets === undefined ? input : insertSecrets(input, secrets as readonly SecretUse[], hideSecret);
}

function decode(input: Uint8Array | undefined): unknown {
  return input === undefined ? null : decodeValue(input);
}
