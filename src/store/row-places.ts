// Where a journal's rows of run records stand, as its driver remembers them: what is merged next follows from it.
import { checkRow, type Disk, type StoredRow } from "./disk.js";
import type { GroupRange } from "./gaps.js";
import { ROWS_PER_READ } from "./journal-limits.js";
import type { MetaRow } from "./meta-codec.js";
import { LEVEL_LOST, type RowPlace } from "./meta-merge.js";

export interface RowPlacesParts {
  readonly disk: Disk;
  readonly journal: number;
  /** The row, or undefined when it is damaged. */
  decode(stored: StoredRow, number: number): Promise<MetaRow | undefined>;
}

export class RowPlaces {
  readonly #parts: RowPlacesParts;
  /** Ascending; without those of takeovers. */
  #places: RowPlace[] = [];
  #isExact = true;

  constructor(parts: RowPlacesParts) {
    this.#parts = parts;
  }

  get list(): readonly RowPlace[] {
    return this.#places;
  }

  /** Some rows cannot be read. */
  get hasLost(): boolean {
    return this.#places.some(({ level }) => level === LEVEL_LOST);
  }

  clear(): void {
    this.#places = [];
    this.#isExact = true;
  }

  /** Rows were read. `isWhole`: all that there are, at once. Otherwise another driver may have merged what was read before. */
  noteRead(isWhole: boolean): void {
    this.#isExact = isWhole;
  }

  add(row: MetaRow, place: Omit<RowPlace, "runCount">): void {
    this.#places.push({ ...place, runCount: countNamed(row) });
  }

  /** A row that begins with this group takes the place of those after it. */
  cut(from: number): void {
    while ((this.#places.at(-1)?.group ?? -1) >= from) this.#places.pop();
  }

  /** No row tells of these groups. */
  lose({ from, to }: GroupRange): void {
    const at = this.#places.findIndex((row) => row.group > to);
    this.#places.splice(at < 0 ? this.#places.length : at, 0, lostPlace(from, to));
  }

  /** One row in the place of some. */
  replace(start: number, count: number, row: MetaRow, place: Omit<RowPlace, "runCount">): void {
    this.#places.splice(start, count, { ...place, runCount: countNamed(row) });
  }

  /** Takes rows as they stand. Called by who drives: nobody else changes them then. */
  async settle(): Promise<void> {
    if (this.#isExact) return;
    const { disk, journal } = this.#parts;
    const known = new Map(this.#places.map((place) => [place.group, place]));
    const places = new Map([...known].filter(([, { level, size }]) => level === LEVEL_LOST && size === 0));
    for (let [after, count] = [0, ROWS_PER_READ]; count === ROWS_PER_READ; ) {
      const rows = await disk.readRows(journal, after, ROWS_PER_READ);
      for (const { number, row } of rows) {
        const place = places.get(number) ?? (await this.#placeOf(row, number, known.get(number)));
        if (place !== undefined) places.set(number, place);
      }
      [after, count] = [rows.at(-1)?.number ?? after, rows.length];
    }
    this.#places = [...places.values()].sort((a, b) => a.group - b.group);
    this.#isExact = true;
  }

  /** Undefined: of a takeover. */
  async #placeOf(stored: unknown, group: number, known: RowPlace | undefined): Promise<RowPlace | undefined> {
    const row = checkRow(stored, group);
    if (row?.isTakeover === true) return undefined;
    if (row !== undefined && row.from === known?.from && row.level === known.level && row.bytes.length === known.size) return known;
    const meta = row && (await this.#parts.decode(row, group));
    if (row === undefined || meta === undefined) return lostPlace(group, group);
    return { from: row.from, group, level: row.level, size: row.bytes.length, runCount: countNamed(meta) };
  }
}

function lostPlace(from: number, to: number): RowPlace {
  return { from, group: to, level: LEVEL_LOST, size: 0, runCount: 0 };
}

/** How many runs a row names. */
function countNamed({ runs, removed }: MetaRow): number {
  return runs.length + removed.length;
}
