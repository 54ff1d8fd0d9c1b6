// Hands named time zones to the kernel, which knows none by itself: each when an expression first asks for it.
import { KernelStatus } from "../../assembly/abi.js";
import { readTimeZone, type TimeZone } from "../base/time-zone.js";
import type { KernelInstance } from "./instance.js";

const HEADER_SIZE = 16;
const ENTRY_SIZE = 16;

/** Adds the zone that the kernel missed last. False: none was missed, or this machine does not know it either. */
export function addMissingZone(instance: KernelInstance): boolean {
  const { exports } = instance;
  const at = exports.missingZone() >>> 0;
  const bytes = instance.bytes();
  const length = bytes[at] ?? 0;
  if (length === 0) return false;
  const zone = readTimeZone(new TextDecoder().decode(bytes.slice(at + 4, at + 4 + length)));
  bytes[at] = 0;
  if (zone === undefined) return false;
  const packed = packZone(zone);
  const region = instance.call(() => exports.inputRegion(packed.length)) >>> 0;
  if (region === 0) return false;
  instance.bytes().set(packed, region);
  return instance.call(() => exports.addZone(region, packed.length)) === KernelStatus.OK;
}

/** The layout is drawn in assembly/zones.ts. */
function packZone({ name, starts, offsets }: TimeZone): Uint8Array {
  const text = new TextEncoder().encode(name);
  const packed = new Uint8Array(HEADER_SIZE + starts.length * ENTRY_SIZE + text.length);
  const view = new DataView(packed.buffer);
  view.setUint32(4, text.length, true);
  view.setUint32(8, starts.length, true);
  starts.forEach((start, index) => {
    view.setBigInt64(HEADER_SIZE + index * ENTRY_SIZE, BigInt(start), true);
    view.setInt32(HEADER_SIZE + index * ENTRY_SIZE + 8, offsets[index] ?? 0, true);
  });
  packed.set(text, HEADER_SIZE + starts.length * ENTRY_SIZE);
  return packed;
}
