// Packs what would be published and installs it into new folders, as an embedder would.
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "../../scripts/run-command.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const npmMsMax = 120_000;

export interface Tarball {
  readonly path: string;
  /** A new folder with the fixtures and the package installed in node_modules. */
  install(): Promise<string>;
  remove(): void;
}

/** `npm pack`, without building again. */
export async function packTarball(): Promise<Tarball> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-package-"));
  await runNpm(["pack", "--ignore-scripts", "--pack-destination", folder], root);
  const name = readdirSync(folder).find((entry) => entry.endsWith(".tgz"));
  if (name === undefined) throw new Error("npm pack made no tarball");
  const path = join(folder, name);
  let installCount = 0;
  return {
    path,
    async install() {
      installCount += 1;
      const app = join(folder, `app-${installCount}`);
      cpSync(fileURLToPath(new URL("./fixtures", import.meta.url)), app, { recursive: true });
      writeFileSync(join(app, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
      // It has no dependencies, so nothing is asked of a registry.
      await runNpm(["install", "--offline", "--no-audit", "--no-fund", path], app);
      return app;
    },
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }),
  };
}

async function runNpm(args: readonly string[], cwd: string): Promise<void> {
  // A script that npm runs inherits the settings of the project around it.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_(config_(?!cache)|package_|lifecycle_)/i.test(name)));
  const npm = process.env["npm_execpath"];
  const isScript = npm !== undefined && /\.c?js$/.test(npm);
  const [command, ...before] = isScript ? [process.execPath, npm] : ["npm"];
  await runCommand(command ?? "npm", [...before, ...args], { timeoutMs: npmMsMax, isQuiet: true, cwd, env });
}
