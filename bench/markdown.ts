// Saved results as Markdown, and their place in docs/benchmarks.md: between two marker lines, so that figures in the
// documentation are never typed by hand.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { formatAmount, formatRatio, formatTarget } from "./report.js";
import { parseResults, type BenchResults, type ScenarioResult } from "./results.js";

const PAGE = fileURLToPath(new URL("../docs/benchmarks.md", import.meta.url));
const BEGIN = "<!-- figures: begin -->";
const END = "<!-- figures: end -->";

/** The environment, one table per scenario, and what became of each target. */
export function renderFigures(results: BenchResults): string {
  const { browser, cpu, coreCount, memorySizeGiB, os, node, loadBefore, versions } = results.environment;
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `Measured on ${results.date.slice(0, 10)}: Chromium ${browser}, headless, on ${os}, ${cpu}, ${coreCount} cores, ${memorySizeGiB} GiB; Node ${node}; load average ${loadBefore.toFixed(2)} before the run${results.isQuick ? "; short samples (`--quick`)" : ""}. ${packages.join(", ")}.`,
    "Bold: ours. Columns `vs`: how many times longer the row takes than that subject of ours (median of the rounds' ratios).",
    ...results.scenarios.map(renderScenario),
  ].join("\n\n");
}

function renderScenario(scenario: ScenarioResult): string {
  const ours = scenario.subjects.filter((subject) => subject.isOurs && subject.spread !== undefined);
  const hasPeers = scenario.pairs.length > 0;
  const columns = hasPeers ? ours : [];
  const head = ["subject", `per ${scenario.operation}`, "p10 – p90", ...columns.map((own) => `vs ${own.name}`)];
  const rows = scenario.subjects.map((subject) => {
    const name = subject.isOurs ? `**${subject.name}**` : subject.name;
    if (subject.leftOut !== undefined) return [name, `left out: ${subject.leftOut}`, "", ...columns.map(() => "")];
    if (subject.spread === undefined) return [name, `failed: ${subject.failure ?? ""}`, "", ...columns.map(() => "")];
    const ratios = columns.map((own) => {
      const pair = scenario.pairs.find((candidate) => candidate.ours === own.name && candidate.peer === subject.name);
      return pair === undefined ? "" : formatRatio(pair.perRound.median);
    });
    const [median, low, high] = [subject.spread.median, subject.spread.p10, subject.spread.p90].map((amount) => formatAmount(amount, scenario.unit));
    return [name, median ?? "", `${low} – ${high}`, ...ratios];
  });
  const lines = [head, head.map((_, column) => (column === 0 ? "---" : "---:")), ...rows].map((row) => `| ${row.join(" | ")} |`);
  return [`### \`${scenario.id}\`: ${scenario.title}`, "", ...lines, ...scenario.targets.flatMap((target) => ["", formatTarget(target).replace(/\s+/g, " ")])].join("\n");
}

/** The page with its figures replaced. Throws when it has no place for them. */
export function replaceFigures(page: string, figures: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`docs/benchmarks.md has no lines "${BEGIN}" and "${END}"`);
  return `${page.slice(0, begin + BEGIN.length)}\n${figures}\n${page.slice(end)}`;
}

/** The program behind `table.mjs`. Gives its exit code. */
export async function writeFigures(args: readonly string[]): Promise<number> {
  const [file] = args;
  if (file === undefined || args.length > 1) {
    console.error("node bench/table.mjs RESULTS.json");
    return 2;
  }
  const results = parseResults(await readFile(file, "utf8"), file);
  await writeFile(PAGE, replaceFigures(await readFile(PAGE, "utf8"), renderFigures(results)));
  return 0;
}
