// Simulated calls, thousands at a time: each ends when its task says so, whatever is changed meanwhile, and one timer serves them all.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { TaskContext } from "../../../src/model/engine.js";
import { changeBehaviour, resetBehaviours } from "../../../web/run/task-behaviour.js";
import { awaitOutcome, callCount, countCalls, settleCall, taskCalls } from "../../../web/run/task-calls.js";

let showings: (() => void)[] = [];
const ends: string[] = [];

/** As a browser has it: a frame when we say so, and the next where the page still rests from the one before. */
function showFrame(): void {
  while (showings.length > 0) for (const show of showings.splice(0)) show();
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  vi.stubGlobal("requestAnimationFrame", (show: () => void) => showings.push(show));
  vi.stubGlobal("cancelAnimationFrame", () => (showings = []));
  ends.length = 0;
});

afterEach(() => {
  resetBehaviours();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const QUIET_LOG: TaskContext["log"] = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

function call(task: string, item: number, signal = new AbortController().signal): void {
  const context: TaskContext = { task, item, signal, attempt: 1, runId: "r", idempotencyKey: `r/1/${item}`, log: QUIET_LOG };
  awaitOutcome(context).then(
    () => ends.push(`${task} ${item}`),
    (error: Error) => ends.push(`${task} ${item}: ${error.message}`),
  );
}

describe("simulated calls", () => {
  it("end in the order in which they are due, with one timer", async () => {
    changeBehaviour("slow", { delayMs: 1_000 });
    changeBehaviour("quick", { delayMs: 300 });
    for (let item = 0; item < 1_024; item += 1) call("slow", item);
    await vi.advanceTimersByTimeAsync(100);
    call("quick", 0);
    // One for the calls, one that shows them where no frame comes.
    expect(vi.getTimerCount()).toBeLessThanOrEqual(2);
    await vi.advanceTimersByTimeAsync(310);
    expect(ends).toEqual(["quick 0"]);
    await vi.advanceTimersByTimeAsync(600);
    // What does not fit into one turn is ended in the next ones.
    vi.useRealTimers();
    await vi.waitFor(() => expect(ends).toHaveLength(1_025), { timeout: 60_000 });
    expect(ends.slice(1)).toEqual(Array.from({ length: 1_024 }, (_, item) => `slow ${item}`));
  });

  it("follow what is changed while they are at work", async () => {
    changeBehaviour("a", { outcome: "ask" });
    call("a", 0);
    call("a", 1);
    await vi.advanceTimersByTimeAsync(100_000);
    expect(ends).toEqual([]);
    showFrame();
    settleCall(taskCalls.value[0]?.id ?? -1, "failure");
    await vi.advanceTimersByTimeAsync(0);
    expect(ends).toEqual(['a 0: The simulated task "a" was told to fail']);
    changeBehaviour("a", { outcome: "success", delayMs: 0 });
    await vi.advanceTimersByTimeAsync(1);
    expect(ends).toHaveLength(2);
  });

  it("end with their signal, once", async () => {
    const controller = new AbortController();
    call("a", 0, controller.signal);
    call("a", 1, AbortSignal.abort(new Error("gone")));
    controller.abort(new Error("left"));
    await vi.advanceTimersByTimeAsync(100_000);
    expect(ends.sort()).toEqual(["a 0: left", "a 1: gone"]);
  });

  it("are told of once a frame", () => {
    changeBehaviour("a", { outcome: "ask" });
    showFrame();
    const before = callCount.value;
    for (let item = 0; item < 500; item += 1) call("a", item);
    expect(showings).toHaveLength(1);
    expect(callCount.value).toBe(before);
    showFrame();
    expect(callCount.value).toBe(before + 500);
    expect(countCalls("a")).toBe(500);
    for (const { id } of taskCalls.value) settleCall(id, "success");
    expect(showings).toHaveLength(1);
    showFrame();
    expect(countCalls("a")).toBe(0);
  });
});
