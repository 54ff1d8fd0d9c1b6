// The codes of what can fail within a run, and the words for why: spoken by the kernel's shell for a run that fails, and laid
// into programs for the variable `error`.
import { ExpressionError, RunFault } from "../../assembly/abi.js";

export const FAULT_CODES: Readonly<Record<RunFault, string>> = {
  [RunFault.GUARD_FAILED]: "run/guard-failed",
  [RunFault.ACTION_FAILED]: "run/action-failed",
  [RunFault.TASK_FAILED]: "task/failed",
  [RunFault.ABORTED]: "run/aborted",
  [RunFault.NO_CHOICE]: "run/no-transition",
  [RunFault.MERGE_CONFLICT]: "run/merge-conflict",
  [RunFault.MEMORY_LIMIT]: "run/memory-limit",
  [RunFault.TOKEN_LIMIT]: "run/token-limit",
  [RunFault.INPUT]: "run/invalid-input",
  [RunFault.TYPE_MISMATCH]: "run/type-mismatch",
  [RunFault.ENDLESS_LOOP]: "run/endless-loop",
  [RunFault.JOIN_UNREACHABLE]: "run/join-unreachable",
  [RunFault.TIMED_OUT]: "run/timed-out",
  [RunFault.ITEMS]: "run/invalid-items",
};

/** Why an expression failed, in words (`no-such-key`); undefined for a number that is no ExpressionError. */
export function causeOf(error: number): string | undefined {
  return ExpressionError[error]?.toLowerCase().replaceAll("_", "-");
}
