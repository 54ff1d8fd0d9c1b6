// Forks and joins: branches with variables of their own, nested forks, joins in several steps, disagreement.
import { test } from "vitest";
import { playStory } from "./story.js";

const TWO = "state F <<fork>>\nstate J <<join>>\n[*] --> F\nF --> A\nF --> B\nA --> J : a\nB --> J : b\nJ --> C";

test("a join waits for all branches", () => playStory(TWO, ["start -> A, B", "a -> J, B", "a -> J, B", "b -> C"]));

test("branches do not see each other's changes, and the join takes over both", () =>
  playStory(TWO.replace(": a", ": a / set x = 2").replace(": b", ": b / set y = x"), [
    "start with x=1, y=0 -> A, B with x=1",
    "a -> J, B with x=1",
    "b -> C with x=2, y=1",
  ]));

test("two different changes of one variable fail the run; the same change twice does not", () =>
  playStory(TWO.replace(": a", ": a / set x = 2").replace(": b", ": b / set x = 3"), [
    "start with x=1 -> A, B",
    "a -> J, B",
    "b -> fails with run/merge-conflict",
  ]).then(() =>
    playStory(TWO.replace(": a", ": a / set x = 2").replace(": b", ": b / set x = 1 + 1"), [
      "start with x=1 -> A, B",
      "a -> J, B",
      "b -> C with x=2",
    ]),
  ));

test("branches meet in several steps", () =>
  playStory(
    "state F <<fork>>\nstate J <<join>>\nstate K <<join>>\n[*] --> F\nF --> A\nF --> B\nF --> C\nA --> J : a\nB --> J : b\nJ --> D\nD --> K : d\nC --> K : c\nK --> E",
    ["start -> A, B, C", "a -> J, B, C", "c -> J, K, B", "b -> K, D", "d -> E"],
  ));

test("a branch may fork again", () =>
  playStory(
    "state F <<fork>>\nstate G <<fork>>\nstate H <<join>>\nstate J <<join>>\n[*] --> F\nF --> A\nF --> G\nG --> B\nG --> C\nB --> H : go / set y = x\nC --> H : go\nH --> J\nA --> J : go / set x = 5\nJ --> D",
    ["start with x=1, y=0 -> A, B, C", "go -> D with x=5, y=1"],
  ));

test("leaving the composite around a fork ends all branches", () =>
  playStory(
    "[*] --> P\nstate P {\n  state F <<fork>>\n  state J <<join>>\n  [*] --> F\n  F --> A\n  F --> B\n  A --> J : a\n  B --> J : b\n  J --> [*]\n}\nP --> Out : leave\nP --> Done",
    ["start -> P, A, B", "a -> P, J, B", "leave -> Out"],
  ));
