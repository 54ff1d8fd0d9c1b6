// Parallel regions: one event to all of them, one context, done together, left together.
import { test } from "vitest";
import { playStory } from "./story.js";

const TWO = `[*] --> P
state P {
  [*] --> A
  A --> B : go
  B --> [*] : end
  --
  [*] --> X
  X --> Y : go
  Y --> [*] : end
}
P --> Done
P --> Out : leave
Out --> B : intoOne`;

test("an event goes to every region", () => playStory(TWO, ["start -> P, A, X", "go -> P, B, Y", "end -> Done"]));

test("a region that does not know an event lets it pass", () =>
  playStory(TWO.replace("X --> Y : go", "X --> Y : other"), [
    "start -> P, A, X",
    "go -> P, B, X",
    "end -> P, X",
    "other -> P, Y",
    "end -> Done",
  ]));

test("leaving the state leaves all regions, and coming back begins them anew", () =>
  playStory(`${TWO}\nOut --> P : again`, ["start -> P, A, X", "go -> P, B, Y", "leave -> Out", "again -> P, A, X"]));

test("a transition into one region begins the others at their start", () =>
  playStory(TWO, ["start -> P, A, X", "leave -> Out", "intoOne -> P, B, X"]));

test("regions share the variables", () =>
  playStory("[*] --> P\nstate P {\n  [*] --> A\n  A --> B : one / set n = n + 1\n  --\n  [*] --> X\n  X --> Y : two [n == 2]\n}", [
    "start with n=1 -> P, A, X",
    "two -> P, A, X",
    "one -> P, B, X with n=2",
    "two -> P, B, Y",
  ]));

test("regions within regions", () =>
  playStory(
    "[*] --> P\nstate P {\n  [*] --> Q\n  state Q {\n    [*] --> A\n    A --> [*] : a\n    --\n    [*] --> B\n    B --> [*] : b\n  }\n  Q --> [*]\n  --\n  [*] --> X\n  X --> [*] : b\n}\nP --> Done",
    ["start -> P, Q, A, B, X", "b -> P, Q, A", "a -> Done"],
  ));
