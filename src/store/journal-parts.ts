// What every journal of a store is made of.
import type { LogLimits } from "../model/log.js";
import type { ClockPort } from "../model/ports.js";
import type { RunRecord } from "../model/run-record.js";
import type { Disk } from "./disk.js";
import type { Packer } from "./packer.js";
import type { RunIndex } from "./run-index.js";

/** What the journals of a store share. */
export interface JournalParts {
  readonly disk: Disk;
  /** Of the database, for messages. */
  readonly name: string;
  readonly packer: Packer;
  /** The records of all journals. */
  readonly index: RunIndex;
  readonly clock: Pick<ClockPort, "schedule" | "defer" | "now">;
  /** Default: ARCHIVE_RUNS_MIN. */
  readonly archiveRunsMin?: number | undefined;
  /** Where the disk is full, segments that ended first give way. */
  readonly mayMakeRoom: boolean;
  /** Of each run's log. */
  readonly logLimits: LogLimits;
  /** Records that others changed, as they are read. */
  readonly onRecords: (records: readonly RunRecord[]) => void;
  /** Runs that were open and of which nothing can be read any more. */
  readonly onGone: (runIds: readonly string[]) => void;
}
