// Suite `orquesta`: recorded calls on Orquesta's conductor, replayed on our kernel (orquesta-conductor.ts). After every call the status,
// the sequence of tasks (id, route, status), what is asked for and which tasks have errors must be as recorded; at the end the output.
// `continue`, `noop` and `fail` stand in a recorded sequence like tasks; they are no tasks to us, and are left out.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { compileWorkflow } from "../../src/compile/compile-workflow.js";
import { parseWorkflow } from "../../src/doors/format.js";
import { createKernelFactory } from "../../src/kernel/kernel-factory.js";
import type { Definition, StateDefinition } from "../../src/model/definition.js";
import type { KernelPort } from "../../src/model/ports.js";
import type { Program } from "../../src/model/program.js";
import { type ActionEvent, Conductor, Refused, Untold } from "./orquesta-conductor.js";
import type { CaseResult, Suite } from "./suite.js";

interface RecordedTask {
  readonly id: string;
  readonly route: number;
  readonly status: string | null;
}

interface RecordedState {
  readonly status?: string;
  readonly sequence?: readonly RecordedTask[];
  readonly errors?: readonly { readonly task_id?: string }[];
  readonly output?: unknown;
}

interface RecordedCall {
  readonly op: string;
  readonly status?: string;
  readonly task_id?: string;
  readonly route?: number;
  readonly event?: ActionEvent;
  readonly tasks?: readonly { readonly task_id: string; readonly reset_items?: boolean }[];
  readonly result?: unknown;
  readonly raises?: unknown;
  readonly after?: RecordedState;
}

interface RecordedAsk {
  readonly id: string;
  readonly route: number;
  readonly delay?: number;
  readonly actions: readonly { readonly action: string | null; readonly input: unknown; readonly item_id?: number }[];
}

interface ConductorCase {
  readonly name: string;
  readonly workflow_yaml_path: string;
  readonly inputs: Readonly<Record<string, unknown>> | null;
  readonly context: Readonly<Record<string, unknown>> | null;
  readonly steps: readonly RecordedCall[];
}

const NO_ACTION = "no action";
const COMMANDS = ["continue", "noop", "fail", "retry"];

export const orquestaSuite: Suite = {
  name: "orquesta",
  files: ["orquesta/cases.json"],
  async run(cases, _file, folder = ".") {
    const kernel = await createKernelFactory()({});
    return (cases as readonly ConductorCase[]).map((each) => runCase(kernel, each, folder));
  },
};

function runCase(kernel: KernelPort, each: ConductorCase, folder: string): CaseResult {
  const { name, workflow_yaml_path, steps } = each;
  let at = -1;
  let conductor: Conductor | undefined;
  try {
    const given = Object.keys(each.context ?? {}).filter((key) => !key.startsWith("__"));
    conductor = new Conductor(kernel, compile(readFileSync(join(folder, workflow_yaml_path), "utf8"), given));
    const expected: { -readonly [Key in keyof RecordedState]: RecordedState[Key] } = {};
    for (const step of steps) {
      at++;
      if (step.raises === undefined) perform(conductor, step, each);
      else if (!isRefused(conductor, step, each)) throw new Untold("a call that is refused was not");
      Object.assign(expected, step.after);
      const difference = compare(conductor, expected, step);
      if (difference !== undefined) return { name, status: "failed", detail: `call ${at}, ${step.op}: ${difference}` };
    }
    return { name, status: "passed" };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (at < 0 && error instanceof Refused && isRefusedText(each)) return { name, status: "passed" };
    return { name, status: "failed", detail: `call ${at}${at < 0 ? "" : `, ${steps[at]?.op}`}: ${error.message}` };
  } finally {
    conductor?.dispose();
  }
}

function isRefused(conductor: Conductor, step: RecordedCall, each: ConductorCase): boolean {
  try {
    perform(conductor, step, each);
    return false;
  } catch (error) {
    if (error instanceof Refused) return true;
    throw error;
  }
}

/** A text with errors does not load: where the recording has a run that fails before it begins, that is the same. */
function isRefusedText({ steps: [first] }: ConductorCase): boolean {
  const { status, sequence, errors } = first?.after ?? {};
  return first?.raises !== undefined && status === "failed" && sequence?.length === 0 && errors?.every(({ task_id }) => task_id === undefined) === true;
}

