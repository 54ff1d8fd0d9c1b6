// The run tab: the open run with its controls, events, tasks at work, result, context and history.
import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { announce } from "../app/announcement.js";
import { Icon } from "../app/icons.js";
import { adviseOn } from "../app/problem.js";
import { showView } from "../app/views.js";
import type { RunRecord, RunStatus } from "../millrace.js";
import { isRunOfText } from "../diagram/shown.js";
import { createDraft } from "../text/documents.js";
import { connection, role } from "./connection.js";
import { ValueTree, writeValue } from "./context-tree.js";
import { EventButtons } from "./event-buttons.js";
import { ItemsProgress } from "./items-progress.js";
import { controlRun, ending, isContextShown, openProblem, openRecord, openRun, openRunId, openWorkflow, rerunOpen } from "./open-run.js";
import { LogPanel } from "./log-panel.js";
import { QuestionCards } from "./question-cards.js";
import { deleteRun, isEnded } from "./run-list.js";
import { Duration, formatName, formatTime, shortenId, StatusBadge } from "./run-marks.js";
import { changedNames, shownContext } from "./time-travel.js";
import { TravelPanel } from "./travel-panel.js";
import { CallList } from "./task-controls.js";
import { Timeline } from "./timeline.js";

type Section = "history" | "logs" | "context" | "output";
const section = signal<Section>("history");

function canPause(status: RunStatus): boolean {
  return status === "running" || status === "waiting" || status === "scheduled";
}

function Controls({ record }: { record: RunRecord }): VNode {
  const { status, runId } = record;
  const isOver = isEnded(status);
  const isPaused = status === "paused" || status === "pausing";
  const remove = async (): Promise<void> => {
    if (!(await deleteRun(runId))) return;
    openRun(undefined);
    showView("runs");
    announce("Run deleted");
  };
  return (
    <div class="run-controls" role="group" aria-label="Run controls">
      <button type="button" class="button" disabled={!canPause(status)} onClick={() => void controlRun("pause")}>
        <Icon name="pause" /> Pause
      </button>
      <button type="button" class="button" disabled={!isPaused} onClick={() => void controlRun("resume")}>
        <Icon name="play" /> Resume
      </button>
      {isOver && status !== "succeeded" && openWorkflow.value?.definition.taskGraph !== undefined && (
        <button type="button" class="button" title="A new run that takes over what was done, and does the rest" onClick={() => void rerunOpen()}>
          <Icon name="play" /> Run on
        </button>
      )}
      {isOver ? (
        <button type="button" class="button" onClick={() => void remove()}>
          <Icon name="trash" /> Delete
        </button>
      ) : (
        <button type="button" class="button button-danger" disabled={status === "canceling"} onClick={() => void controlRun("cancel")}>
          <Icon name="stop" /> Cancel
        </button>
      )}
    </div>
  );
}

function Outcome(): VNode | null {
  const end = ending.value;
  if (!end) return null;
  if (end.status === "canceled") {
    return (
      <div class="notice notice-idle">
        <Icon name="stop" />
        <p>The run was canceled.</p>
      </div>
    );
  }
  if (end.error) {
    return (
      <div class="notice notice-bad" role="alert">
        <Icon name="cross" />
        <div>
          <p>
            <strong>{end.error.message}</strong>
          </p>
          <p class="finding-code">{end.error.code}</p>
          {end.output !== undefined && <code class="result-line">{writeValue(end.output)}</code>}
        </div>
      </div>
    );
  }
  const text = writeValue(end.output);
  const hasOutput = end.output !== undefined && end.output !== null && text !== "{}";
  const isLong = text.length > 160;
  return (
    <div class="notice notice-good">
      <Icon name="check" />
      <div>
        <p>The run succeeded.</p>
        {isLong ? (
          <button type="button" class="link" onClick={() => (section.value = "output")}>
            Show its result
          </button>
        ) : (
          hasOutput && <code class="result-line">{text}</code>
        )}
      </div>
    </div>
  );
}

function ForkNote({ runId, seq }: { runId: string; seq: number }): VNode {
  return (
    <p class="quiet">
      Fork of{" "}
      <button type="button" class="link" onClick={() => openRun(runId)}>
        {shortenId(runId)}
      </button>{" "}
      after step {seq}
    </p>
  );
}

