import { describe, expect, test } from "vitest";
import { fingerprintBytes } from "../../../src/base/fingerprint.js";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

describe("fingerprint", () => {
  test("agrees with published XXH32 values", () => {
    expect(fingerprintBytes(text(""))).toBe(0x02cc5d05);
    expect(fingerprintBytes(text("a"))).toBe(0x550d7456);
    expect(fingerprintBytes(text("abc"))).toBe(0x32d153ff);
    expect(fingerprintBytes(text("Nobody inspects the spammish repetition"))).toBe(0xe2293b2f);
  });

  test("every flipped bit of a small text changes it", () => {
    const bytes = text("the quick brown fox jumps over the lazy dog");
    const whole = fingerprintBytes(bytes);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = bytes.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(fingerprintBytes(changed)).not.toBe(whole);
    }
  });
});
