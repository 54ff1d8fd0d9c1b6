// The text of an address of CEL's network library: 4 or 16 bytes of an ip, one more with the prefix length of a cidr.

/** RFC 5952: lower case, the first longest run of two or more zero groups as `::`. */
export function formatAddress(bytes: Uint8Array): string {
  const size = bytes.length & ~1;
  const ip = bytes.subarray(0, size);
  const text = size === 4 ? ip.join(".") : formatGroups(ip);
  return bytes.length > size ? `${text}/${bytes[size]}` : text;
}

function formatGroups(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, index) => ((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0));
  let gap = -1;
  let gapLength = 1;
  for (let index = 0, run = 0; index < 8; index += 1) {
    run = groups[index] === 0 ? run + 1 : 0;
    if (run > gapLength) {
      gapLength = run;
      gap = index + 1 - run;
    }
  }
  const spell = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(":");
  return gap < 0 ? spell(0, 8) : `${spell(0, gap)}::${spell(gap + gapLength, 8)}`;
}
