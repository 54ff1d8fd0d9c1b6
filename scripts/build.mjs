// `npm run build`: the library into dist/ and the playground into build/playground, then the sizes.
// `--library` and `--playground` build only that.
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { buildLibrary } from "./build-library.mjs";
import { reportSizes } from "./report-sizes.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

const isLibraryOnly = process.argv.includes("--library");
const isPlaygroundOnly = process.argv.includes("--playground");

try {
  if (!isPlaygroundOnly) await buildLibrary();
  if (!isLibraryOnly) await build({ configFile: `${root}vite.config.ts`, logLevel: "warn" });
  if (!isPlaygroundOnly) await reportSizes();
} catch (error) {
  console.error(`build: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
