// The statements of a state diagram as Mermaid reads them: a tree of documents. Positions count in the prepared text.
import type { Direction } from "./foresight.js";

export type MarkedType = "default" | "fork" | "join" | "choice" | "divider";

/** A state named in a statement. `[*]` has become `<scope>_start` or `<scope>_end`. */
export interface Reference {
  id: string;
  edge: "none" | "start" | "end";
  className: string;
  start: number;
  end: number;
}

export interface RelationStatement {
  readonly kind: "relation";
  readonly source: Reference;
  readonly target: Reference;
  /** The text after the colon, trimmed; empty when there is none. */
  readonly label: string;
  readonly labelStart: number;
  readonly start: number;
  readonly end: number;
}

export interface StateStatement {
  readonly kind: "state";
  readonly reference: Reference;
  readonly type: MarkedType;
  readonly descriptions: readonly string[];
  /** Where the one description begins, when it stands behind a colon. */
  readonly descriptionStart?: number;
  /** Statements within its braces. */
  document: Statement[] | undefined;
  readonly note: { readonly position: "left of" | "right of"; readonly text: string } | undefined;
  /** Named on its own, without anything said of it. */
  readonly isBare: boolean;
  readonly start: number;
  end: number;
}

/** `state name` without more. Mermaid makes nothing of it. */
export interface NameStatement {
  readonly kind: "name";
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

export interface StyleStatement {
  readonly kind: "classDef" | "style" | "class";
  readonly ids: string;
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

export interface DirectionStatement {
  readonly kind: "direction";
  readonly direction: Direction;
  readonly start: number;
  readonly end: number;
}

export interface LinkStatement {
  readonly kind: "click";
  readonly reference: Reference;
  readonly url: string;
  readonly tooltip: string;
  readonly start: number;
  readonly end: number;
}

/** Statements that only a drawing heeds: titles, scale, floating notes. */
export interface TextStatement {
  readonly kind: "title" | "description" | "other";
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export type Statement =
  | RelationStatement
  | StateStatement
  | NameStatement
  | StyleStatement
  | DirectionStatement
  | LinkStatement
  | TextStatement;

/** What stopped the reader. Positions count in the prepared text. */
export interface DiagramError {
  readonly code: string;
  readonly message: string;
  readonly start: number;
  readonly end: number;
}

export interface Diagram {
  /** What was read is a tree of statements; after an error it holds what could still be read. */
  readonly statements: readonly Statement[];
  /** Empty: Mermaid accepts the diagram. */
  readonly errors: readonly DiagramError[];
  /** From a position in the prepared text to one in the author's text. */
  toSource(at: number): number;
  /** Range of the front matter's YAML in the author's text. */
  readonly frontMatter: { readonly start: number; readonly end: number } | undefined;
}
