// The columns of a segment in memory: all that the records of up to SEGMENT_RUN_COUNT_MAX ended runs say, as typed arrays that conditions
// are held against without making an object. Rows ascend by start, then by id. Little-endian machines only, as WebAssembly's memory is.
import { WorkflowError, type ErrorRecord } from "../model/errors.js";
import type { RunRecord, SearchValue } from "../model/run-record.js";
import type { RunStatus } from "../model/status.js";
import { formatUuid, KEY_WORD_COUNT, type RunKey } from "./run-key.js";
import type { TextTable } from "./text-table.js";

export const SEGMENT_RUN_COUNT_MAX = 4_096;

/** Codes of a column that holds nothing: shared, never written. */
const NO_CODES = new Uint16Array(SEGMENT_RUN_COUNT_MAX);
/** In a column of booleans; 0 is absent. */
export const CODE_FALSE = 1;
export const CODE_TRUE = 2;
/** A parent whose id is the child's own up to its last `~`. Codes above count in the table, 0 is none. */
export const CODE_PARENT_BY_NAME = 1;

export function noCodes(count: number): Uint16Array {
  return NO_CODES.subarray(0, count);
}

/** Does no run have anything in this column? True only of columns that were written as empty. */
export function isEmptyColumn(codes: Uint16Array): boolean {
  return codes.buffer === NO_CODES.buffer;
}

/** What many runs have in common. */
export interface RunKind {
  readonly workflow: string;
  readonly identity: string;
  readonly status: RunStatus;
}

/** A searchable field of one type. `codes`: 0 where the run has none, else 1 + the text's index, or CODE_FALSE, CODE_TRUE. */
export type FieldColumn =
  | { readonly name: string; readonly type: "number"; readonly values: Float64Array }
  | { readonly name: string; readonly type: "string"; readonly codes: Uint16Array; readonly texts: TextTable }
  | { readonly name: string; readonly type: "boolean"; readonly codes: Uint16Array };

/** Tag lists that runs have: list `n` is `tags[offsets[n]]` up to `tags[offsets[n + 1]]`, indexes into `texts`. List 0 is empty. */
export interface TagLists {
  readonly texts: TextTable;
  readonly offsets: Uint32Array;
  readonly tags: Uint16Array | Uint32Array;
}

/** What is only read of runs that are shown: one JSON text for each of `rows` (ascending), from `offsets[n]` to `offsets[n + 1]`. */
export interface RestArea {
  readonly rows: Uint16Array;
  readonly offsets: Uint32Array;
  readonly bytes: Uint8Array;
}

/** As typed arrays, one value a run, unless stated otherwise. */
export interface ColumnParts {
  readonly count: number;
  /** Four words a run, see run-key.ts. */
  readonly words: Uint32Array;
  /** 0: the id is its words; else 1 + index into `idTexts`. */
  readonly idCodes: Uint16Array;
  /** What follows the words; from code `wholeFrom` on, whole ids that are no UUIDs. */
  readonly idTexts: TextTable;
  readonly wholeFrom: number;
  readonly kinds: readonly RunKind[];
  readonly kindCodes: Uint16Array;
  readonly started: Float64Array;
  /** NaN: not known. */
  readonly ended: Float64Array;
  /** The very array `ended`, where they are the same. */
  readonly updated: Float64Array;
  readonly seqs: Uint32Array | Float64Array;
  readonly tagLists: TagLists;
  readonly tagCodes: Uint16Array;
  /** 0: no error, or one without a code; else 1 + index into `errors`. */
  readonly errorCodes: Uint16Array;
  readonly errors: TextTable;
  readonly parentCodes: Uint16Array;
  readonly parents: TextTable;
  readonly fields: readonly FieldColumn[];
  readonly rest: RestArea;
}

