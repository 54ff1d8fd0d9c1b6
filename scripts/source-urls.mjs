// A Vite plugin for pages that are built from Millrace's sources (playground, benchmarks, tests). The sources name the worker
// and the kernel as they are published, beside the package's own file; here these names lead to the worker's source and the built kernel.
import { fileURLToPath } from "node:url";

const sourceFolder = fileURLToPath(new URL("../src/", import.meta.url)).replaceAll("\\", "/");
const forms = [
  { pattern: /new URL\(\s*["']\.\/millrace-worker\.js["'],\s*import\.meta\.url\s*\)/g, target: "./entry.ts" },
  { pattern: /new URL\(\s*["']\.\/millrace\.wasm["'],\s*import\.meta\.url\s*\)/g, target: "../../build/kernel.wasm" },
  { pattern: /new URL\(\s*["']\.\/millrace-explorer\.wasm["'],\s*import\.meta\.url\s*\)/g, target: "../../build/explorer.wasm" },
  { pattern: /new URL\(\s*["']\.\/millrace-zstd\.wasm["'],\s*import\.meta\.url\s*\)/g, target: "../../node_modules/@bokuweb/zstd-wasm/dist/web/zstd.wasm" },
];

/** Give it to `plugins` and, as a function, to `worker.plugins`. */
export function sourceUrls() {
  return {
    name: "millrace-source-urls",
    enforce: "pre",
    transform(code, id) {
      if (!id.startsWith(sourceFolder)) return null;
      let text = code;
      for (const { pattern, target } of forms) text = text.replace(pattern, `new URL("${target}", import.meta.url)`);
      return text === code ? null : { code: text, map: null };
    },
  };
}
