// A run's snapshot as a configuration: the same bytes wherever runs stand alike, whatever way they came. Serials are counted
// anew, the time is taken out, and what still waits is listed. Follows the layout drawn in assembly/snapshot.ts.
import { Wire } from "../../assembly/abi.js";
import { WorkflowError } from "../model/errors.js";
import type { Configuration, ConfigurationReader, WaitingAction } from "../model/ports.js";

const PHASE_FREE = 0;
const PHASE_WAITING = 2;
const STAGE_ENTRY_ACTIONS = 1;
// Places of a token's words in a snapshot.
const WORD_NODE = 0;
const WORD_ACTION = 1;
const WORD_SERIAL = 3;
const WORD_GOAL = 4;
const WORD_EDGE = 5;
/** The step that moved the token last, or the name of its timers. */
const WORD_NAME = 6;
const WORD_TRANSITION = 7;
const WORD_EVENT = 8;
const WORD_TIMEOUT = 9;
const WORD_COUNT = 10;
/** Version, status, next serial and the time take no more. */
const HEAD_SIZE = 32;

/** Reads snapshots of runs at rest, one after the other. */
export function createConfigurationReader(): ConfigurationReader {
  return new SnapshotReader();
}

class SnapshotReader implements ConfigurationReader {
  private bytes: Uint8Array = new Uint8Array(0);
  private at = 0;
  private version = 0;
  private target = new Uint8Array(1_024);
  private end = 0;
  private readonly serials = new Map<number, number>();
  private readonly words = new Uint32Array(WORD_COUNT);
  private actions: WaitingAction[] = [];
  private timers: { readonly serial: number; readonly transition: number }[] = [];

  read(snapshot: Uint8Array): Configuration {
    this.open(snapshot);
    const status = this.take();
    this.take();
    if (this.version === 1) this.take();
    this.at += 8;
    const slotCount = this.copy();
    this.copyValues(slotCount);
    this.copyFrames(slotCount);
    this.copyTokens();
    this.copyTimers();
    this.copyRange(snapshot.length);
    const start = this.writeHead(status);
    return { bytes: this.target.subarray(start, this.end), actions: this.actions, timers: this.timers };
  }

  private open(snapshot: Uint8Array): void {
    this.bytes = snapshot;
    this.at = 1;
    this.version = snapshot[0] ?? 0;
    if (this.version !== 1 && this.version !== 2)
      throw new WorkflowError("kernel/bad-snapshot", `There is no snapshot of version ${this.version}`);
    // Numbers grow by a few bytes at most when they are counted anew; they mostly shrink.
    const needed = HEAD_SIZE + snapshot.length * 2;
    if (this.target.length < needed) this.target = new Uint8Array(needed * 2);
    this.end = HEAD_SIZE;
    this.serials.clear();
    this.serials.set(0, 0);
    // Always new ones: those given out stay with the configuration before, empty ones too.
    this.actions = [];
    this.timers = [];
  }

  /** Writes the head before the rest, which is known only now; gives where it begins. */
  private writeHead(status: number): number {
    const end = this.end;
    this.end = 0;
    this.write(this.version);
    this.write(status);
    this.write(this.serials.size);
    if (this.version === 1) this.write(0);
    const size = this.end + 8;
    const start = HEAD_SIZE - size;
    this.target.copyWithin(start, 0, this.end);
    this.target.fill(0, start + this.end, HEAD_SIZE);
    this.end = end;
    return start;
  }

