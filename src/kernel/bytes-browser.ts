// Where a page or worker finds the kernel's bytes: beside the built file, unless the embedder names a place.

/** Fetches the kernel. */
export async function loadKernelBytes(url?: string | URL): Promise<BufferSource | Response> {
  return fetch(url ?? new URL("./millrace.wasm", import.meta.url));
}
