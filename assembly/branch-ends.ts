// Where branches of a task graph end: what they have changed is part of what the run's output sees.
import { NO_EXPRESSION, PROGRAM_FLAG_MERGE_LAST, ProgramHeader } from "./abi";
import { mergeBranches, releaseFrame, retainFrame } from "./branches";
import { endedFrame, instanceAt, setEndedFrame } from "./instances";
import { programField } from "./program";
import { runProgram } from "./run";
import { abandon } from "./task-scopes";

/** A branch has come to its end. Takes over the reference. A fault may be in hand. */
export function endBranch(run: u32, frame: usize, isFailing: bool): void {
  const program = runProgram(run);
  if (programField(program, ProgramHeader.OUTPUT) == NO_EXPRESSION) {
    releaseFrame(run, frame);
    return;
  }
  const ended = endedFrame(run);
  setEndedFrame(run, 0);
  const isLastWinning = isFailing || (programField(program, ProgramHeader.FLAGS) & PROGRAM_FLAG_MERGE_LAST) != 0;
  setEndedFrame(run, ended == 0 ? frame : mergeBranches(run, ended, frame, isLastWinning));
}

/** The run fails: what the instance's branch changed is part of what can be told of the output. */
export function keepBranch(run: u32, name: u32): void {
  const frame = <usize>load<u32>(instanceAt(run, name), 12);
  retainFrame(frame);
  endBranch(run, frame, true);
}

/** The instance is no more, since the run fails. */
export function endFailing(run: u32, name: u32): void {
  keepBranch(run, name);
  abandon(run, name);
}
