// A bar between two panes that can be dragged, or moved with the arrow keys, to make one of them wider.
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { recall, remember } from "./preferences.js";

export interface SplitterProperties {
  readonly label: string;
  /** The custom property on the root element that holds the pane's width. */
  readonly property: string;
  readonly initial: number;
  /** 1 when the pane is left of the bar, -1 when it is right of it. */
  readonly sign: 1 | -1;
}

const widthMin = 260;
const KEY_STEP = 24;

/** The bar. Widths are in CSS pixels and remembered. */
export function Splitter({ label, property, initial, sign }: SplitterProperties): VNode {
  const width = useRef(recall<number>(`width:${property}`, initial));
  const bar = useRef<HTMLDivElement>(null);
  const apply = (wanted: number): void => {
    const widthMax = Math.max(widthMin, innerWidth * 0.45);
    width.current = Math.round(Math.min(widthMax, Math.max(widthMin, wanted)));
    document.documentElement.style.setProperty(property, `${width.current}px`);
    bar.current?.setAttribute("aria-valuenow", String(width.current));
  };
  const keep = (): void => {
    remember(`width:${property}`, width.current);
  };
  useEffect(() => apply(width.current), []);
  const drag = (event: PointerEvent): void => {
    const element = event.currentTarget as HTMLElement;
    const startX = event.clientX;
    const startWidth = width.current;
    element.setPointerCapture(event.pointerId);
    const move = (next: PointerEvent): void => apply(startWidth + (next.clientX - startX) * sign);
    const end = (): void => {
      element.removeEventListener("pointermove", move);
      keep();
    };
    element.addEventListener("pointermove", move);
    element.addEventListener("pointerup", end, { once: true });
    element.addEventListener("pointercancel", end, { once: true });
  };
  const press = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowLeft" ? -KEY_STEP : event.key === "ArrowRight" ? KEY_STEP : 0;
    if (step === 0) return;
    event.preventDefault();
    apply(width.current + step * sign);
    keep();
  };
  return (
    <div
      class="splitter"
      ref={bar}
      role="separator"
      aria-orientation="vertical"
      aria-label={label}
      aria-valuemin={widthMin}
      aria-valuenow={width.current}
      tabIndex={0}
      onPointerDown={drag}
      onKeyDown={press}
      onDblClick={() => (apply(initial), keep())}
    />
  );
}
