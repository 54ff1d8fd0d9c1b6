// What can be wrong with a portable file, each worded once.
import { WorkflowError } from "../model/errors.js";
import { PORTABLE_VERSION } from "./limits.js";

/** `place`: which part of the file. `offset`: of its bytes in that part's own count (`details.of`). */
export function damagedError(why: string, offset: number, of: "file" | "content", cause?: unknown): WorkflowError {
  const where = of === "file" ? `byte ${offset}` : `byte ${offset} of its content`;
  return new WorkflowError("portable/damaged", `The file of runs is damaged at ${where}: ${why}`, {
    details: { offset, of, why },
    ...(cause !== undefined && { cause }),
  });
}

export function foreignError(): WorkflowError {
  return new WorkflowError("portable/not-portable", "The file is no export of runs");
}

export function versionError(version: number): WorkflowError {
  const message = `The file of runs has version ${version}; this engine reads up to ${PORTABLE_VERSION}`;
  return new WorkflowError("portable/version-unsupported", message, { details: { version, versionMax: PORTABLE_VERSION } });
}

export function passphraseError(isGiven: boolean): WorkflowError {
  if (isGiven) return new WorkflowError("portable/wrong-passphrase", "The passphrase is not the one that the file was encrypted with");
  return new WorkflowError("portable/passphrase-needed", "The file is encrypted: its passphrase is needed");
}

export function tooLargeError(what: string, size: number, sizeMax: number): WorkflowError {
  return new WorkflowError("portable/too-large", `${what} takes ${size} bytes; the limit is ${sizeMax}`, { details: { what, size, sizeMax } });
}
