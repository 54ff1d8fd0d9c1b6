// The network library: ip and cidr values and what they know. Their texts are read and written by address.ts.
import { CELL_SIZE, ExpressionError, Fn, ObjectKind, Tag } from "./abi";
import { maskAddress, readCidr, readIp, writeAddress } from "./address";
import { areBytesEqual } from "./bytes";
import { auxOf, copyCell, objectOf, setBool, setError, setInt, setObject, tagOf } from "./cell";
import { countOf } from "./map";
import { bytesOf, innerOf, newText, setOptional } from "./value";

const ADDRESS: u32 = 2;
/** An address read from a text. */
const READ: usize = memory.data(32, 16);
const WRITTEN: usize = memory.data(64, 16);
/** An address with its bits masked. */
const MASKED: usize = memory.data(32, 16);
const INNER: usize = memory.data(16, 16);

/** dst = function `id` (Fn) over `count` cells at `first`. */
export function callNetwork(id: u32, dst: usize, first: usize, count: u32): void {
  const isPair = id == Fn.CONTAINS_IP || id == Fn.CONTAINS_CIDR;
  if (count != (isPair ? 2 : 1)) setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
  else if (tagOf(first) == Tag.STRING && id <= <u32>Fn.IS_CANONICAL) callOnAddressText(id, dst, objectOf(first));
  else if (tagOf(first) != Tag.OPTIONAL || auxOf(first) != ADDRESS) setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
  else {
    const bytes = objectOf(innerOf(first));
    const size = countOf(bytes);
    if ((size & 1) == 0) callOnIp(id, dst, first, bytesOf(bytes), size);
    else if (isPair) checkContains(id, dst, bytesOf(bytes), size - 1, first + CELL_SIZE);
    else callOnCidr(id, dst, bytesOf(bytes), size - 1);
  }
}

function callOnAddressText(id: u32, dst: usize, text: usize): void {
  const isCidr = id == Fn.TO_CIDR || id == Fn.IS_CIDR;
  const size = isCidr ? readCidr(bytesOf(text), countOf(text), READ) : readIp(bytesOf(text), countOf(text), READ);
  if (id == Fn.IS_IP || id == Fn.IS_CIDR) setBool(dst, size != 0);
  else if (size == 0) setError(dst, ExpressionError.INVALID_CONVERSION);
  else if (id != Fn.IS_CANONICAL) setAddress(dst, READ, size);
  else {
    const length = <u32>(writeAddress(WRITTEN, READ, size) - WRITTEN);
    setBool(dst, length == countOf(text) && areBytesEqual(WRITTEN, bytesOf(text), length));
  }
}

function setAddress(dst: usize, bytes: usize, size: u32): void {
  const object = newText(ObjectKind.BYTES, size);
  if (object == 0) {
    setError(dst, ExpressionError.OUT_OF_MEMORY);
    return;
  }
  memory.copy(bytesOf(object), bytes, size);
  setObject(INNER, Tag.BYTES, object);
  setOptional(dst, INNER, ADDRESS);
}

function callOnIp(id: u32, dst: usize, cell: usize, bytes: usize, size: u32): void {
  const head = <u32>load<u8>(bytes);
  const second = <u32>load<u8>(bytes, 1);
  const isShort = size == 4;
  switch (id) {
    case Fn.TO_IP:
      copyCell(dst, cell);
      return;
    case Fn.FAMILY:
      setInt(dst, isShort ? 4 : 6);
      return;
    case Fn.IS_UNSPECIFIED:
      setBool(dst, isZeroBut(bytes, size, 0));
      return;
    case Fn.IS_LOOPBACK:
      setBool(dst, isShort ? head == 127 : isZeroBut(bytes, size, 1));
      return;
    case Fn.IS_GLOBAL_UNICAST:
      setBool(dst, isGlobalUnicast(bytes, size));
      return;
    case Fn.IS_LINK_LOCAL_MULTICAST:
      setBool(dst, isShort ? (load<u32>(bytes) & 0xffffff) == 224 : head == 0xff && (second & 15) == 2);
      return;
    case Fn.IS_LINK_LOCAL_UNICAST:
      setBool(dst, isLinkLocal(bytes, size));
      return;
    default:
      setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
  }
}

/** Is every byte 0, and the last one `last`? */
function isZeroBut(bytes: usize, size: u32, last: u32): bool {
  for (let i: u32 = 0; i + 1 < size; i++) if (load<u8>(bytes + i) != 0) return false;
  return <u32>load<u8>(bytes + size - 1) == last;
}

function isLinkLocal(bytes: usize, size: u32): bool {
  const head = <u32>load<u8>(bytes);
  const second = <u32>load<u8>(bytes, 1);
  return size == 4 ? head == 169 && second == 254 : head == 0xfe && (second & 0xc0) == 0x80;
}

/** Neither unspecified, loopback, multicast, link-local nor the broadcast address; private ones count. */
function isGlobalUnicast(bytes: usize, size: u32): bool {
  const head = <u32>load<u8>(bytes);
  if (isZeroBut(bytes, size, 0) || isLinkLocal(bytes, size)) return false;
  if (size == 16) return head != 0xff && !isZeroBut(bytes, size, 1);
  return head != 127 && (head & 0xf0) != 224 && load<u32>(bytes) != 0xffffffff;
}

function callOnCidr(id: u32, dst: usize, bytes: usize, size: u32): void {
  const prefix = <u32>load<u8>(bytes + size);
  if (id == Fn.PREFIX_LENGTH) setInt(dst, prefix);
  else if (id == Fn.TO_IP) setAddress(dst, bytes, size);
  else if (id == Fn.MASKED) {
    memory.copy(MASKED, bytes, size + 1);
    maskAddress(MASKED, size, prefix);
    setAddress(dst, MASKED, size + 1);
  } else setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
}

/** dst = is the ip or cidr of `other` (a value or its text) within the cidr of `size` + 1 bytes? */
function checkContains(id: u32, dst: usize, bytes: usize, size: u32, other: usize): void {
  const isCidr = id == Fn.CONTAINS_CIDR;
  let inner = READ;
  let innerSize: u32 = 0;
  if (tagOf(other) == Tag.STRING) {
    const text = objectOf(other);
    innerSize = isCidr ? readCidr(bytesOf(text), countOf(text), READ) : readIp(bytesOf(text), countOf(text), READ);
    if (innerSize == 0) {
      setError(dst, ExpressionError.INVALID_CONVERSION);
      return;
    }
  } else if (tagOf(other) == Tag.OPTIONAL && auxOf(other) == ADDRESS) {
    inner = bytesOf(objectOf(innerOf(other)));
    innerSize = countOf(objectOf(innerOf(other)));
  }
  if (innerSize == 0 || ((innerSize & 1) != 0) != isCidr) {
    setError(dst, ExpressionError.NO_SUCH_OVERLOAD);
    return;
  }
  const prefix = <u32>load<u8>(bytes + size);
  if ((innerSize & ~1) != size || (isCidr && <u32>load<u8>(inner + size) < prefix)) {
    setBool(dst, false);
    return;
  }
  memory.copy(MASKED, inner, size);
  maskAddress(MASKED, size, prefix);
  memory.copy(WRITTEN, bytes, size);
  maskAddress(WRITTEN, size, prefix);
  setBool(dst, areBytesEqual(MASKED, WRITTEN, size));
}
