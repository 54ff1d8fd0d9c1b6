// What can become of one record of a database: bits flip, it is cut off, it is gone, it stands in another's place, its head says what it did not
// say, or it is something else altogether. And what must hold then of every run.
import { isDeepStrictEqual } from "node:util";
import { WorkflowError } from "../../src/model/errors.js";
import type { StorePort } from "../../src/model/ports.js";
import { readChunkRuns } from "../../src/store/chunk-codec.js";
import { Kind, keyOf, numberOf, type StoredBytes, type StoredRow } from "../../src/store/disk.js";
import { decodeMeta } from "../../src/store/meta-codec.js";
import { unpack } from "../../src/store/packer.js";
import type { SimulatedDevice } from "../../src/testing/simulated-disk.js";
import { openStore, packer, type World } from "./damaged-world.js";

type Place = "rows" | "bytes" | "sources";

/** One record, before or after. */
export interface Damage {
  readonly place: Place;
  readonly key: number | string;
  /** For people: which record, and what became of it. */
  readonly name: string;
  /** Undefined: it is gone. */
  readonly value: unknown;
}

const KIND_SIZE = 2 ** 48;
/** Lengths to which a record is cut: each up to the first, then in such steps. */
const CUT_EACH_MAX = 8;
const CUT_STEP = 23;
/** From one letter of a source that is another to the next. */
const LETTER_STEP = 61;
/** Others of its kind that stand in a record's place. */
const EXCHANGES_MAX = 3;
/** Of so many chunks of history, or rows, one is damaged in every way. */
const CHUNK_STRIDE = 8;
const ROW_STRIDE = 4;
const ROWS_FEW_MAX = 12;
/** What a field of a record may become. */
const ODD_VALUES = [undefined, null, -1, 0, 1, 7, 2 ** 40, 1.5, "1", true, {}] as const;
const ODD_RECORDS = [null, "text", {}, new Uint8Array(9)] as const;

/** Every bit flip that is tried: one bit of each byte of each record in these places. */
export function* flips(device: SimulatedDevice, places: readonly Place[]): Generator<Damage> {
  for (const { place, key, name, value } of records(device)) {
    const bytes = bytesOf(value);
    if (bytes === undefined || !places.includes(place)) continue;
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      yield { place, key, name: `${name}, byte ${at} flipped`, value: { ...(value as object), bytes: changed } };
    }
  }
}

/** Records that are cut off, gone, exchanged, or odd. */
export function* losses(device: SimulatedDevice): Generator<Damage> {
  const all = [...records(device)];
  for (const [index, { place, key, name, value }] of all.entries()) {
    yield { place, key, name: `${name} gone`, value: undefined };
    if (isOneOfMany(device.journal(0).rows.size, index, { place, key })) continue;
    for (const odd of ODD_RECORDS) yield { place, key, name: `${name} is ${JSON.stringify(odd)}`, value: odd };
    const bytes = bytesOf(value);
    for (let size = 0; size < (bytes?.length ?? 0); size += size < CUT_EACH_MAX ? 1 : CUT_STEP)
      yield { place, key, name: `${name}, cut to ${size} bytes`, value: { ...(value as object), bytes: bytes?.slice(0, size) } };
    for (const [field, was] of Object.entries(value as object)) {
      for (const odd of ODD_VALUES) {
        if (Object.is(odd, was)) continue;
        const changed: Record<string, unknown> = { ...(value as object), [field]: odd };
        if (odd === undefined) delete changed[field];
        yield { place, key, name: `${name}, ${field} is ${String(JSON.stringify(odd))} instead of ${String(JSON.stringify(was)).slice(0, 40)}`, value: changed };
      }
    }
    for (const other of all.filter((one) => one.key !== key && one.place === place && kindOf(place, one.key) === kindOf(place, key)).slice(0, EXCHANGES_MAX))
      yield { place, key, name: `${name} is ${other.name}`, value: other.value };
  }
}

/** A few of all these, for what takes its time: each record of which there are few is gone, and has one byte or letter that is another. */
export function* samples(device: SimulatedDevice): Generator<Damage> {
  for (const [index, { place, key, name, value }] of [...records(device)].entries()) {
    if (place === "bytes" && kindOf(place, key) === Kind.HISTORY && index % CHUNK_STRIDE > 0) continue;
    yield { place, key, name: `${name} gone`, value: undefined };
    const bytes = bytesOf(value);
    if (bytes !== undefined) yield { place, key, name: `${name}, its middle flipped`, value: { ...(value as object), bytes: bytes.map((byte, at) => (at === bytes.length >> 1 ? byte ^ 8 : byte)) } };
    const { source } = value as { readonly source?: string };
    for (let at = index; at < (source?.length ?? 0); at += LETTER_STEP) {
      if (source === undefined) continue;
      const letter = String.fromCharCode(source.charCodeAt(at) ^ 1);
      yield { place, key, name: `${name}, letter ${at} is ${JSON.stringify(letter)}`, value: { ...(value as object), source: source.slice(0, at) + letter + source.slice(at + 1) } };
    }
  }
}

function* records(device: SimulatedDevice): Generator<Damage> {
  const { rows, bytes, sources } = device.journal(0);
  for (const [key, value] of rows) yield { place: "rows", key, name: `row ${key}`, value };
  for (const [key, value] of bytes) yield { place: "bytes", key, name: `${Kind[kindOf("bytes", key)]} ${numberOf(key)}`, value };
  for (const [key, value] of sources) yield { place: "sources", key, name: `source of ${value.name}`, value };
}

