// Checks the tables of a task graph once, when its program is loaded, so that stepping never has to.
import {
  ActionKind, NO_EXPRESSION, NO_NODE, NO_SLOT, NodeKind, PROGRAM_FLAG_SCOPE_LIMITS, PROGRAM_FLAG_TASKS, PROGRAM_FLAG_UNDO, ProgramHeader, TASK_FLAG_START, TRANSITION_FLAG_CANCEL,
  TRANSITION_FLAG_CONTINUE, TRANSITION_FLAG_REPEATED, TRANSITION_FLAG_RETRY, TRANSITION_FLAG_UNDO, Trigger,
} from "./abi";
import { actionRecord, isExpression, isExpressionOrNone, isUndo, nodeRecord, otherOf, programField, taskRecord, transitionRecord } from "./program";

export function isTaskProgram(program: usize): bool {
  return (programField(program, ProgramHeader.FLAGS) & PROGRAM_FLAG_TASKS) != 0;
}

/** Nodes, transitions, actions and candidates have been found to lie within their tables. */
export function areTasksSound(program: usize): bool {
  const nodeCount = programField(program, ProgramHeader.NODE_COUNT);
  if (nodeCount == 0 || !isExpressionOrNone(program, programField(program, ProgramHeader.OUTPUT))) return false;
  if (!isExpressionOrNone(program, programField(program, ProgramHeader.TIMEOUT)) || !isExpressionOrNone(program, programField(program, ProgramHeader.PARTIAL_OUTPUT))) return false;
  if (programField(program, ProgramHeader.BRANCH_SLOT_COUNT) > programField(program, ProgramHeader.SLOT_COUNT)) return false;
  for (let field = <i32>ProgramHeader.INPUT_SLOT; field <= ProgramHeader.ATTEMPT_SLOT; field++) if (!isRunSlotOrNone(program, programField(program, field))) return false;
  if (!isRunSlotOrNone(program, programField(program, ProgramHeader.RUN_ID_SLOT))) return false;
  if (!isRunSlotOrNone(program, programField(program, ProgramHeader.RESULT_SLOT)) || !isRunSlotOrNone(program, programField(program, ProgramHeader.ERROR_SLOT))) return false;
  const flags = programField(program, ProgramHeader.FLAGS);
  if ((flags & PROGRAM_FLAG_UNDO) != 0 && !isExpression(program, programField(program, ProgramHeader.UNDO_ERROR))) return false;
  for (let node: u32 = 1; node < nodeCount; node++) if (!isTaskSound(program, node) || !isUndoSound(program, node)) return false;
  for (let transition: u32 = 0; transition < programField(program, ProgramHeader.TRANSITION_COUNT); transition++) if (!isWaySound(program, transition)) return false;
  return true;
}

function isTaskSound(program: usize, node: u32): bool {
  const task = taskRecord(program, node);
  const record = nodeRecord(program, node);
  const scope = load<u32>(record, 40);
  if (load<u32>(record, 4) != 0 || load<u32>(record, 8) != node) return false;
  // Scopes stand before what they hold, so that none holds itself.
  if (scope != 0 && (scope >= node || isTask(program, scope))) return false;
  if (!isTask(program, node)) return load<u32>(task, 52) == NO_EXPRESSION || isLimitedScope(program, node);
  if (load<u32>(task) > load<u32>(task, 4) || load<u32>(task, 4) > programField(program, ProgramHeader.TRANSITION_COUNT)) return false;
  if (!isRunSlotOrNone(program, load<u32>(record, 44))) return false;
  const action = load<u32>(task, 12);
  if (action >= programField(program, ProgramHeader.ACTION_COUNT)) return false;
  const kind = <i32>load<u16>(actionRecord(program, action));
  if (kind != ActionKind.AWAIT_EVENT && (kind < ActionKind.WAIT || kind > ActionKind.VALUE)) return false;
  if (kind == ActionKind.AWAIT_EVENT && load<u32>(task, 16) != NO_EXPRESSION) return false;
  for (let at: usize = 16; at < 60; at += 4) if (at != 44 && !isExpressionOrNone(program, load<u32>(task + at))) return false;
  const jitter = load<f32>(task, 44);
  return jitter >= 0 && jitter <= 1 && isRunSlotOrNone(program, load<u32>(task, 60));
}

