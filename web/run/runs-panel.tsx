// The runs tab: a search over all runs of this browser's database, what it finds, and what can be done with it. It fills the page where that is wanted.
import type { VNode } from "preact";
import { useRef, useState } from "preact/hooks";
import { Icon } from "../app/icons.js";
import { isRunsWide } from "../app/views.js";
import { connection } from "./connection.js";
import { BulkDialog, BulkStrip, SelectionBar } from "./run-bulk.js";
import { RunFileDialogs } from "./run-file-dialogs.js";
import { chooseFile, openExport } from "./run-files.js";
import { RunGrid } from "./run-grid.js";
import { allCount, liveCount } from "./run-list.js";
import { formatCount } from "./run-marks.js";
import { EVERY_RUN, isEveryRun } from "./run-query.js";
import { changeSearch, foundCount, isSearching, results, search, searchProblem } from "./run-results.js";
import { RunSearchForm } from "./run-search.js";
import { makeSampleRuns, SAMPLE_COUNTS, sampleProgress } from "./sample-runs.js";

function EmptyList(): VNode {
  if (results.value === undefined && connection.value.kind !== "failed") {
    return (
      <div class="empty">
        <span class="spinner" aria-hidden="true" />
        <p>Reading the runs…</p>
      </div>
    );
  }
  const isNone = isEveryRun(search.value);
  return (
    <div class="empty">
      <Icon name="runs" size={28} />
      <p>{isNone ? "No runs yet." : "No run is like this."}</p>
      <p class="quiet">{isNone ? "Runs stay in this browser, also when the tab is closed." : "Change the search above, or clear it."}</p>
    </div>
  );
}

function SampleRuns(): VNode {
  const progress = sampleProgress.value;
  if (progress !== undefined) {
    return (
      <span class="quiet sample-progress" role="status">
        <span class="spinner" aria-hidden="true" /> {formatCount(progress.done)} of {formatCount(progress.total)} made
      </span>
    );
  }
  return (
    <select
      class="sample-runs"
      aria-label="Make sample runs"
      title="Runs to try the list with"
      value=""
      disabled={connection.value.kind !== "ready"}
      onChange={(event) => {
        const count = Number(event.currentTarget.value);
        event.currentTarget.value = "";
        if (count > 0) void makeSampleRuns(count);
      }}
    >
      <option value="">Sample runs…</option>
      {SAMPLE_COUNTS.map((count) => (
        <option key={count} value={count}>
          Make {formatCount(count)}
        </option>
      ))}
    </select>
  );
}

function HeadButtons(): VNode {
  const picker = useRef<HTMLInputElement>(null);
  const isReady = connection.value.kind === "ready";
  const take = (): void => {
    chooseFile(picker.current?.files?.[0]);
    // The same file can be chosen once more.
    if (picker.current !== null) picker.current.value = "";
  };
  return (
    <div class="row runs-buttons" role="group" aria-label="Runs as files">
      <button type="button" class="button button-small" disabled={!isReady || (allCount.value ?? 0) === 0} onClick={openExport}>
        <Icon name="export" size={14} /> Export…
      </button>
      <button type="button" class="button button-small" disabled={!isReady} onClick={() => picker.current?.click()}>
        <Icon name="import" size={14} /> Import…
      </button>
      <SampleRuns />
      <input ref={picker} type="file" accept=".millrace" hidden aria-label="File of runs" onChange={take} />
    </div>
  );
}

function describeCount(): string {
  const all = allCount.value;
  if (all === undefined) return "";
  const live = `${formatCount(liveCount.value)} not ended`;
  return isEveryRun(search.value) ? `${formatCount(all)} in all, ${live}` : `${formatCount(foundCount.value)} of ${formatCount(all)}`;
}

function ReadProblem(): VNode | null {
  const problem = searchProblem.value;
  // What is wrong with a condition stands beside it.
  if (problem === undefined || (problem.code === "store/bad-query" && search.value.filter.trim() !== "")) return null;
  return (
    <div class="notice notice-bad" role="alert">
      <Icon name="warning" />
      <p>
        {problem.message} <span class="finding-code">{problem.code}</span>
      </p>
    </div>
  );
}

function Found(): VNode {
  const pages = results.value;
  if (pages === undefined || pages.count === 0) return <EmptyList />;
  // Of another search it begins at its first row.
  return <RunGrid key={pages.queryKey} pages={pages} />;
}

/** The runs tab. A file of runs can be dropped on it. */
export function RunsPanel(): VNode {
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
      <div class="runs-head">
        <h2>Runs</h2>
        <div class="quiet runs-count">
          <span class="runs-number" aria-live="polite">
            {describeCount()}
          </span>
          {!isEveryRun(search.value) && (
            <button type="button" class="link" onClick={() => changeSearch({ ...EVERY_RUN, sort: search.peek().sort, order: search.peek().order })}>
              Clear
            </button>
          )}
        </div>
        <HeadButtons />
        <button
          type="button"
          class="icon-button wide-button"
          aria-label="Runs on the whole page"
          title={isRunsWide.value ? "Beside text and diagram" : "On the whole page"}
          aria-pressed={isRunsWide.value}
          onClick={() => (isRunsWide.value = !isRunsWide.value)}
        >
          <Icon name={isRunsWide.value ? "cross" : "fit"} />
        </button>
      </div>
      <RunSearchForm />
      <ReadProblem />
      <BulkStrip />
      <SelectionBar />
      <div class={`runs-found${isSearching.value ? " is-stale" : ""}`} aria-busy={isSearching.value}>
        <Found />
      </div>
      <RunFileDialogs />
      <BulkDialog />
    </section>
  );
}
