// Two saved results side by side: what got faster, what slower, and whether the difference stands out of the spread.
import { readFile } from "node:fs/promises";
import type { Unit } from "./catalogue.js";
import { formatAmount, formatTable } from "./report.js";
import { parseResults, type BenchResults, type SubjectResult } from "./results.js";

export interface ComparisonRow {
  readonly scenario: string;
  readonly subject: string;
  readonly unit: Unit;
  /** Median per operation; absent where the subject is missing or failed. */
  readonly before: number | undefined;
  readonly after: number | undefined;
  /** after / before: below 1 is faster. */
  readonly ratio: number | undefined;
  /** Do the ranges p10–p90 of the two lie apart? */
  readonly isClear: boolean;
}

/** One row per subject that either holds, in the order of `after`, what is only in `before` last. */
export function compareResults(before: BenchResults, after: BenchResults): ComparisonRow[] {
  const keys = new Map<string, { scenario: string; subject: string; unit: Unit }>();
  for (const results of [after, before]) {
    for (const { id, unit = "ns", subjects } of results.scenarios) {
      for (const { name } of subjects) keys.set(`${id}\n${name}`, { scenario: id, subject: name, unit });
    }
  }
  return [...keys.values()].map(({ scenario, subject, unit }) => {
    const old = findSubject(before, scenario, subject)?.spread;
    const now = findSubject(after, scenario, subject)?.spread;
    const isBoth = old !== undefined && now !== undefined;
    return {
      scenario,
      subject,
      unit,
      before: old?.median,
      after: now?.median,
      ratio: isBoth ? now.median / old.median : undefined,
      isClear: isBoth && (now.p10 > old.p90 || now.p90 < old.p10),
    };
  });
}

function findSubject(results: BenchResults, scenario: string, subject: string): SubjectResult | undefined {
  return results.scenarios.find((candidate) => candidate.id === scenario)?.subjects.find((candidate) => candidate.name === subject);
}

export function formatComparison(before: BenchResults, after: BenchResults): string {
  const rows = compareResults(before, after).map(({ scenario, subject, unit, before: old, after: now, ratio, isClear }) => [
    `${scenario} · ${subject}`,
    old === undefined ? "–" : formatAmount(old, unit),
    now === undefined ? "–" : formatAmount(now, unit),
    ratio === undefined ? "–" : `${ratio.toFixed(2)}x`,
    ratio === undefined ? "" : !isClear ? "within the spread" : ratio < 1 ? "faster" : "slower",
  ]);
  const notes = describeDifferences(before, after);
  return [...notes, formatTable([["", "before", "after", "ratio", ""], ...rows])].join("\n");
}

/** Why the two may not be comparable at all. */
function describeDifferences(before: BenchResults, after: BenchResults): string[] {
  const notes: string[] = [];
  for (const [name, results] of [["before", before], ["after", after]] as const) {
    const { cpu, coreCount, browser, loadBefore } = results.environment;
    notes.push(`${name}: ${results.date} · ${cpu}, ${coreCount} cores · Chromium ${browser} · load ${loadBefore.toFixed(2)}${results.isQuick ? " · --quick" : ""}`);
  }
  if (before.environment.cpu !== after.environment.cpu || before.environment.browser !== after.environment.browser) {
    notes.push("The two were made on different machines or browsers: compare their ratios to peers, not their times.");
  }
  return [...notes, ""];
}

/** The program behind `compare.mjs`. Gives its exit code. */
export async function compareFiles(args: readonly string[]): Promise<number> {
  const [first, second] = args;
  if (first === undefined || second === undefined || args.length > 2) {
    console.error("node bench/compare.mjs BEFORE.json AFTER.json");
    return 2;
  }
  const [before, after] = await Promise.all([first, second].map(async (file) => parseResults(await readFile(file, "utf8"), file)));
  if (before === undefined || after === undefined) return 2;
  console.log(formatComparison(before, after));
  return 0;
}