/** Is the node a scope with a time limit, and are its expressions there? */
export function isLimitedScope(program: usize, node: u32): bool {
  if (node == 0 || node >= programField(program, ProgramHeader.NODE_COUNT) || isTask(program, node) || (programField(program, ProgramHeader.FLAGS) & PROGRAM_FLAG_SCOPE_LIMITS) == 0) return false;
  return isExpression(program, load<u32>(taskRecord(program, node), 52)) && isExpression(program, load<u32>(taskRecord(program, node), 20));
}

/** A task and its undo name each other. An undo is called, and that is all of it: nothing leads to it or from it, nothing comes before it. */
function isUndoSound(program: usize, node: u32): bool {
  if (!isTask(program, node)) return !isUndo(program, node);
  const other = otherOf(program, node);
  if (!isUndo(program, node)) return other == NO_NODE || (isUndoNode(program, other) && otherOf(program, other) == node);
  if (!isUndoNode(program, node) || other == 0 || other >= programField(program, ProgramHeader.NODE_COUNT) || !isTask(program, other) || isUndo(program, other)) return false;
  const task = taskRecord(program, node);
  const record = nodeRecord(program, node);
  const hasWays = load<u32>(record, 36) != 0 || load<u32>(record, 40) != 0 || load<u32>(task, 4) != 0 || (load<u32>(task, 8) & TASK_FLAG_START) != 0;
  const isMore = load<u32>(task, 16) != NO_EXPRESSION || load<u32>(task, 48) != NO_EXPRESSION || load<u32>(task, 56) != NO_EXPRESSION;
  const kind = <i32>load<u16>(actionRecord(program, load<u32>(task, 12)));
  return otherOf(program, other) == node && !hasWays && !isMore && kind != ActionKind.AWAIT_EVENT && isExpression(program, load<u32>(task, 20));
}

function isUndoNode(program: usize, node: u32): bool {
  return (programField(program, ProgramHeader.FLAGS) & PROGRAM_FLAG_UNDO) != 0 && node > 0 && node < programField(program, ProgramHeader.NODE_COUNT) && isTask(program, node) && isUndo(program, node);
}

/** A task, and no scope? */
export function isTask(program: usize, node: u32): bool {
  return load<u16>(nodeRecord(program, node)) == <u16>NodeKind.TASK;
}

function isWaySound(program: usize, transition: u32): bool {
  const record = transitionRecord(program, transition);
  const target = load<u32>(record, 4);
  const trigger = <i32>load<u16>(record, 12);
  if (load<u32>(record) == 0 || (trigger != Trigger.ALWAYS && trigger != Trigger.OUTCOME)) return false;
  const flags = load<u16>(record, 14);
  if ((flags & ~(TRANSITION_FLAG_RETRY | TRANSITION_FLAG_REPEATED | TRANSITION_FLAG_CONTINUE | TRANSITION_FLAG_CANCEL | TRANSITION_FLAG_UNDO)) != 0) return false;
  if (target != 0 && (isTask(program, target) == ((flags & (TRANSITION_FLAG_CANCEL | TRANSITION_FLAG_UNDO)) != 0) || isUndo(program, target))) return false;
  if (target != 0 && isTask(program, target) && load<u32>(record, 44) >= load<u32>(taskRecord(program, target), 4)) return false;
  const first = load<u32>(record, 32);
  for (let action = first; action < first + load<u32>(record, 36); action++) {
    const publish = actionRecord(program, action);
    if (load<u16>(publish) != <u16>ActionKind.SET || load<u32>(publish, 12) >= programField(program, ProgramHeader.BRANCH_SLOT_COUNT)) return false;
  }
  return true;
}

/** A slot that is no variable of a branch. */
function isRunSlotOrNone(program: usize, slot: u32): bool {
  return slot == NO_SLOT || (slot >= programField(program, ProgramHeader.BRANCH_SLOT_COUNT) && slot < programField(program, ProgramHeader.SLOT_COUNT));
}
