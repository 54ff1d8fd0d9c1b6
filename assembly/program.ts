// Read-only views over a program's tables: the addresses of records, by their numbers. How tables come to be there is
// loading.ts's business.
import { ACTION_RECORD_SIZE, EXPRESSION_RECORD_SIZE, NODE_RECORD_SIZE, ProgramHeader, TRANSITION_RECORD_SIZE } from "./abi";

@inline
export function programField(program: usize, field: i32): u32 {
  return load<u32>(program + ((<usize>field) << 2));
}

@inline
export function nodeRecord(program: usize, node: u32): usize {
  return programField(program, ProgramHeader.NODES) + <usize>node * NODE_RECORD_SIZE;
}

@inline
export function transitionRecord(program: usize, transition: u32): usize {
  return programField(program, ProgramHeader.TRANSITIONS) + <usize>transition * TRANSITION_RECORD_SIZE;
}

@inline
export function actionRecord(program: usize, action: u32): usize {
  return programField(program, ProgramHeader.ACTIONS) + <usize>action * ACTION_RECORD_SIZE;
}

@inline
export function expressionRecord(program: usize, expression: u32): usize {
  return programField(program, ProgramHeader.EXPRESSIONS) + <usize>expression * EXPRESSION_RECORD_SIZE;
}

/** For the shell: address of an expression's record, or 0 where the program has no such expression. */
export function expressionAt(program: usize, expression: u32): usize {
  return expression < programField(program, ProgramHeader.EXPRESSION_COUNT) ? expressionRecord(program, expression) : 0;
}

@inline
export function candidateAt(program: usize, index: u32): u32 {
  return load<u32>(programField(program, ProgramHeader.CANDIDATES) + (<usize>index << 2));
}

/** The interned key of a slot's name. */
@inline
export function slotKey(program: usize, slot: u32): u32 {
  return load<u32>(programField(program, ProgramHeader.SLOT_KEYS) + (<usize>slot << 2));
}

/** The declared type of a slot, as Tag + 1; 0 for any. */
@inline
export function slotType(program: usize, slot: u32): u32 {
  return load<u32>(programField(program, ProgramHeader.SLOT_TYPES) + (<usize>slot << 2));
}
