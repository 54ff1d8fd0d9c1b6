/** The Node test projects. Browser tests run under Playwright (see playwright.config.ts). */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["node"] },
  test: {
    root: fileURLToPath(new URL(".", import.meta.url)),
    include: [
      "test/unit/**/*.test.ts",
      "test/conformance/**/*.test.ts",
      "test/differential/**/*.test.ts",
      "test/simulation/**/*.test.ts",
      "test/replay/**/*.test.ts",
      "test/tidy.test.ts",
    ],
    setupFiles: ["test/setup/property-seed.ts"],
    environment: "node",
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    passWithNoTests: false,
  },
});
