// The tokens of the diagram language.

export enum Token {
  END = 0,
  NEWLINE = 1,
  /** `stateDiagram` or `stateDiagram-v2`. */
  HEADER = 2,
  ID = 3,
  /** `[*]`. */
  EDGE_STATE = 4,
  /** `: text`. */
  DESCRIPTION = 5,
  ARROW = 6,
  /** `:::`. */
  CLASS_SEPARATOR = 7,
  /** A name after `state`. */
  STATE_NAME = 8,
  /** The text between quotes after `state`. */
  STATE_TEXT = 9,
  AS = 10,
  FORK = 11,
  JOIN = 12,
  CHOICE = 13,
  /** `{` */
  OPEN = 14,
  /** `}` */
  CLOSE = 15,
  /** `--` */
  DIVIDER = 16,
  NOTE = 17,
  LEFT_OF = 18,
  RIGHT_OF = 19,
  NOTE_TEXT = 20,
  DIRECTION = 21,
  CLASS_DEF = 22,
  CLASS_DEF_ID = 23,
  /** `classDef default`: Mermaid's grammar has no place for it. */
  CLASS_DEF_DEFAULT = 24,
  CLASS_DEF_STYLES = 25,
  CLASS = 26,
  CLASS_IDS = 27,
  CLASS_NAME = 28,
  STYLE = 29,
  STYLE_IDS = 30,
  STYLE_STYLES = 31,
  HIDE_EMPTY = 32,
  SCALE = 33,
  WIDTH = 34,
  ACCESSIBLE_TITLE = 35,
  ACCESSIBLE_TITLE_TEXT = 36,
  ACCESSIBLE_DESCRIPTION = 37,
  ACCESSIBLE_DESCRIPTION_TEXT = 38,
  /** The text of `accDescr { … }`, a statement of its own. */
  ACCESSIBLE_DESCRIPTION_LINES = 39,
  CLICK = 40,
  HREF = 41,
  STRING = 42,
  DEFAULT = 43,
  /** No token begins here. */
  INVALID = 44,
  /** `state two words {`. */
  TWO_WORDS = 45,
  /** Nothing came of it: look again. */
  SKIP = 46,
}
