// `npm run conformance -- --suite NAME [--cases PATH] [--json OUT]`: the runner is TypeScript and goes through Vite's module runner.
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const entry = fileURLToPath(new URL("../test/conformance/run.ts", import.meta.url));
const { module } = await runnerImport(entry, { configFile: false, logLevel: "error" });
process.exitCode = await module.runConformance(process.argv.slice(2));
