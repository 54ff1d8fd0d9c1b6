// Every number that the kernel and its shell both know. This file is read by two compilers (AssemblyScript and
// TypeScript), so it holds enums with explicit values and integer literals, nothing else. A change to any number
// here, or to a layout drawn here, raises ABI_VERSION; the loader refuses a kernel of another version.

export const ABI_VERSION = 6;
/** Version of what programs mean: recorded with every run, raised when a step could differ for the same history. */
export const SEMANTICS_VERSION = 2;

// ---------------------------------------------------------------------------------------------------------------
// Values. A cell is 16 bytes, 16-aligned:
//
//   +0  u32  tag       (Tag)
//   +4  u32  aux       BOOL 0 | 1 · TIMESTAMP, DURATION nanoseconds (i32, same sign as the seconds for a duration)
//                      · ERROR code (ExpressionError) · OPTIONAL 0 none, 1 some, 2 no optional but an address
//                      of the network library · else 0
//   +8  u64  payload   INT i64 · UINT u64 · DOUBLE, NUMBER f64 · TIMESTAMP, DURATION i64 seconds
//                      · STRING BYTES LIST MAP TYPE OPTIONAL u32 address of the heap object (upper half 0)
//                      · ERROR u32 instruction index, u32 address of a detail STRING object or 0
//
// An error is a value: an operation that fails writes an ERROR cell and goes on; an operation that meets an ERROR
// operand passes it on; only && || ?: and the macros look at it (CEL's error absorption, langdef.md "Logical
// Operators"). ABSENT is a slot that was never written: using it gives ExpressionError.UNKNOWN_VARIABLE.
export enum Tag {
  NULL = 0,
  BOOL = 1,
  INT = 2,
  UINT = 3,
  DOUBLE = 4,
  /** A JSON number: adapts to the other operand; `/` with it is always double (an int literal beside it is read as a number). */
  NUMBER = 5,
  STRING = 6,
  BYTES = 7,
  LIST = 8,
  MAP = 9,
  TIMESTAMP = 10,
  DURATION = 11,
  TYPE = 12,
  OPTIONAL = 13,
  ERROR = 14,
  ABSENT = 15,
}
export const CELL_SIZE = 16;

// Heap objects are 16-aligned, immutable once published and open with a 16-byte header:
//
//   STRING, BYTES, TYPE   +0 u32 kind|flags  +4 u32 byteLength  +8 u32 hash (0 = not yet)  +12 u32 codePoints+1 (0 = not yet)
//                         +16 bytes (UTF-8 for STRING and TYPE), padded to 16
//   LIST                  +0 u32 kind|flags  +4 u32 count       +8 u32 stamp or 0 (columns.ts)    +12 u32 0            +16 cells
//   MAP, shaped           +0 u32 kind|flags  +4 u32 count       +8 u32 shape address       +12 u32 0            +16 cells
//   MAP, hashed           +0 u32 kind|flags  +4 u32 count       +8 u32 index offset or 0   +12 u32 index capacity +16 pairs (key cell, value cell)
//                         index: u32[capacity] of pair number + 1, open addressing, follows the pairs
//   OPTIONAL (some)       +0 u32 kind|flags  +4 u32 1           +8 u32 0                   +12 u32 0            +16 cell
//   OPTIONAL (address)    the same; its cell is BYTES: the 4 or 16 bytes of an ip, and for a cidr one more with its prefix length
export enum ObjectKind {
  STRING = 1,
  BYTES = 2,
  TYPE = 3,
  LIST = 4,
  MAP_SHAPED = 5,
  MAP_HASHED = 6,
  OPTIONAL = 7,
}
export const OBJECT_KIND_MASK = 0xff;
/** Set in the first word of an object in the permanent arena: copies may share it. */
export const OBJECT_FLAG_PERMANENT = 0x100;
export const OBJECT_HEADER_SIZE = 16;

// ---------------------------------------------------------------------------------------------------------------
// Wire form of a value: how values cross the door and stand in history. One tag byte, then:
//   NUMBER f64 LE · SMALL_NUMBER zigzag varint (a JSON number that is a safe integer; -0 is a NUMBER) · INT i64 LE
//   · UINT u64 LE · DOUBLE f64 LE · STRING varint byteLength, UTF-8 · BYTES varint length, bytes · LIST varint count, values
//   · MAP varint count, then key value pairs (keys are values) · TIMESTAMP, DURATION i64 LE seconds, i32 LE nanos
//   · TYPE like STRING · OPTIONAL_SOME value · ADDRESS value (BYTES, as in the heap object).
// varint is LEB128, unsigned, at most 5 bytes for lengths and 10 for numbers.
export enum Wire {
  NULL = 0,
  FALSE = 1,
  TRUE = 2,
  NUMBER = 3,
  SMALL_NUMBER = 4,
  INT = 5,
  UINT = 6,
  DOUBLE = 7,
  STRING = 8,
  BYTES = 9,
  LIST = 10,
  MAP = 11,
  TIMESTAMP = 12,
  DURATION = 13,
  TYPE = 14,
  OPTIONAL_NONE = 15,
  OPTIONAL_SOME = 16,
  /** Only inside snapshots: a slot never written. */
  ABSENT = 17,
  ADDRESS = 18,
}
export const WIRE_DEPTH_MAX = 200;

