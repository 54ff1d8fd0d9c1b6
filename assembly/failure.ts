// What becomes of a failure: the failure transition of the state that acts, or of the nearest scope around it, goes on from
// there; without one the run fails. Limits are no failures of the workflow: they end the run.
import { CELL_SIZE, NO_INDEX, NO_NODE, NO_SLOT, Outcome, ProgramHeader, RunFault } from "./abi";
import { assignSlot } from "./actions";
import { cancelWait, failNoted, faultInHand, setFaultInHand } from "./fault";
import { describeFault } from "./fault-text";
import { chooseCompletion } from "./guard";
import { programField } from "./program";
import { runProgram, tokenAt } from "./run";
import { parentOf } from "./scope";
import { TokenPhase, TokenStage, setTokenPhase, setTokenStage, setTokenTransition, tokenNode } from "./token";

const ERROR = memory.data(CELL_SIZE, 16);

/** Decides what becomes of the fault in hand. False: the run has ended; else the token takes a failure transition in the next microstep. */
export function recover(run: u32, index: u32): bool {
  const fault = faultInHand();
  if (fault != RunFault.MEMORY_LIMIT && fault != RunFault.TOKEN_LIMIT && fault != RunFault.INPUT) {
    setFaultInHand(0);
    if (describeFault(run, fault, ERROR)) {
      if (chooseFailure(run, index, ERROR)) return true;
    }
    // A failure transition whose guard fails has left another fault.
    if (faultInHand() == 0) setFaultInHand(fault);
  }
  failNoted(run);
  return false;
}

/** Keeps the error in the variable `error`, and chooses the failure transition of the token's state or of a scope around it; false for none. */
export function chooseFailure(run: u32, index: u32, error: usize): bool {
  const program = runProgram(run);
  const token = tokenAt(run, index);
  const slot = programField(program, ProgramHeader.ERROR_SLOT);
  cancelWait(run, token);
  setTokenPhase(token, TokenPhase.PENDING);
  if (slot != NO_SLOT) assignSlot(run, token, slot, error);
  for (let node = tokenNode(token); node != NO_NODE && faultInHand() == 0; node = parentOf(program, node)) {
    const transition = chooseCompletion(run, token, node, Outcome.FAILURE);
    if (transition == NO_INDEX) continue;
    choose(token, transition);
    return true;
  }
  return false;
}

/** The token takes this transition in the next microstep. */
export function choose(token: usize, transition: u32): void {
  setTokenStage(token, TokenStage.CHOSEN);
  setTokenTransition(token, transition);
}
