// Read-only views over a program's tables: the addresses of records, by their numbers. How tables come to be there is
// loading.ts's business.
import { ACTION_RECORD_SIZE, EXPRESSION_RECORD_SIZE, NODE_FLAG_UNDO, NODE_RECORD_SIZE, NO_EXPRESSION, ProgramHeader, TASK_RECORD_SIZE, TRANSITION_RECORD_SIZE } from "./abi";

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

/** Of a task graph. */
@inline
export function taskRecord(program: usize, node: u32): usize {
  return programField(program, ProgramHeader.TASKS) + <usize>node * TASK_RECORD_SIZE;
}

/** Of a task graph: the innermost scope that a task or a scope stands in, or 0. */
@inline
export function scopeOf(program: usize, node: u32): u32 {
  return load<u32>(nodeRecord(program, node), 40);
}

/** Does the node stand in the scope, or in one within it? */
export function isInScope(program: usize, node: u32, scope: u32): bool {
  let at = scopeOf(program, node);
  while (at != 0 && at != scope) at = scopeOf(program, at);
  return at != 0;
}

/** What undoes a task, or NO_NODE; of an undo the task that it undoes. */
@inline
export function otherOf(program: usize, node: u32): u32 {
  return load<u32>(nodeRecord(program, node), 12);
}

@inline
export function isUndo(program: usize, node: u32): bool {
  return (load<u16>(nodeRecord(program, node), 2) & NODE_FLAG_UNDO) != 0;
}

@inline
export function actionRecord(program: usize, action: u32): usize {
  return programField(program, ProgramHeader.ACTIONS) + <usize>action * ACTION_RECORD_SIZE;
}

@inline
export function expressionRecord(program: usize, expression: u32): usize {
  return programField(program, ProgramHeader.EXPRESSIONS) + <usize>expression * EXPRESSION_RECORD_SIZE;
}

export function isExpression(program: usize, expression: u32): bool {
  return expression < programField(program, ProgramHeader.EXPRESSION_COUNT);
}

export function isExpressionOrNone(program: usize, expression: u32): bool {
  return expression == NO_EXPRESSION || isExpression(program, expression);
}

/** For the shell: address of an expression's record, or 0 where the program has no such expression. */
export function expressionAt(program: usize, expression: u32): usize {
  return isExpression(program, expression) ? expressionRecord(program, expression) : 0;
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

/** What `node` has for `event`: see ProgramHeader.DISPATCH. */
@inline
export function dispatchAt(program: usize, node: u32, event: u32): u32 {
  const dispatch = programField(program, ProgramHeader.DISPATCH);
  if (programField(program, ProgramHeader.CELL_COUNT) != 0) return findCell(program, load<u64>(dispatch + (<usize>node << 3)), event);
  return load<u32>(dispatch + ((<usize>node * programField(program, ProgramHeader.EVENT_COUNT) + event) << 2));
}

function findCell(program: usize, row: u64, event: u32): u32 {
  const cells = programField(program, ProgramHeader.CELLS) + (<usize>(<u32>row) << 3);
  const mask = <u32>(row >> 32);
  for (let at = event; at <= event + mask; at++) {
    const cell = load<u64>(cells + (<usize>(at & mask) << 3));
    if (<u32>cell == event + 1) return <u32>(cell >> 32);
    if (<u32>cell == 0) return 0;
  }
  return 0;
}
