// Hands named time zones to the kernel, which knows none by itself: each when an expression first asks for it.
import { KernelStatus } from "../../assembly/abi.js";
import { readTimeZone, type TimeZone } from "../base/time-zone.js";
import type { KernelInstance } from "./instance.js";

const HEADER_SIZE = 16;
const ENTRY_SIZE = 16;

/** A zone's name in the text of an expression: the argument of a getter of timestamps. */
const NAMED_ZONE = /\.get[A-Z][A-Za-z]+\(\s*(["'])([A-Za-z][\w+/-]*)\1/g;
/** The names that an instance was asked for. */
const asked = new WeakMap<KernelInstance, Set<string>>();

/** Adds the zones that expressions name: a run cannot take a step twice to learn of one. */
export function addNamedZones(instance: KernelInstance, texts: Iterable<string>): void {
  for (const text of texts) {
    for (const [, , name = ""] of text.matchAll(NAMED_ZONE)) addZone(instance, name);
  }
}

/** Adds the zone that the kernel missed last. False: none was missed, or this machine does not know it either. */
export function addMissingZone(instance: KernelInstance): boolean {
  const at = instance.exports.missingZone() >>> 0;
  const bytes = instance.bytes();
  const length = bytes[at] ?? 0;
  if (length === 0) return false;
  bytes[at] = 0;
  return addZone(instance, new TextDecoder().decode(bytes.slice(at + 4, at + 4 + length)));
}

/** False: it was there before, or cannot be had. */
function addZone(instance: KernelInstance, name: string): boolean {
  const names = asked.get(instance) ?? new Set();
  if (names.has(name) || name === "UTC" || name === "Z") return false;
  asked.set(instance, names);
  const zone = readTimeZone(name);
  if (zone === undefined) return false;
  names.add(name);
  const { exports } = instance;
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
