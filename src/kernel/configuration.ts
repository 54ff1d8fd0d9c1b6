// A run's snapshot as a configuration: the same bytes wherever runs stand alike, whatever way they came. Serials are counted
// anew, the time is taken out, and what still waits is listed. Follows the layout drawn in assembly/snapshot.ts.
import { WorkflowError } from "../model/errors.js";
import type { Configuration, WaitingAction } from "../model/ports.js";
import { ValueReader, ValueWriter } from "../model/value.js";

const PHASE_FREE = 0;
const PHASE_WAITING = 2;
// Places of a token's words in a snapshot.
const WORD_ACTION = 1;
const WORD_SERIAL = 3;
/** The step that moved the token last, or the name of its timers. */
const WORD_NAME = 6;
const WORD_EVENT = 8;
const WORD_TIMEOUT = 9;
const WORD_COUNT = 10;

/** Reads a snapshot of a run at rest. Throws `kernel/bad-snapshot` for bytes of another layout. */
export function readConfiguration(snapshot: Uint8Array): Configuration {
  return new SnapshotReader(snapshot).read();
}

class SnapshotReader {
  private readonly writer = new ValueWriter();
  private readonly serials = new Map<number, number>([[0, 0]]);
  private readonly actions: WaitingAction[] = [];
  private readonly timers: { readonly serial: number; readonly transition: number }[] = [];
  private at = 1;
  private readonly version: number;

  constructor(private readonly bytes: Uint8Array) {
    this.version = bytes[0] ?? 0;
    if (this.version !== 1 && this.version !== 2)
      throw new WorkflowError("kernel/bad-snapshot", `There is no snapshot of version ${this.version}`);
  }

  read(): Configuration {
    const { writer } = this;
    const status = this.take();
    this.take();
    if (this.version === 1) this.take();
    this.at += 8;
    const slotCount = this.take();
    const body = () => {
      this.copyVarint(slotCount);
      this.copyValues(slotCount);
      this.copyFrames(slotCount);
      this.copyTokens();
      this.copyTimers();
      writer.writeRaw(this.bytes.subarray(this.at));
    };
    writer.reset();
    body();
    const rest = writer.take();
    writer.reset();
    writer.writeByte(this.version);
    writer.writeVarint(status);
    writer.writeVarint(this.serials.size);
    if (this.version === 1) writer.writeVarint(0);
    writer.writeRaw(new Uint8Array(8));
    writer.writeRaw(rest);
    return { bytes: writer.take(), actions: this.actions, timers: this.timers };
  }

  private take(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.bytes[this.at] ?? 0;
      this.at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  private copyVarint(value: number = this.take()): number {
    this.writer.writeVarint(value);
    return value;
  }

  private copyByte(): number {
    const byte = this.bytes[this.at] ?? 0;
    this.at += 1;
    this.writer.writeByte(byte);
    return byte;
  }

  /** The number that stands for a serial: they are counted as they come. */
  private renumber(serial: number): number {
    let number = this.serials.get(serial);
    if (number === undefined) {
      number = this.serials.size;
      this.serials.set(serial, number);
    }
    return number;
  }

  private copyValues(count: number): void {
    const reader = new ValueReader(this.bytes, this.at);
    for (let index = 0; index < count; index += 1) reader.readValue();
    this.writer.writeRaw(this.bytes.subarray(this.at, reader.position));
    this.at = reader.position;
  }

  private copyFrames(slotCount: number): void {
    const count = this.copyVarint();
    for (let index = 0; index < count; index += 1) {
      this.copyVarint();
      if (this.version > 1) {
        this.copyVarint(this.renumber(this.take()));
        this.copyVarint();
      }
      this.copyValues(slotCount * 2);
    }
  }

  private copyTokens(): void {
    const count = this.copyVarint();
    for (let index = 0; index < count; index += 1) {
      const phase = this.copyByte();
      if (phase !== PHASE_FREE) this.copyToken(phase);
    }
  }

  private copyToken(phase: number): void {
    for (let index = this.version > 1 ? 3 : 2; index > 0; index -= 1) this.copyByte();
    const words = Array.from({ length: WORD_COUNT }, () => this.take());
    const isWaiting = phase === PHASE_WAITING;
    const hasSerial = isWaiting && words[WORD_EVENT] === 0;
    words[WORD_SERIAL] = hasSerial ? this.renumber(words[WORD_SERIAL] ?? 0) : 0;
    words[WORD_TIMEOUT] = isWaiting ? this.renumber(words[WORD_TIMEOUT] ?? 0) : 0;
    words[WORD_NAME] = this.version > 1 ? this.renumber(words[WORD_NAME] ?? 0) : 0;
    if (hasSerial) this.actions.push({ serial: words[WORD_SERIAL], action: words[WORD_ACTION] ?? 0 });
    for (const word of words) this.copyVarint(word);
    this.copyVarint();
  }

  private copyTimers(): void {
    const count = this.copyVarint();
    for (let index = 0; index < count; index += 1) {
      const serial = this.renumber(this.take());
      const transition = this.take();
      this.copyVarint(serial);
      this.copyVarint(transition);
      this.copyVarint();
      const owner = this.take();
      // Version 2 writes the name of the token that set the timer, 0 for a scope's.
      this.copyVarint(this.version > 1 && owner > 0 ? this.renumber(owner - 1) + 1 : owner);
      this.timers.push({ serial, transition });
    }
  }
}
