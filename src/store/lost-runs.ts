// Whose histories stand in a range of chunks or blocks: asked where what should tell it is damaged.
import { readChunkRuns } from "./chunk-codec.js";
import { type Disk, isIntact, type KeyRange } from "./disk.js";
import { type Packer, unpack } from "./packer.js";

export interface LostRange {
  readonly journal: number;
  readonly range: KeyRange;
  readonly countMax: number;
}

/** Ids of the runs; chunks that are damaged themselves are passed over. */
export async function readRunsIn(disk: Disk, packer: Packer, { journal, range, countMax }: LostRange): Promise<Set<string>> {
  const runIds = new Set<string>();
  for (const { key, value } of await disk.readRange(journal, range, countMax)) {
    const bytes = isIntact(value, key) ? await unpack(packer, value).catch(() => undefined) : undefined;
    for (const runId of bytes === undefined ? [] : readChunkRuns(bytes)) runIds.add(runId);
  }
  return runIds;
}
