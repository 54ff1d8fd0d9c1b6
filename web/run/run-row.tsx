// One row of the list of runs: a line of a table where there is room, a card where there is not. Both are the same cells.
import type { AriaAttributes as Aria, AriaRole, VNode } from "preact";
import { announce } from "../app/announcement.js";
import { Icon } from "../app/icons.js";
import { showView } from "../app/views.js";
import type { RunRecord } from "../millrace.js";
import { openRun, openRunId } from "./open-run.js";
import { deleteRun, isEnded, newestOf } from "./run-list.js";
import { Duration, formatName, formatTime, shortenId, StatusBadge } from "./run-marks.js";
import { isSelected, toggleRun } from "./run-selection.js";

type AriaAttributes = Aria & { readonly role?: AriaRole };

const FIELDS_SHOWN = 4;
/** The grid has the focus, and tells which row is meant (`aria-activedescendant`): rows and cells are never focused themselves. */
export function describeRow(number: number, more: AriaAttributes = {}): AriaAttributes {
  return { role: "row", "aria-rowindex": number, ...more };
}
const CELL = { role: "gridcell" } as const;

/** Opens a run in the run view. */
export function showRun(runId: string): void {
  openRun(runId);
  showView("run");
}

export async function removeRun(runId: string): Promise<void> {
  if (!(await deleteRun(runId))) return;
  if (openRunId.peek() === runId) openRun(undefined);
  announce("Run deleted");
}

export function isRemovable({ status, isRedacted }: RunRecord): boolean {
  return isEnded(status) || isRedacted === true;
}

function Facts({ record }: { record: RunRecord }): VNode {
  const { fields = {}, tags, error } = record;
  const entries = Object.entries(fields);
  return (
    <span class="row-facts">
      {error !== undefined && <span class="run-error">{error.code}</span>}
      {entries.slice(0, FIELDS_SHOWN).map(([name, value]) => (
        <span key={name} class="run-field">
          <span class="run-field-name">{name}</span> {String(value)}
        </span>
      ))}
      {tags.slice(0, FIELDS_SHOWN).map((tag) => (
        <span key={`#${tag}`} class="run-tag">
          #{tag}
        </span>
      ))}
    </span>
  );
}

export interface RunRowProps {
  readonly id: string;
  /** Undefined: it is being read. */
  readonly record: RunRecord | undefined;
  readonly index: number;
  readonly top: number;
  readonly isActive: boolean;
}

/** The row with that number, from 0. */
export function RunRow({ id, record: read, index, top, isActive }: RunRowProps): VNode {
  const place = { transform: `translateY(${top}px)` };
  if (read === undefined) {
    return (
      <div id={id} {...describeRow(index + 2)} class="run-row is-unread" style={place}>
        <div {...CELL} class="run-cell-name">
          <span class="visually-hidden">Reading</span>
          <span class="run-blank" />
        </div>
      </div>
    );
  }
  const record = newestOf(read);
  const { runId } = record;
  const isMarked = isSelected(runId);
  const isOpen = openRunId.value === runId;
  const name = `${shortenId(runId)} of ${formatName(record.workflow)}`;
  const classes = ["run-row", isActive && "is-active", isMarked && "is-selected", isOpen && "is-open"].filter(Boolean).join(" ");
  return (
    <div id={id} {...describeRow(index + 2, { "aria-selected": isMarked, "aria-current": isOpen ? "true" : undefined })} class={classes} style={place}>
      <div {...CELL} class="run-cell-mark">
        <input type="checkbox" tabIndex={-1} checked={isMarked} aria-label={`Select the run ${name}`} onChange={() => toggleRun(runId)} />
      </div>
      <div {...CELL} class="run-cell-name run-link">
        <span class="run-name">{formatName(record.workflow)}</span>
        <code class="run-id">{shortenId(runId)}</code>
        {record.isRedacted === true && <span class="run-note" title="Values were left out when it was exported: it need not lead where the run came to">redacted</span>}
      </div>
      <div {...CELL} class="run-cell-status">
        <StatusBadge status={record.status} />
      </div>
      <div {...CELL} class="run-cell-start run-when">{formatTime(record.startedAt)}</div>
      <div {...CELL} class="run-cell-duration">
        <Duration record={record} />
      </div>
      <div {...CELL} class="run-cell-facts">
        <Facts record={record} />
      </div>
      <div {...CELL} class="run-cell-end">
        {isRemovable(record) && (
          <button type="button" class="icon-button" tabIndex={-1} aria-label={`Delete the run ${name}`} title="Delete this run" onClick={() => void removeRun(runId)}>
            <Icon name="trash" />
          </button>
        )}
      </div>
    </div>
  );
}