// ---------------------------------------------------------------------------------------------------------------
// Expressions. One instruction is 16 bytes:
//
//   +0 u16 op   +2 u16 dst   +4 u16 a   +6 u16 b   +8 i32 imm   +12 u32 cache
//
// Cost units (docs/expressions.md, "Cost") stand where control divides, never by themselves: those of what surely runs in the
// expression's record; in a conditional jump's cache those of what runs when it does not jump; in BRANCH's b (i16) those of the
// dearer arm over the cheaper one (> 0: of the next instruction, < 0: of imm); in ITER_NEXT's cache those of a turn; in
// CALL's and TEMPLATE's cache the thousandths of a unit per character, or 0 where the call's size does not matter.
// dst is always a register. a and b are operands: the upper two bits say where, the lower 14 the index of a cell.
// Jump targets (imm, and cache for BRANCH) are instruction indexes within the expression.
export const INSTRUCTION_SIZE = 16;
export const OPERAND_REGISTER = 0x0000;
export const OPERAND_SLOT = 0x4000;
export const OPERAND_CONSTANT = 0x8000;
/** Built-in cells of the step in hand: index is a Builtin. */
export const OPERAND_BUILTIN = 0xc000;
export const OPERAND_INDEX_MASK = 0x3fff;
export const OPERAND_KIND_SHIFT = 14;
export const REGISTER_COUNT_MAX = 4096;
export const NO_OPERAND = 0xffff;

export enum Builtin {
  /** `now`: TIMESTAMP of the event in hand. */
  NOW = 0,
}

export enum Op {
  /** The expression's value is operand a. */
  RETURN = 0,
  MOVE = 1,
  JUMP = 2,
  /** Jump to imm when a is BOOL false (an error or another type falls through). */
  JUMP_FALSE = 3,
  /** Jump to imm when a is BOOL true. */
  JUMP_TRUE = 4,
  /** Jump to imm when a is an ERROR. */
  JUMP_ERROR = 5,
  /** ?: — a true: next; a false: jump to imm; else dst = error (its own, or NO_SUCH_OVERLOAD) and jump to cache. */
  BRANCH = 6,
  NOT = 7,
  NEGATE = 8,
  /** Error-absorbing: false wins over an error, whichever side it is on. */
  AND = 9,
  /** Error-absorbing: true wins over an error. */
  OR = 10,
  EQ = 11,
  NE = 12,
  LT = 13,
  LE = 14,
  GT = 15,
  GE = 16,
  ADD = 17,
  SUB = 18,
  MUL = 19,
  DIV = 20,
  MOD = 21,
  /** dst = a in b. */
  IN = 22,
  /** dst = a[b]. */
  INDEX = 23,
  /** dst = a.key; imm = key (program-local in the blob, interned id after load); b and cache are the inline cache (index, shape). */
  FIELD = 24,
  /** dst = has(a.key); operands as FIELD. */
  HAS_FIELD = 25,
  /** dst = function imm (Fn) over registers a, a+1, … (b of them). a is a register number. */
  CALL = 26,
  /** dst = [registers a …], b of them. */
  MAKE_LIST = 27,
  /** dst = {…}: b pairs in registers a, a+1 (key, value), …. A key that repeats is an error. */
  MAKE_MAP = 28,
  /** Begin a loop over list or map a: dst and dst+1 become the iterator. Not a list or map, or an error: dst = error, jump to imm. */
  ITER_START = 29,
  /** Next element of iterator a: dst = element (map: key); when b is not NO_OPERAND, register b = (list: element, map: value) and dst = (list: index INT, map: key). At the end jump to imm. */
  ITER_NEXT = 30,
  BUILDER_NEW = 31,
  /** Append operand a to the list builder in dst. */
  BUILDER_PUSH = 32,
  /** dst = the list built in builder a. */
  BUILDER_FINISH = 33,
  /** dst = dst + 1 (INT; counting loops of the macros). */
  COUNT = 34,
  /** dst = ERROR with code imm when a is not BOOL and not ERROR; an ERROR passes; a BOOL is moved. */
  CHECK_BOOL = 35,
  // Fused compare and branch: dst = a <op> b, then jump to imm when dst is exactly false.
  EQ_JUMP_FALSE = 40,
  NE_JUMP_FALSE = 41,
  LT_JUMP_FALSE = 42,
  LE_JUMP_FALSE = 43,
  GT_JUMP_FALSE = 44,
  GE_JUMP_FALSE = 45,
  // The same, jump to imm when dst is exactly true.
  EQ_JUMP_TRUE = 46,
  NE_JUMP_TRUE = 47,
  LT_JUMP_TRUE = 48,
  LE_JUMP_TRUE = 49,
  GT_JUMP_TRUE = 50,
  GE_JUMP_TRUE = 51,
  /** dst = string concatenation of registers a …, b of them, each converted as by string() (templates; null and maps and lists as JSON text). */
  TEMPLATE = 52,
  /** A loop over iterator a is left early: costs imm where an element is left. */
  LEAVE = 60,
  /** dst = the program's custom function imm over registers a, a+1, … (b of them); the shell calls it. */
  CALL_CUSTOM = 70,
}

