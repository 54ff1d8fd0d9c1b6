// Finds where a text stops being JSON: browsers do not always say. Only called for a text that JSON.parse has refused.

const LITERALS = ["true", "false", "null"];
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: strings of JSON have none
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SPACE = /[ \t\n\r]*/y;

type Expected = "value" | "firstValue" | "key" | "firstKey" | "colon" | "next" | "end";

/** Offset of the first character that cannot stand where it does; the text's size where only its end is missing. Linear. */
export function findJsonFault(text: string): number {
  const open: string[] = [];
  let expected = "value" as Expected;
  let at = 0;
  const match = (pattern: RegExp): number => {
    pattern.lastIndex = at;
    return pattern.test(text) ? pattern.lastIndex : -1;
  };
  for (;;) {
    at = match(SPACE);
    const character = text.charAt(at);
    if (character === "") return at;
    if (expected === "end") return at;
    if (expected === "colon") {
      if (character !== ":") return at;
      at += 1;
      expected = "value";
    } else if (expected === "next") {
      const closing = open[open.length - 1];
      if (character !== "," && character !== closing) return at;
      at += 1;
      if (character === ",") expected = closing === "}" ? "key" : "value";
      else expected = close(open);
    } else if ((expected === "firstKey" && character === "}") || (expected === "firstValue" && character === "]")) {
      at += 1;
      expected = close(open);
    } else if (character === '"') {
      const end = match(STRING);
      if (end === -1) return at;
      at = end;
      expected = expected === "key" || expected === "firstKey" ? "colon" : open.length === 0 ? "end" : "next";
    } else if (expected === "key" || expected === "firstKey") return at;
    else if (character === "{" || character === "[") {
      open.push(character === "{" ? "}" : "]");
      at += 1;
      expected = character === "{" ? "firstKey" : "firstValue";
    } else {
      const literal = LITERALS.find((word) => text.startsWith(word, at));
      const end = literal === undefined ? match(NUMBER) : at + literal.length;
      if (end === -1) return at;
      at = end;
      expected = open.length === 0 ? "end" : "next";
    }
  }
}

function close(open: string[]): Expected {
  open.pop();
  return open.length === 0 ? "end" : "next";
}
