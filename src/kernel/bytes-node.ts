// Where Node finds the kernel's bytes: beside the built file, or in the build folder of the source tree.
import { readFile } from "node:fs/promises";

const CANDIDATES = ["./millrace.wasm", "../millrace.wasm", "../../build/kernel.wasm"];

/** Reads the kernel: from `url` (a file: URL or a path) where it is given. */
export async function loadKernelBytes(url?: string | URL): Promise<BufferSource | Response> {
  if (url !== undefined) return new Uint8Array(await readFile(typeof url === "string" && url.startsWith("file:") ? new URL(url) : url));
  return readFirst(CANDIDATES, import.meta.url);
}

/** Reads the first of these files that there is, beside the module of this URL. */
export async function readFirst(candidates: readonly string[], beside: string): Promise<BufferSource> {
  for (const candidate of candidates) {
    const bytes = await readFile(new URL(candidate, beside)).catch(() => undefined);
    if (bytes !== undefined) return new Uint8Array(bytes);
  }
  throw new Error(`None of ${candidates.join(", ")} stands beside ${beside}`);
}
