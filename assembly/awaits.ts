// What a run waits for that only an event can bring, for the shell to tell. It looks and leaves the run as it was; messages are
// computed then, from what the waiting branch sees.
import { ActionKind, NO_EXPRESSION, Tag } from "./abi";
import { putFrameBack, useFrame } from "./branches";
import { evaluateTask } from "./calls";
import { setNow } from "./machine";
import { Phase, currentFrame, instanceAt, instanceRecordCount, phaseOf } from "./instances";
import { resetScratch } from "./memory";
import { appendWire, appendWord, beginOutput, isOutputExhausted, payloadMark, payloadsAddress, payloadsUsedSize } from "./output";
import { actionRecord, taskRecord } from "./program";
import { RunState, runProgram, runStatus, tokenAt, tokenCount } from "./run";
import { isTaskProgram } from "./task-loading";
import { TokenPhase, tokenEvent, tokenNode, tokenPhase } from "./token";

/**
 * Writes a record (abi.ts) per wait to the payload area; its used size. -1: out of memory.
 * `now`: what messages and defaults see as the time; NaN: they are left out.
 */
export function writeAwaits(run: u32, now: f64): i32 {
  resetScratch();
  if (!beginOutput(0)) return -1;
  if (runStatus(run) == RunState.ENDED) return 0;
  setNow(now);
  if (isTaskProgram(runProgram(run))) writeTaskAwaits(run, now == now);
  else writeTokenAwaits(run);
  return isOutputExhausted() ? -1 : <i32>payloadsUsedSize();
}

function writeTokenAwaits(run: u32): void {
  for (let index: u32 = 0; index < tokenCount(run); index++) {
    const token = tokenAt(run, index);
    if (tokenPhase(token) == TokenPhase.WAITING && tokenEvent(token) != 0) writeHead(tokenNode(token), tokenEvent(token), 0, 0);
  }
}

function writeTaskAwaits(run: u32, isComputed: bool): void {
  const inUse = currentFrame(run);
  for (let name: u32 = 1; name <= instanceRecordCount(run); name++) {
    const instance = instanceAt(run, name);
    if (phaseOf(instance) != Phase.AWAITING) continue;
    const node = load<u32>(instance);
    const action = actionRecord(runProgram(run), load<u32>(taskRecord(runProgram(run), node), 12));
    const head = payloadMark();
    writeHead(node, load<u32>(instance, 40), load<u32>(instance, 8), load<u32>(instance, 20));
    if (!isComputed || load<u16>(action) != <u16>ActionKind.AWAIT_EVENT) continue;
    useFrame(run, load<u32>(instance, 12));
    writeValue(run, load<u32>(action, 28) - 1, head + 16);
    writeValue(run, load<u32>(action, 8), head + 20);
  }
  // Which frame is in use decides what the next step does with it: also none is put back.
  if (inUse != 0) useFrame(run, inUse);
  else putFrameBack(run);
}

function writeHead(node: u32, event: u32, serial: u32, limit: u32): void {
  appendWord(node);
  appendWord(event - 1);
  appendWord(serial);
  appendWord(limit);
  appendWord(0);
  appendWord(0);
}

/** Appends what an expression gives, and its size where the head has room for it. Nothing, where there is none or it fails. */
function writeValue(run: u32, expression: u32, sizeAt: usize): void {
  if (expression == NO_EXPRESSION) return;
  const cell = evaluateTask(run, expression);
  const mark = payloadMark();
  if (load<u32>(cell) == Tag.ERROR || !appendWire(cell)) return;
  store<u32>(payloadsAddress() + sizeAt, <u32>(payloadMark() - mark));
}
