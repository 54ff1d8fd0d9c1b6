// What packs bytes in a page or worker: zstd in WebAssembly, beside the built file. Fetched here, since the package that wraps it waits for ever for
// a file that cannot be had.
import { compress, decompress, init } from "@bokuweb/zstd-wasm";
import { Form, type PackCodec } from "./disk.js";

/** In the midst of work the higher levels take longer than they gain on histories … */
const LEVEL = 1;
/** … but what is kept is packed when nobody waits for it: a seventh smaller. */
const LEVEL_THOROUGH = 6;

/** The package has one instance a thread, and a second one would mix its memory with the first. */
let loaded: Promise<PackCodec> | undefined;

/** Rejects where the file cannot be had, or the page's policy forbids it. */
export function loadPackCodec(url: string | URL = new URL("./millrace-zstd.wasm", import.meta.url)): Promise<PackCodec> {
  loaded ??= load(url).catch((error: unknown) => {
    loaded = undefined;
    throw error;
  });
  return loaded;
}

async function load(url: string | URL): Promise<PackCodec> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.url}: ${response.status}`);
  // Its types are those for Node, where it finds the file itself.
  await (init as unknown as (source: ArrayBuffer) => Promise<void>)(await response.arrayBuffer());
  return { form: Form.ZSTD, compress: (bytes, isThorough) => compress(bytes, isThorough === true ? LEVEL_THOROUGH : LEVEL), decompress: (bytes) => decompress(bytes) };
}