// A prepared instruction, 32 bytes: what loading makes of one, and what the evaluator and generated modules go by.
//   +0  u16 step (Step)           +2  u16 op (Op)
//   +4  u32 dst: address of a register
//   +8  u32 a, +12 u32 b: address of a cell, or offset from the slots + 1 (odd), or a count; ITER_NEXT's b: 0 for none
//   +16 u32 jump target's address | key id | function | error code
//   +20 u32 comparison: CompareFlag · BRANCH: second target's address · FIELD: shape of the inline cache · CALL_CUSTOM: the program
//       · JUMP_BOOL: the aux that jumps · CALL, TEMPLATE: thousandths of a unit per character
//   +24 f64 COMPARE_CONSTANT: the constant · u32 FIELD: offset of the value in a map of that shape
//       · JUMP_BOOL: u32 cost of not jumping · BRANCH: u32 cost of going on, u32 cost of the first target
//       · ITER_NEXT: i64 what a turn spends (fuel.ts); its lower word is the turn's cost
//   +28 u32 CALL: the program, whose own time zones it may ask for
export enum StepField {
  OP = 2,
  DST = 4,
  A = 8,
  B = 12,
  IMMEDIATE = 16,
  CACHE = 20,
  EXTRA = 24,
  PROGRAM = 28,
  SIZE = 32,
}

/** What the evaluator itself does; everything else is RARE. */
export enum Step {
  RETURN = 0,
  MOVE = 1,
  JUMP = 2,
  /** Jump when a is BOOL and its aux is the cache word. */
  JUMP_BOOL = 3,
  JUMP_ERROR = 4,
  BRANCH = 5,
  NOT = 6,
  AND = 7,
  OR = 8,
  COMPARE = 9,
  /** Comparison with a number constant that a double holds exactly. */
  COMPARE_CONSTANT = 10,
  ADD = 11,
  SUB = 12,
  MUL = 13,
  FIELD = 14,
  HAS_FIELD = 15,
  ITER_NEXT = 16,
  RARE = 17,
}

/** How a comparison reads its outcome. Bit 7 is 0; from bit 8 on: what going on without a jump costs. */
export enum CompareFlag {
  LESS = 1,
  EQUAL = 2,
  GREATER = 4,
  /** The answer is the opposite (`!=`). */
  INVERTED = 8,
  /** Jump when the answer is false / true. */
  JUMP_FALSE = 16,
  JUMP_TRUE = 32,
  /** The next instruction returns the answer, and all costs are known: return at once. */
  RETURN = 64,
  COST_SHIFT = 8,
}

/** Fixed memory that generated modules reach: see `nativeAddress`. */
export enum NativePlace {
  /** The counter of fuel and cost, i64 (fuel.ts). */
  LEFT = 0,
  /** Three cells: false, true, null. */
  BOOLS = 1,
  /** REGISTER_COUNT_MAX cells. */
  REGISTERS = 2,
}
/** A cost below 0 has this bit in the counter, spent fuel the highest one. */
export const COST_SIGN_SHIFT = 38;
/** Private tag of a loop's state in a register: +4 u32 1 for a map, +8 u32 list or map, +12 u32 next index. */
export const ITERATOR_TAG = 16;
/** Of a list under construction: +8 u32 the list, whose last header word is its capacity. */
export const BUILDER_TAG = 17;

