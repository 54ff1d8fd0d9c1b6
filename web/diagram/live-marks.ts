// Marks on the finished drawing: active and visited states, transitions just taken, what the cursor stands on. Touches
// only the elements whose mark changes.
import { isMotionReduced } from "../app/preferences.js";
import type { Definition } from "../millrace.js";

const TAKEN_MS = 1_300;
/** Lights above this count do not move: whatever moves in a drawing has it painted anew in every frame. */
export const movingLightCountMax = 6;

interface ProgressMark {
  readonly label: SVGElement;
  readonly bar: SVGElement;
  readonly width: number;
  text: string;
}

/** Finds the drawing's elements by index and sets their marks. */
export class LiveMarks {
  readonly #states = new Map<number, SVGElement>();
  readonly #edges = new Map<number, SVGElement[]>();
  readonly #indexById = new Map<string, number>();
  readonly #marked = new Map<string, ReadonlySet<number>>();
  readonly #markedEdges = new Map<string, ReadonlySet<number>>();
  /** Where how far items are is written, by state. */
  readonly #progress = new Map<string, ProgressMark>();
  /** Transitions that are lit up, and until when. */
  readonly #litUntil = new Map<number, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  readonly #root: SVGElement;

  constructor(root: SVGElement, definition: Definition) {
    this.#root = root;
    definition.states.forEach((state, index) => this.#indexById.set(state.id, index));
    for (const element of root.querySelectorAll<SVGElement>("[data-state]")) this.#states.set(Number(element.dataset["state"]), element);
    for (const [id, index] of this.#indexById) {
      const group = this.#states.get(index)?.querySelector<SVGElement>(".progress");
      const label = group?.querySelector<SVGElement>(".progress-text");
      const bar = group?.querySelector<SVGElement>(".progress-bar");
      if (group && label && bar) this.#progress.set(id, { label, bar, width: Number(group.dataset["width"]), text: "" });
    }
    for (const element of root.querySelectorAll<SVGElement>("[data-edge]")) {
      const index = Number(element.dataset["edge"]);
      const list = this.#edges.get(index);
      if (list) list.push(element);
      else this.#edges.set(index, [element]);
    }
    definition.transitions.forEach(({ isInternal, isRetry, source, target }, index) => {
      const state = isInternal === true || isRetry === true || target < 0 ? this.#states.get(source) : undefined;
      if (state !== undefined) this.#edges.set(index, [state]);
    });
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  indexOf(id: string): number | undefined {
    return this.#indexById.get(id);
  }

  #toIndexes(ids: Iterable<string>): Set<number> {
    const indexes = new Set<number>();
    for (const id of ids) {
      const index = this.#indexById.get(id);
      if (index !== undefined) indexes.add(index);
    }
    return indexes;
  }

  /** Exactly these states carry the class `name`. */
  markStates(name: string, ids: Iterable<string>): void {
    this.markStateIndexes(name, this.#toIndexes(ids));
  }

  markStateIndexes(name: string, next: ReadonlySet<number>): void {
    const before = this.#marked.get(name) ?? new Set<number>();
    for (const index of before) if (!next.has(index)) this.#states.get(index)?.classList.remove(name);
    for (const index of next) if (!before.has(index)) this.#states.get(index)?.classList.add(name);
    this.#marked.set(name, next);
    this.#calm();
  }

  /** Exactly these transitions carry the class `name`. */
  markEdges(name: string, next: ReadonlySet<number>): void {
    const before = this.#markedEdges.get(name) ?? new Set<number>();
    for (const index of before) if (!next.has(index)) this.#toggle(index, name, false);
    for (const index of next) if (!before.has(index)) this.#toggle(index, name, true);
    this.#markedEdges.set(name, next);
  }

  #toggle(index: number, name: string, isOn: boolean): void {
    for (const element of this.#edges.get(index) ?? []) element.classList.toggle(name, isOn);
  }

  /** Writes how far the items of tasks are, as far as they are known. */
  showProgress(progress: ReadonlyMap<string, { readonly done: number; readonly total: number }>): void {
    for (const [id, mark] of this.#progress) {
      const known = progress.get(id);
      const text = known === undefined ? "" : `${known.done.toLocaleString("en")} / ${known.total.toLocaleString("en")}`;
      if (mark.text === text) continue;
      mark.text = text;
      mark.label.textContent = text;
      const part = known === undefined || known.total === 0 ? 0 : known.done / known.total;
      mark.bar.setAttribute("width", String(mark.width * part));
    }
  }

  /** Lights up transitions for a moment. */
  flashEdges(indexes: readonly number[]): void {
    if (isMotionReduced()) return;
    const until = performance.now() + TAKEN_MS;
    for (const index of indexes) {
      if (!this.#litUntil.has(index)) this.#toggle(index, "is-taken", true);
      this.#litUntil.set(index, until);
    }
    this.#calm();
    if (this.#litUntil.size > 0) this.#timer ??= setTimeout(() => this.#putOut(), TAKEN_MS);
  }

  #calm(): void {
    const count = this.#litUntil.size + (this.#marked.get("is-active")?.size ?? 0);
    const lights = count > movingLightCountMax ? "still" : "moving";
    if (this.#root.dataset["lights"] !== lights) this.#root.dataset["lights"] = lights;
  }

  #putOut(): void {
    const now = performance.now();
    let next = Number.POSITIVE_INFINITY;
    for (const [index, until] of this.#litUntil) {
      if (until > now) next = Math.min(next, until);
      else {
        this.#litUntil.delete(index);
        this.#toggle(index, "is-taken", false);
      }
    }
    this.#calm();
    this.#timer = this.#litUntil.size === 0 ? undefined : setTimeout(() => this.#putOut(), next - now);
  }
}