function TextNotice(): VNode | null {
  const workflow = openWorkflow.value;
  if (!workflow || isRunOfText.value) return null;
  return (
    <p class="quiet text-notice">
      This run's text differs from the editor's.{" "}
      <button
        type="button"
        class="link"
        onClick={() => announce(`Opened the run's text as “${createDraft(formatName(workflow.name), workflow.source)}”`, "good")}
      >
        Open it as a draft
      </button>
    </p>
  );
}

function Sections(): VNode {
  const tabs = useRef<HTMLDivElement>(null);
  const all: readonly (readonly [Section, string])[] = [
    ["history", "History"],
    ["logs", "Logs"],
    ["context", "Context"],
    ...(ending.value?.output === undefined ? [] : [["output", "Result"] as const]),
  ];
  const at = all.some(([name]) => name === section.value) ? section.value : "history";
  const move = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    const index = all.findIndex(([name]) => name === at);
    const next = all[(index + step + all.length) % all.length];
    if (step === 0 || !next) return;
    section.value = next[0];
    tabs.current?.querySelector<HTMLElement>(`#tab-${next[0]}`)?.focus();
  };
  return (
    <div class="run-sections">
      <div class="subtabs" role="tablist" aria-label="About this run" ref={tabs} onKeyDown={move}>
        {all.map(([name, label]) => (
          <button
            key={name}
            id={`tab-${name}`}
            type="button"
            role="tab"
            aria-selected={at === name}
            aria-controls="run-section"
            tabIndex={at === name ? 0 : -1}
            onClick={() => (section.value = name)}
          >
            {label}
          </button>
        ))}
      </div>
      <div id="run-section" role="tabpanel" aria-labelledby={`tab-${at}`} class="run-section" data-scroller tabIndex={-1}>
        {at === "history" && <Timeline key={openRunId.value} />}
        {at === "logs" && <LogPanel key={openRunId.value} />}
        {at === "context" && <Context />}
        {at === "output" && <ValueTree value={ending.value?.output} label="Result" />}
      </div>
    </div>
  );
}

/** The context is read from the engine while this stands. */
function Context(): VNode {
  useEffect(() => {
    isContextShown.value = true;
    return () => {
      isContextShown.value = false;
    };
  }, []);
  if (shownContext.value === undefined) return <p class="quiet">Reading the context…</p>;
  return <ValueTree key={openRunId.value} value={shownContext.value} label="Context" changed={changedNames.value} />;
}

function NoRun(): VNode {
  return (
    <div class="panel-body empty">
      <Icon name="pulse" size={28} />
      <p>No run is open.</p>
      <p class="quiet">Start one, or pick one from the list of runs.</p>
      <button type="button" class="button" onClick={() => showView("start")}>
        <Icon name="play" /> Go to start
      </button>
    </div>
  );
}

function LostRun(): VNode {
  const problem = openProblem.value;
  return (
    <div class="panel-body empty" role="alert">
      <Icon name="warning" size={28} />
      <p>{problem?.code === "run/unknown" ? "This run is not in this browser." : problem?.message}</p>
      <p class="quiet">
        {problem?.code === "run/unknown" ? "It may have been deleted, or it belongs to another profile." : adviseOn(problem?.code ?? "")}
      </p>
      <button type="button" class="button" onClick={() => (openRun(undefined), showView("runs"))}>
        Show the runs
      </button>
    </div>
  );
}

/** The run tab. */
export function RunPanel(): VNode {
  const record = openRecord.value;
  if (openRunId.value === undefined) return <NoRun />;
  if (openProblem.value) return <LostRun />;
  if (!record) {
    return (
      <div class="panel-body empty">
        <span class="spinner" aria-hidden="true" />
        <p>{connection.value.kind === "failed" ? "The engine is not running." : "Opening the run…"}</p>
      </div>
    );
  }
  return (
    <div class="panel-body run-panel">
      <header class="run-head">
        <div class="row spread">
          <h2>{formatName(record.workflow)}</h2>
          <StatusBadge status={record.status} />
        </div>
        <p class="run-facts">
          <code title={record.runId}>{shortenId(record.runId)}</code>
          <span>started {formatTime(record.startedAt)}</span>
          <Duration record={record} />
        </p>
        {record.forkOf !== undefined && <ForkNote {...record.forkOf} />}
        <Controls record={record} />
        {role.value === "watcher" && <p class="quiet">Other tabs drive the runs; tasks work there.</p>}
        <TextNotice />
      </header>
      <Outcome />
      <QuestionCards />
      <EventButtons />
      <ItemsProgress />
      <CallList runId={record.runId} />
      <TravelPanel />
      <Sections />
    </div>
  );
}