/** Functions of Op.CALL. Methods pass their receiver as the first argument. */
export enum Fn {
  SIZE = 1,
  CONTAINS = 2,
  STARTS_WITH = 3,
  ENDS_WITH = 4,
  TO_INT = 5,
  TO_UINT = 6,
  TO_DOUBLE = 7,
  TO_STRING = 8,
  TO_BOOL = 9,
  TO_BYTES = 10,
  TO_TYPE = 11,
  TO_DYN = 12,
  TO_TIMESTAMP = 13,
  TO_DURATION = 14,
  GET_FULL_YEAR = 15,
  GET_MONTH = 16,
  GET_DATE = 17,
  GET_DAY_OF_MONTH = 18,
  GET_DAY_OF_WEEK = 19,
  GET_DAY_OF_YEAR = 20,
  GET_HOURS = 21,
  GET_MINUTES = 22,
  GET_SECONDS = 23,
  GET_MILLISECONDS = 24,
  CHAR_AT = 25,
  INDEX_OF = 26,
  LAST_INDEX_OF = 27,
  LOWER_ASCII = 28,
  UPPER_ASCII = 29,
  REPLACE = 30,
  SPLIT = 31,
  SUBSTRING = 32,
  TRIM = 33,
  JOIN = 34,
  /** Of a string or a list. */
  REVERSE = 35,
  // math
  GREATEST = 40,
  LEAST = 41,
  CEIL = 42,
  FLOOR = 43,
  ROUND = 44,
  TRUNC = 45,
  ABS = 46,
  SIGN = 47,
  IS_NAN = 48,
  IS_INF = 49,
  IS_FINITE = 50,
  BIT_AND = 51,
  BIT_OR = 52,
  BIT_XOR = 53,
  BIT_NOT = 54,
  SHIFT_LEFT = 55,
  SHIFT_RIGHT = 56,
  SQRT = 57,
  // text
  FORMAT = 60,
  QUOTE = 61,
  BASE64_ENCODE = 62,
  BASE64_DECODE = 63,
  // optionals
  OPTIONAL_OF = 70,
  OPTIONAL_OF_NON_ZERO = 71,
  HAS_VALUE = 72,
  OPTIONAL_VALUE = 73,
  /** a where it has a value, else the optional b. */
  OPTIONAL_OR = 74,
  /** a[?b] and a.?b. */
  OPTIONAL_INDEX = 75,
  /** List a without its empty optionals at the positions in list b, the others there unwrapped. */
  KEEP_ITEMS = 76,
  /** The map of list a: key, value, key, value …; entries whose numbers are in list b are optional. */
  KEEP_ENTRIES = 77,
  /** One map of all the maps in list a. */
  MERGE_MAPS = 78,
  /** The values of those optionals in list a that have one. */
  UNWRAP_ALL = 79,
  // lists and sets
  DISTINCT = 80,
  FLATTEN = 81,
  SLICE = 82,
  SORT = 83,
  /** List a in the order of the keys in list b. */
  SORT_BY = 84,
  RANGE = 85,
  FIRST = 86,
  LAST = 87,
  SETS_CONTAINS = 88,
  SETS_INTERSECTS = 89,
  SETS_EQUIVALENT = 90,
  // network
  TO_IP = 100,
  TO_CIDR = 101,
  IS_IP = 102,
  IS_CIDR = 103,
  IS_CANONICAL = 104,
  FAMILY = 105,
  IS_UNSPECIFIED = 106,
  IS_LOOPBACK = 107,
  IS_GLOBAL_UNICAST = 108,
  IS_LINK_LOCAL_MULTICAST = 109,
  IS_LINK_LOCAL_UNICAST = 110,
  CONTAINS_IP = 111,
  CONTAINS_CIDR = 112,
  MASKED = 113,
  PREFIX_LENGTH = 114,
  // regular expressions
  MATCHES = 120,
  REGEX_EXTRACT = 121,
  REGEX_EXTRACT_ALL = 122,
  REGEX_REPLACE = 123,
}
/** No function has a greater number. */
export const FUNCTION_MAX = 123;
/** Arguments of one Op.CALL. */
export const ARGUMENT_COUNT_MAX = 64;

/** Why an expression failed: the aux of an ERROR cell. */
export enum ExpressionError {
  NO_SUCH_OVERLOAD = 1,
  NO_SUCH_KEY = 2,
  NO_SUCH_FIELD = 3,
  INDEX_OUT_OF_RANGE = 4,
  DIVIDE_BY_ZERO = 5,
  MODULUS_BY_ZERO = 6,
  INT_OVERFLOW = 7,
  UINT_OVERFLOW = 8,
  RANGE = 9,
  INVALID_CONVERSION = 10,
  UNKNOWN_VARIABLE = 11,
  DUPLICATE_KEY = 12,
  OUT_OF_FUEL = 13,
  OUT_OF_MEMORY = 14,
  INVALID_ARGUMENT = 15,
  UNSUPPORTED_KEY = 16,
  TIMESTAMP_RANGE = 17,
  DURATION_RANGE = 18,
  STACK_OVERFLOW = 19,
  /** The detail is the function's name, a line break and what it says. */
  FUNCTION_FAILED = 20,
  COST_EXCEEDED = 21,
}

// Custom functions. The kernel's one import is callCustom(program, function, argument count, address, size): the arguments
// lie there as wire values, one after the other. The shell asks for a region of its own with `exchangeRegion`, writes to its
// start and answers: n > 0, a wire value of n bytes; n < 0, an error of -n bytes: a byte (ExpressionError) and the UTF-8 of its
// detail; 0, there was no room. The program is what `loadProgram` gave, the function a number that only the shell knows.

