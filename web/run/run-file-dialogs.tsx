// The dialogs of runs as files: what to export and how, what to do with a file that is imported, and what became of it.
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { Icon } from "../app/icons.js";
import { Sheet } from "../app/sheet.js";
import type { ImportReport } from "../millrace.js";
import {
  chosenFile,
  closeImport,
  exportRuns,
  type ExportScope,
  fileProblem,
  importReport,
  importRuns,
  importShare,
  type ImportForm,
  isBusy,
  isExportOpen,
} from "./run-files.js";
import { openRunId } from "./open-run.js";
import { allCount } from "./run-list.js";
import { formatCount, shortenId } from "./run-marks.js";
import { isEveryRun } from "./run-query.js";
import { foundCount, search } from "./run-results.js";
import { selectedCount } from "./run-selection.js";

const SHOWN_REFUSALS = 5;

function Passphrase({ id, value, hint, onValue }: { id: string; value: string; hint: string; onValue: (value: string) => void }): VNode {
  return (
    <div class="field">
      <label for={id}>
        Passphrase <span class="field-type">optional</span>
      </label>
      <input
        id={id}
        type="password"
        autocomplete="off"
        value={value}
        aria-describedby={`${id}-hint`}
        aria-invalid={fileProblem.value?.code.endsWith("-passphrase") === true || fileProblem.value?.code.endsWith("-needed") === true ? "true" : undefined}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
      <span class="field-hint" id={`${id}-hint`}>
        {hint}
      </span>
    </div>
  );
}

function FileProblem(): VNode | null {
  const problem = fileProblem.value;
  if (problem === undefined) return null;
  return (
    <div class="notice notice-bad" role="alert">
      <Icon name="warning" />
      <p>
        {problem.message} <span class="finding-code">{problem.code}</span>
      </p>
    </div>
  );
}

