// Controls for simulated tasks: how each behaves, and the calls at work with buttons that end them now.
import { computed } from "@preact/signals";
import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import { Icon } from "../app/icons.js";
import { NumberField } from "../app/number-field.js";
import { VirtualList } from "../app/virtual-list.js";
import { draft } from "../text/draft.js";
import { listTasks } from "../text/task-names.js";
import { openWorkflow } from "./open-run.js";
import { formatDuration, now, shortenId } from "./run-marks.js";
import { addedTasks, BUILT_IN_TASKS, isTaskKnown } from "./simulated-tasks.js";
import { behaviourOf, changeBehaviour, changedBehaviourCount, resetBehaviours, type Outcome } from "./task-behaviour.js";
import { countCalls, settleCall, taskCalls, type TaskCall } from "./task-calls.js";

const OUTCOMES: readonly (readonly [Outcome, string])[] = [
  ["success", "Succeeds"],
  ["failure", "Fails"],
  ["ask", "Asks me"],
];
const SLOW_MS = 8_000;

/** Rows above this count have no turning sign each: every one that moves is a layer of its own to draw. */
const TURNING_COUNT_MAX = 6;
const ROW_HEIGHT = 56;

interface CallLineProperties {
  readonly call: TaskCall;
  readonly isForeign: boolean;
  readonly isStill: boolean;
  readonly isTabStop: boolean;
}

function CallLine({ call, isForeign, isStill, isTabStop }: CallLineProperties): VNode {
  const { outcome, delayMs } = behaviourOf(call.task);
  const leftMs = call.startedAt + delayMs - now.value;
  const aside = [
    call.item !== undefined && `item ${call.item.toLocaleString("en")}`,
    outcome === "ask" ? "waits for you" : leftMs > 0 ? `${formatDuration(Math.ceil(leftMs / 1_000) * 1_000)} left` : "ending",
    call.attempt > 1 && `attempt ${call.attempt}`,
    isForeign && `run ${shortenId(call.runId)}`,
  ];
  const tabIndex = isTabStop ? 0 : -1;
  return (
    <div class="call">
      {!isStill && <span class="spinner" aria-hidden="true" />}
      <span class="call-text">
        <code>{call.task}</code>
        <span class="quiet">{aside.filter(Boolean).join(", ")}</span>
      </span>
      <button type="button" class="button button-small" tabIndex={tabIndex} onClick={() => settleCall(call.id, "success")}>
        <Icon name="check" size={13} /> Succeed
      </button>
      <button type="button" class="button button-small" tabIndex={tabIndex} onClick={() => settleCall(call.id, "failure")}>
        <Icon name="cross" size={13} /> Fail
      </button>
    </div>
  );
}

/** Calls at work: those of one run, or all of them. */
export function CallList({ runId }: { runId?: string }): VNode | null {
  const calls = useMemo(
    () => computed(() => (runId === undefined ? taskCalls.value : taskCalls.value.filter((call) => call.runId === runId))),
    [runId],
  ).value;
  if (calls.length === 0) return null;
  const isMany = calls.length > TURNING_COUNT_MAX;
  return (
    <section class="calls-part">
      {isMany && (
        <h3 class="calls-head">
          <span class="spinner" aria-hidden="true" /> {calls.length.toLocaleString("en")} tasks at work
        </h3>
      )}
      <div class="calls-scroll">
        <VirtualList
          label="Tasks at work"
          name="calls"
          count={calls.length}
          keyAt={(index) => calls[index]?.id ?? 0}
          rowHeight={ROW_HEIGHT}
          isEven
          renderRow={(index, isTabStop) => {
            const call = calls[index];
            return call === undefined ? null : <CallLine call={call} isForeign={runId === undefined} isStill={isMany} isTabStop={isTabStop} />;
          }}
        />
      </div>
    </section>
  );
}

function AtWork({ task }: { task: string }): VNode | null {
  const count = countCalls(task);
  return count === 0 ? null : <span class="badge badge-live">{count.toLocaleString("en")} at work</span>;
}

function BehaviourRow({ task, isUsed }: { task: string; isUsed: boolean }): VNode {
  const { outcome, delayMs } = behaviourOf(task);
  return (
    <li class={`behaviour${isUsed ? "" : " is-unused"}`}>
      <span class="behaviour-name">
        <code>{task}</code>
        <AtWork task={task} />
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