// ---------------------------------------------------------------------------------------------------------------
// Program blob: what compile/ writes and the kernel reads. Little endian, every section 16-aligned, offsets from the blob's start.
// Header: PROGRAM_HEADER_SIZE bytes of u32 at the index given by ProgramHeader.
export const PROGRAM_MAGIC = 0x4750524d; // "MRPG"
export const PROGRAM_HEADER_SIZE = 256;
export enum ProgramHeader {
  MAGIC = 0,
  ABI = 1,
  SIZE = 2,
  /** Field names: for each u32 byteLength, UTF-8, padded to 4. */
  KEY_COUNT = 3,
  KEYS = 4,
  EXPRESSION_COUNT = 5,
  EXPRESSIONS = 6,
  SLOT_COUNT = 7,
  /** u32 key per slot: the variable's name, as a key index. */
  SLOT_KEYS = 8,
  EVENT_COUNT = 9,
  NODE_COUNT = 10,
  NODES = 11,
  TRANSITION_COUNT = 12,
  TRANSITIONS = 13,
  ACTION_COUNT = 14,
  ACTIONS = 15,
  /** u32 transition indexes, grouped by (node, event) and, first in each node's share, its eventless ones in file order. */
  CANDIDATES = 16,
  CANDIDATE_COUNT = 17,
  /**
   * Which transitions a node has for an event: the index + 1 of a group's first candidate, or 0; and DISPATCH_DEFERS. The group ends at a
   * candidate with its top bit set. Dense where CELL_COUNT is 0: u32 per (node * eventCount + event). Else u32 pairs per node: the first cell
   * of its row, and the mask (the row's length, a power of two, less one).
   */
  DISPATCH = 18,
  /** Node entered when a run starts (the root scope). */
  ROOT = 19,
  FLAGS = 20,
  EVENT_SLOT = 21,
  RESULT_SLOT = 22,
  ERROR_SLOT = 23,
  /** u32 slot indexes: variables with an initial value, and their expressions: pairs (slot, expression). */
  INITIAL_COUNT = 24,
  INITIALS = 25,
  /** After load: u32[key count] of interned key ids. */
  KEY_IDS = 26,
  /** u32 per slot: declared type as Tag + 1; 0 permits any value. */
  SLOT_TYPES = 27,
  /** After load: address of the ways, one row per candidate; see ways.ts. */
  EXPRESS = 28,
  /** Rows of the dispatch table where it is sparse: pairs (event + 1 or 0, value), from cell event & mask on, around the end of the row. Cell 0 is empty. */
  CELLS = 29,
  CELL_COUNT = 30,
  /**
   * u32 offsets of texts, 0 for none: FAULT_TEXT_COUNT of them, by RunFault and then by ExpressionError. A text is u32 size and wire values
   * that are pairs of a MAP: the code of a fault, the cause of an error. No section where no failure transition could read them.
   */
  FAULT_TEXTS = 31,
  // Only of a task graph (PROGRAM_FLAG_TASKS); slots that no expression names are NO_SLOT.
  /** Task records, one per node. */
  TASKS = 32,
  /** The first so many slots are variables: each branch has its own. The others belong to the run. */
  BRANCH_SLOT_COUNT = 33,
  /** Expression of the run's output, or NO_EXPRESSION: null. */
  OUTPUT = 34,
  INPUT_SLOT = 35,
  // Written for one evaluation, or for what follows the end of one task, and no part of the context.
  ITEM_SLOT = 36,
  INDEX_SLOT = 37,
  SUCCEEDED_SLOT = 38,
  FAILED_SLOT = 39,
  COMPLETED_SLOT = 40,
  ATTEMPT_SLOT = 41,
  /** Expression of the time that a run may take, or NO_EXPRESSION. */
  TIMEOUT = 42,
  /** Where the run's id goes; where it is no NO_SLOT, START comes with a LIST of the input and the id. */
  RUN_ID_SLOT = 43,
  /** Expression of the output of a run that does not succeed: only what of it can be computed. NO_EXPRESSION: there is none. */
  PARTIAL_OUTPUT = 44,
  /** Expression of the error {code, message} of an entry whose undoing has failed; only with PROGRAM_FLAG_UNDO. */
  UNDO_ERROR = 45,
}
export const FAULT_TEXT_COUNT = 48;
export const FAULT_CAUSE_FIRST = 16;
// ProgramHeader.FLAGS: which built-in slots are not variables of the author, and so no part of context and output.
export const PROGRAM_FLAG_EVENT_HIDDEN = 1;
export const PROGRAM_FLAG_RESULT_HIDDEN = 2;
export const PROGRAM_FLAG_ERROR_HIDDEN = 4;
/** A state may rest with an eventless transition whose guard did not hold. */
export const PROGRAM_FLAG_RECHECK = 8;
/** A node has NODE_FLAG_HISTORY. */
export const PROGRAM_FLAG_HISTORY = 16;
/** All nodes but the root are tasks, or scopes (COMPOSITE), which stand before what they hold and side by side with it. */
export const PROGRAM_FLAG_TASKS = 32;
/** What is under way when a task graph fails ends first. */
export const PROGRAM_FLAG_FINISH = 64;
/** Inputs are initial values of the variables of the same name. */
export const PROGRAM_FLAG_INPUT_VARIABLES = 128;
/** Where branches end or meet at the end of the run, the later one's changes win. */
export const PROGRAM_FLAG_MERGE_LAST = 256;
/** A task has an undo. */
export const PROGRAM_FLAG_UNDO = 512;
/** A scope has a time limit. */
export const PROGRAM_FLAG_SCOPE_LIMITS = 1024;
export const CANDIDATE_LAST = 0x80000000;
/** The node defers the event while it is active. */
export const DISPATCH_DEFERS = 0x80000000;

// Expression record, 32 bytes: +0 code offset  +4 instruction count  +8 constants offset (wire values, one after the other)
// +12 constant count  +16 register count  +20 constants' byte length  +24 offset of its fault text or 0  +28 cost of what surely runs.
// After load: +0 address of the steps, +8 address of the constant cells, +12 number in the table of the generated function that does the
// same, or 0, +16 that cost, +20 size of the block that holds both, +24 address of the text, +28 registers to clear before a start.
// A fault text is like those of FAULT_TEXTS: message and place, for the variable `error`.
export const EXPRESSION_RECORD_SIZE = 32;
export const NO_EXPRESSION = 0xffffffff;
export const NO_NODE = 0xffffffff;
export const NO_SLOT = 0xffffffff;

