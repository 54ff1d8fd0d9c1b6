// The playground's icons: 16-unit line drawings in the current text colour, hidden from screen readers.
import type { VNode } from "preact";

const PATHS = {
  play: "M5 3.2v9.6l8-4.8z",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  stop: "M4 4h8v8H4z",
  trash: "M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5M6.8 7v3.5M9.2 7v3.5",
  plus: "M8 3.5v9M3.5 8h9",
  minus: "M3.5 8h9",
  fit: "M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3",
  sun: "M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6M8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9",
  moon: "M13 9.3A5.4 5.4 0 0 1 6.7 3a5.2 5.2 0 1 0 6.3 6.3z",
  contrast: "M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11M8 2.5v11",
  help: "M6 6.2a2 2 0 1 1 2.9 1.9c-.6.3-.9.7-.9 1.4M8 11.8v.1M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2",
  text: "M3 4h10M3 8h7M3 12h9",
  diagram: "M2.5 3h5v3.5h-5zM8.5 9.5h5V13h-5zM5 6.5v4.7h3.5",
  runs: "M3 4.5h1M6 4.5h7M3 8h1M6 8h7M3 11.5h1M6 11.5h7",
  tasks:
    "M8 5.8a2.2 2.2 0 1 1 0 4.4 2.2 2.2 0 0 1 0-4.4M8 2v2M8 12v2M2 8h2M12 8h2M3.8 3.8l1.4 1.4M10.8 10.8l1.4 1.4M3.8 12.2l1.4-1.4M10.8 5.2l1.4-1.4",
  pulse: "M1.5 8.5h3L6.5 3.5l3 9 2-4h3",
  check: "M3.5 8.5l3 3 6-7",
  cross: "M4 4l8 8M12 4l-8 8",
  clock: "M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11M8 5v3.2l2.2 1.4",
  bolt: "M9 2L4 9h3.5L7 14l5-7H8.5z",
  branch: "M8 2.5L13.5 8 8 13.5 2.5 8z",
  arrow: "M3 8h9.5M9 4.5L12.5 8 9 11.5",
  warning: "M8 2.8l6 10.4H2zM8 6.5v3.2M8 11.4v.1",
  file: "M4 2h5l3 3v9H4zM9 2v3h3",
  export: "M8 10V2.5M5 5.3L8 2.5l3 2.8M3 9.5V13h10V9.5",
  import: "M8 2.5V10M5 7.2L8 10l3-2.8M3 9.5V13h10V9.5",
  copy: "M5.5 5.5h7.5v7.5H5.5zM10.5 3H3v7.5",
  undo: "M6 3.5L3 6.5l3 3M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6",
  pencil: "M3 13l.7-3L10.5 3.2l2.3 2.3L6 12.3z",
  outline: "M3 4h4M5 8h6M5 12h6M3 4v8h2M3 8h2",
  target: "M8 4.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7M8 1.5v3M8 11.5v3M1.5 8h3M11.5 8h3",
  chevron: "M6 4l4 4-4 4",
  filter: "M2.5 4h11M4.5 8h7M6.5 12h3",
  braces: "M6 3c-1.6 0-1.6 1-1.6 2.4S4 7.6 2.8 8c1.2.4 1.6 1.2 1.6 2.6S4.4 13 6 13M10 3c1.6 0 1.6 1 1.6 2.4s.4 2.2 1.6 2.6c-1.2.4-1.6 1.2-1.6 2.6S11.6 13 10 13",
  shield: "M8 2l5 2v4c0 3-2.2 5-5 6-2.8-1-5-3-5-6V4zM5.8 8l1.6 1.6L10.5 6.4",
} as const;

export type IconName = keyof typeof PATHS;

/** One icon. `size` in CSS pixels, default 16. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }): VNode {
  return (
    <svg class="icon" viewBox="0 0 16 16" width={size} height={size} aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
