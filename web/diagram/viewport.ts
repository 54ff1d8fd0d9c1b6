// Pan and zoom of the drawing: one transform on one group, changed without going through the components. Knows pixels
// and pointers, nothing of states.

export interface Insets {
  readonly top: number;
  readonly right: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

const scaleMin = 0.02;
const scaleMax = 3;
const FIT_SCALE_MAX = 1.15;
const FIT_MARGIN = 16;
const LABEL_SCALE_MIN = 0.42;
const TEXT_SCALE_MIN = 0.2;
/** Below this the whole drawing cannot be read, so its beginning is shown at READABLE_SCALE instead. */
const READABLE_SCALE_MIN = 0.42;
const READABLE_SCALE = 0.66;
const MAP_SCALE_MAX = 0.13;
const PAN_STEP = 60;
const CLICK_SLOP = 4;
/** A mouse wheel's notch counts as no more than this, px. */
const ZOOM_STEP_MAX = 24;

/** Puts a point of the drawing in the middle of the pane, as far as the drawing reaches. */
function place(point: number, contentSize: number, paneSize: number): number {
  const size = contentSize * READABLE_SCALE;
  if (size <= paneSize) return (paneSize - size) / 2;
  return Math.min(0, Math.max(paneSize - size, paneSize / 2 - point * READABLE_SCALE));
}

/** Moves and scales `group` within `svg` as the person drags, pinches, scrolls or presses keys. */
export class Viewport {
  #x = 0;
  #y = 0;
  #scale = 1;
  #content: Size = { width: 1, height: 1 };
  #begin: { x: number; y: number } | undefined;
  #isTouched = false;
  #travel = 0;
  #frame = 0;
  /** Of the pane. Kept, since asking the element while a run changes it makes the browser lay out at once. */
  #size: Size;
  /** Told, at most once a frame, which part of the drawing is in view. */
  onView: ((view: { x: number; y: number; width: number; height: number }) => void) | undefined;
  readonly #pointers = new Map<number, { x: number; y: number }>();
  readonly #svg: SVGSVGElement;
  readonly #group: SVGGElement;
  readonly #observer: ResizeObserver;
  readonly #readInsets: () => Insets;

