// Where the input of a task refers to secrets. What travels through the kernel and stands in a history never holds one: the values
// are put in where the handler is called.

/** A place in an input. `parts`: the list that stands there is the pieces of a text, and a secret's name stands for the piece at its place. */
export type SecretUse = { readonly path: readonly (string | number)[] } & (
  | { readonly secret: string }
  | { readonly parts: readonly (string | null)[] }
);

/** The names of all secrets that an input refers to, each once. */
export function namesOf(uses: readonly SecretUse[]): readonly string[] {
  return [...new Set(uses.flatMap((use) => ("secret" in use ? [use.secret] : use.parts.filter((name) => name !== null))))];
}

/** The input with `spell(name)` in the place of every secret. The input is the caller's own and is changed. */
export function insertSecrets(input: unknown, uses: readonly SecretUse[], spell: (name: string) => unknown): unknown {
  const whole: { input: unknown } = { input };
  for (const use of uses) {
    const path = ["input", ...use.path];
    const last = path.pop() as string | number;
    let at = whole as Record<string | number, unknown>;
    for (const key of path) at = at[key] as Record<string | number, unknown>;
    at[last] = "secret" in use ? spell(use.secret) : joinParts(at[last] as readonly unknown[], use.parts, spell);
  }
  return whole.input;
}

function joinParts(pieces: readonly unknown[], parts: readonly (string | null)[], spell: (name: string) => unknown): string {
  return pieces.map((piece, index) => String(parts[index] == null ? piece : spell(parts[index]))).join("");
}

/** How a secret is shown where its value must not be. */
export function hideSecret(name: string): string {
  return `{{ secrets.${name} }}`;
}
