// Collects completions of one place and puts them in order. Knows how they are written, not what they mean.
import { KEYWORD_TEXTS } from "./function-texts.js";

export type CompletionKind = "variable" | "field" | "constant" | "function" | "method" | "macro" | "keyword" | "type" | "namespace";

export interface Completion {
  readonly label: string;
  readonly kind: CompletionKind;
  /** Type or signature; may be empty. */
  readonly detail: string;
  /** May be empty. */
  readonly documentation: string;
  /** The range that it replaces: UTF-16 offsets, the end not included. */
  readonly start: number;
  readonly end: number;
  /** The text to put there. */
  readonly insert: string;
  /** Where the cursor goes: UTF-16 units from the beginning of `insert`, 0 to its length. */
  readonly cursor: number;
}

/** Completions of one place; the best come first. */
export const COMPLETION_COUNT_MAX = 200;

/** What may be offered: the lower the rank, the earlier among those that fit the word as well. */
interface Offer {
  readonly label: string;
  readonly kind: CompletionKind;
  readonly detail: string;
  readonly documentation: string;
  readonly rank: number;
  readonly insert?: string;
  /** Default: behind the text. */
  readonly cursor?: number;
  /** Where it begins, if not with the word. */
  readonly start?: number;
}

/** Ranks, the best first. */
export const RANK_LOCAL = 0;
export const RANK_FIELD = 1;
export const RANK_VARIABLE = 2;
export const RANK_MACRO = 3;
export const RANK_FUNCTION = 4;
export const RANK_KEYWORD = 5;
export const RANK_TYPE = 6;

export class Offers {
  /** From the word's beginning to the cursor, in lower case. */
  private readonly typed: string;
  readonly start: number;
  readonly end: number;
  private readonly isCalled: boolean;
  private readonly found = new Map<string, { readonly fit: number; readonly rank: number; readonly completion: Completion }>();

  constructor(typed: string, start: number, end: number, isCalled: boolean) {
    this.typed = typed.toLowerCase();
    this.start = start;
    this.end = end;
    this.isCalled = isCalled;
  }

  /** Ignored where the word does not occur in the label, or something with the label was offered before. */
  add({ label, kind, detail, documentation, rank, insert = label, cursor = insert.length, start = this.start }: Offer): void {
    const fit = this.fitOf(label);
    if (fit === undefined || this.found.has(label)) return;
    this.found.set(label, { fit, rank, completion: { label, kind, detail, documentation, start, end: this.end, insert, cursor } });
  }

  /** Something that is called: with its brackets, the cursor within them where it takes something. */
  addCall(offer: Offer, argumentsText: string, takesArguments: boolean): void {
    const insert = this.isCalled ? offer.label : `${offer.label}(${argumentsText})`;
    this.add({ ...offer, insert, cursor: this.isCalled || !takesArguments ? insert.length : insert.length - 1 });
  }

  addKeyword(label: string, insert = label): void {
    this.add({ label, kind: "keyword", detail: "", documentation: KEYWORD_TEXTS[label] ?? "", rank: RANK_KEYWORD, insert });
  }

  /** The best first; of equals in the order of the alphabet. */
  inOrder(): readonly Completion[] {
    const offers = [...this.found.values()];
    offers.sort((a, b) => a.fit - b.fit || a.rank - b.rank || compareTexts(a.completion.label, b.completion.label));
    return offers.slice(0, COMPLETION_COUNT_MAX).map(({ completion }) => completion);
  }

  /** How well the word fits: 0 for its beginning, 1 for the beginning of a part behind a dot, 2 for anywhere. */
  private fitOf(label: string): number | undefined {
    const { typed } = this;
    const lower = label.toLowerCase();
    if (lower.startsWith(typed)) return 0;
    if (lower.includes(`.${typed}`)) return 1;
    return typed.length > 1 && lower.includes(typed) ? 2 : undefined;
  }
}

function compareTexts(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
