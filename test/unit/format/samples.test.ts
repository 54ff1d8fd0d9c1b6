// The playground's samples must be exemplary: nothing to find in them, and each can be started at once.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseWorkflow } from "../../../src/doors/format.js";

const FOLDER = new URL("../../../web/samples/", import.meta.url);
const TASKS = new Set(
  "chargeCard refundCard reserveStock shipOrder sendEmail notify reviewDocument publishDocument pageOnCall runChecks build test deploy rollback scoreLead enrichLead createAccount provision prompt book cancelBooking".split(
    " ",
  ),
);
const files = readdirSync(FOLDER).filter((name) => /\.(?:md|yaml)$/.test(name));

test("there are twelve samples", () => {
  expect(files.sort()).toEqual([
    "charging-station.md",
    "document-approval.md",
    "expense-approval.yaml",
    "health-checks.yaml",
    "incident-response.md",
    "lead-scoring.md",
    "log-digest.yaml",
    "notifications.yaml",
    "onboarding.md",
    "order-fulfilment.md",
    "release-pipeline.md",
    "trip-booking.yaml",
  ]);
});

describe.each(files)("%s", (file) => {
  const { definition, findings } = parseWorkflow(readFileSync(new URL(file, FOLDER), "utf8"));

  test("has no findings", () => {
    expect(findings).toEqual([]);
  });

  test("has a name and a description", () => {
    expect(definition.name).toBe(file.replace(/\.\w+$/, ""));
    expect(definition.description).toBeTruthy();
  });

  test("can be started without input", () => {
    expect(definition.parameters.filter(({ default: value }) => value === undefined)).toEqual([]);
    expect(definition.parameters.length).toBeGreaterThan(1);
  });

  test("calls tasks that the playground has", () => {
    const calls = definition.states.flatMap(({ entry, task }) => [...entry, ...(task === undefined ? [] : [task.action, ...(task.undo === undefined ? [] : [task.undo.action])])]).flatMap((action) => (action.kind === "call" ? [action.task] : []));
    expect(calls.length).toBeGreaterThan(2);
    expect(calls.filter((task) => !TASKS.has(task))).toEqual([]);
  });

  test("uses an event only where it is declared or stands in a label", () => {
    expect(definition.transitions.filter(({ reading }) => reading === "unreadable")).toEqual([]);
  });
});
