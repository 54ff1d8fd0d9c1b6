// One journal: numbered groups on a disk, written by one driver at a time, read by every tab. Everything that is pending goes into the next
// group, one transaction in flight; per group one chunk of history, one of checkpoints and one row of run records, never a record a
// run. Whatever changes the journal is a group with the next number, so a driver that was replaced can change nothing any more.
import { WorkflowError } from "../model/errors.js";
import type { Durability } from "../model/engine.js";
import type { HistoryEntry } from "../model/history.js";
import type { NewLogEntry, StoredLogEntry } from "../model/log.js";
import { LOG_VERSION } from "../model/log-codec.js";
import type { ClockPort, RunChange, SourceRecord, StoredCheckpoint, StoredPast } from "../model/ports.js";
import type { RetentionPlan } from "../model/retention.js";
import type { RunRecord } from "../model/run-record.js";
import { CHUNK_VERSION } from "./chunk-codec.js";
import { checkRow, type Disk, type GroupWrite, Kind, keyOf, numberOf, seal, sealRow, type StoredBytes, type StoredRow } from "./disk.js";
import { closedError, damagedError, fencedError, isDamage, isFull, overloadedError } from "./errors.js";
import { GapList, type GroupRange } from "./gaps.js";
import { buildGroup, type Group, type PendingCommit } from "./group.js";
import { HistoryReader } from "./history-reader.js";
import type { JournalParts } from "./journal-parts.js";
import { ARCHIVE_LOAD_FACTOR, ARCHIVE_RUNS_MIN, PENDING_COMMITS_MAX, ROWS_PER_READ, RUNS_PER_REMOVAL, SEGMENTS_PER_REMOVAL, TAKEOVER_ATTEMPTS_MAX, TAKEOVER_MS_MAX, TIDY_DELAY_MS, TIDY_ROWS_MAX } from "./journal-limits.js";
import { takeSome, toRanges } from "./key-ranges.js";
import { LogBuffer } from "./log-buffer.js";
import { LogReader } from "./log-reader.js";
import { readRunsIn } from "./lost-runs.js";
import { decodeMeta, EMPTY_ROW, encodeMeta, META_VERSION, type MetaRow } from "./meta-codec.js";
import { isStateWorth, LEVEL_LOST, mergeRows, MERGE_ROWS, pickMerge, type RowPlace, STATE_LEVEL } from "./meta-merge.js";
import { OwnSources } from "./own-sources.js";
import { type Packer, unpack } from "./packer.js";
import { ReadChanges } from "./read-changes.js";
import { RowPlaces } from "./row-places.js";
import { RunDirectory } from "./run-directory.js";
import type { KnownSegment } from "./retention.js";
import { makeSegment, SEGMENT_RUNS_MAX, type SegmentDraft } from "./segment-draft.js";
import { decodeSegment } from "./segment-columns.js";
import { Shelf } from "./shelf.js";

interface AppendOptions extends Omit<GroupWrite, "number" | "row"> {
  readonly isTakeover?: boolean;
  /** Of the row's segments. */
  readonly prepared?: Awaited<ReturnType<Shelf["prepare"]>>;
}

export class Journal {
  readonly number: number;
  readonly #parts: JournalParts;
  readonly #disk: Disk;
  readonly #clock: Pick<ClockPort, "schedule" | "defer" | "now">;
  readonly #archiveRunsMin: number;
  readonly #packer: Packer;
  readonly #directory: RunDirectory;
  readonly #shelf: Shelf;
  readonly #reader: HistoryReader;
  readonly #logs: LogBuffer;
  readonly #logReader: LogReader;
  readonly #gaps = new GapList();
  readonly #sources: OwnSources;
  readonly #rows: RowPlaces;
  #lastGroup = 0;
  /** The highest that stands in the journal. */
  #epochSeen = 0;
  /** 0: does not drive, so must not write. */
  #epoch = 0;
  #pending: PendingCommit[] = [];
  #tasks: (() => Promise<void>)[] = [];
  #isWorking = false;
  #isClosed = true;
  /** Commits that nobody waits for (durability none) and that are not written yet. */
  #unawaitedCount = 0;
  #isArchiving = false;
  /** This driver knows what stands there that nothing refers to. */
  #isSought = false;
  #stopTidying: (() => void) | undefined;

