// The workflow that durability tests kill in its middle, what drives it in the page, and how its story is compared.
import type { Engine, EngineOptions, Run, RunEvent } from "../../src/model/engine.js";

/** Tasks one after the other, timers, a decision by event, a guarded loop, a sub-state: one order, so one history. */
export const DURABLE_TEXT = `---
name: Durable order
parameters:
  order: { type: string }
  amount: { type: number }
variables:
  rounds: { type: number }
  reservation: { type: any }
  receipt: { type: any }
  parcel: { type: any }
events: [approve]
---
\`\`\`mermaid
stateDiagram-v2
  [*] --> Reserving
  Reserving --> Cooling: success
  Cooling --> Charging: after 50ms
  Charging --> Deciding: success
  Deciding --> Packing: approve
  state Packing {
    [*] --> Boxing
    Boxing --> Weighing: success
    Weighing --> Boxing: [rounds < 3]
    Weighing --> [*]: [rounds >= 3]
  }
  Packing --> Resting
  Resting --> Shipping: after 30ms
  Shipping --> [*]: success
\`\`\`
## Actions
- Reserving: set rounds = 0
- Reserving: call reserve with order=order result reservation
- Charging: call charge with order=order, amount=amount result receipt
- Boxing: call box with round=rounds result parcel
- Weighing: set rounds = rounds + 1
- Shipping: call ship with parcel=parcel, receipt=receipt
`;

/** What one drive of a database found. */
export interface DriveReport {
  readonly role: "driver" | "watcher";
  /** Runs that were found under way. */
  readonly resumedCount: number;
  /** Per run id: its result and its story, in order. */
  readonly runs: Readonly<
    Record<string, { readonly status: string; readonly result: unknown; readonly context: unknown; readonly events: readonly RunEvent[]; readonly isSame: boolean }>
  >;
}

interface EnginePage {
  createEngine(options?: EngineOptions): Promise<Engine>;
  engine?: Engine;
  keys?: string[];
}

/**
 * Runs in the page: opens the database, starts the runs that are not there yet, approves where a decision is awaited, and
 * waits for every end. It must hold all that it needs, since it is sent to the page as text.
 */
export async function driveRuns({
  name,
  text,
  runIds,
  taskMs,
}: {
  readonly name: string;
  readonly text: string;
  readonly runIds: readonly string[];
  readonly taskMs: number;
}): Promise<DriveReport> {
  const page = (globalThis as unknown as { page: EnginePage }).page;
  const keys: string[] = [];
  const doTask = async (task: string, input: Record<string, unknown>, key: string): Promise<unknown> => {
    keys.push(key);
    await new Promise((resolve) => setTimeout(resolve, taskMs));
    return { task, of: input };
  };
  const names = ["reserve", "charge", "box", "ship"];
  const tasks = Object.fromEntries(
    names.map((task) => [
      task,
      (input: Record<string, unknown>, context: { readonly idempotencyKey: string }) => doTask(task, input, context.idempotencyKey),
    ]),
  );
  const engine = await page.createEngine({ name, tasks });
  const role = await engine.role();
  page.engine = engine;
  page.keys = keys;
  const workflow = await engine.load(text);
  while ((await engine.role()) !== "driver") await new Promise((resolve) => setTimeout(resolve, 10));
  let resumedCount = 0;
  const find = async (runId: string, index: number): Promise<Run> => {
    try {
      const run = await engine.runs.get(runId);
      if ((await run.record()).endedAt === undefined) resumedCount += 1;
      return run;
    } catch (error) {
      if ((error as { code?: string }).code !== "run/unknown") throw error;
      return engine.start(workflow, { order: `A-${index}`, amount: 10.5 * (index + 1) }, { runId });
    }
  };
  const found: Record<string, DriveReport["runs"][string]> = {};
  const drive = async (runId: string, index: number): Promise<void> => {
    const run = await find(runId, index);
    const events: RunEvent[] = [];
    for await (const event of run.events()) {
      events.push(event);
      // What stands in the past was answered in the past: only the state now decides.
      if (event.type === "stateEntered" && event.state === "Deciding" && (await run.states()).includes("Deciding"))
        await engine.send(runId, "approve", { by: index });
    }
    // Replayed, it gives the same history to the byte, and what was heard.
    const { isSame } = await run.verify({ told: events });
    found[runId] = { status: await run.status(), result: await run.result, context: await run.context(), events, isSame };
  };
  await Promise.all(runIds.map(drive));
  await engine.close();
  return { role, resumedCount, runs: found };
}

/** The story without what differs from run to run: its id, times, and events that nobody awaited. */
export function maskStory(report: DriveReport, runId: string): unknown {
  const run = report.runs[runId];
  if (run === undefined) return undefined;
  const text = JSON.stringify({ ...run, events: run.events.map(maskEvent) });
  return JSON.parse(text.replaceAll(runId, "RUN"));
}

function maskEvent(event: RunEvent): unknown {
  const { time, ...rest } = event;
  return "due" in rest ? { ...rest, due: 0, time: 0 } : { ...rest, time: time === 0 ? "none" : 0 };
}