/** Chunks are alike, and so are rows where they are many. */
function isOneOfMany(count: number, index: number, { place, key }: Pick<Damage, "place" | "key">): boolean {
  if (place === "rows") return count > ROWS_FEW_MAX && index % ROW_STRIDE > 0;
  return place === "bytes" && kindOf(place, key) === Kind.HISTORY && index % CHUNK_STRIDE > 0;
}

function kindOf(place: Place, key: number | string): number {
  return place === "bytes" ? Math.floor((key as number) / KIND_SIZE) : 0;
}

function bytesOf(value: unknown): Uint8Array | undefined {
  const { bytes } = value as { readonly bytes?: unknown };
  return bytes instanceof Uint8Array ? bytes : undefined;
}

/** Puts the damage in place; gives what puts it back. */
export function apply(device: SimulatedDevice, { place, key, value }: Damage): () => void {
  const records = device.journal(0)[place] as Map<number | string, unknown>;
  const before = records.get(key);
  if (value === undefined) records.delete(key);
  else records.set(key, value);
  return () => void records.set(key, before);
}

/** Runs that the damage may touch: what it says of others must not change. */
export async function touchable(world: World, { place, key }: Damage): Promise<ReadonlySet<string>> {
  const { rows, bytes, sources } = world.device.journal(0);
  const touched = new Set<string>();
  const add = (runIds: Iterable<string>): void => {
    for (const runId of runIds) touched.add(runId);
  };
  const addChunk = async (group: number): Promise<void> => {
    const chunk = bytes.get(keyOf(Kind.HISTORY, group));
    if (chunk !== undefined) add(readChunkRuns(await unpack(packer, chunk as StoredBytes)));
  };
  const archived = [...world.told.keys()].filter((runId) => runId.startsWith("old-"));
  if (place === "sources") {
    const { identity } = sources.get(key as string) ?? {};
    add([...world.told].filter(([, { record }]) => record?.identity === identity).map(([runId]) => runId));
  } else if (place === "rows") {
    const row = rows.get(key as number) as StoredRow;
    const { runs, removed, segments } = decodeMeta(await unpack(packer, row), key as number);
    add([...runs.map(({ record }) => record.runId), ...removed, ...(segments.length > 0 ? archived : [])]);
    for (let group = row.from; group <= (key as number); group += 1) await addChunk(group);
  } else if (kindOf(place, key) === Kind.HISTORY) await addChunk(numberOf(key as number));
  else if (kindOf(place, key) !== Kind.CHECKPOINTS) add(archived);
  return touched;
}

/** Runs that cannot be read any more, after everything of the store was read; only those of `mayTouch`. Throws where something is read that was not written. */
export async function readAll(world: World, damage: Damage, mayTouch: ReadonlySet<string>): Promise<Set<string>> {
  const store = await openStore(world.device);
  const touched = new Set<string>();
  try {
    const { records } = await store.query({ limit: 1_000 });
    for (const record of records) check(record, world.told.get(record.runId)?.record, isBack(world, damage, record.runId));
    for (const runId of world.told.keys()) if (!(await readRun(store, world, damage, runId))) touched.add(runId);
    for (const runId of world.told.keys()) {
      const isListed = records.some((record) => record.runId === runId);
      if (!isListed && !touched.has(runId) && !world.deleted.includes(runId)) throw new Error(`${runId} is not listed, and nothing says that it is damaged`);
    }
    for (const runId of touched) if (!mayTouch.has(runId)) throw new Error(`${runId} is said to be damaged, and has nothing to do with it`);
    return touched;
  } finally {
    await store.close();
  }
}

async function readRun(store: StorePort, world: World, damage: Damage, runId: string): Promise<boolean> {
  const told = world.told.get(runId);
  const record = await attempt(runId, store.get(runId));
  const history = await attempt(runId, store.history(runId));
  const checkpoint = await attempt(runId, store.checkpoint(runId));
  const mayBeBack = isBack(world, damage, runId);
  if (record !== DAMAGED) check(record, told?.record, mayBeBack);
  if (history !== DAMAGED) check(history, told?.history, mayBeBack);
  if (checkpoint !== DAMAGED && checkpoint !== undefined) check(checkpoint, world.checkpoints.get(runId), mayBeBack);
  return record !== DAMAGED && history !== DAMAGED;
}

/** A row that is lost cannot tell any more what it deleted, nor can what is gone of a segment. */
export function isBack({ deleted }: World, { place, value }: Damage, runId: string): boolean {
  return (place === "rows" || value === undefined) && deleted.includes(runId);
}

const DAMAGED = Symbol("damaged");

/** What is read, or that it is damaged: then the error says of which run, and where. */
async function attempt<T>(runId: string, reading: Promise<T>): Promise<T | typeof DAMAGED> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof WorkflowError) || error.code !== "store/damaged") throw error;
    const { runId: named, group } = error.details;
    if (named !== runId || !Number.isInteger(group)) throw new Error(`The error names neither run nor place: ${error.message} ${JSON.stringify(error.details)}`);
    return DAMAGED;
  }
}

function check(read: unknown, told: unknown, mayBeOther: boolean): void {
  if (mayBeOther || isDeepStrictEqual(read, told)) return;
  throw new Error(`Something else is read than was written: ${JSON.stringify(read)} instead of ${JSON.stringify(told)}`);
}
