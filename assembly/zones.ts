// Named time zones: tables of offsets that the shell hands over, since nothing in here may ask the machine. A table belongs
// to one program, or to all: programs may have been begun with different versions of one zone. A zone that is not there
// is an error that names it; the shell may add it and evaluate again.
import { KernelStatus } from "./abi";
import { areBytesEqual } from "./bytes";
import { allocateBlock, freeBlock } from "./memory";
import { OFFSET_NONE } from "./time-text";

/** Tables that are kept. */
const ZONE_COUNT_MAX: u32 = 10_000;
const ZONE_SIZE_MAX: u32 = 0x10000;
const HEADER_SIZE: usize = 16;
const ENTRY_SIZE: usize = 16;

// A zone, as the shell writes it and as it is kept (its first word then being the address of the next zone):
//   +0 u32 0  +4 u32 bytes of the name  +8 u32 number of entries  +12 u32 program, or 0: all
//   +16 entries: i64 first second (since 1970) at which it holds, ascending; i32 seconds east of UTC; u32 0
//   then the name. The first entry also holds before its time.
let firstZone: usize = 0;
let zoneCount: u32 = 0;
/** The program whose code asks. */
let program: u32 = 0;

/** From now on the code of this program asks. */
@inline
export function useZonesOf(asking: u32): void {
  program = asking;
}

/** Forgets the tables of a program. */
export function removeZones(owner: u32): void {
  let link: usize = 0;
  let zone = firstZone;
  while (zone != 0) {
    const next = <usize>load<u32>(zone);
    if (load<u32>(zone, 12) == owner) {
      if (link == 0) firstZone = next;
      else store<u32>(link, <u32>next);
      freeBlock(zone, HEADER_SIZE + <usize>load<u32>(zone, 8) * ENTRY_SIZE + load<u32>(zone, 4));
      zoneCount--;
    } else link = zone;
    zone = next;
  }
}

/** Keeps the zone in the `size` bytes at `address`. KernelStatus: OK, BAD_VALUE, LIMIT or OUT_OF_MEMORY. */
export function addZone(address: usize, size: u32): i32 {
  if (size < HEADER_SIZE || size > ZONE_SIZE_MAX || load<u32>(address, 8) == 0) return KernelStatus.BAD_VALUE;
  const needed = <u64>HEADER_SIZE + <u64>load<u32>(address, 8) * ENTRY_SIZE + load<u32>(address, 4);
  if (needed != <u64>size) return KernelStatus.BAD_VALUE;
  if (zoneCount >= ZONE_COUNT_MAX) return KernelStatus.LIMIT;
  const zone = allocateBlock(size);
  if (zone == 0) return KernelStatus.OUT_OF_MEMORY;
  memory.copy(zone, address, size);
  store<u32>(zone, <u32>firstZone);
  firstZone = zone;
  zoneCount++;
  return KernelStatus.OK;
}

function entryAt(zone: usize, index: u32): usize {
  return zone + HEADER_SIZE + <usize>index * ENTRY_SIZE;
}

/** Seconds east of UTC in the named zone at an instant (seconds since 1970); OFFSET_NONE: there is no such zone here. */
export function zoneOffset(name: usize, length: u32, seconds: i64): i32 {
  for (let zone = firstZone; zone != 0; zone = <usize>load<u32>(zone)) {
    const count = load<u32>(zone, 8);
    const owner = load<u32>(zone, 12);
    if ((owner != 0 && owner != program) || load<u32>(zone, 4) != length || !areBytesEqual(entryAt(zone, count), name, length)) continue;
    let low: u32 = 0;
    let high = count;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (load<i64>(entryAt(zone, middle)) <= seconds) low = middle;
      else high = middle;
    }
    return load<i32>(entryAt(zone, low), 8);
  }
  if (load<u32>(MISSING) == 0 && length <= NAME_SIZE_MAX) {
    store<u32>(MISSING, length);
    memory.copy(MISSING + 4, name, length);
  }
  return OFFSET_NONE;
}

/** Longer names are none. */
const NAME_SIZE_MAX: u32 = 60;
const MISSING: usize = memory.data(64, 16);

/** Address of u32 length and the bytes of the name that was asked for and is not there; length 0: none. The shell clears it. */
export function missingZone(): usize {
  return MISSING;
}