  constructor(parts: JournalParts, number: number) {
    const { disk, packer, index, clock, archiveRunsMin = ARCHIVE_RUNS_MIN, logLimits } = parts;
    this.#parts = parts;
    this.#clock = clock;
    this.#archiveRunsMin = archiveRunsMin;
    this.number = number;
    this.#disk = disk;
    this.#packer = packer;
    this.#directory = new RunDirectory(index);
    this.#sources = new OwnSources(disk, number);
    this.#rows = new RowPlaces({ disk, journal: number, decode: (stored, group) => this.#decodeRow(stored, group) });
    this.#shelf = new Shelf({ disk, packer, index }, number);
    const reading = { disk, packer, directory: this.#directory, shelf: this.#shelf, refresh: () => this.refresh() };
    this.#reader = new HistoryReader(reading, number);
    this.#logs = new LogBuffer(logLimits);
    this.#logReader = new LogReader({ ...reading, buffer: this.#logs }, number);
  }

  get isDriven(): boolean {
    return this.#epoch !== 0;
  }

  get lastGroup(): number {
    return this.#lastGroup;
  }

  /** Reads what stands in the journal. The disk is open. */
  async open(): Promise<void> {
    this.#isClosed = false;
    this.#epoch = 0;
    this.#epochSeen = 0;
    this.#lastGroup = 0;
    this.#rows.clear();
    this.#directory.clear();
    this.#shelf.clear();
    this.#logs.clear();
    this.#gaps.clear();
    await this.refresh();
    await this.#runTask(() => this.#checkEnd());
  }

  /** Puts the ended runs that stand in segments into the index, if they are not there. */
  load(): Promise<void> {
    return this.#shelf.load();
  }

  /** Does it hold the run, in no segment? */
  isLoose(runId: string): boolean {
    return this.#directory.places(runId) !== undefined;
  }

  /** Of archived runs only once they are loaded. */
  has(runId: string): boolean {
    return this.isLoose(runId) || this.#shelf.find(runId) !== undefined;
  }

  /** Why nothing can be told of the run, if it is or was here. Of archived runs only once they are loaded. */
  damageOf(runId: string): WorkflowError | undefined {
    const group = this.#directory.damagedGroup(runId);
    return group === undefined ? this.#shelf.damageOf(runId) : damagedError(runId, group, "its records cannot be read");
  }

  /** Does any run that stands in a segment refer to the source? */
  hasIdentity(identity: string): boolean {
    return this.#shelf.hasIdentity(identity);
  }

  openRuns(): readonly RunRecord[] {
    return this.#directory.openRuns();
  }

  get hasOpenRuns(): boolean {
    return this.#directory.hasOpenRuns;
  }

  putSource(source: SourceRecord): Promise<void> {
    return this.#sources.put(source);
  }

  /** Rejects with `store/damaged`. */
  getSource(identity: string): Promise<SourceRecord | undefined> {
    return this.#sources.get(identity);
  }

  commit(changes: readonly RunChange[], durability: Durability): Promise<void> {
    if (this.#isClosed) return Promise.reject(closedError(this.#parts.name, "the store was closed"));
    if (this.#epoch === 0) return Promise.reject(fencedError(this.number, 0, this.#epochSeen));
    if (this.#pending.length >= PENDING_COMMITS_MAX) return Promise.reject(overloadedError(this.#pending.length, PENDING_COMMITS_MAX));
    if (durability !== "none") {
      return new Promise((resolve, reject) => {
        this.#pending.push({ changes, durability, resolve, reject });
        this.#wake();
      });
    }
    this.#unawaitedCount += 1;
    const written = (): void => {
      this.#unawaitedCount -= 1;
    };
    this.#pending.push({ changes, durability, resolve: written, reject: written });
    this.#wake();
    return Promise.resolve();
  }

  history(runId: string, fromSeq = 0): Promise<readonly HistoryEntry[]> {
    return this.#reader.history(runId, fromSeq);
  }

  /** Undefined also where the checkpoint is damaged: it only shortens the replay of a history that is there. */
  checkpoint(runId: string): Promise<StoredCheckpoint | undefined> {
    return this.#reader.checkpoint(runId);
  }

  pasts(runIds: readonly string[]): Promise<readonly StoredPast[]> {
    return this.#reader.pasts(runIds);
  }

  /** Entries that go with the next group. Dropped where this store does not drive the journal. */
  addLogs(runId: string, entries: readonly (NewLogEntry & { readonly number?: number })[]): void {
    if (this.#epoch !== 0 && !this.#isClosed) this.#logs.add(runId, entries, this.#directory.places(runId)?.log?.last ?? 0);
  }

  /** A run's log after entry `after`. What is missing in it is told in its place. */
  logs(runId: string, after: number): Promise<readonly StoredLogEntry[]> {
    return this.#logReader.read(runId, after);
  }

  /** Writes the entries that still wait. */
  async flushLogs(): Promise<void> {
    if (this.#logs.isEmpty || this.#epoch === 0) return;
    await this.#runTask(async () => {
      if (this.#epoch !== 0) await this.#addWithLogs(EMPTY_ROW, [], false);
    });
  }

  /** Ids that are not in this journal are passed over. `isUsed`: does any run refer to the source? */
  async delete(runIds: readonly string[], isUsed: (identity: string) => boolean): Promise<void> {
    await this.#runTask(async () => {
      const removed = runIds.filter((runId) => this.#directory.places(runId) !== undefined);
      const { erased, dropped, puts, removals = [] } = this.#shelf.erase(runIds);
      if (removed.length + erased.length === 0) return;
      this.#logs.forget(removed);
      await this.#addRow({ ...EMPTY_ROW, removed, erased, dropped }, { puts, removals });
      const unused = await this.#sources.findUnused(isUsed);
      if (unused.length > 0) await this.#addRow(EMPTY_ROW, { sourceRemovals: unused });
    });
  }

  /** Segments with how many of their runs are still there. */
  segments(): readonly KnownSegment[] {
    return this.#shelf.entries.map((entry) => ({ journal: this.number, entry, liveCount: this.#shelf.liveCount(entry.id) }));
  }

  /** The segment of a run, if it is archived. */
  segmentOf(runId: string): number | undefined {
    return this.#shelf.find(runId)?.segment;
  }

  /** Forgets what a plan says, some at a time; others get their turns between. */
  async prune({ segments, runIds }: RetentionPlan, isUsed: (identity: string) => boolean): Promise<void> {
    for (let from = 0; from < segments.length; from += SEGMENTS_PER_REMOVAL) {
      await this.#runTask(async () => {
        const there = new Set(this.#shelf.entries.map(({ id }) => id));
        const dropped = segments.slice(from, from + SEGMENTS_PER_REMOVAL).filter((id) => there.has(id));
        if (dropped.length > 0) await this.#addRow({ ...EMPTY_ROW, dropped }, { removals: dropped.flatMap((id) => this.#shelf.removals(id)) });
      });
    }
    for (let from = 0; from < runIds.length; from += RUNS_PER_REMOVAL) await this.delete(runIds.slice(from, from + RUNS_PER_REMOVAL), isUsed);
  }

  /** Becomes the driver: whoever drove before can write no more. Returns the new epoch. */
  async takeOver(): Promise<number> {
    await this.#runTask(async () => {
      const begunAt = this.#clock.now();
      for (let attempt = 1; ; attempt += 1) {
        await this.#readRows();
        this.#epoch = this.#epochSeen + 1;
        if (await this.#append({ row: EMPTY_ROW, isTakeover: true, isStrict: true, puts: [] })) break;
        // The driver before was quicker with one more group.
        this.#epoch = 0;
        if (attempt === TAKEOVER_ATTEMPTS_MAX || this.#clock.now() - begunAt > TAKEOVER_MS_MAX) throw fencedError(this.number, 0, this.#epochSeen);
      }
      this.#isSought = false;
      await this.#sources.putAll();
    });
    return this.#epoch;
  }

  /** Drives no more; what is pending is refused. */
  release(): void {
    this.#epoch = 0;
    this.#logs.clear();
    // At once: it may be taken over again before it is their turn, when nobody here has these runs any more.
    for (const commit of this.#pending.splice(0)) commit.reject(fencedError(this.number, 0, this.#epochSeen));
  }

  /** Takes in what others wrote. */
  refresh(): Promise<void> {
    return this.#runTask(() => this.#readRows());
  }

  /** Waits for the commits that nobody waited for. */
  async settle(): Promise<void> {
    while (this.#unawaitedCount > 0 && !this.#isClosed) await this.#runTask(async () => undefined);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopTidying?.();
    this.#stopTidying = undefined;
    await new Promise<void>((resolve) => {
      this.#tasks.push(async () => resolve());
      this.#wake();
    });
    this.#reader.clear();
    this.#logReader.clear();
  }

  // --- the committer ---------------------------------------------------------------------------------------------

  #wake(): void {
    if (this.#isWorking) return;
    this.#isWorking = true;
    queueMicrotask(() => void this.#work());
  }

  /** Groups first, then one task, by turns, until nothing is left. Never rejects: each caller hears of its own failure. */
  async #work(): Promise<void> {
    while (this.#pending.length > 0 || this.#tasks.length > 0) {
      if (this.#pending.length > 0) await this.#commitGroup();
      if (this.#directory.endedCount >= ARCHIVE_LOAD_FACTOR * this.#archiveRunsMin) void this.#archive(false).catch(() => undefined);
      // Under a load without pauses, rows are merged all the same.
      if (this.#rows.list.length > TIDY_ROWS_MAX && this.#rows.list.length % MERGE_ROWS === 0) await this.#tidyOnce(false).catch(() => undefined);
      if (this.#pending.length > 0 && this.#isClosed) continue;
      await this.#tasks.shift()?.();
    }
    this.#isWorking = false;
    this.#planTidying();
  }

  async #commitGroup(): Promise<void> {
    const group = buildGroup(this.#lastGroup + 1, this.#pending, (runId) => this.#checkedSeq(runId));
    if (group.commits.length === 0) return;
    try {
      await this.#addGroup(group);
    } catch (error) {
      // What was freed took a number: the same commits make another group.
      if (isFull(error) && (await this.#makeRoom())) this.#pending.unshift(...group.commits);
      else for (const commit of group.commits) commit.reject(error);
      return;
    }
    for (const commit of group.commits) commit.resolve();
  }

  /** The disk is full: the segments that ended first give way, an eighth of them at a time. False: there is none. */
  async #makeRoom(): Promise<boolean> {
    const segments = this.#parts.mayMakeRoom ? [...this.#shelf.entries].sort((a, b) => a.endedTo - b.endedTo) : [];
    const dropped = segments.slice(0, Math.min(SEGMENTS_PER_REMOVAL, Math.ceil(segments.length / 8))).map(({ id }) => id);
    if (dropped.length === 0) return false;
    try {
      await this.#addRow({ ...EMPTY_ROW, dropped }, { removals: dropped.flatMap((id) => this.#shelf.removals(id)) });
      return true;
    } catch {
      return false;
    }
  }

  async #addGroup(group: Group): Promise<void> {
    const puts: { key: number; value: StoredBytes }[] = [];
    for (const [kind, chunk] of [[Kind.HISTORY, group.history], [Kind.CHECKPOINTS, group.checkpoints]] as const) {
      if (chunk === undefined) continue;
      const { form, bytes } = this.#packer.pack(chunk);
      puts.push({ key: keyOf(kind, group.number), value: seal(keyOf(kind, group.number), { version: CHUNK_VERSION, form, bytes }) });
    }
    await this.#addWithLogs(group.row, puts, group.isStrict);
  }

  /** Adds a group with the log entries that wait; of nothing there is none. */
  async #addWithLogs(row: MetaRow, puts: GroupWrite["puts"], isStrict: boolean): Promise<void> {
    const draft = this.#logs.draft(this.#lastGroup + 1, row, this.#directory);
    if (draft === undefined) {
      if (row !== EMPTY_ROW) await this.#addRow(row, { puts, isStrict });
      return;
    }
    const { form, bytes } = this.#packer.pack(draft.chunk);
    const put = { key: keyOf(Kind.LOGS, this.#lastGroup + 1), value: seal(keyOf(Kind.LOGS, this.#lastGroup + 1), { version: LOG_VERSION, form, bytes }) };
    await this.#addRow({ ...row, logs: draft.logs }, { puts: [...puts, put], isStrict });
    this.#logs.written(draft.logs);
  }

  /** Adds a group. Rejects with `store/fenced` where another driver has added one. */
  async #addRow(row: MetaRow, rest: Partial<AppendOptions> = {}): Promise<void> {
    if (this.#epoch === 0) throw fencedError(this.number, 0, this.#epochSeen);
    const number = this.#lastGroup + 1;
    if (await this.#append({ row, puts: [], isStrict: false, ...rest })) return;
    const there = checkRow(await this.#disk.readRow(this.number, number), number);
    if (there?.epoch === this.#epoch) {
      // A group of this driver that it believed lost: it counts, and whoever waited for it reads it again.
      await this.#readRows();
      throw new WorkflowError("store/failed", `Group ${number} was written when it seemed to have failed`, { details: { number }, isRetryable: true });
    }
    const epoch = this.#epoch;
    this.#epoch = 0;
    throw fencedError(this.number, epoch, there?.epoch ?? epoch + 1);
  }

  /** False: the next number is taken. */
  async #append({ row, isTakeover = false, prepared, ...write }: AppendOptions & { readonly row: MetaRow }): Promise<boolean> {
    const number = this.#lastGroup + 1;
    const { form, bytes } = this.#packer.pack(encodeMeta(row, number));
    const stored = sealRow(number, { version: META_VERSION, form, bytes, epoch: this.#epoch, from: number, level: 0, isTakeover });
    try {
      if (!(await this.#disk.append(this.number, { ...write, number, row: stored }))) return false;
    } catch (error) {
      // It may have been written all the same.
      if (!(await this.#isWritten(number, stored).catch(() => false))) throw error;
    }
    this.#lastGroup = number;
    if (isTakeover) this.#epochSeen = this.#epoch;
    else this.#rows.add(row, { from: number, group: number, level: 0, size: bytes.length });
    this.#directory.apply(row, number, number);
    this.#shelf.apply(row, prepared ?? [], false);
    return true;
  }

  async #isWritten(number: number, { epoch, checksum }: StoredRow): Promise<boolean> {
    const row = checkRow(await this.#disk.readRow(this.number, number), number);
    return row !== undefined && row.epoch === epoch && row.checksum === checksum;
  }

  #checkedSeq(runId: string): number {
    const damaged = this.#directory.damagedGroup(runId);
    if (damaged !== undefined) throw damagedError(runId, damaged, "its records cannot be read, so nothing is added to it");
    return this.#directory.lastSeq(runId);
  }

  #runTask(work: () => Promise<void>): Promise<void> {
    if (this.#isClosed) return Promise.reject(closedError(this.#parts.name, "the store was closed"));
    return new Promise((resolve, reject) => {
      this.#tasks.push(() => work().then(resolve, reject));
      this.#wake();
    });
  }

  // --- reading ---------------------------------------------------------------------------------------------------

  /** Takes in the rows after the last one known, and tells of them, whoever made it read. */
  async #readRows(): Promise<void> {
    const changes = new ReadChanges(this.#parts);
    try {
      for (;;) {
        const rows = await this.#disk.readRows(this.number, this.#lastGroup, ROWS_PER_READ);
        if (rows.length > 0) this.#rows.noteRead(this.#lastGroup === 0 && rows.length < ROWS_PER_READ);
        for (const { number, row } of rows) await this.#takeRow(row, number, changes);
        if (rows.length < ROWS_PER_READ) break;
      }
      await this.#gaps.settle((gap) => this.#loseGroups(gap));
    } finally {
      // Also of what was read before something could not be.
      changes.tell(this.#directory.takeGone(), this.#shelf);
    }
  }

  async #takeRow(stored: unknown, number: number, changes: ReadChanges): Promise<void> {
    const checked = checkRow(stored, number);
    this.#epochSeen = Math.max(this.#epochSeen, checked?.epoch ?? 0);
    // Written by another: this driver was replaced, and the next number is not its any more.
    if (checked?.epoch !== this.#epoch) this.#epoch = 0;
    if (checked?.isTakeover === true) {
      this.#gaps.note(number, number, this.#lastGroup);
      this.#lastGroup = Math.max(this.#lastGroup, number);
      return;
    }
    const row = checked === undefined ? undefined : await this.#decodeRow(checked, number);
    const from = checked?.from ?? this.#lastGroup + 1;
    const prepared = row === undefined ? [] : await this.#shelf.prepare(row);
    this.#rows.cut(from);
    if (row === undefined || checked === undefined) await this.#loseGroups({ from, to: number });
    else {
      this.#directory.apply(row, from, number);
      this.#shelf.apply(row, prepared, from === 0);
      for (const { record } of row.runs) changes.note(record);
      for (const { runId } of row.logs) this.#directory.noteRecord(runId, (record) => changes.note(record));
      this.#rows.add(row, { from, group: number, level: checked.level, size: checked.bytes.length });
    }
    this.#gaps.note(from, number, this.#lastGroup);
    this.#lastGroup = number;
  }

  /** The row, or undefined when it is damaged. A later version is an error: this engine must not go on. */
  async #decodeRow(stored: StoredRow, number: number): Promise<MetaRow | undefined> {
    try {
      return decodeMeta(await unpack(this.#packer, stored), number);
    } catch (error) {
      if (isDamage(error)) return undefined;
      throw error;
    }
  }

  /** No row tells of these groups: runs whose history stands in them, and segments that were added, are damaged. Nothing is merged across them. */
  async #loseGroups({ from, to }: GroupRange): Promise<void> {
    const range = { first: keyOf(Kind.HISTORY, from), last: keyOf(Kind.HISTORY, to) };
    for (const runId of await readRunsIn(this.#disk, this.#packer, { journal: this.number, range, countMax: to - from + 1 })) this.#directory.markDamaged(runId, to);
    await this.#shelf.markLost(from, to);
    this.#rows.lose({ from, to });
  }

  /** What lies behind the last row was committed with a row, which is lost. */
  async #checkEnd(): Promise<void> {
    const [after, kinds] = [this.#lastGroup + 1, [Kind.HISTORY, Kind.COLUMNS]];
    const keys = await Promise.all(kinds.map((kind) => this.#disk.readKeys(this.number, { first: keyOf(kind, after), last: keyOf(kind + 1, 0) - 1 })));
    const last = Math.max(...keys.map((ascending) => numberOf(ascending.at(-1) ?? 0)));
    if (last < after) return;
    await this.#readRows();
    if (last <= this.#lastGroup) return;
    await this.#loseGroups({ from: this.#lastGroup + 1, to: last });
    this.#lastGroup = last;
  }

  // --- tidying ---------------------------------------------------------------------------------------------------

  /** What earlier drivers left behind: sought once, when its runs have begun to move. What cannot be read is found by the next driver. */
  async #findUnused(): Promise<void> {
    this.#isSought = true;
    if (this.#rows.hasLost) return;
    for (const kind of [Kind.HISTORY, Kind.CHECKPOINTS, Kind.LOGS] as const) {
      const keys = await this.#disk.readKeys(this.number, { first: keyOf(kind, 0), last: keyOf(kind, this.#lastGroup) });
      this.#directory.noteGroups(kind, keys.map(numberOf));
    }
  }

  #planTidying(): void {
    if (this.#isClosed || this.#epoch === 0 || this.#stopTidying !== undefined || !this.#hasTidying()) return;
    this.#stopTidying = this.#clock.schedule(TIDY_DELAY_MS, () => {
      this.#stopTidying = undefined;
      // A failure (another driver's epoch, a full disk) leaves all as it was; the next quiet moment tries again.
      this.#runTask(() => this.#tidyOnce(true)).catch(() => undefined);
    });
  }

  #hasTidying(): boolean {
    const { unusedHistory, unusedCheckpoints, unusedLogs, endedCount } = this.#directory;
    return !this.#isSought || unusedHistory.size + unusedCheckpoints.size + unusedLogs.size > 0 || (endedCount >= this.#archiveRunsMin && !this.#isArchiving) || pickMerge(this.#rows.list) !== undefined || isStateWorth(this.#rows.list, undefined, this.#directory.size);
  }

  async #tidyOnce(isQuiet: boolean): Promise<void> {
    if (this.#epoch === 0) return;
    if (!this.#isSought && isQuiet) await this.#findUnused();
    await this.#removeUnused();
    await this.#mergeOnce();
    void this.#archive(isQuiet).catch(() => undefined);
  }

  /** Moves the runs that ended first into a segment, if they are enough. It is made beside the commits; only storing it is a group of its own. */
  async #archive(isThorough: boolean): Promise<void> {
    if (this.#isArchiving || this.#isClosed || this.#epoch === 0 || this.#directory.endedCount < this.#archiveRunsMin) return;
    this.#isArchiving = true;
    try {
      await this.flushLogs();
      const records = this.#directory.endedRuns(SEGMENT_RUNS_MAX);
      const turn = (): Promise<void> => new Promise((resolve) => this.#clock.defer(resolve));
      const draft = await makeSegment(records, { history: (runId) => this.history(runId), log: (runId) => this.#logReader.readStored(runId), packer: this.#packer, isThorough, turn });
      await this.#runTask(() => this.#addSegment(draft));
    } finally {
      this.#isArchiving = false;
    }
  }

  async #addSegment(draft: SegmentDraft): Promise<void> {
    const removed = draft.records.map(({ runId }) => runId);
    // What was deleted meanwhile must not come back: the next try leaves it out.
    if (this.#epoch === 0 || removed.some((runId) => this.#directory.places(runId) === undefined)) return;
    const id = this.#lastGroup + 1;
    const entry = { id, ...draft.entry };
    // Also where nobody has asked for ended runs yet: somebody may until it is stored.
    const prepared = [{ entry, columns: decodeSegment(draft.columns), removed: undefined }];
    await this.#addRow({ ...EMPTY_ROW, removed, segments: [entry] }, { puts: this.#shelf.puts(draft, id), prepared });
  }

  async #removeUnused(): Promise<void> {
    const groups = takeSome(this.#directory.unusedHistory);
    const checkpoints = takeSome(this.#directory.unusedCheckpoints);
    const logs = takeSome(this.#directory.unusedLogs);
    if (groups.length + checkpoints.length + logs.length === 0) return;
    const keys = [[Kind.HISTORY, groups], [Kind.CHECKPOINTS, checkpoints], [Kind.LOGS, logs]] as const;
    await this.#addRow(EMPTY_ROW, { removals: toRanges(keys.flatMap(([kind, numbers]) => numbers.map((group) => keyOf(kind, group)))) });
    this.#reader.forget(groups, checkpoints);
    this.#logReader.forget(logs);
  }

  /** Many rows of one level become one of the next, in their last one's place. */
  async #mergeOnce(): Promise<void> {
    await this.#rows.settle();
    const merge = pickMerge(this.#rows.list);
    if (isStateWorth(this.#rows.list, merge, this.#directory.size)) {
      const row: MetaRow = { ...EMPTY_ROW, runs: this.#directory.allRuns(), logs: this.#directory.allLogs(), segments: this.#shelf.entries };
      await this.#replaceRows(row, { start: 0, count: this.#rows.list.length }, STATE_LEVEL);
      return;
    }
    if (merge === undefined) return;
    const places = this.#rows.list.slice(merge.start, merge.start + merge.count);
    const rows: MetaRow[] = [];
    for (const place of places) {
      const stored = checkRow(await this.#disk.readRow(this.number, place.group), place.group);
      const row = stored === undefined ? undefined : await this.#decodeRow(stored, place.group);
      if (row !== undefined) rows.push(row);
    }
    if (rows.length < places.length) {
      for (const place of places) place.level = LEVEL_LOST;
      return;
    }
    await this.#replaceRows(mergeRows(rows, merge.start === 0), merge, (places[0] as RowPlace).level + 1);
  }

  /** One row in the place of many: of the last. The first of all says what there is, so that nothing of what was before need be known. */
  async #replaceRows(merged: MetaRow, { start, count }: { readonly start: number; readonly count: number }, level: number): Promise<void> {
    const places = this.#rows.list.slice(start, start + count);
    const from = start === 0 ? 0 : (places[0] as RowPlace).from;
    const group = (places.at(-1) as RowPlace).group;
    const { form, bytes } = this.#packer.pack(encodeMeta(merged, group));
    const row = sealRow(group, { version: META_VERSION, form, bytes, epoch: this.#epoch, from, level, isTakeover: false });
    const removals = places.slice(0, -1).map((place) => place.group);
    await this.#addRow(EMPTY_ROW, { rows: { puts: [{ number: group, row }], removals } });
    this.#rows.replace(start, count, merged, { from, group, level, size: bytes.length });
  }
}