// Node record, 64 bytes. Nodes are numbered in preorder, so the descendants of n are n+1 … last.
//   +0 u16 kind  +2 u16 flags  +4 u32 parent  +8 u32 last descendant  +12 u32 initial child (or NO_NODE); of a task its undo (or NO_NODE), of an
//   undo its task
//   +16 u32 first entry action  +20 u32 count  +24 u32 first exit action  +28 u32 count
//   +32 u32 first eventless candidate  +36 u32 count  +40 u32 region count (parallel), ways that are enough (join); in a task graph the innermost
//   scope around it, or 0
//   +44 u32 fork whose other branches end (join, or NO_NODE); of a task the slot of its status (or NO_SLOT)  +48 u32 first `after` candidate  +52 u32 count  +56 u32 offset of its fault text or 0
//   +60 u32 nearest scope around it that takes or defers any event (or NO_NODE)
export const NODE_RECORD_SIZE = 64;
export enum NodeKind {
  STATE = 0,
  COMPOSITE = 1,
  /** A composite whose children are regions. */
  PARALLEL = 2,
  REGION = 3,
  START = 4,
  END = 5,
  CHOICE = 6,
  FORK = 7,
  JOIN = 8,
  /** Never rested in: leads to what its scope remembers. */
  HISTORY = 9,
  /** Of a task graph. */
  TASK = 10,
}

// Task record, 64 bytes, one per node (that of the root is not read). Expressions may be NO_EXPRESSION.
//   +0 u32 ways that are enough to start it (0: each starts it anew)  +4 u32 ways that lead to it  +8 u32 flags (TASK_FLAG_…)  +12 u32 its action
//   +16 u32 list of its items  +20 u32 concurrency  +24 u32 batch size  +28 u32 retry count  +32 u32 retry delay  +36 u32 longest retry delay
//   +40 u32 retry condition  +44 f32 jitter, 0 to 1  +48 u32 delay  +52 u32 time limit  +56 u32 condition  +60 u32 slot of its result (or NO_SLOT)
// An undo is a task (NODE_FLAG_UNDO) to which no way leads: +20 is its task's name. Of a scope only two are read: +20 the error that it fails with
// when its time is over, a MAP {code, message, details}, and +52.
export const TASK_RECORD_SIZE = 64;
/** Starts with the run. */
export const TASK_FLAG_START = 1;
/** A way leads from the task back to it. */
export const TASK_FLAG_CYCLE = 2;
/** Several ways lead to it, each starts it anew: from here on what they lead to is told apart. */
export const TASK_FLAG_SPLIT = 4;
/** Where branches changed one variable differently, the later way's change wins. */
export const TASK_FLAG_MERGE_LAST = 8;
/** The items are a MAP of lists: elements of equal number; or each with each. */
export const TASK_FLAG_ZIP = 16;
export const TASK_FLAG_CROSS = 32;
/** An item that failed: those under way end first; or all are done. Neither: they are aborted. */
export const TASK_FLAG_ITEMS_FINISH = 64;
export const TASK_FLAG_ITEMS_CONTINUE = 128;
/** The nth retry comes after n times the delay; or 2^(n-1) times. */
export const TASK_FLAG_LINEAR = 256;
export const TASK_FLAG_EXPONENTIAL = 512;
/** Entering needs no work beyond resting there: no actions, eventless or `after` transitions, and kind STATE. */
export const NODE_FLAG_PLAIN = 1;
/** What was active inside is remembered when the scope is left. */
export const NODE_FLAG_HISTORY = 2;
/** A composite that is resumed where it was left when a transition leads to it as a whole. */
export const NODE_FLAG_RESUME = 4;
/** Of RESUME and of kind HISTORY: down to the leaves. */
export const NODE_FLAG_DEEP = 8;
/** Of kind TASK: what undoes another. */
export const NODE_FLAG_UNDO = 16;

// Transition record, 48 bytes:
//   +0 u32 source  +4 u32 target  +8 u32 guard expression  +12 u16 trigger  +14 u16 flags  +16 u32 event or Outcome
//   +20 u32 duration expression (or NO_EXPRESSION)  +24 f64 duration in ms  +32 u32 first action  +36 u32 count
//   +40 u32 domain (innermost scope that stays)  +44 u32 number among the target's incoming transitions
// In a task graph: source: a task, or a scope whose tasks have failed; target 0: it leads nowhere; +40 u32 number of its entry: transitions of one entry have one condition and one list of
// actions; +44 u32 number of its source among the tasks that lead to the target.
export const TRANSITION_RECORD_SIZE = 48;
/**
 * Source and target are states of one scope, nothing happens when the source is left and the target entered, neither has timers or eventless
 * transitions, and every action is SET: taken without leaving scopes. Or an internal transition of a state without eventless ones, all SET.
 */
export const TRANSITION_FLAG_LOCAL = 1;
/** The source is not left: actions that take no time, and nothing else. */
export const TRANSITION_FLAG_INTERNAL = 2;
/** In a task graph: the source is tried again. */
export const TRANSITION_FLAG_RETRY = 4;
/** In a task graph: another entry of the source leads to the same join, outside of cycles. What follows both arrives once. */
export const TRANSITION_FLAG_REPEATED = 8;
/** In a task graph: where the source has failed, following it does not take the failure. */
export const TRANSITION_FLAG_CONTINUE = 16;
/** In a task graph: the target is a scope, and what is under way in it is given up. */
export const TRANSITION_FLAG_CANCEL = 32;
/** In a task graph: the target is a scope, or 0 for all; what its tasks have done is undone before the entry leads on. */
export const TRANSITION_FLAG_UNDO = 64;
export enum Trigger {
  ALWAYS = 0,
  EVENT = 1,
  AFTER = 2,
  OUTCOME = 3,
}
export enum Outcome {
  NONE = 0,
  SUCCESS = 1,
  FAILURE = 2,
}

