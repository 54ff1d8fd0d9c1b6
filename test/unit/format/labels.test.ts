// A transition's label is read in a fixed order of questions.
import { describe, expect, test } from "vitest";
import { readLabelText, textAt } from "./reading.js";

const EVENTS = "events: [go, order-placed, paymentFailed]\n";
const VARIABLES = "variables: {ready: false, total: 0}\nparameters: [limit]\n";

/** One line: how the label is read, what triggers it, what guards it, its actions. */
function describeLabel(label: string, declarations = ""): string {
  const { transition, findings } = readLabelText(label, declarations);
  const { reading, trigger, guard, actions } = transition;
  const parts: string[] = [reading];
  if (trigger.kind === "event") parts.push(trigger.event);
  if (trigger.kind === "outcome") parts.push(trigger.outcome);
  if (trigger.kind === "after")
    parts.push(
      trigger.duration.kind === "literal"
        ? `${trigger.duration.value}ms`
        : trigger.duration.kind === "expression"
          ? trigger.duration.expression.text
          : "?",
    );
  if (guard !== undefined) parts.push(`[${guard.text}]`);
  for (const action of actions) parts.push(`/${action.kind}`);
  for (const { severity, code } of findings) parts.push(`${severity === "error" ? "!" : "?"}${code}`);
  return parts.join(" ");
}

describe("in this order", () => {
  test.each([
    ["always", "always"],
    ["Always", "always"],
    ["DEFAULT", "always"],
    ["`total > 3`", "expression [total > 3]"],
    ["` ready `", "expression [ready]"],
    ["after 500ms", "after 500ms"],
    ["After 5s", "after 5000ms"],
    ["after 2m", "after 120000ms"],
    ["after 1h30m", "after 5400000ms"],
    ["after 3d", "after 259200000ms"],
    ['after duration("5s")', 'after duration("5s")'],
    ["after `pause * 2`", "after pause * 2"],
    ["[total > 3]", "guard [total > 3]"],
    ["[items[0] == ']']", "guard [items[0] == ']']"],
    ["go [total > 3]", "event-guard go [total > 3]"],
    ['go [items[0] > 3] / log "x"', "event-guard go [items[0] > 3] /log"],
    ["go / set total = total + 1", "event go /set"],
    ["success", "outcome success"],
    ["On Success", "outcome success"],
    ["OnFailure", "outcome failure"],
    ["paymentFailed", "outcome failure"],
    ["Input invalid", "outcome failure"],
    ["HTTPError", "outcome failure"],
    ["total > 3 && ready", "guard [total > 3 && ready]"],
    ["total / count > 0.5", "guard [total / count > 0.5]"],
    ["items[0]", "guard [items[0]]"],
    ["items [0] == 1", "guard [items [0] == 1]"],
    ["name.startsWith('a')", "guard [name.startsWith('a')]"],
    ["order.paid", "guard [order.paid]"],
    ["!ready", "guard [!ready]"],
    ["a - b > 0", "guard [a - b > 0]"],
    ["approve", "event approve"],
    ["payment_failed", "event payment_failed"],
  ])("%s", (label, expected) => {
    expect(describeLabel(label)).toBe(expected);
  });
});

describe("declared names come before words and expressions", () => {
  test.each([
    ["order-placed", "event order-placed"],
    ["paymentFailed", "event paymentFailed"],
    ["ready", "guard [ready]"],
    ["limit", "guard [limit]"],
    ["after ready", "after ready"],
    ["order-placed [total > 3]", "event-guard order-placed [total > 3]"],
  ])("%s", (label, expected) => {
    expect(describeLabel(label, EVENTS + VARIABLES)).toBe(expected);
  });

  test("a name declared twice over is ambiguous", () => {
    expect(describeLabel("go", "events: [go]\nvariables: [go]\n")).toBe("event go ?parse/doubtful-event !parse/ambiguous-label");
  });

  test("an event with the name of a variable that actions set is doubtful", () => {
    expect(describeLabel("go / set go = 1")).toBe("event go /set ?parse/doubtful-event");
  });
});

describe("event: forces an event", () => {
  test.each([
    ["event: go", "event go"],
    ["event: success", "event success"],
    ["event:order-placed", "event order-placed"],
    ["event: a-b [total > 1] / log 'x'", "event-guard a-b [total > 1] /log"],
    ["event: two words", "unreadable !parse/unreadable-label"],
  ])("%s", (label, expected) => {
    expect(describeLabel(label)).toBe(expected);
  });
});

describe("what cannot be read is an error", () => {
  test.each([
    ["no such thing", "unreadable !parse/unreadable-label"],
    ["x > 1 %% remark", "unreadable !parse/unreadable-label"],
    ["success rate < 0.5", "unreadable !parse/unreadable-label"],
    ["done.", "unreadable !parse/unreadable-label"],
    ["true", "unreadable !parse/unreadable-label"],
    ["42", "unreadable !parse/unreadable-label"],
    ["'text'", "unreadable !parse/unreadable-label"],
    ["after lunch", "unreadable !parse/unreadable-label"],
    ["valid error", "unreadable !parse/ambiguous-label"],
    ["order-placed", "unreadable !parse/ambiguous-label"],
    ["go [x > 1] / dance", "event-guard go [x > 1] !parse/unknown-action"],
  ])("%s", (label, expected) => {
    expect(describeLabel(label)).toBe(expected);
  });

  test("a subtraction of names suggests what to write", () => {
    expect(readLabelText("order-placed").findings[0]?.message).toContain("event: order-placed");
  });

  test("an outcome with a guard is doubtful", () => {
    expect(describeLabel("success [x > 1]")).toBe("event-guard success [x > 1] ?parse/doubtful-event");
  });
});

test.each([
  ["[total > ]", "]"],
  ["`1 +`", ""],
  ["go [a b]", "b"],
])("a broken guard is found where it breaks: %s", (label, at) => {
  const { findings, text } = readLabelText(label);
  expect(findings.length).toBeGreaterThan(0);
  expect(findings[0]?.code).toMatch(/^expression\//);
  const start = text.indexOf(label);
  expect(findings[0]?.place.start).toBeGreaterThanOrEqual(start);
  expect(findings[0]?.place.start).toBeLessThanOrEqual(start + label.length);
  if (at === "b") expect(textAt(text, findings[0] as (typeof findings)[number])).toBe("b");
});

test("escapes stand for what would end a label", () => {
  expect(readLabelText("go / log 'a#59; b'").transition).toMatchObject({
    label: "go / log 'a; b'",
    actions: [{ kind: "log", message: { value: "a; b" } }],
  });
});
