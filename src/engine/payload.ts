// What commands, answers and ends carry: a wire value, or nothing.
import { decodeValue } from "../model/value.js";

/** Nothing is `null`. */
export function decodePayload(payload: Uint8Array | undefined): unknown {
  return payload === undefined ? null : decodeValue(payload);
}
