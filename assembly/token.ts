// One token: where a branch of a run stands and what it does there. Accessors only; the layout is drawn in run.ts.

/** What a token is about. FREE marks an unused record. */
export enum TokenPhase {
  FREE = 0,
  /** At rest in a state whose actions are done. */
  RESTING = 1,
  /** An action waits for a task, a timer, a child run or an event. */
  WAITING = 2,
  AT_JOIN = 3,
  /** Has work to do in this step (or the next call, where fuel ran out). */
  PENDING = 4,
  /** Its region has come to its end. */
  DONE = 5,
}

/** What a PENDING token does next; from COMPLETE on it waits for the others of its microstep. */
export enum TokenStage {
  ENTER = 0,
  ENTRY_ACTIONS = 1,
  TRANSITION_ACTIONS = 2,
  /** Takes an eventless transition, or rests. */
  COMPLETE = 3,
  /** Takes the transition in hand: the failure transition that was found for it. */
  CHOSEN = 4,
  /** Has come to the end of its scope. */
  FINISHED = 5,
}
export const TOKEN_STAGE_MAX: i32 = 5;

@inline
export function tokenNode(token: usize): u32 {
  return load<u32>(token);
}

@inline
export function setTokenNode(token: usize, node: u32): void {
  store<u32>(token, node);
}

@inline
export function tokenPhase(token: usize): i32 {
  return load<u8>(token, 4);
}

@inline
export function setTokenPhase(token: usize, phase: i32): void {
  store<u8>(token, <u8>phase, 4);
}

@inline
export function tokenStage(token: usize): i32 {
  return load<u8>(token, 5);
}

@inline
export function setTokenStage(token: usize, stage: i32): void {
  store<u8>(token, <u8>stage, 5);
}

@inline
export function tokenOutcome(token: usize): i32 {
  return load<u8>(token, 6);
}

@inline
export function setTokenOutcome(token: usize, outcome: i32): void {
  store<u8>(token, <u8>outcome, 6);
}

/** Does the token go where a scope was left? 0: no; else a RESUMES_ of entry.ts. */
@inline
export function tokenResumes(token: usize): i32 {
  return load<u8>(token, 7);
}

@inline
export function setTokenResumes(token: usize, resumes: i32): void {
  store<u8>(token, <u8>resumes, 7);
}

@inline
export function tokenAction(token: usize): u32 {
  return load<u32>(token, 8);
}

@inline
export function setTokenAction(token: usize, action: u32): void {
  store<u32>(token, action, 8);
}

@inline
export function tokenActionEnd(token: usize): u32 {
  return load<u32>(token, 12);
}

/** The list of actions that the token runs next. */
@inline
export function setTokenActions(token: usize, first: u32, count: u32): void {
  store<u32>(token, first, 8);
  store<u32>(token, first + count, 12);
}

@inline
export function tokenSerial(token: usize): u32 {
  return load<u32>(token, 16);
}

@inline
export function setTokenSerial(token: usize, serial: u32): void {
  store<u32>(token, serial, 16);
}

@inline
export function tokenFrame(token: usize): usize {
  return load<u32>(token, 20);
}

@inline
export function setTokenFrame(token: usize, frame: usize): void {
  store<u32>(token, <u32>frame, 20);
}

@inline
export function tokenGoal(token: usize): u32 {
  return load<u32>(token, 24);
}

@inline
export function setTokenGoal(token: usize, node: u32): void {
  store<u32>(token, node, 24);
}

@inline
export function tokenEdge(token: usize): u32 {
  return load<u32>(token, 28);
}

@inline
export function setTokenEdge(token: usize, edge: u32): void {
  store<u32>(token, edge, 28);
}

/** What the timers of the token's state call it; 0 while it has none. */
@inline
export function tokenName(token: usize): u32 {
  return load<u32>(token, 32);
}

@inline
export function setTokenName(token: usize, name: u32): void {
  store<u32>(token, name, 32);
}

@inline
export function tokenTransition(token: usize): u32 {
  return load<u32>(token, 36);
}

@inline
export function setTokenTransition(token: usize, transition: u32): void {
  store<u32>(token, transition, 36);
}

/** The event that an action awaits, plus one; 0 when it awaits none. */
@inline
export function tokenEvent(token: usize): u32 {
  return load<u32>(token, 40);
}

@inline
export function setTokenEvent(token: usize, event: u32): void {
  store<u32>(token, event, 40);
}

/** Serial of the timer that bounds the task in hand; 0 for none. */
@inline
export function tokenTimeout(token: usize): u32 {
  return load<u32>(token, 44);
}

@inline
export function setTokenTimeout(token: usize, serial: u32): void {
  store<u32>(token, serial, 44);
}
