// Reads what the kernel writes of the waits of a run, as abi.ts draws it.
import { AWAIT_HEAD_SIZE } from "../../assembly/abi.js";
import type { KernelAwait } from "../model/ports.js";

/** `bytes`: the payload area's used part, a copy. */
export function readAwaits(bytes: Uint8Array): readonly KernelAwait[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const awaits: KernelAwait[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [node = 0, event = 0, serial = 0, limit = 0, messageSize = 0, resultSize = 0] = Array.from({ length: AWAIT_HEAD_SIZE / 4 }, (_, index) =>
      view.getUint32(at + index * 4, true),
    );
    const start = at + AWAIT_HEAD_SIZE;
    const middle = start + messageSize;
    at = middle + resultSize;
    awaits.push({
      node,
      event,
      serial,
      limit,
      ...(messageSize > 0 && { message: bytes.slice(start, middle) }),
      ...(resultSize > 0 && { result: bytes.slice(middle, at) }),
    });
  }
  return awaits;
}
