// Reads the runners' JSON reports: how many tests passed, failed and were skipped, and which failed and why.
import { stripVTControlCharacters } from "node:util";

/** How much of a failure's reason is told again at the end, in lines. */
const REASON_LINES = 12;

/** Vitest's report. A file that could not be loaded has no tests, yet it failed. */
export function countVitest(report) {
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.testResults.filter(isBrokenFile).length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** Which tests failed, each with its file and the beginning of its reason. */
export function listVitestFailures(report) {
  return report.testResults.flatMap((file) => {
    if (isBrokenFile(file)) return [describeFailure([file.name], file.message)];
    const failed = file.assertionResults.filter(({ status }) => status === "failed");
    return failed.map(({ fullName, failureMessages }) => describeFailure([file.name, fullName], failureMessages.join("\n")));
  });
}

function isBrokenFile(file) {
  return file.status === "failed" && file.assertionResults.length === 0;
}

/** Playwright's report. A test that passed only when tried again has failed. */
export function countPlaywright(report) {
  const { expected, unexpected, flaky, skipped } = report.stats;
  return { passed: expected, failed: unexpected + flaky + report.errors.length, skipped };
}

/** As `listVitestFailures`; what failed outside tests comes first. */
export function listPlaywrightFailures(report) {
  const failures = report.errors.map(({ message }) => describeFailure(["outside tests"], message));
  const visit = (suite, path) => {
    for (const inner of suite.suites ?? []) visit(inner, [...path, inner.title]);
    for (const { title, ok, tests } of suite.specs ?? []) {
      const results = tests.flatMap((test) => (ok && test.status !== "flaky" ? [] : test.results));
      const reasons = results.flatMap(({ status, errors }) => (status === "passed" || status === "skipped" ? [] : [status, ...errors.map(({ message }) => message)]));
      if (reasons.length > 0) failures.push(describeFailure([...path, title], reasons.join("\n")));
    }
  };
  visit(report, []);
  return failures;
}

function describeFailure(path, reason) {
  const lines = stripVTControlCharacters(reason ?? "").split("\n").filter((line) => line.trim() !== "");
  return [path.join(" > "), ...lines.slice(0, REASON_LINES).map((line) => `    ${line}`)].join("\n");
}

/** The line that ends every run of tests. */
export function describeCounts({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
