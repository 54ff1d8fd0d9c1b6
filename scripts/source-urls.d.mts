// Types of source-urls.mjs.
import type { Plugin } from "vite";

export function sourceUrls(): Plugin;
