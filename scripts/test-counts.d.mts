// Types of test-counts.mjs, for tests.
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}
export function countVitest(report: {
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
}): Counts;
export function countPlaywright(report: {
  readonly stats: { readonly expected: number; readonly unexpected: number; readonly flaky: number; readonly skipped: number };
  readonly errors: readonly unknown[];
}): Counts;
export function describeCounts(counts: Counts): string;
