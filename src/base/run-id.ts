// Run ids: UUID version 7 (RFC 9562), so that ids made later sort later, also within one millisecond.
import { v7 } from "uuid";

/** A new run id; greater than every id that this thread made before. */
export function createRunId(): string {
  return v7();
}