interface Rest extends Record<string, unknown> {
  readonly error?: Omit<ErrorRecord, "code">;
  readonly fields?: Readonly<Record<string, SearchValue>>;
}

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class SegmentColumns {
  readonly count: number;
  readonly parts: ColumnParts;

  constructor(parts: ColumnParts) {
    this.count = parts.count;
    this.parts = parts;
  }

  runId(row: number): string {
    const { idCodes, idTexts, wholeFrom, words } = this.parts;
    const code = idCodes[row] as number;
    if (code === 0) return formatUuid(words, row * KEY_WORD_COUNT);
    const text = idTexts.get(code - 1);
    return code >= wholeFrom ? text : formatUuid(words, row * KEY_WORD_COUNT) + text;
  }

  /** Is this the id of that row? */
  hasKey(row: number, { words, text, isWhole }: RunKey): boolean {
    const own = this.parts.words;
    const at = row * KEY_WORD_COUNT;
    if (own[at] !== words[0] || own[at + 1] !== words[1] || own[at + 2] !== words[2] || own[at + 3] !== words[3]) return false;
    const code = this.parts.idCodes[row] as number;
    if (code === 0) return !isWhole && text === "";
    return code >= this.parts.wholeFrom === isWhole && this.parts.idTexts.get(code - 1) === text;
  }

  parentRunId(row: number): string | undefined {
    const code = this.parts.parentCodes[row] as number;
    if (code === 0) return undefined;
    return code === CODE_PARENT_BY_NAME ? parentByName(this.runId(row)) : this.parts.parents.get(code - CODE_PARENT_BY_NAME - 1);
  }

  /** The whole record, made anew. Throws `store/damaged` where its rest cannot be read. */
  record(row: number): RunRecord {
    const { kinds, kindCodes, started, updated, ended, seqs } = this.parts;
    const { workflow, identity, status } = kinds[kindCodes[row] as number] as RunKind;
    const endedAt = ended[row] as number;
    const { error: restOfError, fields: oddFields, ...others } = this.#rest(row);
    const error = this.#error(row, restOfError);
    const parentRunId = this.parentRunId(row);
    const fields = this.#fields(row, oddFields);
    return {
      ...others,
      runId: this.runId(row),
      workflow,
      identity,
      status,
      startedAt: started[row] as number,
      updatedAt: updated[row] as number,
      ...(!Number.isNaN(endedAt) && { endedAt }),
      ...(error !== undefined && { error }),
      ...(parentRunId !== undefined && { parentRunId }),
      tags: this.#tags(row),
      ...(fields !== undefined && { fields }),
      seq: seqs[row] as number,
    };
  }

  /** Bytes in memory without the rest area. */
  get size(): number {
    const { idTexts, tagLists, errors, parents, fields, updated, ended, started, words, seqs } = this.parts;
    const tables = [idTexts, tagLists.texts, errors, parents, ...fields.flatMap((field) => (field.type === "string" ? [field.texts] : []))];
    const codes = [this.parts.idCodes, this.parts.kindCodes, this.parts.tagCodes, this.parts.errorCodes, this.parts.parentCodes];
    for (const field of fields) if (field.type !== "number") codes.push(field.codes);
    const arrays: ArrayBufferView[] = [words, started, ended, seqs, tagLists.offsets, tagLists.tags, ...codes.filter((column) => !isEmptyColumn(column))];
    if (updated !== ended) arrays.push(updated);
    for (const field of fields) if (field.type === "number") arrays.push(field.values);
    return arrays.reduce((sum, array) => sum + array.byteLength, 0) + tables.reduce((sum, table) => sum + table.size, 0);
  }

  #tags(row: number): string[] {
    const { texts, offsets, tags } = this.parts.tagLists;
    const list = this.parts.tagCodes[row] as number;
    const found: string[] = [];
    for (let at = offsets[list] as number; at < (offsets[list + 1] as number); at += 1) found.push(texts.get(tags[at] as number));
    return found;
  }

  #error(row: number, rest: Rest["error"]): ErrorRecord | undefined {
    const code = this.parts.errorCodes[row] as number;
    if (code === 0) return rest as ErrorRecord | undefined;
    return { code: this.parts.errors.get(code - 1), ...(rest as Omit<ErrorRecord, "code">) };
  }

  #fields(row: number, odd: Rest["fields"]): Record<string, SearchValue> | undefined {
    let found: Record<string, SearchValue> | undefined = odd === undefined ? undefined : { ...odd };
    for (const column of this.parts.fields) {
      const value = fieldValue(column, row);
      if (value === undefined) continue;
      found ??= {};
      // Not by assignment: a field may be named `__proto__`.
      Object.defineProperty(found, column.name, { value, enumerable: true, configurable: true, writable: true });
    }
    return found;
  }

  #rest(row: number): Rest {
    const { rows, offsets, bytes } = this.parts.rest;
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((rows[middle] as number) < row) low = middle + 1;
      else high = middle;
    }
    if (rows[low] !== row) return {};
    try {
      const value: unknown = JSON.parse(DECODER.decode(bytes.subarray(offsets[low], offsets[low + 1])));
      if (typeof value === "object" && value !== null) return value as Rest;
    } catch (cause) {
      throw damagedColumns("the rest of a record cannot be read", offsets[low] as number, cause);
    }
    throw damagedColumns("the rest of a record is no object", offsets[low] as number);
  }
}

/** The value of a field, undefined where the run has none of this type. */
export function fieldValue(column: FieldColumn, row: number): SearchValue | undefined {
  if (column.type === "number") {
    const value = column.values[row] as number;
    return Number.isNaN(value) ? undefined : value;
  }
  const code = column.codes[row] as number;
  if (code === 0) return undefined;
  return column.type === "string" ? column.texts.get(code - 1) : code === CODE_TRUE;
}

/** A child's id up to its last `~`. */
export function parentByName(runId: string): string {
  return runId.slice(0, Math.max(0, runId.lastIndexOf("~")));
}

export function damagedColumns(why: string, offset: number, cause?: unknown): WorkflowError {
  return new WorkflowError("store/damaged", `The columns of a segment are damaged: ${why}`, { details: { offset }, cause });
}
