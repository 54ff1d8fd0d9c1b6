// Takes references to secrets out of a task's input, so that nothing that is computed ever holds one: null stands for the reference, and
// of a text the list of its pieces.
import type { ExpressionSource, ValueSource } from "../model/definition.js";
import type { SecretUse } from "../model/secrets.js";

/** The whole expression `secrets.NAME` or `secrets["NAME"]`. */
const REFERENCE = /^\s*secrets\s*(?:\.\s*([A-Za-z_]\w*)|\[\s*(?:"([^"\\]*)"|'([^'\\]*)')\s*\])\s*$/;

/** The value without its secrets, and where they belong. */
export function separateSecrets(source: ValueSource): { readonly value: ValueSource; readonly uses: readonly SecretUse[] } {
  const uses: SecretUse[] = [];
  return { value: separate(source, [], uses), uses };
}

function separate(source: ValueSource, path: readonly (string | number)[], uses: SecretUse[]): ValueSource {
  switch (source.kind) {
    case "expression": {
      const secret = secretOf(source.expression);
      if (secret === undefined) return source;
      uses.push({ path, secret });
      return { kind: "literal", value: null, place: source.expression.place };
    }
    case "template": {
      const { place } = source;
      const parts = source.parts.map((part) => (typeof part === "string" ? null : (secretOf(part) ?? null)));
      if (parts.every((name) => name === null)) return source;
      uses.push({ path, parts });
      const elements = source.parts.map((part, index): ValueSource => {
        if (typeof part === "string" || parts[index] !== null) return { kind: "literal", value: typeof part === "string" ? part : null, place };
        return { kind: "template", parts: [part], place };
      });
      return { kind: "list", elements, place };
    }
    case "map":
      return { ...source, entries: source.entries.map(({ key, value }) => ({ key, value: separate(value, [...path, key], uses) })) };
    case "list":
      return { ...source, elements: source.elements.map((element, index) => separate(element, [...path, index], uses)) };
    default:
      return source;
  }
}

function secretOf({ text }: ExpressionSource): string | undefined {
  const match = REFERENCE.exec(text);
  return match === null ? undefined : (match[1] ?? match[2] ?? match[3]);
}
