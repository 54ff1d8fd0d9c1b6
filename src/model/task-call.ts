// What tells calls of handlers apart while they run.

/** All attempts at a task share its key; an attempt that was given up may still run when the next begins. */
export function nameCall({ idempotencyKey, attempt }: { readonly idempotencyKey: string; readonly attempt: number }): string {
  return attempt === 1 ? idempotencyKey : `${idempotencyKey}#${attempt}`;
}
