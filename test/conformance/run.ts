// Runs one conformance suite from the command line: `--suite NAME [--cases FILE-OR-FOLDER] [--json OUT]`. The last line is
// `N passed, N failed, N skipped`; failures that are listed as expected count as skipped and are said to be so.
import { existsSync, statSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  type CaseResult,
  type ExpectedFailures,
  findStaleEntries,
  judgeResults,
  type JudgedResult,
  nameUniquely,
  type Suite,
} from "./suite.js";
import { suites } from "./suites.js";

/** Failures printed in full; all are in the JSON report. */
const SHOWN_COUNT_MAX = 40;

export interface SuiteReport {
  readonly suite: string;
  readonly passed: number;
  /** Unexpected ones: a failure that is not listed, a listed one that passes, an entry of the list without a case. */
  readonly failed: number;
  /** Expected failures included. */
  readonly skipped: number;
  readonly expectedFailures: number;
  readonly staleEntries: readonly string[];
  readonly cases: readonly JudgedResult[];
}

/** Runs a suite on the given files. `isOwn`: they are the suite's own, so every entry of the list must have its case. */
export async function runSuite(suite: Suite, paths: readonly string[], isOwn: boolean): Promise<SuiteReport> {
  const results: CaseResult[] = [];
  for (const path of paths) {
    const cases: unknown = JSON.parse(await readFile(path, "utf8"));
    for await (const result of await suite.run(cases, basename(path), dirname(path))) results.push(result);
  }
  const named = nameUniquely(results);
  const expected = await readExpected(suite.name);
  const cases = judgeResults(named, expected);
  const staleEntries = isOwn ? findStaleEntries(named, expected) : [];
  const failed = cases.filter(({ isUnexpected }) => isUnexpected).length + staleEntries.length;
  const passed = cases.filter(({ status, isUnexpected }) => status === "passed" && !isUnexpected).length;
  const expectedFailures = cases.filter(({ status, isUnexpected }) => status === "failed" && !isUnexpected).length;
  const skipped = cases.filter(({ status }) => status === "skipped").length + expectedFailures;
  return { suite: suite.name, passed, failed, skipped, expectedFailures, staleEntries, cases };
}

/** The suite's own files in `folder`; those that are missing are named. */
export function findOwnFiles(suite: Suite, folder: string): { readonly paths: readonly string[]; readonly missing: readonly string[] } {
  const paths = suite.files.map((file) => join(folder, file));
  return { paths, missing: paths.filter((path) => !existsSync(path)) };
}

async function readExpected(name: string): Promise<ExpectedFailures> {
  const path = fileURLToPath(new URL(`./expected/${name}.json`, import.meta.url));
  return existsSync(path) ? (JSON.parse(await readFile(path, "utf8")) as ExpectedFailures) : {};
}

/** The command. Returns its exit code: 0, or 1 where anything was unexpected or missing. */
export async function runConformance(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: { suite: { type: "string" }, cases: { type: "string" }, json: { type: "string" } },
  });
  const suite = suites.find(({ name }) => name === values.suite);
  if (suite === undefined) return refuse(`--suite takes one of: ${suites.map(({ name }) => name).join(", ")}`);
  const found = findFiles(suite, values.cases);
  if (typeof found === "string") return refuse(found);
  const report = await runSuite(suite, found, values.cases === undefined);
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report, undefined, 1)}\n`);
  printReport(report);
  return report.failed === 0 ? 0 : 1;
}

/** The files to run, or what is missing. */
function findFiles(suite: Suite, cases: string | undefined): readonly string[] | string {
  const folder = process.env.MILLRACE_CONFORMANCE;
  if (cases !== undefined && !existsSync(cases)) return `There is no ${resolve(cases)}`;
  if (cases !== undefined && statSync(cases).isFile()) return [cases];
  const root = cases ?? folder;
  if (root === undefined) return "No cases: name them with --cases, or set MILLRACE_CONFORMANCE to the folder of recorded cases";
  const found = [suite.files.map((file) => join(root, file)), suite.files.map((file) => join(root, basename(file)))].find((paths) =>
    paths.every((path) => existsSync(path)),
  );
  return found ?? `${resolve(root)} lacks ${suite.files.join(", ")}`;
}

function refuse(message: string): number {
  console.error(message);
  console.log("0 passed, 0 failed, 0 skipped");
  return 1;
}

function printReport({ cases, staleEntries, expectedFailures, passed, failed, skipped }: SuiteReport): void {
  const unexpected = cases.filter(({ isUnexpected }) => isUnexpected);
  for (const { name, status, detail } of unexpected.slice(0, SHOWN_COUNT_MAX)) {
    console.log(
      status === "passed"
        ? `PASSED, though listed as an expected failure: ${name}`
        : `FAILED ${name}${detail === undefined ? "" : `\n  ${detail}`}`,
    );
  }
  if (unexpected.length > SHOWN_COUNT_MAX) console.log(`… and ${unexpected.length - SHOWN_COUNT_MAX} more`);
  for (const entry of staleEntries) console.log(`LISTED as an expected failure, but there is no such case: ${entry}`);
  if (expectedFailures > 0) console.log(`${expectedFailures} expected failures are counted as skipped; the list says why each is expected`);
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
}
