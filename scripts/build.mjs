// `npm run build`: the library into dist/, the playground into build/playground (left out with --library), then the sizes.
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { buildLibrary } from "./build-library.mjs";
import { reportSizes } from "./report-sizes.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

try {
  await buildLibrary();
  if (!process.argv.includes("--library")) await build({ configFile: `${root}vite.config.ts`, logLevel: "warn" });
  reportSizes();
} catch (error) {
  console.error(`build: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
