// Failure: the failure transition of the state, else of the nearest scope around it, else the run fails.
import { test } from "vitest";
import { playStory } from "./story.js";

test("a failed task takes the state's failure transition, and skips its further actions", () =>
  playStory("[*] --> A\nA --> B\nA --> C : failure", ["start -> A", "fail -> C"], '- A: call work\n- A: log "after"'));

test("or that of the nearest scope around it", () =>
  playStory(
    "[*] --> P\nstate P {\n  [*] --> Q\n  state Q {\n    [*] --> A\n  }\n  Q --> Near : failure\n}\nP --> Far : failure",
    ["start -> P, Q, A", 'fail -> P, Near says "task/failed"'],
    '- A: call work\n- Near: log "${error.code}"',
  ));

test("without one the run fails", () =>
  playStory("[*] --> A\nA --> B", ["start -> A", "fail -> fails with task/failed"], "- A: call work"));

test("in a region: the other regions go on, unless the whole state is left", () =>
  playStory(
    "[*] --> P\nstate P {\n  [*] --> A\n  A --> B : failure\n  --\n  [*] --> X\n}\nP --> Out : failure",
    ["start -> P, A, X", "fail -> P, B, X"],
    "- A: call work",
  ).then(() =>
    playStory(
      "[*] --> P\nstate P {\n  [*] --> A\n  --\n  [*] --> X\n}\nP --> Out : failure",
      ["start -> P, A, X", "fail -> Out"],
      "- A: call work",
    ),
  ));

test("abort fails the run whatever stands around", () =>
  playStory("[*] --> A\nA --> B : go\nB --> C : failure", ["start -> A", "go -> fails with run/aborted"], '- B: abort "no"'));
