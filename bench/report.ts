// Results as text for a terminal: one table per scenario, the targets below it, the environment at the head.
import type { Unit } from "./catalogue.js";
import type { BenchResults, Environment, ScenarioResult, SubjectResult, TargetResult } from "./results.js";

/** Nanoseconds with a fitting unit and three significant digits. */
export function formatTime(nanoseconds: number): string {
  if (nanoseconds < 1e3) return `${formatDigits(nanoseconds)} ns`;
  if (nanoseconds < 1e6) return `${formatDigits(nanoseconds / 1e3)} µs`;
  return `${formatDigits(nanoseconds / 1e6)} ms`;
}

/** An amount in its unit. */
export function formatAmount(amount: number, unit: Unit = "ns"): string {
  return unit === "ns" ? formatTime(amount) : formatSize(amount);
}

function formatSize(bytes: number): string {
  return `${formatDigits(bytes)} B`;
}

/** Operations a second. */
export function formatRate(perSecond: number): string {
  if (perSecond < 1e6) return `${formatDigits(perSecond / 1e3)} k/s`;
  return `${formatDigits(perSecond / 1e6)} M/s`;
}

/** Three significant digits, never an exponent. */
export function formatDigits(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString("en");
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function formatRatio(ratio: number): string {
  return `${formatDigits(ratio)}x`;
}

/** Columns padded to their widest cell; the first is left-aligned, the others right. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const lines = rows.map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join("  "));
  lines.splice(1, 0, widths.map((width) => "-".repeat(width)).join("  "));
  return lines.map((line) => line.trimEnd()).join("\n");
}

export function formatEnvironment(environment: Environment, isQuick: boolean): string {
  const { browser, cpu, coreCount, memorySizeGiB, os, node, loadBefore, versions } = environment;
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `Chromium ${browser}, headless · ${os} · Node ${node}`,
    `${cpu} · ${coreCount} cores · ${memorySizeGiB} GiB · load ${loadBefore.toFixed(2)} before the run${loadBefore >= 1 ? " (the machine was busy: do not quote these figures)" : ""}`,
    packages.join(" · "),
    ...(isQuick ? ["--quick: short samples, figures to look at, not to quote"] : []),
  ].join("\n");
}

/** The table of one scenario. One column per subject of ours says how many times longer each peer takes. */
export function formatScenario(scenario: ScenarioResult): string {
  const ours = scenario.pairs.length === 0 ? [] : scenario.subjects.filter((subject) => subject.isOurs && subject.spread !== undefined);
  const head = ["", `per ${scenario.operation}`, "p10", "p90", ...ours.map((subject) => `vs ${subject.name}`)];
  const rows = scenario.subjects.map((subject) => formatSubject(scenario, subject, ours));
  const targets = scenario.targets.map(formatTarget);
  return [`${scenario.id}: ${scenario.title}`, formatTable([head, ...rows]), ...targets].join("\n");
}

function formatSubject(scenario: ScenarioResult, subject: SubjectResult, ours: readonly SubjectResult[]): string[] {
  const name = subject.isOurs ? `* ${subject.name}` : `  ${subject.name}`;
  if (subject.leftOut !== undefined) return [name, `left out: ${subject.leftOut}`, "", ""];
  if (subject.spread === undefined) return [name, `failed: ${subject.failure ?? "no samples"}`, "", ""];
  const { median, p10, p90 } = subject.spread;
  const ratios = ours.map((own) => {
    const pair = scenario.pairs.find((candidate) => candidate.ours === own.name && candidate.peer === subject.name);
    return pair === undefined ? "" : formatRatio(pair.perRound.median);
  });
  return [name, ...[median, p10, p90].map((amount) => formatAmount(amount, scenario.unit)), ...ratios];
}

export function formatTarget(target: TargetResult): string {
  const [aim, format] = describeAim(target);
  if (target.reached === undefined) return `reach: MISSED  ${aim}: not measured`;
  return `reach: ${target.isMet ? "met   " : "MISSED"}  ${aim}: ${format(target.reached)}`;
}

/** What the target asks for, and how what was reached is written. */
function describeAim(target: TargetResult): [string, (reached: number) => string] {
  if ("ratioMin" in target) return [`${target.ours} at least ${target.ratioMin}x faster than ${target.peer}`, formatRatio];
  if ("perSecondMin" in target) return [`${target.ours} at least ${formatRate(target.perSecondMin)}`, formatRate];
  if ("growthMax" in target) return [`${target.ours} at most ${formatRatio(target.growthMax)} as long as ${target.against}`, formatRatio];
  if ("bytesMax" in target) return [`${target.ours} in at most ${formatSize(target.bytesMax)}`, formatSize];
  return [`${target.ours} in at most ${formatTime(target.timeNsMax)}`, formatTime];
}

export function formatResults(results: BenchResults): string {
  return [formatEnvironment(results.environment, results.isQuick), ...results.scenarios.map(formatScenario)].join("\n\n");
}