  /** @param readInsets room at the top and at the right that the drawing shall leave free, px */
  constructor(svg: SVGSVGElement, group: SVGGElement, readInsets: () => Insets) {
    this.#svg = svg;
    this.#group = group;
    this.#readInsets = readInsets;
    svg.addEventListener("wheel", this.#wheel, { passive: false });
    svg.addEventListener("pointerdown", this.#down);
    svg.addEventListener("pointermove", this.#move);
    svg.addEventListener("pointerup", this.#up);
    svg.addEventListener("pointercancel", this.#up);
    this.#size = { width: svg.clientWidth, height: svg.clientHeight };
    this.#observer = new ResizeObserver(() => {
      this.#size = { width: svg.clientWidth, height: svg.clientHeight };
      if (this.#isTouched) this.tellView();
      else this.#show();
    });
    this.#observer.observe(svg);
  }

  close(): void {
    cancelAnimationFrame(this.#frame);
    this.#observer.disconnect();
    this.#svg.removeEventListener("wheel", this.#wheel);
    this.#svg.removeEventListener("pointerdown", this.#down);
    this.#svg.removeEventListener("pointermove", this.#move);
    this.#svg.removeEventListener("pointerup", this.#up);
    this.#svg.removeEventListener("pointercancel", this.#up);
  }

  /** Was the last press a drag rather than a click? */
  wasDragged(): boolean {
    return this.#travel > CLICK_SLOP;
  }

  /** Tells the size of the drawing and where it begins; shows it unless the person has moved it. */
  setContent(content: Size, begin: { x: number; y: number } | undefined, isNew: boolean): void {
    this.#content = content;
    this.#begin = begin;
    if (isNew || !this.#isTouched) this.#show();
  }

  /** All of it where that can be read, else its beginning; a very large drawing is shown as a map. */
  #show(): void {
    const scale = this.fit();
    if (this.#begin === undefined || scale >= READABLE_SCALE_MIN || scale < MAP_SCALE_MAX) return;
    const { width, height } = this.#size;
    this.#scale = READABLE_SCALE;
    this.#x = place(this.#begin.x, this.#content.width, width);
    this.#y = place(this.#begin.y, this.#content.height, height);
    this.#apply();
  }

  /** Shows the whole drawing; answers the scale. */
  fit(): number {
    const { width, height } = this.#size;
    if (width === 0 || height === 0) return 1;
    this.#isTouched = false;
    const { top, right } = this.#readInsets();
    const scale = Math.min(
      (width - right - FIT_MARGIN) / this.#content.width,
      (height - top - FIT_MARGIN) / this.#content.height,
      FIT_SCALE_MAX,
    );
    this.#scale = Math.max(scaleMin, scale);
    // In the middle of the pane where that leaves the room free, else in the middle of the rest.
    this.#x = Math.min((width - this.#content.width * this.#scale) / 2, width - right - this.#content.width * this.#scale);
    this.#y = Math.max((height - this.#content.height * this.#scale) / 2, top);
    this.#apply();
    return this.#scale;
  }

  /** Zooms by a factor about the middle, or about a point of the pane. */
  zoom(factor: number, about?: { x: number; y: number }): void {
    const { width, height } = this.#size;
    const { x, y } = about ?? { x: width / 2, y: height / 2 };
    const scale = Math.min(scaleMax, Math.max(scaleMin, this.#scale * factor));
    this.#x = x - ((x - this.#x) * scale) / this.#scale;
    this.#y = y - ((y - this.#y) * scale) / this.#scale;
    this.#scale = scale;
    this.#isTouched = true;
    this.#apply();
  }

  pan(dx: number, dy: number): void {
    this.#x += dx;
    this.#y += dy;
    this.#isTouched = true;
    this.#apply();
  }

  /** Brings a part of the drawing into view when it is out of it; `isCentred` always centres it. */
  reveal(box: { x: number; y: number; width: number; height: number }, isCentred = false): void {
    const { width, height } = this.#size;
    const left = box.x * this.#scale + this.#x;
    const top = box.y * this.#scale + this.#y;
    const right = left + box.width * this.#scale;
    const bottom = top + box.height * this.#scale;
    if (!isCentred && left >= 0 && top >= 0 && right <= width && bottom <= height) return;
    if (!isCentred && (right - left > width || bottom - top > height)) return;
    this.#x += width / 2 - (left + right) / 2;
    this.#y += height / 2 - (top + bottom) / 2;
    this.#isTouched = true;
    this.#apply();
  }

  /** Answers a key; false when it is not one of ours. */
  press(key: string): boolean {
    const pans: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [PAN_STEP, 0],
      ArrowRight: [-PAN_STEP, 0],
      ArrowUp: [0, PAN_STEP],
      ArrowDown: [0, -PAN_STEP],
    };
    const step = pans[key];
    if (step) this.pan(...step);
    else if (key === "+" || key === "=") this.zoom(1.25);
    else if (key === "-" || key === "_") this.zoom(0.8);
    else if (key === "0" || key === "Home") this.fit();
    else return false;
    return true;
  }

  #apply(): void {
    this.#group.setAttribute("transform", `translate(${this.#x.toFixed(2)} ${this.#y.toFixed(2)}) scale(${this.#scale.toFixed(4)})`);
    const detail = this.#scale < TEXT_SCALE_MIN ? "shapes" : this.#scale < LABEL_SCALE_MIN ? "titles" : "full";
    // Written only when it changes: each write makes the browser restyle the whole drawing.
    if (this.#svg.dataset["detail"] !== detail) this.#svg.dataset["detail"] = detail;
    this.tellView();
  }

  /** Calls `onView` in the next frame. */
  tellView(): void {
    if (this.#frame !== 0 || this.onView === undefined) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      const { width, height } = this.#size;
      const scale = this.#scale;
      this.onView?.({ x: -this.#x / scale, y: -this.#y / scale, width: width / scale, height: height / scale });
    });
  }

  readonly #wheel = (event: WheelEvent): void => {
    event.preventDefault();
    const bounds = this.#svg.getBoundingClientRect();
    if (!event.ctrlKey && !event.metaKey) return this.pan(-event.deltaX, -event.deltaY);
    const step = Math.max(-ZOOM_STEP_MAX, Math.min(ZOOM_STEP_MAX, event.deltaY));
    this.zoom(Math.exp(-step * 0.01), { x: event.clientX - bounds.left, y: event.clientY - bounds.top });
  };

  readonly #down = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    this.#travel = 0;
    this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  };

  readonly #move = (event: PointerEvent): void => {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const after = { x: event.clientX, y: event.clientY };
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.#pointers.set(event.pointerId, after);
    this.#travel += Math.abs(after.x - before.x) + Math.abs(after.y - before.y);
    if (!this.wasDragged()) return;
    if (!this.#svg.hasPointerCapture(event.pointerId)) this.#svg.setPointerCapture(event.pointerId);
    if (!other) return this.pan(after.x - before.x, after.y - before.y);
    const bounds = this.#svg.getBoundingClientRect();
    const spreadBefore = Math.hypot(before.x - other.x, before.y - other.y);
    const spreadAfter = Math.hypot(after.x - other.x, after.y - other.y);
    if (spreadBefore > 0)
      this.zoom(spreadAfter / spreadBefore, { x: (after.x + other.x) / 2 - bounds.left, y: (after.y + other.y) / 2 - bounds.top });
  };

  readonly #up = (event: PointerEvent): void => {
    this.#pointers.delete(event.pointerId);
  };
}
