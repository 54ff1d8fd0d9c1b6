// The variables of a run that begins: from its input, then what is declared for those that the input did not give.
import { CELL_SIZE, NO_INDEX, ProgramHeader, RunFault, Tag } from "./abi";
import { assignSlot } from "./actions";
import { evaluateInRun } from "./budget";
import { setObject } from "./cell";
import { faultInHand, noteFault } from "./fault";
import { findFieldInMap } from "./map";
import { expressionRecord, programField, slotKey } from "./program";
import { runProgram, slotsOf } from "./run";
import { keyObject } from "./shape";

const KEY = memory.data(CELL_SIZE, 16);

/** Assigns the fields of the map `inputs` to the first `slotCount` variables, by their names. Stops where a fault is in hand. */
export function assignInputs(run: u32, token: usize, inputs: usize, slotCount: u32): void {
  const program = runProgram(run);
  for (let slot: u32 = 0; slot < slotCount && faultInHand() == 0; slot++) {
    setObject(KEY, Tag.STRING, keyObject(slotKey(program, slot)));
    const value = findFieldInMap(inputs, slotKey(program, slot), KEY);
    if (value != 0) assignSlot(run, token, slot, value);
  }
}

/** Initial values of variables that the input did not give, in order of declaration. Stops where a fault is in hand. */
export function assignInitials(run: u32, token: usize): void {
  const program = runProgram(run);
  const initials = programField(program, ProgramHeader.INITIALS);
  const count = programField(program, ProgramHeader.INITIAL_COUNT);
  for (let index: u32 = 0; index < count && faultInHand() == 0; index++) {
    const slot = load<u32>(initials + (<usize>index << 3));
    const expression = load<u32>(initials + (<usize>index << 3), 4);
    if (load<u32>(slotsOf(run, 0) + <usize>slot * CELL_SIZE) != Tag.ABSENT) continue;
    const cell = evaluateInRun(expressionRecord(program, expression), slotsOf(run, 0));
    if (load<u32>(cell) == Tag.ERROR) noteFault(RunFault.INPUT, cell, expression, NO_INDEX, NO_INDEX);
    else assignSlot(run, token, slot, cell);
  }
}
