// The runs tab: all runs of this browser, newest first, with a filter by status.
import type { VNode } from "preact";
import { useRef, useState } from "preact/hooks";
import { announce } from "../app/announcement.js";
import { Icon } from "../app/icons.js";
import { showView } from "../app/views.js";
import type { RunRecord } from "../millrace.js";
import { connection } from "./connection.js";
import { openRun, openRunId } from "./open-run.js";
import { RunFileDialogs } from "./run-file-dialogs.js";
import { chooseFile, openExport } from "./run-files.js";
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
          {record.isRedacted === true && <span title="Values were left out when it was exported: it need not lead where the run came to"> · redacted</span>}
        </span>
        <Duration record={record} />
      </button>
      {isEnded(record.status) || record.isRedacted === true ? (
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

function FileButtons(): VNode {
  const picker = useRef<HTMLInputElement>(null);
  const isReady = connection.value.kind === "ready";
  const take = (): void => {
    chooseFile(picker.current?.files?.[0]);
    // The same file can be chosen once more.
    if (picker.current !== null) picker.current.value = "";
  };
  return (
    <div class="row" role="group" aria-label="Runs as files">
      <button type="button" class="button button-small" disabled={!isReady || records.value.length === 0} onClick={openExport}>
        <Icon name="export" size={14} /> Export…
      </button>
      <button type="button" class="button button-small" disabled={!isReady} onClick={() => picker.current?.click()}>
        <Icon name="import" size={14} /> Import…
      </button>
      <input ref={picker} type="file" accept=".millrace" hidden aria-label="File of runs" onChange={take} />
    </div>
  );
}

/** The runs tab. A file of runs can be dropped on it. */
export function RunsPanel(): VNode {
  const shown = shownRecords.value;
  const [isAimed, setAimed] = useState(false);
  const aim = (event: DragEvent): void => {
    if (event.dataTransfer?.types.includes("Files") !== true) return;
    event.preventDefault();
    setAimed(true);
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setAimed(false);
    chooseFile(event.dataTransfer?.files[0]);
  };
  return (
    <section aria-label="Runs" class={`panel-body runs-panel${isAimed ? " is-aimed" : ""}`} onDragOver={aim} onDragLeave={() => setAimed(false)} onDrop={drop}>
      <div class="row spread">
        <h2>Runs</h2>
        <span class="quiet" aria-live="polite">
          {records.value.length} in all, {liveCount.value} not ended
        </span>
      </div>
      <FileButtons />
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
      <RunFileDialogs />
    </section>
  );
}
