// The playground: `npm run dev` serves it from its sources, `npm run build` writes it to build/playground.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { sourceUrls } from "./scripts/source-urls.mjs";

export default defineConfig({
  root: fileURLToPath(new URL("web", import.meta.url)),
  base: "./",
  server: { host: "127.0.0.1", fs: { allow: [fileURLToPath(new URL(".", import.meta.url))] } },
  plugins: [sourceUrls()],
  worker: { format: "es", plugins: () => [sourceUrls()] },
  build: {
    outDir: fileURLToPath(new URL("build/playground", import.meta.url)),
    emptyOutDir: true,
    // A strict policy has no data: URLs.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1_500,
    modulePreload: { polyfill: false },
  },
});
