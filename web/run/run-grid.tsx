// The list of runs as a grid of any length, of which only the rows in view are in the page: rows that leave at one end come in again at the other.
// One tab stop; arrow keys go from run to run, Enter opens, Space selects.
import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { RunSort } from "../millrace.js";
import { formatCount } from "./run-marks.js";
import type { RunPages } from "./run-pages.js";
import { changeSearch, isAtTop, newCount, lookAnew, results, ROW_COUNT_MAX, rowsVersion, search } from "./run-results.js";
import { describeRow, isRemovable, RunRow, showRun } from "./run-row.js";
import { askedAction, clearSelection, isAllSelected, selectAll, selectedCount, selectedIds, selectRuns, toggleRun } from "./run-selection.js";

/** Of a line and of a card, px: as run-list.css has them. */
const LINE_HEIGHT = 40;
const CARD_HEIGHT = 84;
/** Where there is less room, rows are cards. */
const LINE_WIDTH_MIN = 760;
/** Rows in the page beyond those in view, at each end, and by how many at a time they come and go. */
const ROW_MARGIN = 6;
const ROW_STEP = 4;
/** Rows that are read ahead. */
const READ_MARGIN = 40;
const FIRST_HEIGHT = 600;
/** Of the row with the names of the columns, which stays at the top, px: as run-list.css has it. */
const HEAD_HEIGHT = 34;

interface GridView {
  readonly top: number;
  readonly height: number;
  readonly isWide: boolean;
}

const view = signal<GridView>({ top: 0, height: FIRST_HEIGHT, isWide: false });
/** The row that keys act on; -1: none. */
const activeIndex = signal(-1);
/** Its run: rows may come before it. */
let activeId: string | undefined;
/** Where Shift and an arrow began. */
let anchorIndex = -1;

function rowHeight({ isWide }: GridView): number {
  return isWide ? LINE_HEIGHT : CARD_HEIGHT;
}

function countRows(pages: RunPages | undefined): number {
  return Math.min(pages?.count ?? 0, ROW_COUNT_MAX);
}

/** The row whose run was active before the list was read anew. */
function findActive(pages: RunPages): number {
  const index = activeIndex.value;
  if (index < 0 || activeId === undefined || pages.at(index)?.runId === activeId) return index;
  for (let near = 1; near <= READ_MARGIN; near += 1) if (pages.at(index + near)?.runId === activeId) return index + near;
  return Math.min(index, countRows(pages) - 1);
}

function activate(pages: RunPages, index: number): void {
  activeIndex.value = index;
  activeId = pages.at(index)?.runId;
}

const STEPS: Readonly<Record<string, (page: number, count: number) => number>> = {
  ArrowDown: () => 1,
  ArrowUp: () => -1,
  PageDown: (page) => page,
  PageUp: (page) => -page,
  Home: (_, count) => -count,
  End: (_, count) => count,
};

function move(event: KeyboardEvent, pages: RunPages, scroller: HTMLElement): boolean {
  const count = countRows(pages);
  const height = rowHeight(view.peek());
  const room = scroller.clientHeight - HEAD_HEIGHT;
  const step = STEPS[event.key]?.(Math.max(1, Math.floor(room / height) - 1), count);
  if (step === undefined || count === 0) return false;
  const before = findActive(pages);
  const index = Math.max(0, Math.min(count - 1, before < 0 ? (step > 1 ? count - 1 : 0) : before + step));
  if (event.shiftKey) {
    if (anchorIndex < 0) anchorIndex = Math.max(0, before);
    const [from, to] = [Math.min(anchorIndex, index), Math.max(anchorIndex, index)];
    selectRuns(Array.from({ length: to - from + 1 }, (_, at) => pages.at(from + at)?.runId).filter((runId) => runId !== undefined));
  } else anchorIndex = -1;
  activate(pages, index);
  const top = index * height;
  if (top < scroller.scrollTop) scroller.scrollTop = top;
  else if (top + height > scroller.scrollTop + room) scroller.scrollTop = top + height - room;
  return true;
}

function act(event: KeyboardEvent, pages: RunPages): boolean {
  const record = pages.at(findActive(pages));
  if ((event.ctrlKey || event.metaKey) && event.key === "a") selectAll();
  else if (event.key === "Escape" && selectedCount.peek() > 0) clearSelection();
  else if (event.key === "Enter" && record !== undefined) showRun(record.runId);
  else if (event.key === " " && record !== undefined) toggleRun(record.runId);
  else if (event.key === "Delete" && (selectedCount.peek() > 0 || (record !== undefined && isRemovable(record)))) {
    if (selectedCount.peek() === 0 && record !== undefined) toggleRun(record.runId);
    askedAction.value = "delete";
  } else return false;
  return true;
}

function listenToPointer(pages: RunPages): (event: MouseEvent) => void {
  return (event) => {
    const target = event.target as Element;
    const row = target.closest(".run-row");
    if (row === null) return;
    const index = Number(row.getAttribute("aria-rowindex")) - 2;
    const record = pages.at(index);
    if (record === undefined) return;
    activate(pages, index);
    if (target.closest("input, button") !== null) return;
    if (event.ctrlKey || event.metaKey) toggleRun(record.runId);
    else showRun(record.runId);
  };
}

const HEAD_CELL = { role: "columnheader" } as const;

