// Turns a conformance suite into Vitest tests: one for each case. Without MILLRACE_CONFORMANCE there is one skipped test
// that says so.
import { describe, test } from "vitest";
import { findOwnFiles, runSuite } from "./run.js";
import type { Suite } from "./suite.js";

/** Declares the suite's tests. Await it at the top of a test file. */
export async function declareSuite(suite: Suite): Promise<void> {
  const folder = process.env.MILLRACE_CONFORMANCE;
  if (folder === undefined || folder === "") {
    test.skip(`${suite.name}: recorded cases are looked for in the folder that MILLRACE_CONFORMANCE names, and it names none`, () => {});
    return;
  }
  const { paths, missing } = findOwnFiles(suite, folder);
  if (missing.length > 0) {
    test.skip(`${suite.name}: ${missing.join(", ")} not found`, () => {});
    return;
  }
  const report = await runSuite(suite, paths, true);
  describe(`conformance suite ${suite.name}`, () => {
    for (const { name, status, detail, isUnexpected, expectedReason } of report.cases) {
      if (isUnexpected && status === "passed") {
        test(name, () => {
          throw new Error(`passes, though listed as an expected failure: ${expectedReason}`);
        });
      } else if (isUnexpected) {
        test(name, () => {
          throw new Error(detail ?? "failed");
        });
      } else if (status === "passed") test(name, () => {});
      else test.skip(`${name}: ${expectedReason ?? detail ?? "skipped"}`, () => {});
    }
    test("the list of expected failures names cases that exist", () => {
      if (report.staleEntries.length > 0) throw new Error(report.staleEntries.join("\n"));
    });
  });
}
