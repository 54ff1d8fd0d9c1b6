// Replaces values in what runs were told, by path, before they leave. Types stay exact: what is not replaced is the same byte for byte.
//
//   path     first ("." name | "[" index "]" | "[" JSON text "]")*
//   name     any text without . [ ] " and spaces; * any one name or index; ** any number of them, also none
//   first    input · event · result · error · vars · log · * · **
import { WorkflowError } from "../model/errors.js";
import { EntryKind, type HistoryEntry } from "../model/history.js";
import type { StoredLogEntry } from "../model/log.js";
import type { Redaction } from "../model/portable.js";
import type { RunRecord } from "../model/run-record.js";
import { decodeExact, encodeExact, type ExactValue } from "../model/value.js";
import { readErrorRecord } from "./plain.js";

const MARKER_DEFAULT = "[redacted]";
/** Paths of one export, and names in one of them. */
const PATHS_MAX = 1_000;
const STEPS_MAX = 64;
const ROOTS: ReadonlySet<string> = new Set(["input", "event", "result", "error", "vars", "log", "*", "**"]);
const FIRST_NAME = /^[^.[\]"\s]+/;
const NEXT_STEP = /^(?:\.([^.[\]"\s]+)|\[(\d+|\*)\]|\[("(?:[^"\\]|\\.)*")\])/;

/** What a step of a path matches: a name or an index; quoted names are never wild. */
type Step = { readonly kind: "name"; readonly name: string } | { readonly kind: "one" } | { readonly kind: "any" };

/** A path from one of its steps on; each is one object, so that a place that is reached in several ways is one place. */
interface Way {
  readonly step: Step;
  /** Undefined: it ends behind the step. */
  readonly rest: Way | undefined;
}

/** Where matching stands. `isOver`: a path ends here. */
interface Open {
  readonly ways: readonly Way[];
  readonly isOver: boolean;
}

const NOTHING: Open = { ways: [], isOver: false };
const ROOT_OF: Readonly<Partial<Record<EntryKind, string>>> = {
  [EntryKind.START]: "input",
  [EntryKind.EVENT]: "event",
  [EntryKind.TASK_SUCCEEDED]: "result",
  [EntryKind.TASK_FAILED]: "error",
  [EntryKind.CANCEL]: "error",
};

export class Redactor {
  readonly #open: Open;
  readonly #marker: ExactValue;
  readonly #shown: string | null;
  #count = 0;

  /** Throws `engine/invalid-argument` (details: `argument`, `path`). */
  constructor(redaction: readonly string[] | Redaction) {
    const { paths, marker = MARKER_DEFAULT } = "paths" in redaction ? redaction : { paths: redaction };
    if (paths.length > PATHS_MAX) throw pathError(String(paths[PATHS_MAX]), `there are more than ${PATHS_MAX} paths`);
    this.#open = { ways: paths.map(parsePath), isOver: false };
    this.#marker = marker === null ? { null: true } : { string: marker };
    this.#shown = marker;
  }

  /** The run with its values replaced, and marked where there were any. */
  apply(record: RunRecord, entries: readonly HistoryEntry[]): { readonly record: RunRecord; readonly entries: readonly HistoryEntry[] } {
    const before = this.#count;
    const replaced = entries.map((entry) => this.#applyEntry(entry));
    const error = record.error === undefined ? undefined : this.#applyError(record.error);
    if (this.#count === before) return { record, entries };
    return { record: markRedacted({ ...record, ...(error !== undefined && { error }) }), entries: replaced };
  }

  /** A log with its values replaced: the fields of its entries, and their texts as `log.message`. No run is another one for that. */
  applyLog(log: readonly StoredLogEntry[]): readonly StoredLogEntry[] {
    const before = this.#count;
    const open = enter(this.#open, "log");
    const replaced = log.map((entry) => this.#applyLogEntry(entry, open));
    this.#count = before;
    return replaced;
  }

  #applyLogEntry(entry: StoredLogEntry, open: Open): StoredLogEntry {
    if (open === NOTHING && entry.by === "task") return entry;
    const before = this.#count;
    if (open.isOver) {
      const { fields: _fields, ...rest } = entry;
      return { ...rest, message: this.#shown ?? "" };
    }
    const message = String(this.#replacePlain(entry.message, enter(open, "message")) ?? "");
    if (entry.fields === undefined) return this.#count === before ? entry : { ...entry, message };
    const { error, ...others } = JSON.parse(entry.fields) as Record<string, unknown>;
    // What the engine says of an error is the error's.
    const told = error === undefined || entry.by !== "engine" ? error : this.#replacePlain(error, enter(this.#open, "error"));
    const fields = this.#replacePlain(told === undefined ? others : { ...others, error: told }, open);
    return this.#count === before ? entry : { ...entry, message, fields: JSON.stringify(fields) };
  }

  #applyEntry(entry: HistoryEntry): HistoryEntry {
    const root = ROOT_OF[entry.kind];
    if (root === undefined || entry.payload === undefined) return entry;
    const before = this.#count;
    const value = decodeExact(entry.payload);
    const open = enter(this.#open, root);
    // An input is a map; in a list it stands beside the run's id, where the workflow asks for that. So does an error that undoes before it ends.
    const isBoxed = (entry.kind === EntryKind.START || entry.kind === EntryKind.CANCEL) && "list" in value;
    const replaced = isBoxed ? { list: value.list.map((item, index) => (index === 0 ? this.#replace(item, open) : item)) } : this.#replace(value, open);
    return this.#count === before ? entry : { ...entry, payload: encodeExact(replaced) };
  }

  #replace(value: ExactValue, open: Open): ExactValue {
    if (open === NOTHING) return value;
    if (open.isOver) {
      this.#count += 1;
      return this.#marker;
    }
    if ("list" in value) return { list: value.list.map((item, index) => this.#replace(item, enter(open, String(index)))) };
    if ("map" in value) return { map: value.map.map(([key, item]) => [key, this.#replace(item, enter(open, spellKey(key)))] as const) };
    if ("optional" in value && value.optional !== null) return { optional: this.#replace(value.optional, open) };
    return value;
  }

  #applyError(error: NonNullable<RunRecord["error"]>): NonNullable<RunRecord["error"]> {
    const before = this.#count;
    const replaced = this.#replacePlain(error, enter(this.#open, "error"));
    return this.#count === before ? error : readErrorRecord(replaced);
  }

  #replacePlain(value: unknown, open: Open): unknown {
    if (open === NOTHING) return value;
    if (open.isOver) {
      this.#count += 1;
      return this.#shown;
    }
    if (Array.isArray(value)) return value.map((item, index) => this.#replacePlain(item, enter(open, String(index))));
    if (typeof value !== "object" || value === null) return value;
    const replaced = Object.entries(value).map(([key, item]) => [key, this.#replacePlain(item, enter(open, key))] as const);
    return Object.fromEntries(replaced);
  }
}

/** The record as one of a run with replaced values. Its searchable fields are left out: they are made of the same values. */
export function markRedacted(record: RunRecord): RunRecord {
  const { fields: _fields, ...rest } = record;
  return { ...rest, isRedacted: true };
}

function spellKey(key: ExactValue): string {
  if ("string" in key) return key.string;
  if ("int" in key) return key.int;
  if ("uint" in key) return key.uint;
  return "bool" in key ? String(key.bool) : "";
}

/** What is left of the paths behind one more name. */
function enter({ ways }: Open, name: string): Open {
  const inner = new Set<Way>();
  let isOver = false;
  const reach = (rest: Way | undefined): void => {
    if (rest === undefined) isOver = true;
    else inner.add(rest);
  };
  for (const way of ways) advance(way, name, inner, reach);
  return inner.size === 0 && !isOver ? NOTHING : { ways: [...inner], isOver };
}

function advance(way: Way, name: string, inner: Set<Way>, reach: (rest: Way | undefined) => void): void {
  const { step, rest } = way;
  if (step.kind === "any") {
    // It takes this name and goes on; or it has ended before it. A last one needs a name.
    inner.add(way);
    if (rest === undefined) reach(rest);
    else advance(rest, name, inner, reach);
  } else if (step.kind === "one" || step.name === name) reach(rest);
}

function parsePath(path: string): Way {
  const [first] = FIRST_NAME.exec(path) ?? [];
  if (first === undefined) throw pathError(path, "it begins with no name");
  if (!ROOTS.has(first)) throw pathError(path, `it begins with "${first}", and not with input, event, result, error, vars, log, * or **`);
  const steps: Step[] = [toStep(first === "vars" ? "input" : first)];
  for (let at = first.length; at < path.length; ) {
    const [step, name, index, quoted] = NEXT_STEP.exec(path.slice(at)) ?? [];
    if (step === undefined) throw pathError(path, `"${path.slice(at, at + 20)}" continues no path`);
    steps.push(quoted === undefined ? toStep(name ?? index ?? "") : { kind: "name", name: readQuoted(path, quoted) });
    at += step.length;
  }
  if (steps.length > STEPS_MAX) throw pathError(path, `it has more than ${STEPS_MAX} names`);
  return steps.reduceRight<Way | undefined>((rest, step) => ({ step, rest }), undefined) as Way;
}

function toStep(name: string): Step {
  return name === "*" ? { kind: "one" } : name === "**" ? { kind: "any" } : { kind: "name", name };
}

function readQuoted(path: string, text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    throw pathError(path, `${text} is no text`);
  }
}

function pathError(path: string, why: string): WorkflowError {
  return new WorkflowError("engine/invalid-argument", `options.redact has the path ${JSON.stringify(path.slice(0, 200))}: ${why}`, {
    details: { argument: "options.redact", path: path.slice(0, 200), why },
  });
}
