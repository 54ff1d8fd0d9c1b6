// Writes the binary form of a WebAssembly module: numbers in LEB128, vectors, sections, and the opcodes that generated code uses.
// Source: WebAssembly Core Specification 2.0, chapter 5 (binary format). Does not know what the code is for.

/** Value types. */
export enum ValueType {
  I32 = 0x7f,
  I64 = 0x7e,
  F64 = 0x7c,
  /** Of a block: no result. */
  NONE = 0x40,
}

export enum Code {
  UNREACHABLE = 0x00,
  BLOCK = 0x02,
  LOOP = 0x03,
  IF = 0x04,
  ELSE = 0x05,
  END = 0x0b,
  BR = 0x0c,
  BR_IF = 0x0d,
  RETURN = 0x0f,
  CALL = 0x10,
  DROP = 0x1a,
  SELECT = 0x1b,
  LOCAL_GET = 0x20,
  LOCAL_SET = 0x21,
  LOCAL_TEE = 0x22,
  I32_LOAD = 0x28,
  I64_LOAD = 0x29,
  F64_LOAD = 0x2b,
  I64_LOAD32_U = 0x35,
  I32_STORE = 0x36,
  I64_STORE = 0x37,
  F64_STORE = 0x39,
  I32_CONST = 0x41,
  I64_CONST = 0x42,
  F64_CONST = 0x44,
  I32_EQZ = 0x45,
  I32_EQ = 0x46,
  I32_NE = 0x47,
  I32_LT_U = 0x49,
  I32_GT_S = 0x4a,
  I32_GT_U = 0x4b,
  I32_GE_U = 0x4f,
  I64_EQZ = 0x50,
  I64_EQ = 0x51,
  I64_NE = 0x52,
  I64_LT_S = 0x53,
  I64_GT_S = 0x55,
  I64_GT_U = 0x56,
  I64_LE_S = 0x57,
  I64_LE_U = 0x58,
  I64_GE_S = 0x59,
  F64_EQ = 0x61,
  F64_NE = 0x62,
  F64_LT = 0x63,
  F64_GT = 0x64,
  F64_LE = 0x65,
  F64_GE = 0x66,
  I32_ADD = 0x6a,
  I32_SUB = 0x6b,
  I32_AND = 0x71,
  I32_OR = 0x72,
  I32_SHL = 0x74,
  I64_ADD = 0x7c,
  I64_SUB = 0x7d,
  I64_MUL = 0x7e,
  I64_REM_S = 0x81,
  I64_AND = 0x83,
  I64_OR = 0x84,
  I64_SHL = 0x86,
  I64_EXTEND_I32_U = 0xad,
  I64_TRUNC_F64_S = 0xb0,
  F64_CONVERT_I64_S = 0xb9,
  F64_ABS = 0x99,
  F64_TRUNC = 0x9d,
  F64_ADD = 0xa0,
  F64_SUB = 0xa1,
  F64_MUL = 0xa2,
  F64_DIV = 0xa3,
  I64_EXTEND32_S = 0xc4,
}

const FLOAT_BYTES = new Uint8Array(8);
const FLOAT_VIEW = new DataView(FLOAT_BYTES.buffer);
const TEXT_ENCODER = new TextEncoder();

const LONGS = new Map<bigint, Uint8Array>();
const LONG_COUNT_MAX = 256;
const SHORT_SIZE_MAX = 16;

function encodeLong(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let left = BigInt.asIntN(64, value);
  while (left < -64n || left > 63n) {
    bytes.push(Number(left & 0x7fn) | 0x80);
    left >>= 7n;
  }
  bytes.push(Number(left & 0x7fn));
  return new Uint8Array(bytes);
}

/** A buffer that grows. */
export class WasmWriter {
  #bytes = new Uint8Array(1_024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#size);
  }

  byte(value: number): void {
    if (this.#size === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#size] = value;
    this.#size += 1;
  }

  /** An unsigned number below 2^32. */
  unsigned(value: number): void {
    let left = value >>> 0;
    while (left > 0x7f) {
      this.byte((left & 0x7f) | 0x80);
      left >>>= 7;
    }
    this.byte(left);
  }

  /** A signed one of 32 bits. */
  signed(value: number): void {
    let left = value | 0;
    while (left < -64 || left > 63) {
      this.byte((left & 0x7f) | 0x80);
      left >>= 7;
    }
    this.byte(left & 0x7f);
  }

  /** A signed one of 64 bits. Its form is kept: the same few are written again and again. */
  signedLong(value: bigint): void {
    let bytes = LONGS.get(value);
    if (bytes === undefined) {
      bytes = encodeLong(value);
      if (LONGS.size >= LONG_COUNT_MAX) LONGS.clear();
      LONGS.set(value, bytes);
    }
    this.raw(bytes);
  }

  float(value: number): void {
    FLOAT_VIEW.setFloat64(0, value, true);
    this.raw(FLOAT_BYTES);
  }

  text(value: string): void {
    const bytes = TEXT_ENCODER.encode(value);
    this.unsigned(bytes.length);
    this.raw(bytes);
  }

  raw(bytes: Uint8Array): void {
    if (this.#size + bytes.length > this.#bytes.length) this.#grow(bytes.length);
    // Short ones are copied sooner than `set` begins.
    if (bytes.length > SHORT_SIZE_MAX) this.#bytes.set(bytes, this.#size);
    else for (let index = 0; index < bytes.length; index += 1) this.#bytes[this.#size + index] = bytes[index] ?? 0;
    this.#size += bytes.length;
  }

  /** What another writer holds, behind its size. */
  sized(inner: WasmWriter): void {
    this.unsigned(inner.size);
    this.append(inner);
  }

  append(inner: WasmWriter): void {
    this.raw(inner.#bytes.subarray(0, inner.#size));
  }

  /** Begins anew in the same buffer. */
  clear(): void {
    this.#size = 0;
  }

  section(id: number, fill: (writer: WasmWriter) => void): void {
    const inner = new WasmWriter();
    fill(inner);
    this.byte(id);
    this.sized(inner);
  }

  #grow(more: number): void {
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#size + more));
    grown.set(this.#bytes.subarray(0, this.#size));
    this.#bytes = grown;
  }
}
