import { describe, expect, test } from "vitest";
import { renderFigures, replaceFigures } from "../../../bench/markdown.js";
import { RESULTS_VERSION, summarizeScenario, type BenchResults } from "../../../bench/results.js";

const results: BenchResults = {
  version: RESULTS_VERSION,
  date: "2026-01-02T03:04:05.000Z",
  isQuick: false,
  environment: { browser: "1", cpu: "c", coreCount: 2, memorySizeGiB: 8, os: "o", node: "20", loadBefore: 0.1, versions: { xstate: "5" } },
  scenarios: [
    summarizeScenario(
      {
        id: "loop",
        title: "A loop",
        operation: "event",
        operationStep: 1,
        load: { family: "transition", runCount: 1, batchCount: 1 },
        subjects: [
          { name: "kernel", isOurs: true },
          { name: "peer", isOurs: false },
        ],
        targets: [{ ours: "kernel", peer: "peer", ratioMin: 200 }],
      },
      [
        { name: "kernel", operationCount: 1, samples: [10, 10] },
        { name: "peer", operationCount: 1, samples: [1_000, 1_000] },
      ],
    ),
  ],
};

describe("the figures of docs/benchmarks.md", () => {
  test("hold every subject, its ratio and the missed target", () => {
    const figures = renderFigures(results);
    expect(figures).toContain("| **kernel** | 10.0 ns | 10.0 ns – 10.0 ns |  |");
    expect(figures).toContain("| peer | 1.00 µs | 1.00 µs – 1.00 µs | 100x |");
    expect(figures).toContain("reach: MISSED kernel at least 200x faster than peer: 100x");
  });

  test("replace what stood between the markers, and nothing else", () => {
    const page = "before\n<!-- figures: begin -->\nold\n<!-- figures: end -->\nafter\n";
    expect(replaceFigures(page, "new")).toBe("before\n<!-- figures: begin -->\nnew\n<!-- figures: end -->\nafter\n");
    expect(() => replaceFigures("no place", "new")).toThrow("has no lines");
  });
});
