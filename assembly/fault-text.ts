// The error value of a fault, for the variable `error`: put together from texts that the program brings along.
import { FAULT_CAUSE_FIRST, NO_EXPRESSION, ProgramHeader, Wire } from "./abi";
import { actingNode, faultError, faultExpression } from "./fault";
import { allocateScratch } from "./memory";
import { expressionRecord, nodeRecord, programField } from "./program";
import { runProgram } from "./run";
import { decodeWire } from "./wire";

/** Writes the MAP {code, cause?, message?, place?} of the fault in hand to `cell`; false where the program has no words for it. */
export function describeFault(run: u32, fault: i32, cell: usize): bool {
  const program = runProgram(run);
  const texts = programField(program, ProgramHeader.FAULT_TEXTS);
  if (texts == 0) return false;
  const code = load<u32>(texts + (<usize>fault << 2));
  const error = faultError();
  const cause: u32 = error == 0 ? 0 : load<u32>(texts + (<usize>(FAULT_CAUSE_FIRST + error) << 2));
  const expression = faultExpression();
  const site = expression == NO_EXPRESSION ? load<u32>(nodeRecord(program, actingNode()), 56) : load<u32>(expressionRecord(program, expression), 24);
  const text = allocateScratch(2 + sizeOf(code) + sizeOf(cause) + sizeOf(site));
  if (text == 0) return false;
  store<u8>(text, Wire.MAP);
  store<u8>(text, <u8>(<u32>(code != 0) + <u32>(cause != 0) + (<u32>(site != 0) << 1)), 1);
  const end = append(append(append(text + 2, code), cause), site);
  return decodeWire(text, <u32>(end - text), cell) >= 0;
}

@inline
function sizeOf(text: usize): u32 {
  return text == 0 ? 0 : load<u32>(text);
}

function append(target: usize, text: usize): usize {
  memory.copy(target, text + 4, sizeOf(text));
  return target + sizeOf(text);
}
