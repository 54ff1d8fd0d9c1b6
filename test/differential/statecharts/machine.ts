// One face for the kernel and the reference model where they are compared with other machines: started, sent events and given time, a
// machine says where it is, what its variables are and what it logged.
import { CommandKind, EventKind } from "../../../assembly/abi.js";
import type { Definition } from "../../../src/model/definition.js";
import type { KernelPort } from "../../../src/model/ports.js";
import type { Program } from "../../../src/model/program.js";
import { decodeValue } from "../../../src/model/value.js";
import { type EventlessSet, ReferenceRun } from "../../reference/statechart.js";
import { ChartRun } from "../../unit/kernel/chart.js";

export interface Machine {
  start(now: number): void;
  send(event: string, now: number): void;
  /** Lets time pass: what is due until then happens, one after the other. */
  advance(now: number): void;
  /** Active states in document order; none after the end. */
  readonly states: readonly string[];
  readonly variables: Readonly<Record<string, unknown>>;
  readonly isEnded: boolean;
  /** What was logged since the last call. */
  takeLogs(): readonly string[];
}

/** When the next timer is due, and its serial; what is due first, and of those the one that was set first. */
class Timers {
  private readonly dues = new Map<number, number>();

  set(serial: number, due: number): void {
    this.dues.set(serial, due);
  }

  cancel(serial: number): void {
    this.dues.delete(serial);
  }

  get next(): { readonly serial: number; readonly due: number } | undefined {
    const [first] = [...this.dues].sort(([a, x], [b, y]) => x - y || a - b);
    return first === undefined ? undefined : { serial: first[0], due: first[1] };
  }

  /** Fires one after the other what is due. */
  fire(now: number, act: (serial: number, due: number) => void): void {
    for (let { next } = this; next !== undefined && next.due <= now; { next } = this) {
      this.cancel(next.serial);
      act(next.serial, next.due);
    }
  }
}

/** A chart that never rests within a step: no other machine is asked for it. */
export class EndlessStep extends Error {}

export class ModelMachine implements Machine {
  private readonly run: ReferenceRun;
  private readonly timers = new Timers();
  private logs: string[] = [];
  /** The sets of eventless transitions since the last thing that happened to it. */
  eventlessSets: EventlessSet[] = [];

  constructor(definition: Definition) {
    this.run = new ReferenceRun(definition);
  }

  start(now: number): void {
    this.eventlessSets = [];
    this.run.now = now;
    this.run.start();
    this.take();
  }

  send(event: string, now: number): void {
    this.eventlessSets = [];
    this.run.now = now;
    this.run.send(event);
    this.take();
  }

  advance(now: number): void {
    this.eventlessSets = [];
    this.timers.fire(now, (serial, due) => {
      this.run.now = due;
      this.run.fireTimer(serial);
      this.take();
    });
  }

  get nextDue(): number | undefined {
    return this.timers.next?.due;
  }

  get states(): readonly string[] {
    return this.run.states;
  }

  get variables(): Readonly<Record<string, unknown>> {
    return this.run.variables;
  }

  get isEnded(): boolean {
    return this.run.isEnded;
  }

  takeLogs(): readonly string[] {
    return this.logs.splice(0);
  }

  private take(): void {
    this.eventlessSets.push(...this.run.eventlessSets);
    for (const effect of this.run.effects) {
      if (effect.kind === "log") this.logs.push(String(effect.message));
      if (effect.kind === "timer") this.timers.set(effect.serial, effect.due);
      if (effect.kind === "cancel") this.timers.cancel(effect.serial);
      if (effect.kind === "end" && effect.how === "failed") throw new EndlessStep();
    }
  }
}

export class KernelMachine implements Machine {
  private readonly run: ChartRun;
  private readonly timers = new Timers();
  private logs: string[] = [];
  private hasEnded = false;

  constructor(
    private readonly kernel: KernelPort,
    program: Program,
    loaded: number,
  ) {
    this.run = new ChartRun(kernel, program, loaded);
  }

  start(now: number): void {
    this.run.now = now;
    this.run.start();
    this.take();
  }

  send(event: string, now: number): void {
    this.run.now = now;
    this.run.send(event);
    this.take();
  }

  advance(now: number): void {
    this.timers.fire(now, (serial, due) => {
      this.run.now = due;
      this.run.step(EventKind.TIMER, serial);
      this.take();
    });
  }

  get nextDue(): number | undefined {
    return this.timers.next?.due;
  }

  get states(): readonly string[] {
    return this.hasEnded ? [] : this.run.states();
  }

  get variables(): Readonly<Record<string, unknown>> {
    return this.run.context() as Record<string, unknown>;
  }

  get isEnded(): boolean {
    return this.hasEnded;
  }

  takeLogs(): readonly string[] {
    return this.logs.splice(0);
  }

  close(): void {
    this.kernel.destroyRun(this.run.handle);
  }

  private take(): void {
    if (this.run.commands.at(-1)?.kind === CommandKind.CONTINUE) throw new EndlessStep();
    for (const { kind, b, time, payload } of this.run.commands) {
      if (kind === CommandKind.LOG) this.logs.push(decodeValue(payload as Uint8Array) as string);
      if (kind === CommandKind.SET_TIMER) this.timers.set(b, time);
      if (kind === CommandKind.CANCEL_TIMER) this.timers.cancel(b);
      if (kind === CommandKind.RUN_ENDED) this.hasEnded = true;
    }
  }
}
