// The runs tab: all runs of this browser, newest first, with a filter by status.
import type { VNode } from "preact";
import { announce } from "../app/announcement.js";
import { Icon } from "../app/icons.js";
import { showView } from "../app/views.js";
import type { RunRecord } from "../millrace.js";
import { connection } from "./connection.js";
import { openRun, openRunId } from "./open-run.js";
import {
  deleteRun,
  isEnded,
  isListLoaded,
  liveCount,
  nextCursor,
  readMore,
  records,
  shownRecords,
  statusFilter,
  type StatusFilter,
} from "./run-list.js";
import { Duration, formatName, formatTime, shortenId, StatusBadge } from "./run-marks.js";

const rowCountMax = 400;

const FILTERS: readonly (readonly [StatusFilter, string])[] = [
  ["all", "All statuses"],
  ["live", "Not ended"],
  ["running", "Running"],
  ["waiting", "Waiting"],
  ["paused", "Paused"],
  ["succeeded", "Succeeded"],
  ["failed", "Failed"],
  ["canceled", "Canceled"],
  ["timedOut", "Timed out"],
];

function RunRow({ record }: { record: RunRecord }): VNode {
  const isOpen = openRunId.value === record.runId;
  const open = (): void => {
    openRun(record.runId);
    showView("run");
  };
  const remove = async (): Promise<void> => {
    if (!(await deleteRun(record.runId))) return;
    if (openRunId.peek() === record.runId) openRun(undefined);
    announce("Run deleted");
  };
  return (
    <li class={`run-row${isOpen ? " is-open" : ""}`}>
      <button type="button" class="run-link" aria-current={isOpen ? "true" : undefined} onClick={open}>
        <span class="run-name">{formatName(record.workflow)}</span>
        <StatusBadge status={record.status} />
        <span class="run-when">
          {formatTime(record.startedAt)} · <code>{shortenId(record.runId)}</code>
        </span>
        <Duration record={record} />
      </button>
      {isEnded(record.status) ? (
        <button
          type="button"
          class="icon-button"
          aria-label={`Delete the run ${shortenId(record.runId)} of ${formatName(record.workflow)}`}
          title="Delete this run"
          onClick={() => void remove()}
        >
          <Icon name="trash" />
        </button>
      ) : (
        <span class="icon-button-room" />
      )}
    </li>
  );
}

function EmptyList(): VNode {
  if (!isListLoaded.value && connection.value.kind !== "failed") {
    return (
      <div class="empty">
        <span class="spinner" aria-hidden="true" />
        <p>Reading the runs…</p>
      </div>
    );
  }
  return (
    <div class="empty">
      <Icon name="runs" size={28} />
      <p>{records.value.length === 0 ? "No runs yet." : "No run has this status."}</p>
      <p class="quiet">
        {records.value.length === 0 ? "Runs stay in this browser, also when the tab is closed." : "Choose another status above."}
      </p>
    </div>
  );
}

/** The runs tab. */
export function RunsPanel(): VNode {
  const shown = shownRecords.value;
  return (
    <div class="panel-body runs-panel">
      <div class="row spread">
        <h2>Runs</h2>
        <span class="quiet" aria-live="polite">
          {records.value.length} in all, {liveCount.value} not ended
        </span>
      </div>
      <label class="field">
        <span class="visually-hidden">Status</span>
        <select value={statusFilter.value} onChange={(event) => (statusFilter.value = event.currentTarget.value as StatusFilter)}>
          {FILTERS.map(([name, label]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </select>
      </label>
      {shown.length === 0 ? (
        <EmptyList />
      ) : (
        <ul class="run-list">
          {shown.slice(0, rowCountMax).map((record) => (
            <RunRow key={record.runId} record={record} />
          ))}
        </ul>
      )}
      {nextCursor.value !== undefined && (
        <button type="button" class="button" onClick={() => void readMore()}>
          Read older runs
        </button>
      )}
    </div>
  );
}