// Action record, 32 bytes:
//   +0 u16 kind  +2 u16 flags  +4 u32 name (task, workflow: shell)  +8 u32 expression  +12 u32 slot (or NO_SLOT)
//   +16 u32 level (LogLevel) or event  +20 u32 timeout in ms (0 none)  +24 u32 source (shell)
//   +28 u32 of AWAIT_EVENT in a task graph: expression of its message + 1, or 0; else 0
export const ACTION_RECORD_SIZE = 32;
export enum ActionKind {
  LOG = 1,
  SET = 2,
  /** Expression: a duration, or a number of milliseconds. */
  WAIT = 3,
  /** Expression: the input. Slot: where the result goes. */
  CALL = 4,
  WORKFLOW = 5,
  /** Waits for the event in +16. Expression, in a task graph: the result once its time limit has passed; NO_EXPRESSION: that is a failure. */
  AWAIT_EVENT = 6,
  /** In a task graph: the task fails with this error. */
  ABORT = 7,
  /** Only in a task graph: the expression is the result. */
  VALUE = 8,
}
export enum LogLevel {
  DEBUG = 0,
  INFO = 1,
  WARNING = 2,
  ERROR = 3,
}

// ---------------------------------------------------------------------------------------------------------------
// Events in. One record is 32 bytes, in the input region; payloads are wire values in the same region.
//   +0 u32 run handle  +4 u16 kind (EventKind)  +6 u16 0  +8 u32 event index (EVENT) or serial (TASK_*, TIMER)
//   +12 u32 payload offset from the region's start (0: none)  +16 f64 now, ms since 1970  +24 u32 seed  +28 u32 payload size
export const EVENT_RECORD_SIZE = 32;
export enum EventKind {
  /** Payload: a MAP of inputs; where the program has a RUN_ID_SLOT a LIST of that map and the run's id, a STRING. */
  START = 1,
  EVENT = 2,
  /** Payload: the result. */
  TASK_SUCCEEDED = 3,
  /** Payload: a MAP {code, message, details?}. */
  TASK_FAILED = 4,
  TIMER = 5,
  /**
   * Payload: nothing, or the error that the run fails with: a MAP {code, message, details?}. TRUE, or a LIST of that error: what a task graph
   * can undo is undone before it ends.
   */
  CANCEL = 6,
  /** Goes on where fuel ran out. */
  CONTINUE = 7,
}

/** What became of one event: one byte each in the output. */
export enum EventOutcome {
  /** A transition was taken, or an action went on. */
  TAKEN = 1,
  /** No active state takes it now. */
  IGNORED = 2,
  /** The run has ended. */
  ENDED = 3,
  UNKNOWN_RUN = 4,
  /** A task or timer that the run no longer waits for. */
  STALE = 5,
  UNKNOWN_EVENT = 6,
  /** The step failed and the run with it; a RUN_ENDED command tells why. */
  FAILED = 7,
  MALFORMED = 8,
  /** Fuel ran out in an earlier event of this run: nothing was done; deliver CONTINUE, then this event again. */
  BUSY = 9,
  /** Never the kernel's: the run is paused; the engine recorded the event and delivers it on resume. */
  HELD = 10,
  /** An active state defers the event: it is kept until none does. */
  DEFERRED = 11,
  /** It would be deferred, and there is no room: nothing was done. */
  QUEUE_FULL = 12,
  /** Never the kernel's: what waits for the event has a form, and the payload does not fit it. Nothing was done. */
  INVALID = 13,
}

// Commands out. One record is 32 bytes:
//   +0 u32 index of the causing event in the batch  +4 u16 kind (CommandKind)  +6 u16 flags  +8 u32 a  +12 u32 b  +16 u32 payload offset from the payload area
//   +20 u32 payload size (0: none)  +24 f64 time
export const COMMAND_RECORD_SIZE = 32;
export enum CommandKind {
  /** a: action index · b: serial · payload: input. In a task graph flags: attempt, from 1 · time: number of the visit × VISIT_SCALE + number of the item from 1, 0: none. */
  CALL_TASK = 1,
  /** b: serial. */
  CANCEL_TASK = 2,
  /** a: transition or action index, or of the time limit of a scope SCOPE_LIMIT_FIRST + its node · b: serial · time: due, ms since 1970. */
  SET_TIMER = 3,
  /** b: serial. */
  CANCEL_TIMER = 4,
  /** a: LogLevel · b: node · payload: STRING. */
  LOG = 5,
  /** a: action index · b: serial · payload: input. */
  START_WORKFLOW = 6,
  /** b: serial. */
  CANCEL_WORKFLOW = 7,
  /** a: RunEnd · payload: output, or MAP {code, message, details?}. */
  RUN_ENDED = 8,
  /** Fuel ran out: deliver CONTINUE. */
  CONTINUE = 9,
  // Trace, only while the run's trace flag is set:
  /** a: node · in a task graph b: number of the visit · of an undo time: number of the visit that is undone. */
  STATE_ENTERED = 10,
  /** a: node. */
  STATE_EXITED = 11,
  /** a: transition. */
  TRANSITION_TAKEN = 12,
  /** a: slot · payload: value. */
  VARIABLE_SET = 13,
  /** Of a task graph: a: node · b: how many calls its items make · time: number of the visit. */
  ITEMS_STARTED = 14,
  /** Of a task graph that failed or was canceled, after RUN_ENDED: payload: what can be computed of its output, a MAP; none, where that is nothing. */
  RUN_OUTPUT = 15,
  /** Of a task graph, before RUN_ENDED: payload: a LIST of MAPs {task, code}, the undos that have failed. */
  UNDO_FAILED = 16,
}
/** In SET_TIMER. */
export const SCOPE_LIMIT_FIRST = 0x80000000;
/** Items of one task are fewer. */
export const VISIT_SCALE = 2097152;
export enum RunEnd {
  SUCCEEDED = 1,
  FAILED = 2,
  CANCELED = 3,
}

