// Where Node finds the explorer's module: beside the built file, or in the build folder of the source tree.
import { loadKernelBytes, readFirst } from "./bytes-node.js";

/** Reads the kernel that explores: from `url` (a file: URL or a path) where it is given. */
export async function loadExplorerBytes(url?: string | URL): Promise<BufferSource | Response> {
  if (url !== undefined) return loadKernelBytes(url);
  return readFirst(["./millrace-explorer.wasm", "../millrace-explorer.wasm", "../../build/explorer.wasm"], import.meta.url);
}
