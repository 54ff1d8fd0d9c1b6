// `npm run conformance -- --suite NAME [--cases PATH] [--json OUT]`: the runner is TypeScript and goes through Vite's module runner,
// which stays open for what is imported on demand.
import { fileURLToPath } from "node:url";
import { createServer } from "vite";

const entry = fileURLToPath(new URL("../test/conformance/run.ts", import.meta.url));
const server = await createServer({
  configFile: false,
  logLevel: "error",
  appType: "custom",
  optimizeDeps: { noDiscovery: true },
  server: { middlewareMode: true, ws: false, watch: null },
});
try {
  const module = await server.ssrLoadModule(entry);
  process.exitCode = await module.runConformance(process.argv.slice(2));
} finally {
  await server.close();
}