// RUN_ENDED of a run that failed inside the kernel has flags = RunFault and a payload of FAULT_RECORD_SIZE bytes of u32,
// then the UTF-8 of the detail (a key, a variable; may be empty):
//   +0 ExpressionError or 0  +4 expression or NO_EXPRESSION  +8 instruction  +12 transition or NO_INDEX  +16 action or NO_INDEX  +20 node
// (flags 0: the payload is the wire MAP {code, message, details?} of a failed task or an abort.)
export const FAULT_RECORD_SIZE = 24;
export const NO_INDEX = 0xffffffff;

// What runAwaits writes to the payload area, per wait: +0 u32 node  +4 u32 event  +8 u32 serial: a lower one has waited longer  +12 u32 serial of
// its time limit, or 0  +16 u32 size of its message  +20 u32 size of the result once that limit has passed, then both as wire values. A size is 0
// where there is none, it was not asked for or could not be computed. Of a statechart's `await` both serials are 0.
export const AWAIT_HEAD_SIZE = 24;

/** What `step` returns in its status. */
export enum KernelStatus {
  OK = 0,
  /** The output region is full: read it, clear it and call again for the rest. */
  OUTPUT_FULL = 1,
  OUT_OF_MEMORY = 2,
  BAD_PROGRAM = 3,
  BAD_HANDLE = 4,
  BAD_VALUE = 5,
  LIMIT = 6,
}

/** Why a run failed inside the kernel: `details.reason` of its error. */
export enum RunFault {
  GUARD_FAILED = 1,
  ACTION_FAILED = 2,
  TASK_FAILED = 3,
  ABORTED = 4,
  NO_CHOICE = 5,
  MERGE_CONFLICT = 6,
  MEMORY_LIMIT = 7,
  TOKEN_LIMIT = 8,
  INPUT = 9,
  /** A variable was given a value that its declared type cannot hold; the detail is its name. */
  TYPE_MISMATCH = 10,
  /** The same states and variables came again within one step; the detail is the nodes entered last, u32 each, in any order. */
  ENDLESS_LOOP = 11,
  /** A join waits for a task that will not come. */
  JOIN_UNREACHABLE = 12,
  /** The run took longer than it may. */
  TIMED_OUT = 14,
  /** What a task with items needs is no list, or not lists of one length, or a number is out of range. */
  ITEMS = 13,
}

// ---------------------------------------------------------------------------------------------------------------
// Exploration (the explorer's module only). A configuration is named by the address of its record, whose first words are
// +0 u32 the configuration before it on its way (0: none)  +4 u32 what led to it: ExploreStep << 28, and its number.
export enum ExploreStep {
  START = 0,
  /** Number: event. */
  EVENT = 1,
  /** Number: action. */
  TASK_SUCCEEDED = 2,
  TASK_FAILED = 3,
  /** The time of a `wait`. Number: action. */
  WAIT = 4,
  /** Number: transition. */
  AFTER = 5,
}
export const EXPLORE_STEP_SHIFT = 28;

/** What `exploreField` tells. */
export enum ExploreField {
  CONFIGURATION_COUNT = 0,
  /** Of those, how many have been stepped from. */
  EXPANDED_COUNT = 1,
  DEPTH = 2,
  STEP_COUNT = 3,
  /** ExploreBound bits that were met. */
  BOUNDS = 4,
  /** Address and number of findings, EXPLORE_FINDING_SIZE each. */
  FINDINGS = 5,
  FINDING_COUNT = 6,
  /** Address of u8 per node: was a branch there at rest? */
  SEEN = 7,
}
/** Bits: what kept the search from more. */
export enum ExploreBound {
  CONFIGURATIONS = 1,
  SIZE = 2,
  DEPTH = 4,
  ENDLESS = 8,
}

// A finding: +0 u32 configuration  +4 u32 0: a deadlock, else number of the invariant + 1  +8 u32 ExpressionError, 0: not true
export const EXPLORE_FINDING_SIZE = 12;
/** Findings that are kept between two calls; the search waits for them to be taken. */
export const EXPLORE_FINDING_COUNT_MAX = 64;

export enum ExploreStatus {
  /** All that can be stepped from has been. */
  FINISHED = 0,
  GOES_ON = 1,
  OUT_OF_MEMORY = 2,
}
