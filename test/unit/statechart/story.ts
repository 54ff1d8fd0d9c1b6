// Stories of statecharts: one line for each thing that happens to a run, with where it is then and what it said. A story is played on
// the kernel and on the reference model.
//
//   WHAT [with a=1, b=2] -> State, State [says "log", "log"] [with a=1]     or     WHAT -> the end     or     WHAT -> fails with CODE
//
// WHAT is `start`, an event, `pass 5s`, `succeed` or `fail` (of the task that was asked for first). Regions are not listed.
import { expect } from "vitest";
import { CommandKind, EventKind } from "../../../assembly/abi.js";
import { compileWorkflow } from "../../../src/compile/compile-workflow.js";
import { parseWorkflow } from "../../../src/format/parse-workflow.js";
import type { Definition } from "../../../src/model/definition.js";
import type { KernelPort } from "../../../src/model/ports.js";
import { decodeValue } from "../../../src/model/value.js";
import type { Value } from "../../reference/expression.js";
import { ReferenceRun } from "../../reference/statechart.js";
import { ChartRun, newKernel } from "../kernel/chart.js";

interface Line {
  readonly what: string;
  readonly input: Readonly<Record<string, number>>;
  readonly states: readonly string[];
  readonly logs: readonly string[];
  readonly values: Readonly<Record<string, number>>;
  readonly end: string | undefined;
}

function readNumbers(text = ""): Record<string, number> {
  return Object.fromEntries([...text.matchAll(/(\w+)=(\d+)/g)].map(([, name, value]) => [name, Number(value)]));
}

function readLine(text: string): Line {
  const match = /^(.*?)(?: with ([^>]*))? -> (.*?)(?: says (.*?))?(?: with (\w+=.*))?$/.exec(text);
  if (match === null) throw new Error(`not a line of a story: ${text}`);
  const [, what = "", input, where = "", logs = "", values] = match;
  const isEnd = where === "the end" || where.startsWith("fails with ");
  return {
    what,
    input: readNumbers(input),
    states: isEnd ? [] : where.split(", "),
    logs: [...logs.matchAll(/"([^"]*)"/g)].map(([, line]) => line as string),
    values: readNumbers(values),
    end: isEnd ? where : undefined,
  };
}

/** What both sides are asked for. */
interface Teller {
  happen(line: Line): void;
  readonly states: readonly string[];
  /** Since they were last taken away. */
  readonly logs: string[];
  readonly variables: Readonly<Record<string, unknown>>;
  readonly end: string | undefined;
}

const START = 1_700_000_000_000;
const ERROR = { code: "task/failed", message: "no" };

/** Tasks and timers that are outstanding. */
class Outstanding {
  now = START;
  private readonly tasks = new Set<number>();
  private readonly timers = new Map<number, number>();

  task(serial: number): void {
    this.tasks.add(serial);
  }

  timer(serial: number, due: number): void {
    this.timers.set(serial, due);
  }

  cancel(serial: number): void {
    this.tasks.delete(serial);
    this.timers.delete(serial);
  }

  takeTask(): number {
    const [serial] = this.tasks as Iterable<number> as [number];
    this.cancel(serial);
    return serial;
  }

  pass(seconds: number, fire: (serial: number) => void): void {
    const until = this.now + seconds * 1000;
    for (;;) {
      const [next] = [...this.timers].filter(([, due]) => due <= until).sort(([, a], [, b]) => a - b);
      if (next === undefined) break;
      this.cancel(next[0]);
      this.now = next[1];
      fire(next[0]);
    }
    this.now = until;
  }
}

class ModelTeller implements Teller {
  readonly logs: string[] = [];
  end: string | undefined;
  private readonly run: ReferenceRun;
  private readonly outstanding = new Outstanding();

  constructor(definition: Definition) {
    this.run = new ReferenceRun(definition);
  }

  happen({ what, input }: Line): void {
    const act = (step: () => void) => {
      this.run.now = this.outstanding.now;
      step();
      this.take();
    };
    if (what === "start") act(() => this.run.start(input as Record<string, Value>));
    else if (what === "succeed") act(() => this.run.endTask(this.outstanding.takeTask(), null));
    else if (what === "fail") act(() => this.run.endTask(this.outstanding.takeTask(), null, ERROR.code));
    else if (what.startsWith("pass ")) this.outstanding.pass(Number(what.slice(5, -1)), (serial) => act(() => this.run.fireTimer(serial)));
    else act(() => this.run.send(what));
  }

