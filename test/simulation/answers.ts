// What a task of the simulations answers: it follows from what was asked, so that the same call has the same answer in every run.
import { fingerprintBytes } from "../../src/base/fingerprint.js";
import type { TaskCall, TaskResult } from "../../src/model/ports.js";
import { encodeValue } from "../../src/model/value.js";

/** One in six of all calls fails. */
export function answerOf(call: TaskCall): TaskResult {
  const { task, input, attempt, item } = call;
  const chance = fingerprintBytes(encodeValue([task, input, attempt, item] as never)) % 6;
  if (chance > 0) return { call, isSuccess: true, value: chance % 3 };
  return { call, isSuccess: false, error: { code: "work/failed", message: "no" } };
}
