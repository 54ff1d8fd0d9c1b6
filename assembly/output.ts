// What a call hands back: one outcome byte per event, packed commands, and the payload area that they point into.
// All three are blocks that double when they are full; payloads are named by offset, so growing moves nothing that is named.
import { COMMAND_RECORD_SIZE } from "./abi";
import { allocateBlock, blockClassSize, freeBlock } from "./memory";
import { wireSize, writeWire } from "./wire";

let outcomes: usize = 0;
let outcomesSize: usize = 0;

let commands: usize = 0;
let commandsSize: usize = 0;
let commandsUsed: usize = 0;

/** A payload area beyond this is given back before the next call. */
const PAYLOADS_SIZE_KEPT: usize = 4 << 20;

let payloads: usize = 0;
let payloadsSize: usize = 0;
let payloadsUsed: usize = 0;

/** Index of the event in hand, written into every command. */
let causingEvent: u32 = 0;
let isExhausted: bool = false;

/** Empties the output and makes room for `eventCount` outcomes; false when out of memory. */
export function beginOutput(eventCount: u32): bool {
  commandsUsed = 0;
  payloadsUsed = 0;
  causingEvent = 0;
  isExhausted = false;
  if (payloadsSize > PAYLOADS_SIZE_KEPT) {
    freeBlock(payloads, payloadsSize);
    payloads = 0;
    payloadsSize = 0;
  }
  if (eventCount <= outcomesSize) return true;
  if (outcomes != 0) freeBlock(outcomes, outcomesSize);
  outcomesSize = blockClassSize(eventCount);
  outcomes = allocateBlock(outcomesSize);
  if (outcomes == 0) outcomesSize = 0;
  return outcomes != 0;
}

/** Did a command or a payload get lost because memory ran out? */
export function isOutputExhausted(): bool {
  return isExhausted;
}

/** For those who found no memory for what they had to add: what is there is not whole. */
export function noteExhaustion(): void {
  isExhausted = true;
}

@inline
export function setCausingEvent(index: u32): void {
  causingEvent = index;
}

@inline
export function setOutcome(index: u32, outcome: i32): void {
  store<u8>(outcomes + index, <u8>outcome);
}

export function outcomesAddress(): usize {
  return outcomes;
}

export function commandsAddress(): usize {
  return commands;
}

export function commandCount(): u32 {
  return <u32>(commandsUsed / COMMAND_RECORD_SIZE);
}

export function payloadsAddress(): usize {
  return payloads;
}

export function payloadsUsedSize(): u32 {
  return <u32>payloadsUsed;
}

/** Adds a command; its payload is what was written since `payloadStart` (use payloadMark() before). */
export function addCommand(kind: i32, flags: i32, a: u32, b: u32, time: f64, payloadStart: usize): void {
  if (commandsUsed + COMMAND_RECORD_SIZE > commandsSize && !growCommands()) return;
  const record = commands + commandsUsed;
  store<u32>(record, causingEvent);
  store<u16>(record, <u16>kind, 4);
  store<u16>(record, <u16>flags, 6);
  store<u32>(record, a, 8);
  store<u32>(record, b, 12);
  store<u32>(record, <u32>payloadStart, 16);
  store<u32>(record, <u32>(payloadsUsed - payloadStart), 20);
  store<f64>(record, time, 24);
  commandsUsed += COMMAND_RECORD_SIZE;
}

@inline
export function payloadMark(): usize {
  return payloadsUsed;
}

/** Takes back what was appended since `mark`. */
export function dropPayload(mark: usize): void {
  payloadsUsed = mark;
}

/** Appends a cell as a wire value. False: it has none (an error, too deep), or memory ran out; nothing was written. */
export function appendWire(cell: usize): bool {
  const size = wireSize(cell);
  if (size == 0) return false;
  const target = reservePayload(size);
  if (target == 0) return false;
  writeWire(cell, target);
  payloadsUsed += size;
  return true;
}

export function appendByte(value: i32): void {
  const target = reservePayload(1);
  if (target == 0) return;
  store<u8>(target, <u8>value);
  payloadsUsed += 1;
}

export function appendWord(value: u32): void {
  const target = reservePayload(4);
  if (target == 0) return;
  store<u32>(target, value);
  payloadsUsed += 4;
}

export function appendDouble(value: f64): void {
  const target = reservePayload(8);
  if (target == 0) return;
  store<f64>(target, value);
  payloadsUsed += 8;
}

/** Unsigned LEB128. */
export function appendVarint(value: u32): void {
  while (value >= 0x80) {
    appendByte((value & 0x7f) | 0x80);
    value >>>= 7;
  }
  appendByte(value);
}

export function appendBytes(address: usize, size: u32): void {
  const target = reservePayload(size);
  if (target == 0) return;
  memory.copy(target, address, size);
  payloadsUsed += size;
}

function reservePayload(size: usize): usize {
  if (payloadsUsed + size <= payloadsSize) return payloads + payloadsUsed;
  const grownSize = blockClassSize(max<usize>(payloadsSize * 2, payloadsUsed + size + 1024));
  const grown = allocateBlock(grownSize);
  if (grown == 0) {
    isExhausted = true;
    return 0;
  }
  if (payloads != 0) {
    memory.copy(grown, payloads, payloadsUsed);
    freeBlock(payloads, payloadsSize);
  }
  payloads = grown;
  payloadsSize = grownSize;
  return payloads + payloadsUsed;
}

function growCommands(): bool {
  const grownSize = blockClassSize(max<usize>(commandsSize * 2, 64 * COMMAND_RECORD_SIZE));
  const grown = allocateBlock(grownSize);
  if (grown == 0) {
    isExhausted = true;
    return false;
  }
  if (commands != 0) {
    memory.copy(grown, commands, commandsUsed);
    freeBlock(commands, commandsSize);
  }
  commands = grown;
  commandsSize = grownSize;
  return true;
}