function compile(text: string, given: readonly string[]): Program {
  const { definition, findings } = parseWorkflow(text, { dialect: "orquesta", given });
  const errors = findings.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Refused(`not read: ${errors.map(({ message }) => message).join("; ")}`);
  const compiled = compileWorkflow(handOut(definition), "0".repeat(64));
  if (compiled.program === undefined) throw new Untold(`not compiled: ${compiled.findings.map(({ message }) => message).join("; ")}`);
  return compiled.program;
}

/** A conductor hands tasks without an action out like others; our kernel passes over them. Here they are calls. */
function handOut(definition: Definition): Definition {
  const states = definition.states.map((state): StateDefinition => {
    const { id, task } = state;
    if (task?.action.kind !== "value" || COMMANDS.includes(id)) return state;
    const { value, place } = task.action;
    return { ...state, task: { ...task, action: { kind: "call", task: NO_ACTION, input: value, place } } };
  });
  return { ...definition, states };
}

function perform(conductor: Conductor, { op, status, task_id = "", route = 0, event, tasks }: RecordedCall, { inputs, context }: ConductorCase): void {
  if (op === "request_workflow_status") {
    if (status === "running" && !conductor.hasStarted) conductor.start({ ...context, ...inputs });
    else if (status === "running" || status === "resuming") conductor.resume();
    else if (status === "pausing" || status === "paused") conductor.pause();
    else if (status === "canceling" || status === "canceled") conductor.cancel();
    else if (status === "failed") conductor.fail();
    else throw new Untold(`a run is asked to be ${status}`);
  } else if (op === "update_task_state") {
    if (event !== undefined) conductor.update(task_id, route, event);
  } else if (op === "get_next_tasks") conductor.next();
  else if (op === "deserialize") conductor.move();
  else if (op === "request_workflow_rerun") conductor.rerun(tasks?.length ? tasks.map((task) => task.task_id) : undefined, tasks?.some((task) => task.reset_items) !== true);
  else if (op === "render_workflow_output") conductor.render();
  else if (op === "get_task_transition_contexts" && !conductor.knows(task_id)) throw new Refused(`${task_id} has not begun`);
  else if (op === "log_entry") throw new Untold("an entry is put in the conductor's log from outside");
}

/** What is not as recorded, in words. */
function compare(conductor: Conductor, expected: RecordedState, { op, result, after }: RecordedCall): string | undefined {
  const tasks = (list: readonly RecordedTask[] = []) => list.filter(({ id }) => !COMMANDS.includes(id)).map(({ id, route, status }) => ({ id, route, status }));
  const errors = [...new Set((expected.errors ?? []).map(({ task_id }) => task_id))].sort();
  return (
    differ("status", conductor.status(), expected.status) ??
    differ("sequence", tasks(conductor.sequence()), tasks(expected.sequence)) ??
    differ("errors", [...conductor.errors()].sort(), errors) ??
    (op === "get_next_tasks" ? differ("asked", showAsked(conductor.next()), showAsked(result as readonly RecordedAsk[])) : undefined) ??
    (op === "render_workflow_output" && after?.output !== undefined ? differ("output", conductor.output, after.output) : undefined) ??
    (op === "get_workflow_output" ? differ("output", conductor.output, result ?? null) : undefined)
  );
}

/** Without parameters is without parameters, however it is written. */
function showAsked(list: readonly (Omit<RecordedAsk, "delay" | "actions"> & { readonly delay?: number | undefined; readonly actions: readonly { readonly action: string | null; readonly input: unknown; readonly item_id?: number | undefined }[] })[]): unknown {
  return list.map(({ id, route, delay, actions }) => ({
    id,
    route,
    delay,
    actions: actions.map(({ action, input, item_id }) => ({ action: action ?? NO_ACTION, input: input ?? {}, item_id })),
  }));
}

function differ(what: string, actual: unknown, expected: unknown): string | undefined {
  const [left, right] = [plain(actual), plain(expected)];
  return isDeepStrictEqual(left, right) ? undefined : `${what} is ${JSON.stringify(left)}, not ${JSON.stringify(right)}`;
}

function plain(value: unknown): unknown {
  return value === undefined
    ? undefined
    : JSON.parse(JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "bigint" ? Number(inner) : inner instanceof Map ? Object.fromEntries(inner) : inner)));
}
