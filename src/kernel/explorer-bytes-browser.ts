// Where a page or worker finds the explorer's module: beside the built file, unless the embedder names a place. A file of its
// own, so that pages which do not explore do not name it.

/** Fetches the kernel that explores. */
export async function loadExplorerBytes(url?: string | URL): Promise<BufferSource | Response> {
  return fetch(url ?? new URL("./millrace-explorer.wasm", import.meta.url));
}
