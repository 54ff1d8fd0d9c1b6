// Timers of `after` transitions and of waits: they start with their state and die with it.
import { test } from "vitest";
import { playStory } from "./story.js";

test("the shorter timer is first", () =>
  playStory("[*] --> A\nA --> B : after 5s\nA --> C : after 3s", ["start -> A", "pass 2s -> A", "pass 2s -> C"]));

test("a timer begins anew when its state is entered again", () =>
  playStory("[*] --> A\nA --> A : again\nA --> B : after 5s", [
    "start -> A",
    "pass 4s -> A",
    "again -> A",
    "pass 4s -> A",
    "pass 1s -> B",
  ]));

test("a composite's timer goes on while its states change, and dies when it is left", () =>
  playStory("[*] --> A\nstate A {\n  [*] --> B\n  B --> B : again\n}\nA --> Late : after 5s\nA --> Out : out", [
    "start -> A, B",
    "pass 4s -> A, B",
    "again -> A, B",
    "pass 1s -> Late",
  ]).then(() =>
    playStory("[*] --> A\nstate A {\n  [*] --> B\n}\nA --> Late : after 5s\nA --> Out : out", [
      "start -> A, B",
      "out -> Out",
      "pass 9s -> Out",
    ]),
  ));

test("a wait holds its state for a while", () =>
  playStory("[*] --> A\nA --> B", ["start -> A", "pass 2s -> A", "pass 1s -> B"], "- A: wait 3s"));

test("a task that takes too long fails", () =>
  playStory("[*] --> A\nA --> B\nA --> C : failure", ["start -> A", "pass 2s -> C"], "- A: call work timeout 2s"));
