import { describe, expect, test } from "vitest";
import { findIn, findInWorkflow } from "./reading.js";

describe("states that are never reached", () => {
  test("behind a guard that never holds, with all that follows", () => {
    const found = findIn("[*] --> A", "A --> B : go [1 > 2]", "B --> C : on", "A --> [*] : stop", "C --> [*]");
    expect(found.sort()).toEqual(["guard-never A B", "unawaited-event B", "unreachable B", "unreachable C"]);
  });

  test("a composite is named once, not all that is in it", () => {
    const inside = ["state B {", "[*] --> I", "I --> [*] : done", "}"];
    const found = findIn("[*] --> A", "A --> B : go [false]", "A --> [*] : stop", ...inside, "B --> [*]");
    expect(found.filter((text) => text.startsWith("unreachable"))).toEqual(["unreachable B"]);
  });

  test("what the format finds is not said again", () => {
    expect(findIn("[*] --> A", "A --> [*] : stop", "B --> [*]")).toEqual([]);
  });
});

describe("dead ends", () => {
  test("a state that nothing leaves", () => {
    expect(findIn("[*] --> A", "A --> B : go", "A --> [*] : stop")).toEqual(["dead-end B"]);
  });

  test("a composite that has ended, and a join that nothing follows", () => {
    expect(findIn("[*] --> C", "state C {", "[*] --> I", "I --> [*] : done", "}")).toEqual(["dead-end C"]);
    expect(findIn("state F <<fork>>", "state J <<join>>", "[*] --> F", "F --> A", "F --> B", "A --> J", "B --> J")).toEqual([
      "?dead-end J",
    ]);
  });

  test("a state that only a failure leaves", () => {
    expect(findInWorkflow({ diagram: ["[*] --> A", "A --> B : failure", "B --> [*]"], actions: ["A: call work"] })).toEqual(["dead-end A"]);
  });

  test("not a state that a scope around it leaves, nor one that aborts", () => {
    expect(findIn("[*] --> C", "state C {", "[*] --> I", "I --> K : on", "}", "C --> [*] : stop")).toEqual([]);
    expect(findIn("[*] --> C", "state C {", "[*] --> I", "I --> K : on", "}", "C --> [*]")).toEqual(["dead-end K"]);
    expect(findInWorkflow({ diagram: ["[*] --> A"], actions: ['A: abort "no"'] })).toEqual([]);
  });

  test("not a region that rests, where a transition of another one leaves them all", () => {
    const regions = (way: string) => ["[*] --> P", "state P {", "[*] --> A", "--", "[*] --> B", way, "}", "D --> [*]"];
    expect(findIn(...regions("B --> D : stop"))).toEqual([]);
    expect(findIn(...regions("B --> [*] : stop"), "P --> D")).toEqual(["dead-end A"]);
  });
});

describe("joins that never fire", () => {
  const marks = ["state F <<fork>>", "state J <<join>>", "state D <<choice>>"];

  test("of the ways of a choice only one is gone", () => {
    const found = findIn(
      "state J <<join>>",
      "state D <<choice>>",
      "[*] --> D",
      "D --> A : [x > 1]",
      "D --> B",
      "A --> J",
      "B --> J",
      "J --> E",
      "E --> [*]",
    );
    expect(found).toEqual(["join-never J A B", "unreachable E"]);
  });

  test("of two ways out of one branch only one is gone", () => {
    const found = findIn(
      ...marks,
      "[*] --> F",
      "F --> A",
      "F --> D",
      "D --> B : [x > 1]",
      "D --> C",
      "A --> J",
      "B --> J",
      "C --> J",
      "J --> [*]",
    );
    expect(found).toEqual(["join-never J A B C"]);
  });

  test("a way that is never gone is missing", () => {
    const found = findIn(
      "state F <<fork>>",
      "state J <<join>>",
      "[*] --> F",
      "F --> A",
      "F --> B",
      "A --> J",
      "B --> J : go [1 > 2]",
      "J --> [*]",
    );
    expect(found.sort()).toEqual(["?dead-end B", "guard-never B J", "join-never J A B"]);
  });

  test("one that waits for another that never fires does not fire either", () => {
    const first = ["state J <<join>>", "state K <<join>>", "state F <<fork>>", "[*] --> F", "F --> A", "F --> B", "state D <<choice>>"];
    const found = findIn(...first, "A --> D", "D --> X : [x > 1]", "D --> Y", "X --> J", "Y --> J", "J --> K", "B --> K", "K --> [*]");
    expect(found.filter((text) => text.startsWith("join-never"))).toEqual(["join-never J X Y", "join-never K J B"]);
  });

  test("forks that meet, also through several steps and within each other", () => {
    expect(
      findIn("state F <<fork>>", "state J <<join>>", "[*] --> F", "F --> A", "F --> B", "A --> A2 : a", "A2 --> J", "B --> J", "J --> [*]"),
    ).toEqual([]);
    const nested = [
      "state F <<fork>>",
      "state G <<fork>>",
      "state J <<join>>",
      "[*] --> F",
      "F --> G",
      "F --> C",
      "G --> A",
      "G --> B",
      "A --> J",
      "B --> J",
      "C --> J",
      "J --> [*]",
    ];
    expect(findIn(...nested)).toEqual([]);
    expect(findIn("state F <<fork>>", "state J <<join>>", "[*] --> F", "F --> J", "F --> J", "J --> [*]")).toEqual([]);
  });
});

describe("loops without an event", () => {
  test("states that follow each other at once", () => {
    expect(findIn("[*] --> A", "A --> B", "B --> C", "C --> A")).toEqual(["endless-loop A B C"]);
    expect(findIn("[*] --> A", "A --> A")).toEqual(["endless-loop A"]);
  });

  test("through a composite, a choice and assignments", () => {
    const found = findInWorkflow({
      diagram: ["[*] --> A", "A --> C", "state C {", "[*] --> I", "I --> [*]", "}", "C --> A"],
      actions: ["A: set x = 1", 'I: log "on"'],
    });
    expect(found.map((text) => text.split(" ")[0])).toEqual(["endless-loop"]);
  });

  test("not where something waits, asks, or may end the circle", () => {
    expect(findInWorkflow({ diagram: ["[*] --> A", "A --> B", "B --> A"], actions: ["A: wait 5s"] })).toEqual([]);
    expect(findIn("[*] --> A", "A --> B : go", "B --> A")).toEqual([]);
    expect(findIn("[*] --> A", "A --> [*] : [x > 1]", "A --> B", "B --> A")).toEqual([]);
  });

  test("a guard that never holds ends nothing", () => {
    expect(findIn("[*] --> A", "A --> [*] : [1 > 2]", "A --> B", "B --> A")).toEqual(["endless-loop A B", "guard-never A root_end"]);
  });
});
