// Choices: the first way that holds, chains of them, and none that holds.
import { test } from "vitest";
import { playStory } from "./story.js";

const CHART = "state Q <<choice>>\n[*] --> A\nA --> Q : go / set n = n + 1\nQ --> B : [n > 5]\nQ --> C : [n > 2]\nQ --> D : default";

test.each([
  [5, "B"],
  [2, "C"],
  [1, "D"],
])("after its transition has set n from %d: %s", (n, state) => playStory(CHART, [`start with n=${n} -> A`, `go -> ${state}`]));

test("one choice after the other", () =>
  playStory("state Q <<choice>>\nstate R <<choice>>\n[*] --> Q\nQ --> R : [n > 1]\nQ --> A\nR --> B : [n > 2]\nR --> C", [
    "start with n=2 -> C",
  ]));

test("without a way that holds the run fails", () =>
  playStory("state Q <<choice>>\n[*] --> A\nA --> Q : go\nQ --> B : [n > 5]", [
    "start with n=1 -> A",
    "go -> fails with run/no-transition",
  ]));
