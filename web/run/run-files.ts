// Runs as files: what the two dialogs hold, the export that becomes a download, the import of a chosen or dropped file.
import { signal } from "@preact/signals";
import { announce } from "../app/announcement.js";
import { toProblem } from "../app/problem.js";
import type { ErrorRecord, ExportChoice, ImportOptions, ImportReport } from "../millrace.js";
import { readEngine } from "./connection.js";
import { openRunId } from "./open-run.js";
import { noteListChange } from "./run-list.js";
import { toQuery } from "./run-query.js";
import { search } from "./run-results.js";
import { isAllSelected, selectedIds } from "./run-selection.js";

/** Which runs: all, those that the search finds, the selected ones, or the open one. */
export type ExportScope = "all" | "listed" | "selected" | "open";

export interface ExportForm {
  readonly scope: ExportScope;
  readonly passphrase: string;
  /** One path a line. */
  readonly redact: string;
}

export interface ImportForm {
  readonly passphrase: string;
  readonly open: NonNullable<ImportOptions["open"]>;
  readonly onConflict: "skip" | "rename";
}

export const isExportOpen = signal(false);
export const isBusy = signal(false);
export const fileProblem = signal<ErrorRecord | undefined>(undefined);
/** The file that the import dialog is open for. */
export const chosenFile = signal<File | undefined>(undefined);
/** Of the file, what has been read: 0 to 1. */
export const importShare = signal(0);
export const importReport = signal<ImportReport | undefined>(undefined);

export function openExport(): void {
  fileProblem.value = undefined;
  isExportOpen.value = true;
}

function choose(scope: ExportScope): ExportChoice {
  const runId = openRunId.peek();
  if (scope === "open" && runId !== undefined) return { runIds: [runId] };
  if (scope === "selected" && !isAllSelected.peek()) return { runIds: [...selectedIds.peek()] };
  if (scope === "all") return {};
  const { sort: _sort, order: _order, ...query } = toQuery(search.peek());
  return { query };
}

/** Makes a file of runs and hands it to the browser as a download. */
export async function exportRuns({ scope, passphrase, redact }: ExportForm): Promise<void> {
  const engine = readEngine();
  if (engine === undefined || isBusy.peek()) return;
  isBusy.value = true;
  fileProblem.value = undefined;
  try {
    const paths = redact.split("\n").map((line) => line.trim()).filter((line) => line !== "");
    const parts: BlobPart[] = [];
    const options = { compress: true, ...(passphrase !== "" && { passphrase }), ...(paths.length > 0 && { redact: paths }) };
    for await (const piece of engine.export(choose(scope), options)) parts.push(piece as BlobPart);
    download(new Blob(parts, { type: "application/octet-stream" }), `runs-${new Date().toISOString().slice(0, 10)}.millrace`);
    isExportOpen.value = false;
    announce("The runs were exported", "good");
  } catch (error) {
    fileProblem.value = toProblem(error);
    if (!isExportOpen.peek()) announce(toProblem(error).message, "bad");
  } finally {
    isBusy.value = false;
  }
}

function download(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The browser has to have begun with it.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export function chooseFile(file: File | undefined): void {
  if (file === undefined || isBusy.peek()) return;
  fileProblem.value = undefined;
  importReport.value = undefined;
  importShare.value = 0;
  chosenFile.value = file;
}

/** Imports the chosen file; the report stands in the dialog. */
export async function importRuns({ passphrase, open, onConflict }: ImportForm): Promise<void> {
  const engine = readEngine();
  const file = chosenFile.peek();
  if (engine === undefined || file === undefined || isBusy.peek()) return;
  isBusy.value = true;
  fileProblem.value = undefined;
  try {
    const onProgress: ImportOptions["onProgress"] = ({ sizeBytes }) => (importShare.value = sizeBytes / Math.max(1, file.size));
    const report = await engine.import(file, { open, onConflict, onProgress, ...(passphrase !== "" && { passphrase }) });
    importReport.value = report;
    noteListChange();
    if (chosenFile.peek() === undefined) announce(`${report.imported} of the file's runs were imported`, "good");
  } catch (error) {
    fileProblem.value = toProblem(error);
    if (chosenFile.peek() === undefined) announce(toProblem(error).message, "bad");
  } finally {
    isBusy.value = false;
  }
}

/** Closes the dialog; an import under way goes on, and tells its end in a message. */
export function closeImport(): void {
  chosenFile.value = undefined;
}