  private take(): number {
    const { bytes } = this;
    let value = bytes[this.at++] as number;
    if (value < 0x80) return value;
    value &= 0x7f;
    for (let scale = 128; ; scale *= 128) {
      const byte = bytes[this.at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  private write(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.target[this.end++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.target[this.end++] = rest;
  }

  private copy(): number {
    const value = this.take();
    this.write(value);
    return value;
  }

  private copyByte(): number {
    const byte = this.bytes[this.at++] ?? 0;
    this.target[this.end++] = byte;
    return byte;
  }

  private copyRange(until: number): void {
    this.target.set(this.bytes.subarray(this.at, until), this.end);
    this.end += until - this.at;
    this.at = until;
  }

  /** The number that stands for a serial: they are counted as they come. */
  private renumber(serial: number): number {
    if (serial === 0) return 0;
    let number = this.serials.get(serial);
    if (number === undefined) {
      number = this.serials.size;
      this.serials.set(serial, number);
    }
    return number;
  }

  private copyValues(count: number): void {
    const start = this.at;
    for (let left = count; left > 0; left -= 1) left += this.skipHead();
    const until = this.at;
    this.at = start;
    this.copyRange(until);
  }

  /** Passes a wire value without the values inside of it; gives their number. */
  private skipHead(): number {
    const tag = this.bytes[this.at++];
    switch (tag) {
      case Wire.NUMBER:
      case Wire.INT:
      case Wire.UINT:
      case Wire.DOUBLE:
        this.at += 8;
        return 0;
      case Wire.TIMESTAMP:
      case Wire.DURATION:
        this.at += 12;
        return 0;
      case Wire.SMALL_NUMBER:
        this.take();
        return 0;
      case Wire.STRING:
      case Wire.BYTES:
      case Wire.TYPE: {
        const size = this.take();
        this.at += size;
        return 0;
      }
      case Wire.LIST:
        return this.take();
      case Wire.MAP:
        return this.take() * 2;
      case Wire.OPTIONAL_SOME:
      case Wire.ADDRESS:
        return 1;
      default:
        return 0;
    }
  }

  private copyFrames(slotCount: number): void {
    const count = this.copy();
    for (let index = 0; index < count; index += 1) {
      this.copy();
      // Version 2 writes the node of its fork.
      if (this.version > 1) this.copy();
      this.copyValues(slotCount * 2);
    }
  }

  private copyTokens(): void {
    const count = this.copy();
    for (let index = 0; index < count; index += 1) {
      const phase = this.copyByte();
      if (phase !== PHASE_FREE) this.copyToken(phase);
    }
  }

  private copyToken(phase: number): void {
    const { words } = this;
    const stage = this.copyByte();
    for (let index = this.version > 1 ? 2 : 1; index > 0; index -= 1) this.copyByte();
    for (let index = 0; index < WORD_COUNT; index += 1) words[index] = this.take();
    const isWaiting = phase === PHASE_WAITING;
    const hasSerial = isWaiting && words[WORD_EVENT] === 0;
    const serial = hasSerial ? this.renumber(words[WORD_SERIAL] as number) : 0;
    words[WORD_SERIAL] = serial;
    words[WORD_TIMEOUT] = isWaiting ? this.renumber(words[WORD_TIMEOUT] as number) : 0;
    words[WORD_NAME] = this.version > 1 ? this.renumber(words[WORD_NAME] as number) : 0;
    // In the state that it came to, the way there is over.
    if (isWaiting && stage === STAGE_ENTRY_ACTIONS && words[WORD_NODE] === words[WORD_GOAL]) {
      words[WORD_EDGE] = 0;
      words[WORD_TRANSITION] = 0;
    }
    if (hasSerial) this.actions.push({ serial, action: words[WORD_ACTION] as number });
    for (let index = 0; index < WORD_COUNT; index += 1) this.write(words[index] as number);
    this.copy();
  }

  private copyTimers(): void {
    const count = this.copy();
    for (let index = 0; index < count; index += 1) {
      const serial = this.renumber(this.take());
      const transition = this.take();
      this.write(serial);
      this.write(transition);
      this.copy();
      const owner = this.take();
      // Version 2 writes the name of the token that set the timer, 0 for a scope's.
      this.write(this.version > 1 && owner > 0 ? this.renumber(owner - 1) + 1 : owner);
      this.timers.push({ serial, transition });
    }
  }
}
