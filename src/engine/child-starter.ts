// Sub-workflows: a child run for a parent's command, and the child's end as the parent's answer.
import { toErrorRecord, WorkflowError } from "../model/errors.js";
import { EntryKind } from "../model/history.js";
import { SEMANTICS_VERSION } from "../model/kernel-words.js";
import { encodeValue } from "../model/value.js";
import type { Core } from "./core.js";
import type { Work } from "./group.js";
import { checkInput, encodeStart } from "./input-check.js";
import { WORKFLOW_DEPTH_MAX } from "./limits.js";
import { type Arrival, OpenRun } from "./open-run.js";
import { decodePayload } from "./payload.js";
import { encodeError } from "./performer.js";
import { actionName, childRunId } from "./run-events.js";
import { type OpenCommand, packVersions, type RunEnding } from "./run-state.js";

export class ChildStarter {
  readonly #core: Core;
  /** By name of a workflow that is not loaded: what recovered runs ask of it. */
  readonly #awaited = new Map<string, Work[]>();

  /** Set once by recovery. */
  onReissue: (work: Work) => void = () => undefined;

  constructor(core: Core) {
    this.#core = core;
  }

  /**
   * The child's START; or, where there can be no child, the failure that the parent is told. Nothing yet where the same
   * step may have started the child before a crash: whether it did is for `onReissue` to find out.
   */
  start(parent: OpenRun, open: OpenCommand): Arrival | undefined {
    if (parent.causeSeq > parent.recoveredSeq) return this.startNew({ run: parent, open });
    this.onReissue({ run: parent, open });
    return undefined;
  }

  /** Starts a child that was never started. Of a recovered run it waits for the embedder to load the workflow again. */
  startNew(work: Work): Arrival | undefined {
    const { run: parent, open } = work;
    const name = actionName(parent.program, open.action);
    if (parent.recoveredSeq > 0 && !this.#core.programs.has(name)) {
      this.#awaited.set(name, [...(this.#awaited.get(name) ?? []), work]);
      return undefined;
    }
    try {
      return this.#startChild(parent, open);
    } catch (error) {
      return { run: parent, kind: EntryKind.TASK_FAILED, id: open.serial, payload: encodeError(toErrorRecord(error)) };
    }
  }

  /** The workflow `name` is loaded: the children that wait for it. */
  startAwaited(name: string): readonly Arrival[] {
    const works = this.#awaited.get(name) ?? [];
    this.#awaited.delete(name);
    const arrivals: Arrival[] = [];
    for (const work of works) {
      const arrival = work.run.isDropped || work.open.isClosed ? undefined : this.startNew(work);
      if (arrival !== undefined) arrivals.push(arrival);
    }
    return arrivals;
  }

  /** A child's end as the parent is told of it. */
  answer(parent: OpenRun, serial: number, ending: RunEnding | undefined): Arrival {
    if (ending?.status === "succeeded")
      return { run: parent, kind: EntryKind.TASK_SUCCEEDED, id: serial, payload: ending.payload ?? encodeValue(null) };
    const payload = ending?.status === "failed" ? ending.payload : undefined;
    return {
      run: parent,
      kind: EntryKind.TASK_FAILED,
      id: serial,
      payload: payload ?? encodeError({ code: "run/canceled", message: "The sub-workflow was canceled" }),
    };
  }

  #startChild(parent: OpenRun, open: OpenCommand): Arrival {
    const program = this.#core.programs.find(actionName(parent.program, open.action));
    const { workflow } = program;
    if (parent.depth >= WORKFLOW_DEPTH_MAX) {
      const message = `Workflow "${workflow.name}" would run at depth ${parent.depth + 1}; the limit is ${WORKFLOW_DEPTH_MAX}`;
      throw new WorkflowError("run/depth-limit", message, { details: { workflow: workflow.name, depthMax: WORKFLOW_DEPTH_MAX } });
    }
    const input = checkInput(workflow.name, workflow.program.definition.parameters, decodePayload(open.input));
    const versions = packVersions(workflow.program.compilerVersion, SEMANTICS_VERSION);
    const runId = childRunId(parent.runId, open.serial);
    const child = new OpenRun(program, {
      runId,
      durability: parent.durability,
      startedAt: Math.max(this.#core.clock.now(), parent.lastNow),
      parentRunId: parent.runId,
      priority: parent.priority,
      versions,
      journal: this.#core.journal,
    });
    program.userCount += 1;
    this.#core.runs.set(child.runId, child);
    return { run: child, kind: EntryKind.START, id: versions, payload: encodeStart(workflow.program, runId, input) };
  }
}
