// Base64 (RFC 4648, section 4): writing with padding, reading with or without.
import { ExpressionError, ObjectKind, Tag } from "./abi";
import { objectOf, setError, setObject, tagOf } from "./cell";
import { spendSize } from "./fuel";
import { countOf } from "./map";
import { appendBase64, closeText, openText } from "./text";
import { bytesOf, newText } from "./value";

const PADDING: u32 = 61;
const NO_DIGIT: u32 = 64;

/** dst = the bytes as text. */
export function encodeBase64(dst: usize, a: usize): void {
  if (tagOf(a) != Tag.BYTES) {
    setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
    return;
  }
  openText();
  appendBase64(bytesOf(objectOf(a)), countOf(objectOf(a)));
  closeText(dst, Tag.STRING);
}

function digitOf(byte: u32): u32 {
  if (byte - 65 < 26) return byte - 65;
  if (byte - 97 < 26) return byte - 71;
  if (byte - 48 < 10) return byte + 4;
  return byte == 43 ? 62 : byte == 47 ? 63 : NO_DIGIT;
}

/** dst = the bytes that the text stands for. */
export function decodeBase64(dst: usize, a: usize): void {
  if (tagOf(a) != Tag.STRING) {
    setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
    return;
  }
  const text = bytesOf(objectOf(a));
  let length = countOf(objectOf(a));
  if (length % 4 == 0) {
    for (let i = 0; i < 2 && length > 0 && load<u8>(text + length - 1) == PADDING; i++) length--;
  }
  const object = length % 4 != 1 && spendSize(length) ? newText(ObjectKind.BYTES, length / 4 * 3 + (length % 4 == 0 ? 0 : length % 4 - 1)) : 0;
  if (object == 0) {
    setError(dst, length % 4 == 1 ? ExpressionError.INVALID_CONVERSION : ExpressionError.OUT_OF_MEMORY);
    return;
  }
  let target = bytesOf(object);
  let bits: u32 = 0;
  let held: u32 = 0;
  for (let i: u32 = 0; i < length; i++) {
    const digit = digitOf(load<u8>(text + i));
    if (digit == NO_DIGIT) {
      setError(dst, ExpressionError.INVALID_CONVERSION);
      return;
    }
    bits = (bits << 6) | digit;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    store<u8>(target++, bits >> held);
  }
  setObject(dst, Tag.BYTES, object);
}