function ExportFields(): VNode {
  const isFiltered = !isEveryRun(search.value);
  const openId = openRunId.value;
  const [scope, setScope] = useState<ExportScope>(selectedCount.value > 0 ? "selected" : isFiltered ? "listed" : "all");
  const [passphrase, setPassphrase] = useState("");
  const [redact, setRedact] = useState("");
  const scopes: readonly (readonly [ExportScope, string])[] = [
    ["all", "All runs"],
    ...(isFiltered ? ([["listed", `Those that the search finds (${formatCount(foundCount.value)})`]] as const) : []),
    ...(selectedCount.value > 0 ? ([["selected", `The selected ones (${formatCount(selectedCount.value)})`]] as const) : []),
    ...(openId === undefined ? [] : ([["open", `The open run, ${shortenId(openId)}`]] as const)),
  ];
  const submit = (event: Event): void => {
    event.preventDefault();
    void exportRuns({ scope, passphrase, redact });
  };
  return (
    <form class="file-form" onSubmit={submit}>
      <p class="quiet">Each with its sub-workflows, its workflow and its whole history. Other browsers can import the file.</p>
      <div class="field">
        <label for="export-scope">Runs</label>
        <select id="export-scope" value={scope} onChange={(event) => setScope(event.currentTarget.value as ExportScope)}>
          {scopes.map(([name, label]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </select>
      </div>
      <Passphrase id="export-passphrase" value={passphrase} hint="Encrypts the file. Without it nobody can read it, you neither." onValue={setPassphrase} />
      <div class="field">
        <label for="export-redact">
          Values to leave out <span class="field-type">optional</span>
        </label>
        <textarea
          id="export-redact"
          rows={3}
          spellcheck={false}
          placeholder={"input.customer.*\n**.password"}
          value={redact}
          aria-describedby="export-redact-hint"
          onInput={(event) => setRedact(event.currentTarget.value)}
        />
        <span class="field-hint" id="export-redact-hint">
          One path a line, beginning with input, event, result, error or vars. Such a run can be looked at, but not go on.
        </span>
      </div>
      <FileProblem />
      <div class="row">
        <button type="submit" class="button button-primary" disabled={isBusy.value || allCount.value === 0}>
          <Icon name="export" /> {isBusy.value ? "Exporting…" : "Export"}
        </button>
      </div>
    </form>
  );
}

const OPEN_CHOICES: readonly (readonly [ImportForm["open"], string])[] = [
  ["pause", "Pause them until resumed"],
  ["keep", "Let them go on at once"],
  ["cancel", "Cancel them"],
];

function ImportFields({ file }: { file: File }): VNode {
  const [form, setForm] = useState<ImportForm>({ passphrase: "", open: "pause", onConflict: "skip" });
  const submit = (event: Event): void => {
    event.preventDefault();
    void importRuns(form);
  };
  return (
    <form class="file-form" onSubmit={submit}>
      <p class="file-name">
        <Icon name="file" /> {file.name}
      </p>
      <Passphrase id="import-passphrase" value={form.passphrase} hint="Where the file was encrypted with one." onValue={(passphrase) => setForm({ ...form, passphrase })} />
      <div class="field">
        <label for="import-open">Runs that have not ended</label>
        <select id="import-open" value={form.open} onChange={(event) => setForm({ ...form, open: event.currentTarget.value as ImportForm["open"] })}>
          {OPEN_CHOICES.map(([name, label]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for="import-conflict">Runs that are here already</label>
        <select
          id="import-conflict"
          value={form.onConflict}
          onChange={(event) => setForm({ ...form, onConflict: event.currentTarget.value as ImportForm["onConflict"] })}
        >
          <option value="skip">Leave out</option>
          <option value="rename">Import under a new id</option>
        </select>
      </div>
      <FileProblem />
      {isBusy.value && <progress aria-label="Import" value={importShare.value} max={1} />}
      <div class="row">
        <button type="submit" class="button button-primary" disabled={isBusy.value}>
          <Icon name="import" /> {isBusy.value ? "Importing…" : "Import"}
        </button>
      </div>
    </form>
  );
}

function countRuns(count: number): string {
  return count === 1 ? "1 run" : `${count} runs`;
}

function Report({ report }: { report: ImportReport }): VNode {
  const { imported, skipped, renamed, refused, refusedCount, untouched } = report;
  const left = [...refused, ...untouched];
  return (
    <div class="file-form" role="status">
      <div class={`notice ${refusedCount > 0 ? "notice-warn" : "notice-good"}`}>
        <Icon name={refusedCount > 0 ? "warning" : "check"} />
        <p>
          {countRuns(imported)} imported
          {renamed.length > 0 && `, ${renamed.length} under a new id`}
          {skipped > 0 && `; ${countRuns(skipped)} here already`}
          {refusedCount > 0 && `; ${countRuns(refusedCount)} refused`}
          {untouched.length > 0 && `; ${countRuns(untouched.length)} cannot go on here`}.
        </p>
      </div>
      {left.length > 0 && (
        <ul class="file-refusals">
          {left.slice(0, SHOWN_REFUSALS).map(({ runId, code, message }) => (
            <li key={runId}>
              {message} <span class="finding-code">{code}</span>
            </li>
          ))}
          {left.length > SHOWN_REFUSALS && <li>and {left.length - SHOWN_REFUSALS} more</li>}
        </ul>
      )}
      <div class="row">
        <button type="button" class="button" onClick={closeImport}>
          Done
        </button>
      </div>
    </div>
  );
}

/** Both dialogs; one is open at a time, or none. */
export function RunFileDialogs(): VNode {
  const file = chosenFile.value;
  const report = importReport.value;
  const closeExport = (): void => {
    isExportOpen.value = false;
  };
  return (
    <>
      <Sheet id="export-title" title="Export runs" isOpen={isExportOpen.value} onClose={closeExport}>
        <ExportFields />
      </Sheet>
      <Sheet id="import-title" title="Import runs" isOpen={file !== undefined} onClose={closeImport}>
        {report !== undefined ? <Report report={report} /> : file !== undefined && <ImportFields key={file.name} file={file} />}
      </Sheet>
    </>
  );
}
