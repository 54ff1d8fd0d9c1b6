// Sources as they stand on a disk: with a checksum over all that a program is made from.
import { fingerprintBytes } from "../base/fingerprint.js";
import { WorkflowError } from "../model/errors.js";
import type { SourceRecord } from "../model/ports.js";

interface StoredSource extends SourceRecord {
  /** Absent: older code wrote it. */
  readonly checksum?: number;
}

export function sealSource(source: SourceRecord): StoredSource {
  return { ...source, checksum: fingerprintSource(source) };
}

/** The source that was sealed. Throws `store/damaged`. */
export function openSource(stored: unknown, identity: string): SourceRecord {
  const { checksum, ...source } = (typeof stored === "object" ? stored : {}) as StoredSource;
  if (source.identity === identity && typeof source.source === "string" && (checksum === undefined || checksum === fingerprintSource(source))) return source;
  throw new WorkflowError("store/damaged", `The source of workflow ${identity} is damaged`, { details: { identity } });
}

function fingerprintSource({ identity, name, source, customs, zones }: SourceRecord): number {
  return fingerprintBytes(new TextEncoder().encode(JSON.stringify([identity, name, source, customs ?? null, zones ?? null])));
}
