// The bar at the top: name, the state of the engine, the colour scheme and help.
import type { VNode } from "preact";
import { connection, role } from "../run/connection.js";
import { Icon, type IconName } from "./icons.js";
import { theme, type Theme } from "./preferences.js";
import { isHelpOpen, isPadOpen } from "./views.js";

const NEXT_THEME: Readonly<Record<Theme, Theme>> = { system: "light", light: "dark", dark: "system" };
const THEME_ICONS: Readonly<Record<Theme, IconName>> = { system: "contrast", light: "sun", dark: "moon" };

function EngineState(): VNode {
  const state = connection.value;
  if (state.kind === "starting") {
    return (
      <span class="engine-state" role="status">
        <span class="spinner" aria-hidden="true" /> <span class="engine-words">Starting the engine</span>
      </span>
    );
  }
  const isFailed = state.kind === "failed";
  const isWatching = role.value === "watcher";
  const words = isFailed ? "Engine not running" : isWatching ? "Other tabs drive the runs" : "Engine ready";
  return (
    <span
      class="engine-state"
      role="status"
      title={isWatching ? "This tab shows the runs; it takes over when the other one is closed." : undefined}
    >
      <span class={`dot dot-${isFailed ? "bad" : isWatching ? "warn" : "good"}`} aria-hidden="true" />{" "}
      <span class="engine-words">{words}</span>
    </span>
  );
}

/** The two pages: the workflow, and the scratch-pad for expressions. */
function Pages(): VNode {
  const pages = [
    [false, "Workflow", "diagram"],
    [true, "Expressions", "braces"],
  ] as const;
  return (
    <nav class="pages segments" aria-label="Pages">
      {pages.map(([isPad, label, icon]) => (
        <button key={label} type="button" aria-current={isPadOpen.value === isPad ? "page" : undefined} onClick={() => (isPadOpen.value = isPad)}>
          <Icon name={icon} size={14} />
          <span>{label}</span>
        </button>
      ))}
    </nav>
  );
}

/** The page's header. */
export function Header(): VNode {
  return (
    <header class="header">
      <h1 class="brand">
        <svg viewBox="0 0 32 32" width="24" height="24" aria-hidden="true">
          <rect class="brand-tile" width="32" height="32" rx="8" />
          <g class="brand-wheel">
            <circle cx="16" cy="14" r="6.2" />
            <path d="M16 5.2v17.6M7.2 14h17.6M9.8 7.8l12.4 12.4M22.2 7.8 9.8 20.2" />
            <path class="brand-water" d="M4.5 26.6c2.9-2.2 5.7-2.2 8.6 0s5.7 2.2 8.6 0 3.9-2 5.8-1.4" />
          </g>
        </svg>
        Millrace <span class="brand-aside">playground</span>
      </h1>
      <Pages />
      <EngineState />
      <button
        type="button"
        class="icon-button"
        aria-label={`Colour scheme: ${theme.value}`}
        title={`Colour scheme: ${theme.value}`}
        onClick={() => (theme.value = NEXT_THEME[theme.value])}
      >
        <Icon name={THEME_ICONS[theme.value]} />
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label="Help and keys"
        title="Help and keys (?)"
        onClick={() => (isHelpOpen.value = true)}
      >
        <Icon name="help" />
      </button>
    </header>
  );
}
