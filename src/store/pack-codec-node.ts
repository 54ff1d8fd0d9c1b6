// What packs bytes in Node, where stores are in memory and only tests have journals: gzip, which Node has.
import { gunzipSync, gzipSync } from "node:zlib";
import { Form, type PackCodec } from "./disk.js";

export async function loadPackCodec(): Promise<PackCodec> {
  return { form: Form.GZIP, compress: (bytes, isThorough) => new Uint8Array(gzipSync(bytes, { level: isThorough === true ? 6 : 1 })), decompress: (bytes) => new Uint8Array(gunzipSync(bytes)) };
}
