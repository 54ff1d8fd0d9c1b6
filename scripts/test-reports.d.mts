// Types of test-reports.mjs, for tests.
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}
interface VitestFile {
  readonly name?: string;
  readonly status: string;
  readonly message?: string;
  readonly assertionResults: readonly { readonly status?: string; readonly fullName?: string; readonly failureMessages?: readonly string[] }[];
}
export function countVitest(report: {
  readonly testResults: readonly VitestFile[];
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
}): Counts;
export function listVitestFailures(report: { readonly testResults: readonly VitestFile[] }): readonly string[];
interface PlaywrightError {
  readonly message?: string;
}
interface PlaywrightSuite {
  readonly title?: string;
  readonly suites?: readonly PlaywrightSuite[];
  readonly specs?: readonly {
    readonly title: string;
    readonly ok: boolean;
    readonly tests: readonly { readonly status: string; readonly results: readonly { readonly status: string; readonly errors: readonly PlaywrightError[] }[] }[];
  }[];
}
export function countPlaywright(report: {
  readonly stats: { readonly expected: number; readonly unexpected: number; readonly flaky: number; readonly skipped: number };
  readonly errors: readonly unknown[];
}): Counts;
export function listPlaywrightFailures(report: PlaywrightSuite & { readonly errors: readonly PlaywrightError[] }): readonly string[];
export function describeCounts(counts: Counts): string;