  private take(): void {
    for (const effect of this.run.effects) {
      if (effect.kind === "log") this.logs.push(String(effect.message));
      if (effect.kind === "task") this.outstanding.task(effect.serial);
      if (effect.kind === "timer") this.outstanding.timer(effect.serial, effect.due);
      if (effect.kind === "cancel") this.outstanding.cancel(effect.serial);
      if (effect.kind === "end")
        this.end = effect.how === "succeeded" ? "the end" : `fails with ${(effect.value as { code: string }).code}`;
    }
  }

  get states(): readonly string[] {
    return this.run.states;
  }

  get variables(): Readonly<Record<string, unknown>> {
    return this.run.variables;
  }
}

class KernelTeller implements Teller {
  readonly logs: string[] = [];
  end: string | undefined;
  private readonly run: ChartRun;
  private readonly outstanding = new Outstanding();

  constructor(kernel: KernelPort, definition: Definition) {
    const { program, findings } = compileWorkflow(definition, "0".repeat(64));
    if (program === undefined) throw new Error(findings[0]?.message);
    this.run = new ChartRun(kernel, program);
  }

  happen({ what, input }: Line): void {
    const act = (step: () => void) => {
      this.run.now = this.outstanding.now;
      step();
      this.take();
    };
    if (what === "start") act(() => this.run.start(input));
    else if (what === "succeed") act(() => this.run.step(EventKind.TASK_SUCCEEDED, this.outstanding.takeTask(), null));
    else if (what === "fail") act(() => this.run.step(EventKind.TASK_FAILED, this.outstanding.takeTask(), ERROR));
    else if (what.startsWith("pass "))
      this.outstanding.pass(Number(what.slice(5, -1)), (serial) => act(() => this.run.step(EventKind.TIMER, serial)));
    else act(() => this.run.send(what));
  }

  private take(): void {
    for (const { kind, b, time, payload } of this.run.commands) {
      if (kind === CommandKind.LOG) this.logs.push(decodeValue(payload as Uint8Array) as string);
      if (kind === CommandKind.CALL_TASK) this.outstanding.task(b);
      if (kind === CommandKind.SET_TIMER) this.outstanding.timer(b, time);
      if (kind === CommandKind.CANCEL_TASK || kind === CommandKind.CANCEL_TIMER) this.outstanding.cancel(b);
    }
    // A long step goes on in the next call.
    if (this.run.commands.some(({ kind }) => kind === CommandKind.CONTINUE)) {
      this.run.step(EventKind.CONTINUE, 0);
      this.take();
      return;
    }
    const end = this.run.end();
    if (end !== undefined) this.end = end.how === "succeeded" ? "the end" : `fails with ${(end.value as { code: string }).code}`;
  }

  get states(): readonly string[] {
    return this.run.states();
  }

  get variables(): Readonly<Record<string, unknown>> {
    return this.run.context() as Record<string, unknown>;
  }
}

function tell(teller: Teller, definition: Definition, lines: readonly string[]): void {
  // Regions have names that nobody wrote.
  const written = new Set(definition.states.flatMap(({ id, kind }) => (kind === "region" ? [] : [id])));
  for (const text of lines) {
    const line = readLine(text);
    teller.logs.splice(0);
    teller.happen(line);
    if (line.end !== undefined) expect(teller.end, text).toBe(line.end);
    else
      expect(
        teller.states.filter((state) => written.has(state)),
        text,
      ).toEqual(line.states);
    expect(teller.logs, text).toEqual(line.logs);
    if (line.end === undefined) expect(teller.variables, text).toMatchObject(line.values);
  }
}

let kernel: KernelPort | undefined;

/** Plays a story; `chart` is a whole text, or the lines of a diagram with the lines of `## Actions`. */
export async function playStory(chart: string, lines: readonly string[], actions = ""): Promise<void> {
  const text = chart.includes("stateDiagram") ? chart : "```mermaid\nstateDiagram-v2\n" + chart + "\n```\n\n## Actions\n\n" + actions;
  const { definition, findings } = parseWorkflow(text);
  expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
  kernel ??= await newKernel();
  tell(new ModelTeller(definition), definition, lines);
  tell(new KernelTeller(kernel, definition), definition, lines);
}
