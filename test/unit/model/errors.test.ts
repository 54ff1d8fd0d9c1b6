// Anything may be thrown, and every error must be able to stand in a record.
import { describe, expect, test } from "vitest";
import { ERROR_CODE_SIZE_MAX, ERROR_MESSAGE_SIZE_MAX, locate, toErrorRecord, WorkflowError } from "../../../src/model/errors.js";

const hostile = {
  get code(): string {
    throw new Error("code");
  },
  toString(): string {
    throw new Error("text");
  },
};

describe("what was thrown as a record", () => {
  test.each<[string, unknown, string, string]>([
    ["an error", new Error("broken"), "task/failed", "broken"],
    ["an error with a code", Object.assign(new Error("broken"), { code: "card/broken" }), "card/broken", "broken"],
    ["an error with a code that is no text", Object.assign(new Error("broken"), { code: 5 }), "task/failed", "broken"],
    ["a plain object with a message", { message: "broken" }, "task/failed", "broken"],
    ["a text", "broken", "task/failed", "broken"],
    ["null", null, "task/failed", "null"],
    ["undefined", undefined, "task/failed", "undefined"],
    ["an object that throws when it is read", hostile, "task/failed", "What was thrown cannot be read"],
    ["an object without a text", Object.create(null), "task/failed", "What was thrown cannot be read"],
  ])("%s", (_name, thrown, code, message) => {
    expect(toErrorRecord(thrown)).toMatchObject({ code, message });
  });

  test("codes and messages are cut where they are too long", () => {
    const { code, message } = toErrorRecord(Object.assign(new Error("m".repeat(1_000_000)), { code: "c".repeat(1_000_000) }));
    expect([code.length, message.length]).toEqual([ERROR_CODE_SIZE_MAX, ERROR_MESSAGE_SIZE_MAX]);
    expect(toErrorRecord(new WorkflowError("task/long", "m".repeat(1_000_000))).message).toHaveLength(ERROR_MESSAGE_SIZE_MAX);
  });
});

test.each([
  ["\n", 0, 1, 1],
  ["\na", 0, 1, 1],
  ["\na", 1, 2, 1],
  ["a\nb", 1, 1, 2],
  ["a\n\nbc", 4, 3, 2],
  ["", 0, 1, 1],
])("in %j, offset %d stands in line %d, column %d", (text, offset, line, column) => {
  expect(locate(text, offset)).toMatchObject({ start: offset, line, column });
});
