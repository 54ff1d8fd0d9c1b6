// Composite states: the order of entries, transitions into and out of them, bubbling.
import { test } from "vitest";
import { playStory } from "./story.js";

const NESTED = `[*] --> Out
state A {
  [*] --> B
  state B {
    [*] --> C
    C --> D : next
    state D
  }
  B --> B : again
}
Out --> A : enter
Out --> D : deep
A --> Out : out
D --> C : back`;
const LOGS = '- A: log "A"\n- B: log "B"\n- C: log "C"\n- D: log "D"';

test("a composite is entered from the outside to the inside", () =>
  playStory(NESTED, ["start -> Out", 'enter -> A, B, C says "A", "B", "C"'], LOGS));

test("a transition to an inner state enters the composites around it, past their starts", () =>
  playStory(NESTED, ["start -> Out", 'deep -> A, B, D says "A", "B", "D"', "out -> Out"], LOGS));

test("a transition within a composite leaves it alone", () =>
  playStory(NESTED, ["start -> Out", 'deep -> A, B, D says "A", "B", "D"', 'back -> A, B, C says "C"'], LOGS));

test("an event bubbles outward, and a composite that goes to itself is entered anew", () =>
  playStory(NESTED, ["start -> Out", 'deep -> A, B, D says "A", "B", "D"', 'again -> A, B, C says "B", "C"', "enter -> A, B, C"], LOGS));

test("of transitions for one event the innermost wins, and a guard that does not hold lets it bubble", () =>
  playStory(
    `[*] --> A
state A {
  [*] --> B
  B --> C : go [n > 1]
}
A --> Out : go
A --> A : more / set n = n + 1`,
    ["start with n=1 -> A, B", "more -> A, B with n=2", "go -> A, C", "go -> Out"],
  ));

test("an inner state goes to the composite around it: that is left and entered at its start", () =>
  playStory(
    `[*] --> A
state A {
  [*] --> B
  B --> C : next
}
C --> A : top`,
    ['start -> A, B says "A"', "next -> A, C", 'top -> A, B says "A"'],
    '- A: log "A"',
  ));
