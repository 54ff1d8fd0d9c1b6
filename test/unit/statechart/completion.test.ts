// Completion: transitions that wait for nothing, and what it takes for a composite to be done.
import { test } from "vitest";
import { playStory } from "./story.js";

test("a chain of eventless transitions is one step", () =>
  playStory("[*] --> A\nA --> B\nB --> C\nC --> D : go", ['start -> C says "A", "B", "C"'], '- A: log "A"\n- B: log "B"\n- C: log "C"'));

test("guards are tried in the order of the text", () =>
  playStory("[*] --> A\nA --> B : [n > 2]\nA --> C : [n > 1]\nA --> D", ["start with n=2 -> C"]));

test("a composite is done when its end is reached, and rests where nothing follows", () =>
  playStory("[*] --> A\nstate A {\n  [*] --> B\n  B --> [*] : go\n}\nA --> C : on", ["start -> A, B", "on -> C"]).then(() =>
    playStory("[*] --> A\nstate A {\n  [*] --> B\n  B --> [*] : go\n}\nA --> C : on", ["start -> A, B", "go -> A", "go -> A", "on -> C"]),
  ));

test("composites that end together are done one after the other", () =>
  playStory("[*] --> A\nstate A {\n  [*] --> B\n  state B {\n    [*] --> C\n    C --> [*] : go\n  }\n  B --> [*]\n}\nA --> Last", [
    "start -> A, B, C",
    "go -> Last",
  ]));

test("a state is not complete while its actions wait", () =>
  playStory("[*] --> A\nA --> B\nA --> C : skip", ["start -> A", "succeed -> B"], "- A: call work").then(() =>
    playStory("[*] --> A\nA --> B\nA --> C : skip", ["start -> A", "skip -> C"], "- A: call work"),
  ));
