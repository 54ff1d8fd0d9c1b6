// Hands named time zones to the kernel, which knows none by itself: to a program those that it was compiled with, to bare
// expressions each when one first asks for it.
import { KernelStatus } from "../../assembly/abi.js";
import { readTimeZone, type TimeZone } from "../base/time-zone.js";
import { WorkflowError } from "../model/errors.js";
import type { KernelInstance } from "./instance.js";

/** Tables that a kernel keeps at a time, those of all its programs together (assembly/zones.ts). */
export const ZONE_COUNT_MAX = 10_000;

const HEADER_SIZE = 16;
const ENTRY_SIZE = 16;
/** Of every program. */
const NO_OWNER = 0;

/** The names that an instance was asked for. */
const asked = new WeakMap<KernelInstance, Set<string>>();

/**
 * Adds the zones of a loaded program; its code will know no others. They go with the program.
 * Throws `kernel/out-of-memory`, `kernel/limit`.
 */
export function addProgramZones(instance: KernelInstance, program: number, zones: readonly TimeZone[]): void {
  for (const zone of zones) {
    const status = addZone(instance, zone, program);
    if (status === KernelStatus.OK) continue;
    if (status === KernelStatus.LIMIT) throw new WorkflowError("kernel/limit", `The kernel has too many tables of time zones for ${zone.name}`);
    throw new WorkflowError("kernel/out-of-memory", `The kernel has no memory for the time zone ${zone.name}`, { isRetryable: true });
  }
}

/** Adds the zone that the kernel missed last. False: none was missed, or it cannot be had here. */
export function addMissingZone(instance: KernelInstance): boolean {
  const at = instance.exports.missingZone() >>> 0;
  const bytes = instance.bytes();
  const length = bytes[at] ?? 0;
  if (length === 0) return false;
  bytes[at] = 0;
  const name = new TextDecoder().decode(bytes.slice(at + 4, at + 4 + length));
  const names = asked.get(instance) ?? new Set();
  if (names.has(name) || name === "UTC" || name === "Z") return false;
  asked.set(instance, names);
  const zone = readTimeZone(name);
  if (zone === undefined) return false;
  names.add(name);
  return addZone(instance, zone, NO_OWNER) === KernelStatus.OK;
}

function addZone(instance: KernelInstance, zone: TimeZone, owner: number): KernelStatus {
  const { exports } = instance;
  const packed = packZone(zone, owner);
  const region = instance.call(() => exports.inputRegion(packed.length)) >>> 0;
  if (region === 0) return KernelStatus.OUT_OF_MEMORY;
  instance.bytes().set(packed, region);
  return instance.call(() => exports.addZone(region, packed.length));
}

/** The layout is drawn in assembly/zones.ts. */
function packZone({ name, starts, offsets }: TimeZone, owner: number): Uint8Array {
  const text = new TextEncoder().encode(name);
  const packed = new Uint8Array(HEADER_SIZE + starts.length * ENTRY_SIZE + text.length);
  const view = new DataView(packed.buffer);
  view.setUint32(4, text.length, true);
  view.setUint32(8, starts.length, true);
  view.setUint32(12, owner, true);
  starts.forEach((start, index) => {
    view.setBigInt64(HEADER_SIZE + index * ENTRY_SIZE, BigInt(start), true);
    view.setInt32(HEADER_SIZE + index * ENTRY_SIZE + 8, offsets[index] ?? 0, true);
  });
  packed.set(text, HEADER_SIZE + starts.length * ENTRY_SIZE);
  return packed;
}