const COLUMNS: readonly (readonly [name: string, label: string, sort?: RunSort])[] = [
  ["name", "Workflow"],
  ["status", "Status"],
  ["start", "Started", "started"],
  ["duration", "Duration", "duration"],
  ["facts", "Values, tags, error"],
  ["end", ""],
];

function SortButton({ label, sort }: { label: string; sort: RunSort }): VNode {
  const { sort: current, order } = search.value;
  const isOn = current === sort;
  const turn = (): void => changeSearch(isOn ? { order: order === "newest" ? "oldest" : "newest" } : { sort, order: "newest" });
  return (
    <button type="button" class={`sort-button${isOn ? " is-on" : ""}`} onClick={turn}>
      {label}
      {isOn && <span aria-hidden="true">{order === "newest" ? "↓" : "↑"}</span>}
    </button>
  );
}

function HeadRow({ pages }: { pages: RunPages }): VNode {
  const { sort: current, order } = search.value;
  const isSome = selectedCount.value > 0;
  return (
    <div {...describeRow(1)} class="run-head-row">
      <div {...HEAD_CELL} class="run-cell-mark">
        <input
          type="checkbox"
          aria-label={`Select all ${formatCount(pages.count)} runs`}
          checked={isAllSelected.value}
          ref={(box) => {
            if (box !== null) box.indeterminate = isSome && !isAllSelected.value;
          }}
          onChange={() => (isSome ? clearSelection() : selectAll())}
        />
      </div>
      {COLUMNS.map(([name, label, sort]) => (
        <div key={name} {...HEAD_CELL} {...(sort === current && { "aria-sort": order === "newest" ? "descending" : "ascending" })} class={`run-cell-${name}`}>
          {sort === undefined ? label || <span class="visually-hidden">Actions</span> : <SortButton label={label} sort={sort} />}
        </div>
      ))}
    </div>
  );
}

function NewRuns({ onShow }: { onShow: () => void }): VNode | null {
  const count = newCount.value;
  if (count === 0) return null;
  return (
    <button type="button" class="new-runs" onClick={onShow}>
      {count > 0 ? `${formatCount(count)} new` : "The list has changed"}
    </button>
  );
}

/** Follows the scroller: what is in view, and whether that is the beginning. */
function useView(scroller: { readonly current: HTMLDivElement | null }): void {
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const look = (): void => {
      // A pane that is not shown has no size.
      if (element.clientHeight === 0) return;
      const isWide = element.clientWidth >= LINE_WIDTH_MIN;
      const height = rowHeight({ ...view.peek(), isWide });
      const { top, height: before, isWide: wasWide } = view.peek();
      const step = ROW_STEP * height;
      const next = Math.floor(element.scrollTop / step) * step;
      if (next !== top || before !== element.clientHeight || wasWide !== isWide) view.value = { top: next, height: element.clientHeight, isWide };
      isAtTop.value = element.scrollTop < height;
    };
    const sizes = new ResizeObserver(look);
    sizes.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    element.scrollTop = 0;
    look();
    return () => {
      sizes.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, []);
}

function readSpan(current: GridView, count: number): { readonly from: number; readonly to: number } {
  const height = rowHeight(current);
  const from = Math.max(0, Math.floor(current.top / height) - ROW_MARGIN);
  return { from, to: Math.min(count, Math.ceil((current.top + current.height) / height) + ROW_STEP + ROW_MARGIN) };
}

/** The grid. There are runs to show. */
export function RunGrid({ pages }: { pages: RunPages }): VNode {
  const scroller = useRef<HTMLDivElement>(null);
  useView(scroller);
  void rowsVersion.value;
  void selectedIds.value;
  const current = view.value;
  const count = countRows(pages);
  const height = rowHeight(current);
  const { from, to } = readSpan(current, count);
  // As many as are ever in the page at this size: a row keeps its element while another run takes its place.
  const slotCount = Math.ceil(current.height / height) + 2 * (ROW_MARGIN + ROW_STEP) + 1;
  useLayoutEffect(() => {
    pages.show(Math.max(0, from - READ_MARGIN), to + READ_MARGIN);
  }, [pages, from, to]);
  const active = findActive(pages);
  const toTop = (): void => {
    if (scroller.current !== null) scroller.current.scrollTop = 0;
    lookAnew();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const pagesNow = results.peek();
    if (pagesNow === undefined || scroller.current === null || (event.target as Element).closest("button, input") !== null) return;
    if (move(event, pagesNow, scroller.current) || act(event, pagesNow)) event.preventDefault();
  };
  return (
    <div class={`run-grid${current.isWide ? " is-lines" : " is-cards"}`}>
      <div
        role="grid"
        class="run-grid-frame"
        aria-label="Runs"
        aria-rowcount={pages.count + 1}
        aria-multiselectable="true"
        aria-activedescendant={active >= from && active < to ? `run-row-${active % slotCount}` : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onClick={listenToPointer(pages)}
      >
        <div class="run-scroll" role="presentation" ref={scroller}>
          <HeadRow pages={pages} />
          <div class="run-rows" role="rowgroup" style={{ height: `${count * height}px` }}>
            {Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at).map((index) => (
              <RunRow key={index % slotCount} id={`run-row-${index % slotCount}`} index={index} record={pages.at(index)} top={index * height} isActive={index === active} />
            ))}
          </div>
        </div>
      </div>
      <NewRuns onShow={toTop} />
      {pages.count > count && <p class="quiet">The first {formatCount(count)} are shown. Search for more to see the others.</p>}
    </div>
  );
}
