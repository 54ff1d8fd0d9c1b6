// Escapes of Mermaid's texts: `#quot;`, `#59;`. They let a label hold what would end it.

const NAMED: ReadonlyMap<string, string> = new Map([
  ["quot", '"'],
  ["apos", "'"],
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["semi", ";"],
  ["colon", ":"],
  ["num", "#"],
  ["hash", "#"],
  ["nbsp", "\u00a0"],
  ["equals", "="],
  ["lbrace", "{"],
  ["rbrace", "}"],
  ["percnt", "%"],
]);

/** The text with its escapes replaced; unknown ones stay. O(size). */
export function decodeEntities(text: string): string {
  if (!text.includes("#")) return text;
  return text.replace(/#(\w{1,16});/g, (whole, name: string) => {
    if (!/^\d+$/.test(name)) return NAMED.get(name.toLowerCase()) ?? whole;
    const code = Number(name);
    return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : whole;
  });
}
