import { expect, test } from "vitest";
import { formatAddress } from "../../../src/model/address.js";

test.each([
  [[1, 2, 3, 4], "1.2.3.4"],
  [[10, 0, 0, 0, 8], "10.0.0.0/8"],
  [[...Array<number>(16).fill(0)], "::"],
  [[...Array<number>(15).fill(0), 1], "::1"],
  [[0x20, 1, 0xd, 0xb8, ...Array<number>(12).fill(0), 32], "2001:db8::/32"],
  [[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1], "2001:db8::1:0:0:1"],
  [[0, 1, 0, 0, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7], "1:0:2:3:4:5:6:7"],
  [[...Array<number>(14).fill(255), 0, 0], "ffff:ffff:ffff:ffff:ffff:ffff:ffff:0"],
])("%o is %s", (bytes, text) => {
  expect(formatAddress(Uint8Array.from(bytes))).toBe(text);
});
