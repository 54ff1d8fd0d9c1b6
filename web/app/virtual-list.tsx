// A list of any length of which only the rows in view, and some around them, are in the page. Whoever has the focus stays in it; arrow keys go
// from row to row, the tab key into the list and out of it. Does not know what a row shows.
import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { createEvenHeights, MeasuredHeights, type RowHeights } from "./row-heights.js";

/** Rows in the page beyond those in view, at each end. */
const ROW_MARGIN = 8;
/** The rows in the page begin and end at multiples of this, so that scrolling by a row does not exchange one for one. */
const ROW_STEP = 8;
/** As long as it is not known how much is in view, px. */
const FIRST_VIEW_HEIGHT = 600;
const END_DISTANCE_MAX = 40;
const HEIGHT_TOLERANCE = 0.1;
/** How often the list is drawn again in one go because what was drawn turned out to be of another height. */
const REDRAW_COUNT_MAX = 4;
const STOPS = "button, [tabindex]";

export interface VirtualListProperties {
  readonly label: string;
  readonly name: string;
  readonly count: number;
  /** Of row 0, and ascending from row to row: by it a row is known again when others come and go. */
  readonly keyAt: (index: number) => number;
  /** How high a row is; with `isEven` until the first is measured. */
  readonly rowHeight: number;
  /** All rows are of one height, and any of them may go. Otherwise keys are consecutive, and rows only go at the beginning. */
  readonly isEven?: boolean;
  /** Whoever is at the end stays there when rows come. */
  readonly isFollowing?: boolean;
  /** Buttons of a row that is no tab stop have a `tabIndex` of -1. */
  readonly renderRow: (index: number, isTabStop: boolean) => VNode | null;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** The index of the row with that key, or of the one that took its place. */
function findIndex({ count, keyAt }: VirtualListProperties, key: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keyAt(middle) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function findScroller(element: HTMLElement): HTMLElement {
  for (let at = element.parentElement; at !== null; at = at.parentElement) {
    const { overflowY } = getComputedStyle(at);
    if (overflowY === "auto" || overflowY === "scroll") return at;
  }
  return document.documentElement;
}

/** What of the list stands where: kept between drawings, and changed as it scrolls. */
class ListPlace {
  properties: VirtualListProperties;
  list: HTMLElement | null = null;
  scroller: HTMLElement | undefined;
  /** How far the beginning of the list is above that of the view, and how high the view is, px. */
  top = 0;
  height = 0;
  isAtEnd: boolean;
  /** Only where the list has its scroller for itself: a page with other things in it is not moved away from under them. */
  mayFollow = false;
  heights: RowHeights;
  rowHeight: number;
  /** Key of the row with the focus, and which of its stops has it. */
  focusedKey: number | undefined;
  stop = 0;
  /** A row that is to get the focus when it is in the page. */
  wantedKey: number | undefined;
  /** By how much the rows in view have moved since they were drawn. */
  shift = 0;
  shown: Span = { from: 0, to: 0 };
  redrawCount = 0;
  #measured: MeasuredHeights | undefined;
  /** How far the end of the list is below that of the view: less than 0 where something follows it. */
  #endDistance = 0;
  #isRowMeasured = false;
  #isViewKnown = false;
  #firstKey = 0;

  constructor(properties: VirtualListProperties) {
    this.properties = properties;
    this.rowHeight = properties.rowHeight;
    this.isAtEnd = properties.isFollowing === true;
    this.heights = this.#readHeights();
  }

  /** Takes in how many rows there are now. */
  update(properties: VirtualListProperties): void {
    this.properties = properties;
    this.heights = this.#readHeights();
    if (this.isAtEnd) this.top = Math.max(0, this.heights.total - this.#viewHeight - this.#endDistance);
  }

  #readHeights(): RowHeights {
    const { isEven, count, keyAt, rowHeight } = this.properties;
    if (isEven === true) return createEvenHeights(count, this.rowHeight);
    const firstKey = count === 0 ? this.#firstKey : keyAt(0);
    const measured = (this.#measured ??= new MeasuredHeights(rowHeight));
    if (firstKey > this.#firstKey && measured.count > 0) this.shift -= measured.dropFirst(firstKey - this.#firstKey);
    this.#firstKey = firstKey;
    measured.extend(count);
    return measured;
  }

  get #viewHeight(): number {
    return this.height || FIRST_VIEW_HEIGHT;
  }

  /** Which rows should be in the page. */
  readSpan(): Span {
    const { count } = this.properties;
    if (count === 0) return { from: 0, to: 0 };
    const from = this.heights.indexAt(this.top) - ROW_MARGIN;
    const to = this.heights.indexAt(this.top + this.#viewHeight) + 1 + ROW_MARGIN;
    return {
      from: Math.max(0, Math.floor(from / ROW_STEP) * ROW_STEP),
      to: Math.min(count, Math.ceil(to / ROW_STEP) * ROW_STEP),
    };
  }

  /** The rows to draw: those of the span, and the one with the focus wherever it is. */
  listIndexes(): readonly number[] {
    const { from, to } = (this.shown = this.readSpan());
    const indexes = Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at);
    const pinned = [this.focusedKey, this.wantedKey].flatMap((key) => {
      if (key === undefined) return [];
      const index = findIndex(this.properties, key);
      return index < this.properties.count && (index < from || index >= to) ? [index] : [];
    });
    return pinned.length === 0 ? indexes : [...new Set([...indexes, ...pinned])].sort((left, right) => left - right);
  }

  /** The row whose buttons the tab key reaches: the one with the focus, or the first that is whole in view. */
  readTabStop(): number {
    const { count } = this.properties;
    if (this.focusedKey !== undefined) return Math.min(count - 1, findIndex(this.properties, this.focusedKey));
    if (this.isAtEnd) return count - 1;
    const first = this.heights.indexAt(this.top);
    return this.heights.offsetOf(first) < this.top ? Math.min(count - 1, first + 1) : first;
  }

  /** Reads where the list stands. Cheap where nothing has changed since the page was laid out. */
  readView(): void {
    const { list, scroller } = this;
    // A pane that is not shown has no size: what was seen last counts on.
    if (list === null || scroller === undefined || scroller.clientHeight === 0) return;
    const box = scroller.getBoundingClientRect();
    this.top = box.top + scroller.clientTop - list.getBoundingClientRect().top;
    this.height = scroller.clientHeight;
    this.#isViewKnown = true;
    this.#endDistance = this.heights.total - this.top - this.height;
    this.isAtEnd = this.mayFollow && this.#endDistance < END_DISTANCE_MAX;
  }

  /** The view may have another size, and the rows with it. */
  forgetView(): void {
    this.#isRowMeasured = false;
    this.#isViewKnown = false;
  }

  /** The same after drawing: rows that come and go do not move an even list, and scrolling tells of itself. */
  readViewDrawn(): void {
    if (!this.#isViewKnown || this.properties.isEven !== true) this.readView();
  }

  hasMoved(): boolean {
    const { from, to } = this.readSpan();
    return from !== this.shown.from || to !== this.shown.to;
  }

  /** Measures the rows in the page; were they taken for others? */
  measure(): boolean {
    if (this.list === null) return false;
    if (this.properties.isEven === true) {
      // To measure has the page laid out at once: rows that are all alike are measured once for a size of the view.
      if (this.#isRowMeasured) return false;
      const height = this.list.firstElementChild?.getBoundingClientRect().height ?? 0;
      if (height === 0) return false;
      this.#isRowMeasured = true;
      if (Math.abs(height - this.rowHeight) < 0.5) return false;
      this.rowHeight = height;
      return true;
    }
    let hasChanged = false;
    for (const row of this.list.children) {
      const index = findIndex(this.properties, Number((row as HTMLElement).dataset["key"]));
      const isAbove = this.heights.offsetOf(index) < this.top;
      const { height } = row.getBoundingClientRect();
      // The same row is a little higher or lower by where it stands.
      if (height === 0 || Math.abs(height - this.heights.heightOf(index)) < HEIGHT_TOLERANCE) continue;
      const change = this.#measured?.measure(index, height) ?? 0;
      hasChanged = true;
      if (isAbove) this.shift += change;
    }
    return hasChanged;
  }

  /** Scrolls to where whoever looks is meant to be: at the end, or at what was in view before rows above it changed. */
  settle(): void {
    const { scroller } = this;
    if (scroller === undefined) return;
    if (this.isAtEnd) scroller.scrollTop = scroller.scrollHeight;
    else if (Math.abs(this.shift) >= 1) scroller.scrollTop += this.shift;
    this.shift = 0;
  }

  /** Scrolls so that a row is whole in view. */
  reveal(index: number): void {
    const { scroller } = this;
    if (scroller === undefined) return;
    const from = this.heights.offsetOf(index);
    const to = from + this.heights.heightOf(index);
    if (from < this.top) scroller.scrollTop -= this.top - from;
    else if (to > this.top + this.height) scroller.scrollTop += to - this.top - this.height;
    this.readView();
  }

  rowOf(key: number): HTMLElement | null {
    return this.list?.querySelector<HTMLElement>(`:scope > [data-key="${key}"]`) ?? null;
  }

  /** Gives the focus to a row that is in the page. */
  focus(key: number): void {
    const stops = this.rowOf(key)?.querySelectorAll<HTMLElement>(STOPS);
    stops?.[Math.min(this.stop, stops.length - 1)]?.focus({ preventScroll: true });
  }

  /** Puts the focus where it is wanted, and to the heir of a row that went with it. */
  keepFocus(): void {
    const { count, keyAt } = this.properties;
    if (this.wantedKey !== undefined) {
      const key = this.wantedKey;
      this.wantedKey = undefined;
      this.focus(key);
    } else if (this.focusedKey !== undefined && count > 0 && document.activeElement === document.body) {
      if (this.rowOf(this.focusedKey) !== null) this.focusedKey = undefined;
      else this.focus(keyAt(Math.min(count - 1, findIndex(this.properties, this.focusedKey))));
    }
  }

  /** Where a key leads from the row with the focus. */
  readKeyTarget(key: string): number | undefined {
    const { count } = this.properties;
    if (this.focusedKey === undefined) return undefined;
    const at = findIndex(this.properties, this.focusedKey);
    const page = Math.max(1, Math.floor(this.height / this.rowHeight) - 1);
    const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -count, End: count };
    const step = steps[key];
    return step === undefined ? undefined : Math.max(0, Math.min(count - 1, at + step));
  }
}

/** Follows scrolling and resizing; `draw` is called when other rows have come into view. */
function useScroller(place: ListPlace, draw: () => void): void {
  useLayoutEffect(() => {
    const look = (): void => {
      place.readView();
      if (place.hasMoved()) draw();
    };
    const sizes = new ResizeObserver(() => {
      place.forgetView();
      // Whoever was at the end is not taken away from it by what comes to stand above or below.
      if (place.isAtEnd) place.settle();
      look();
    });
    const attach = (): void => {
      const scroller = place.list === null ? undefined : findScroller(place.list);
      if (scroller === place.scroller) return;
      place.scroller?.removeEventListener("scroll", look);
      sizes.disconnect();
      place.scroller = scroller;
      place.mayFollow = place.properties.isFollowing === true && scroller?.matches("[data-scroller]") === true;
      place.isAtEnd &&= place.mayFollow;
      if (scroller === undefined) return;
      scroller.addEventListener("scroll", look, { passive: true });
      sizes.observe(scroller);
    };
    attach();
    addEventListener("resize", attach);
    return () => {
      removeEventListener("resize", attach);
      place.scroller?.removeEventListener("scroll", look);
      place.scroller = undefined;
      sizes.disconnect();
    };
  }, []);
}

interface FocusListeners {
  readonly onFocusIn: (event: FocusEvent) => void;
  readonly onFocusOut: (event: FocusEvent) => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

function listenForKeys(place: ListPlace, draw: () => void): FocusListeners {
  const rowAt = (target: EventTarget | null): HTMLElement | null =>
    target instanceof Element ? target.closest<HTMLElement>(".virtual-row") : null;
  return {
    onFocusIn: ({ target }) => {
      const row = rowAt(target);
      if (row === null) return;
      place.focusedKey = Number(row.dataset["key"]);
      place.stop = Math.max(0, [...row.querySelectorAll(STOPS)].indexOf(target as Element));
      // It may have been scrolled since the page last told of it: who is not at the end any more must not be taken back there.
      place.readView();
      draw();
    },
    onFocusOut: ({ target, relatedTarget }) => {
      const row = rowAt(target);
      // A row that goes out of the page takes the focus with it: then its heir is to have it.
      queueMicrotask(() => {
        if (row?.isConnected !== true || rowAt(relatedTarget) !== null || place.focusedKey !== Number(row.dataset["key"])) return;
        if (row.contains(document.activeElement)) return;
        place.focusedKey = undefined;
        draw();
      });
    },
    onKeyDown: (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || !(event.target as Element).matches(STOPS)) return;
      const index = place.readKeyTarget(event.key);
      if (index === undefined) return;
      event.preventDefault();
      place.isAtEnd = false;
      place.reveal(index);
      place.wantedKey = place.properties.keyAt(index);
      draw();
    },
  };
}

/** The list. Mounted anew (by a `key`) for other rows than those of the same sequence. */
export function VirtualList(properties: VirtualListProperties): VNode {
  const [, setDrawing] = useState(0);
  const place = (useRef<ListPlace>(null).current ??= new ListPlace(properties));
  const draw = (): void => setDrawing((number) => number + 1);
  const list = useRef<HTMLUListElement>(null);
  place.update(properties);
  useLayoutEffect(() => {
    place.list = list.current;
  }, []);
  useScroller(place, draw);
  useLayoutEffect(() => {
    const mayRedraw = place.redrawCount < REDRAW_COUNT_MAX;
    place.redrawCount += 1;
    // What was measured is drawn first, or the rows stand where they were guessed to be.
    if (place.measure() && mayRedraw) return draw();
    place.settle();
    place.readViewDrawn();
    place.keepFocus();
    if (place.hasMoved() && mayRedraw) return draw();
    place.redrawCount = 0;
  });
  useEffect(() => () => void (place.list = null), []);
  const { label, name, count, keyAt, renderRow } = properties;
  const tabStop = place.readTabStop();
  let end = 0;
  const rows = place.listIndexes().map((index) => {
    const gap = place.heights.offsetOf(index) - end;
    end = place.heights.offsetOf(index + 1);
    const key = keyAt(index);
    return (
      <li
        key={key}
        class="virtual-row"
        data-key={key}
        aria-posinset={index + 1}
        aria-setsize={count}
        style={{ marginTop: gap === 0 ? "" : `${gap}px` }}
      >
        {renderRow(index, index === tabStop)}
      </li>
    );
  });
  return (
    <ul
      ref={list}
      class={`virtual-list ${name}`}
      aria-label={label}
      style={{ paddingBottom: `${Math.max(0, place.heights.total - end)}px` }}
      {...listenForKeys(place, draw)}
    >
      {rows}
    </ul>
  );
}
