// What is done with many runs at once: the bar of the selection, the question before it is done, and how far it is.
import type { VNode } from "preact";
import { Icon } from "../app/icons.js";
import { Sheet } from "../app/sheet.js";
import { openExport } from "./run-files.js";
import { formatCount } from "./run-marks.js";
import { foundCount } from "./run-results.js";
import { askedAction, type BulkAction, type BulkWork, bulkWork, clearSelection, isAllSelected, performBulk, selectAll, selectedCount, stopBulk } from "./run-selection.js";

const WORDS: Readonly<Record<BulkAction, { readonly ask: string; readonly doing: string; readonly done: string; readonly hint: string }>> = {
  cancel: { ask: "Cancel", doing: "Canceling", done: "canceled", hint: "Their tasks are aborted. Runs that have ended are left as they are." },
  delete: { ask: "Delete", doing: "Deleting", done: "deleted", hint: "With their whole histories, for good. Runs that have not ended are left as they are." },
};

function countRuns(count: number): string {
  return count === 1 ? "1 run" : `${formatCount(count)} runs`;
}

/** What is selected, and what can be done with it. */
export function SelectionBar(): VNode | null {
  const count = selectedCount.value;
  if (count === 0) return null;
  const isAll = isAllSelected.value;
  return (
    <div class="selection-bar" role="group" aria-label="Selected runs">
      <span aria-live="polite">
        <strong>{isAll ? `All ${formatCount(count)}` : formatCount(count)}</strong> selected
      </span>
      {!isAll && foundCount.value > count && (
        <button type="button" class="link" onClick={selectAll}>
          Select all {formatCount(foundCount.value)}
        </button>
      )}
      <button type="button" class="icon-button" aria-label="Select nothing" title="Select nothing" onClick={clearSelection}>
        <Icon name="cross" size={13} />
      </button>
      <div class="selection-actions">
        <button type="button" class="button button-small" onClick={() => (askedAction.value = "cancel")}>
          <Icon name="stop" size={13} /> Cancel…
        </button>
        <button type="button" class="button button-small" onClick={openExport}>
          <Icon name="export" size={13} /> Export…
        </button>
        <button type="button" class="button button-small button-danger" onClick={() => (askedAction.value = "delete")}>
          <Icon name="trash" size={13} /> Delete…
        </button>
      </div>
    </div>
  );
}

function Progress({ work }: { work: BulkWork }): VNode {
  const { action, done, total, failed, problem, isOver } = work;
  const { doing, done: past } = WORDS[action];
  const close = (): void => {
    askedAction.value = undefined;
    bulkWork.value = undefined;
  };
  return (
    <div class="file-form">
      <p role="status">
        {total === undefined && !isOver && "Looking for the runs…"}
        {total !== undefined && !isOver && `${doing}: ${formatCount(done)} of ${formatCount(total)}`}
        {isOver && `${countRuns(done - failed)} ${past}${failed > 0 ? `, ${formatCount(failed)} not` : ""}.`}
      </p>
      {!isOver && <progress aria-label={doing} max={Math.max(1, total ?? 1)} {...(total !== undefined && { value: done })} />}
      {problem !== undefined && <p class="quiet">The first that was not: {problem}</p>}
      <div class="row">
        <button type="button" class="button" onClick={isOver ? close : stopBulk}>
          {isOver ? "Done" : "Stop"}
        </button>
      </div>
    </div>
  );
}

function Question({ action }: { action: BulkAction }): VNode {
  const { ask, hint } = WORDS[action];
  const count = selectedCount.value;
  return (
    <form
      class="file-form"
      onSubmit={(event) => {
        event.preventDefault();
        void performBulk(action);
      }}
    >
      <p>{hint}</p>
      {isAllSelected.value && <p class="quiet">All that the search finds, whether on show or not.</p>}
      <div class="row">
        <button type="submit" class={`button${action === "delete" ? " button-danger" : ""}`} disabled={count === 0}>
          {ask} {countRuns(count)}
        </button>
        <button type="button" class="button" onClick={() => (askedAction.value = undefined)}>
          Keep them
        </button>
      </div>
    </form>
  );
}

/** How far it is, while the dialog is closed. */
export function BulkStrip(): VNode | null {
  const work = bulkWork.value;
  if (work === undefined || work.isOver || askedAction.value !== undefined) return null;
  return (
    <button type="button" class="bulk-strip" onClick={() => (askedAction.value = work.action)}>
      <span class="spinner" aria-hidden="true" /> {WORDS[work.action].doing}: {formatCount(work.done)} of {formatCount(work.total ?? 0)}
    </button>
  );
}

/** The dialog: the question, then the progress. Closed while it works, it goes on, and opens again by itself at its end. */
export function BulkDialog(): VNode {
  const work = bulkWork.value;
  const action = work?.action ?? askedAction.value;
  const close = (): void => {
    askedAction.value = undefined;
    if (work?.isOver === true) bulkWork.value = undefined;
  };
  return (
    <Sheet id="bulk-title" title={action === undefined ? "" : `${WORDS[action].ask} runs`} isOpen={askedAction.value !== undefined || work?.isOver === true} onClose={close}>
      {work !== undefined ? <Progress work={work} /> : action !== undefined && <Question action={action} />}
    </Sheet>
  );
}
