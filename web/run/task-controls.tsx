// Controls for simulated tasks: how each behaves, and the calls at work with buttons that end them now.
import type { VNode } from "preact";
import { Icon } from "../app/icons.js";
import { NumberField } from "../app/number-field.js";
import { draft } from "../text/draft.js";
import { listTasks } from "../text/task-names.js";
import { openWorkflow } from "./open-run.js";
import { formatDuration, now, shortenId } from "./run-marks.js";
import { addedTasks, BUILT_IN_TASKS, isTaskKnown } from "./simulated-tasks.js";
import {
  behaviourOf,
  changeBehaviour,
  changedBehaviourCount,
  resetBehaviours,
  settleCall,
  taskCalls,
  type Outcome,
  type TaskCall,
} from "./task-behaviour.js";

const OUTCOMES: readonly (readonly [Outcome, string])[] = [
  ["success", "Succeeds"],
  ["failure", "Fails"],
  ["ask", "Asks me"],
];
const SLOW_MS = 8_000;

function CallLine({ call, isForeign }: { call: TaskCall; isForeign: boolean }): VNode {
  const { outcome, delayMs } = behaviourOf(call.task);
  const leftMs = call.startedAt + delayMs - now.value;
  return (
    <li class="call">
      <span class="spinner" aria-hidden="true" />
      <span class="call-text">
        <code>{call.task}</code>
        <span class="quiet">
          {outcome === "ask" ? "waits for you" : leftMs > 0 ? `${formatDuration(leftMs)} to go` : "ending"}
          {call.attempt > 1 && `, attempt ${call.attempt}`}
          {isForeign && `, run ${shortenId(call.runId)}`}
        </span>
      </span>
      <button type="button" class="button button-small" onClick={() => settleCall(call.id, "success")}>
        <Icon name="check" size={13} /> Succeed
      </button>
      <button type="button" class="button button-small" onClick={() => settleCall(call.id, "failure")}>
        <Icon name="cross" size={13} /> Fail
      </button>
    </li>
  );
}

/** Calls at work: those of one run, or all of them. */
export function CallList({ runId }: { runId?: string }): VNode | null {
  const calls = taskCalls.value.filter((call) => runId === undefined || call.runId === runId);
  if (calls.length === 0) return null;
  return (
    <ul class="calls" aria-label="Tasks at work">
      {calls.slice(0, 50).map((call) => (
        <CallLine key={call.id} call={call} isForeign={runId === undefined} />
      ))}
      {calls.length > 50 && <li class="quiet">and {calls.length - 50} more</li>}
    </ul>
  );
}

function BehaviourRow({ task, isUsed }: { task: string; isUsed: boolean }): VNode {
  const { outcome, delayMs } = behaviourOf(task);
  const atWork = taskCalls.value.filter((call) => call.task === task).length;
  return (
    <li class={`behaviour${isUsed ? "" : " is-unused"}`}>
      <span class="behaviour-name">
        <code>{task}</code>
        {atWork > 0 && <span class="badge badge-live">{atWork} at work</span>}
      </span>
      <span class="delay">
        <NumberField
          value={delayMs / 1_000}
          isDisabled={outcome === "ask"}
          label={`${task} takes, in seconds`}
          onNumber={(seconds) => seconds !== undefined && changeBehaviour(task, { delayMs: Math.round(seconds * 1_000) })}
        />
        <span>s</span>
        <button
          type="button"
          class="link"
          disabled={outcome === "ask"}
          aria-pressed={delayMs === SLOW_MS}
          onClick={() => changeBehaviour(task, { delayMs: SLOW_MS })}
        >
          slow
        </button>
      </span>
      <span class="segments" role="group" aria-label={`How ${task} ends`}>
        {OUTCOMES.map(([name, label]) => (
          <button
            key={name}
            type="button"
            class={`outcome-${name}`}
            aria-pressed={outcome === name}
            onClick={() => changeBehaviour(task, { outcome: name })}
          >
            {label}
          </button>
        ))}
      </span>
    </li>
  );
}

/** The tasks tab. */
export function TasksPanel(): VNode {
  const definition = openWorkflow.value?.definition ?? draft.value?.definition;
  const fromText = draft.value?.definition;
  const used = [...new Set([...(definition ? listTasks(definition) : []), ...(fromText ? listTasks(fromText) : [])])].filter(isTaskKnown);
  const others = [...addedTasks.value, ...BUILT_IN_TASKS].filter((name, index, all) => !used.includes(name) && all.indexOf(name) === index);
  return (
    <div class="panel-body tasks-panel">
      <div class="row spread">
        <h2>Simulated tasks</h2>
        {changedBehaviourCount.value > 0 && (
          <button type="button" class="link" onClick={resetBehaviours}>
            Reset all
          </button>
        )}
      </div>
      <p class="quiet">Stand-ins that touch nothing outside this page. Changes also reach calls that are at work.</p>
      <CallList />
      {used.length > 0 && (
        <ul class="behaviours">
          {used.map((task) => (
            <BehaviourRow key={task} task={task} isUsed />
          ))}
        </ul>
      )}
      {used.length === 0 && <p class="quiet">This workflow calls no tasks.</p>}
      <details class="other-tasks">
        <summary>{others.length} further tasks are registered</summary>
        <ul class="behaviours">
          {others.map((task) => (
            <BehaviourRow key={task} task={task} isUsed={false} />
          ))}
        </ul>
      </details>
    </div>
  );
}
