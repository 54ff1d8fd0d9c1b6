// The machines through the `Engine` interface, in this thread or behind a worker, with durability `none`: `send` for
// single events, `sendMany` for batches.
import type { Engine, EventBatch, Run } from "../../src/model/engine.js";
import { EventOutcome } from "../../src/model/kernel-words.js";
import { ANSWER_EVENT_COUNT, EVENT_NAME, type Machine, type MachineId, type Position, describeEnds, describePosition, findMachine } from "../machines.js";
import type { LoadOf, Subject } from "../subject.js";

export interface EngineDoor {
  createEngine(): Promise<Engine>;
  createBatch(): EventBatch;
}

/** `packing`: is the batch built once and sent again, or built anew for every call? Both are what an embedder may do. */
export async function openEngineLoop(
  door: EngineDoor,
  load: LoadOf<"transition">,
  packing: "reused" | "rebuilt" = "reused",
): Promise<Subject> {
  const { engine, runs } = await startRuns(door, load);
  const send =
    load.batchCount === 1 ? makeSender(engine, runs) : makeBatchSender(engine, door.createBatch(), runs, load.batchCount, packing);
  return makeSubject(engine, runs, load.machine, send);
}

/** `sendMany` with up to `flightCount` batches under way at once: what a page does that need not wait for each answer. */
export async function openPipelinedLoop(door: EngineDoor, load: LoadOf<"transition">, flightCount: number): Promise<Subject> {
  const { engine, runs } = await startRuns(door, load);
  const senders = Array.from({ length: flightCount }, () => makeBatchSender(engine, door.createBatch(), runs, load.batchCount, "reused"));
  return makeSubject(engine, runs, load.machine, async (eventCount) => {
    let rest = eventCount;
    const sendInTurn = async (send: (eventCount: number) => Promise<void>): Promise<void> => {
      while (rest > 0) {
        rest -= load.batchCount;
        await send(load.batchCount);
      }
    };
    await Promise.all(senders.map(sendInTurn));
  });
}

async function startRuns(door: EngineDoor, { runCount, machine }: LoadOf<"transition">): Promise<{ engine: Engine; runs: readonly Run[] }> {
  const engine = await door.createEngine();
  const workflow = await engine.load(findMachine(machine).text);
  return {
    engine,
    runs: await engine.startMany(
      workflow,
      Array.from({ length: runCount }, () => ({})),
      { durability: "none" },
    ),
  };
}

function makeSubject(engine: Engine, runs: readonly Run[], id: MachineId | undefined, send: (eventCount: number) => Promise<void>): Subject {
  return {
    run: send,
    async answer() {
      await send(ANSWER_EVENT_COUNT * runs.length);
      const positions = await Promise.all([runs[0], runs.at(-1)].map((run) => readPosition(findMachine(id), run)));
      return describeEnds((index) => positions[index === 0 ? 0 : 1] as Position, runs.length);
    },
    close: () => engine.close(),
  };
}

function makeSender(engine: Engine, runs: readonly Run[]): (eventCount: number) => Promise<void> {
  const ids = runs.map((run) => run.id);
  return async (eventCount) => {
    for (let index = 0; index < eventCount; index += 1) await engine.send(ids[index % ids.length] ?? "", EVENT_NAME);
  };
}

function makeBatchSender(
  engine: Engine,
  batch: EventBatch,
  runs: readonly Run[],
  batchCount: number,
  packing: "reused" | "rebuilt",
): (eventCount: number) => Promise<void> {
  const ids = runs.map((run) => run.id);
  const fill = (): void => {
    batch.clear();
    for (let index = 0; index < batchCount; index += 1) batch.add(ids[index % ids.length] ?? "", EVENT_NAME);
  };
  fill();
  return async (eventCount) => {
    for (let done = 0; done < eventCount; done += batchCount) {
      if (packing === "rebuilt") fill();
      const outcomes = await engine.sendMany(batch);
      if (outcomes[0] !== EventOutcome.TAKEN || outcomes.length !== batchCount)
        throw new Error(`event 0 of ${outcomes.length}: outcome ${outcomes[0]}`);
    }
  };
}

async function readPosition(machine: Machine, run: Run | undefined): Promise<Position> {
  if (run === undefined) throw new Error("a run is missing");
  return describePosition(machine, await run.states(), await run.context());
}
