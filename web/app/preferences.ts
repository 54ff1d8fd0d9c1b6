// What the playground remembers between visits, kept in localStorage. A browser that refuses storage still works:
// the values then live as long as the page.
import { effect, signal, type Signal } from "@preact/signals";

const PREFIX = "millrace-playground:";

/** Reads a remembered JSON value; `fallback` when there is none or it cannot be read. */
export function recall<T>(key: string, fallback: T): T {
  try {
    const text = localStorage.getItem(PREFIX + key);
    return text === null ? fallback : (JSON.parse(text) as T);
  } catch {
    return fallback;
  }
}

/** Remembers a JSON value; says whether the browser kept it. */
export function remember(key: string, value: unknown): boolean {
  try {
    if (value === undefined) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

/** A signal that outlives the page. */
export function createRemembered<T>(key: string, initial: T): Signal<T> {
  const value = signal<T>(recall(key, initial));
  let isFirst = true;
  effect(() => {
    const current = value.value;
    if (!isFirst) remember(key, current);
    isFirst = false;
  });
  return value;
}

export type Theme = "system" | "light" | "dark";

/** The colour scheme chosen; `system` follows the browser. */
export const theme = createRemembered<Theme>("theme", "system");

/** Keeps the page's `data-theme` in step with the choice. */
export function applyTheme(): void {
  effect(() => {
    const root = document.documentElement;
    if (theme.value === "system") delete root.dataset["theme"];
    else root.dataset["theme"] = theme.value;
  });
}

/** Does the reader ask for less motion? */
export function isMotionReduced(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
