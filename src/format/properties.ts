// Reads the items of `## States`: `history`, `deep history`, `join 2` and `defer a, b`. Says which state each is about, and what is
// wrong with it; a simple state with a history becomes a history state.
import type { ActionItem, TextRange } from "./markdown.js";
import { splitNames } from "./names.js";
import type { SourceText } from "./source-text.js";
import type { DraftState } from "./state-tree.js";

const HINT = "write history, deep history, join 2 or defer event";

/** Applies all items to the drafts. `find`: the state that an item names, or undefined (reported already). */
export function applyProperties(items: readonly ActionItem[], source: SourceText, find: (range: TextRange) => DraftState | undefined): void {
  for (const item of items) {
    const state = find(item.state);
    if (state !== undefined) new Property(state, item, source).apply();
  }
}

class Property {
  private readonly text: string;

  constructor(
    private readonly state: DraftState,
    private readonly item: ActionItem,
    private readonly source: SourceText,
  ) {
    this.text = source.text.slice(item.action.start, item.action.end).replace(/\s+/g, " ");
  }

  apply(): void {
    const lower = this.text.toLowerCase();
    const join = /^join (\d{1,9})$/.exec(lower);
    if (lower === "history" || lower === "deep history") this.setHistory(lower === "history" ? "shallow" : "deep");
    else if (join !== null) this.setJoinCount(Number(join[1]));
    else if (lower.startsWith("defer ")) this.addDeferred();
    else this.report("parse/unknown-property", `"${this.text.slice(0, 60)}" is nothing that a state can be: ${HINT}`);
  }

  private report(code: "parse/unknown-property" | "parse/invalid-property", message: string): void {
    this.source.report("error", code, message, this.item.action.start, this.item.action.end);
  }

  private setHistory(history: "shallow" | "deep"): void {
    const { state } = this;
    const { id, kind, parent } = state;
    if (state.history !== undefined && state.history !== history)
      this.report("parse/invalid-property", `"${id}" has a ${state.history} history already`);
    else if (kind === "composite" || kind === "parallel") state.history = history;
    else if (kind !== "state" && kind !== "history") this.report("parse/invalid-property", `"${id}" is a ${kind}: it has no history`);
    else if (parent === undefined) {
      this.report("parse/invalid-property", `"${id}" stands at the top: a history state stands within the composite that it resumes`);
    } else {
      state.kind = "history";
      state.history = history;
    }
  }

  private setJoinCount(count: number): void {
    const { state } = this;
    if (state.kind !== "join") this.report("parse/invalid-property", `"${state.id}" is a ${state.kind}, not a join`);
    else if (count === 0) this.report("parse/invalid-property", "A join waits for one way at least");
    else state.joinCount = { count, start: this.item.action.start, end: this.item.action.end };
  }

  private addDeferred(): void {
    const { kind, id, deferred } = this.state;
    const names = splitNames(this.text.slice(6));
    if (kind !== "state" && kind !== "composite" && kind !== "parallel")
      this.report("parse/invalid-property", `"${id}" is a ${kind}, which is passed through: it defers nothing`);
    else if (names.length === 0) this.report("parse/invalid-property", "The names of events follow defer");
    else for (const name of names) deferred.push({ name, start: this.item.action.start, end: this.item.action.end });
  }
}
