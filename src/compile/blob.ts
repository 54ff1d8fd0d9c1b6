// Lays flat tables out in one program blob, as drawn in assembly/abi.ts. Knows sizes, offsets and alignment;
// does not know what a workflow is.
import {
  ABI_VERSION,
  EXPRESSION_RECORD_SIZE,
  INSTRUCTION_SIZE,
  NODE_RECORD_SIZE,
  NO_NODE,
  NO_SLOT,
  Op,
  PROGRAM_HEADER_SIZE,
  PROGRAM_MAGIC,
  ProgramHeader,
} from "../../assembly/abi.js";
import type { CustomFunction } from "../model/custom-function.js";
import type { ExpressionCode } from "../model/program.js";

const TEXT = new TextEncoder();

/** The graph's tables, already packed; see assembly/abi.ts for the record layouts. */
export interface GraphTables {
  readonly nodes: Uint8Array;
  readonly nodeCount: number;
  readonly transitions: Uint8Array;
  readonly transitionCount: number;
  readonly actions: Uint8Array;
  readonly actionCount: number;
  readonly candidates: Uint32Array;
  readonly dispatch: Uint32Array;
  /** Rows of a sparse dispatch table; empty where it is dense. */
  readonly cells: Uint32Array;
  readonly eventCount: number;
  /** Declared type per slot: Tag + 1, or 0 for any. */
  readonly slotTypes: Uint32Array;
  readonly root: number;
  /** PROGRAM_FLAG_… */
  readonly flags: number;
  readonly eventSlot: number;
  readonly resultSlot: number;
  readonly errorSlot: number;
  /** Pairs (slot, expression). */
  readonly initials: Uint32Array;
  readonly faultTexts: FaultTexts | undefined;
  /** Present where the graph is one of tasks. */
  readonly tasks?: TaskTables;
}

export interface TaskTables {
  readonly records: Uint8Array;
  readonly branchSlotCount: number;
  /** Expression of the run's output, or NO_EXPRESSION. */
  readonly output: number;
  /** Expression of the time that a run may take, or NO_EXPRESSION. */
  readonly timeout: number;
  /** Expression of what can be told of the output where the run does not succeed, or NO_EXPRESSION. */
  readonly partialOutput: number;
  /** Expression of the error of an entry whose undoing has failed, or NO_EXPRESSION. */
  readonly undoError: number;
  /** Where the run's id goes, or NO_SLOT. */
  readonly runIdSlot: number;
  /** Of ProgramHeader.INPUT_SLOT and those after it. */
  readonly slots: readonly number[];
}

/** Texts for the variable `error`, undefined where there is none: by RunFault and ExpressionError, by expression, by node. */
export interface FaultTexts {
  readonly general: readonly (Uint8Array | undefined)[];
  readonly expressions: readonly (Uint8Array | undefined)[];
  readonly nodes: readonly (Uint8Array | undefined)[];
}

const NO_GRAPH: GraphTables = {
  nodes: new Uint8Array(0),
  nodeCount: 0,
  transitions: new Uint8Array(0),
  transitionCount: 0,
  actions: new Uint8Array(0),
  actionCount: 0,
  candidates: new Uint32Array(0),
  dispatch: new Uint32Array(0),
  cells: new Uint32Array(0),
  eventCount: 0,
  slotTypes: new Uint32Array(0),
  root: NO_NODE,
  flags: 0,
  eventSlot: NO_SLOT,
  resultSlot: NO_SLOT,
  errorSlot: NO_SLOT,
  initials: new Uint32Array(0),
  faultTexts: undefined,
};

/** A blob of expressions alone: what `millrace/expression` loads. `slotNames`: one per slot. */
export function layOutExpressions(codes: readonly ExpressionCode[], slotNames: readonly string[]): Uint8Array {
  return layOutBlob(codes, slotNames, NO_GRAPH);
}

/** A whole program's blob. O(total size). */
export function layOutBlob(codes: readonly ExpressionCode[], slotNames: readonly string[], graph: GraphTables): Uint8Array {
  const keys = new KeyTable();
  const slotKeys = Uint32Array.from(slotNames, (name) => keys.indexOf(name));
  const functions = collectFunctions(codes);
  const images = codes.map((code) => renumber(code, keys, functions));
  const sections = new Sections();
  const header = new Uint32Array(PROGRAM_HEADER_SIZE / 4);
  header[ProgramHeader.MAGIC] = PROGRAM_MAGIC;
  header[ProgramHeader.ABI] = ABI_VERSION;
  header[ProgramHeader.KEY_COUNT] = keys.count;
  header[ProgramHeader.KEYS] = sections.add(keys.toBytes());
  header[ProgramHeader.EXPRESSION_COUNT] = codes.length;
  header[ProgramHeader.EXPRESSIONS] = sections.add(placeExpressions(codes, images, graph.faultTexts?.expressions ?? [], sections));
  header[ProgramHeader.SLOT_COUNT] = slotNames.length;
  header[ProgramHeader.SLOT_KEYS] = sections.add(toBytes(slotKeys));
  header[ProgramHeader.SLOT_TYPES] = sections.add(toBytes(padTypes(graph.slotTypes, slotNames.length)));
  header[ProgramHeader.EVENT_COUNT] = graph.eventCount;
  header[ProgramHeader.NODE_COUNT] = graph.nodeCount;
  header[ProgramHeader.NODES] = sections.add(placeNodeTexts(graph, sections));
  header[ProgramHeader.TRANSITION_COUNT] = graph.transitionCount;
  header[ProgramHeader.TRANSITIONS] = sections.add(graph.transitions);
  header[ProgramHeader.ACTION_COUNT] = graph.actionCount;
  header[ProgramHeader.ACTIONS] = sections.add(graph.actions);
  header[ProgramHeader.CANDIDATE_COUNT] = graph.candidates.length;
  header[ProgramHeader.CANDIDATES] = sections.add(toBytes(graph.candidates));
  header[ProgramHeader.DISPATCH] = sections.add(toBytes(graph.dispatch));
  header[ProgramHeader.CELL_COUNT] = graph.cells.length / 2;
  header[ProgramHeader.CELLS] = sections.add(toBytes(graph.cells));
  if (graph.faultTexts !== undefined)
    header[ProgramHeader.FAULT_TEXTS] = sections.add(
      toBytes(Uint32Array.from(graph.faultTexts.general, (text) => placeText(text, sections))),
    );
  if (graph.tasks !== undefined) {
    header[ProgramHeader.TASKS] = sections.add(graph.tasks.records);
    header[ProgramHeader.BRANCH_SLOT_COUNT] = graph.tasks.branchSlotCount;
    header[ProgramHeader.OUTPUT] = graph.tasks.output;
    header[ProgramHeader.TIMEOUT] = graph.tasks.timeout;
    header[ProgramHeader.PARTIAL_OUTPUT] = graph.tasks.partialOutput;
    header[ProgramHeader.UNDO_ERROR] = graph.tasks.undoError;
    header[ProgramHeader.RUN_ID_SLOT] = graph.tasks.runIdSlot;
    header.set(graph.tasks.slots, ProgramHeader.INPUT_SLOT);
  }
  header[ProgramHeader.ROOT] = graph.root;
  header[ProgramHeader.FLAGS] = graph.flags;
  header[ProgramHeader.EVENT_SLOT] = graph.eventSlot;
  header[ProgramHeader.RESULT_SLOT] = graph.resultSlot;
  header[ProgramHeader.ERROR_SLOT] = graph.errorSlot;
  header[ProgramHeader.INITIAL_COUNT] = graph.initials.length / 2;
  header[ProgramHeader.INITIALS] = sections.add(toBytes(graph.initials));
  header[ProgramHeader.SIZE] = sections.size;
  return sections.join(toBytes(header));
}

/** The custom functions that the codes call, each once: what a program's code means by their numbers. */
export function collectFunctions(codes: readonly ExpressionCode[]): readonly CustomFunction[] {
  return [...new Set(codes.flatMap(({ functions }) => functions ?? []))];
}

/** One type per slot; those beyond what was declared permit anything. */
function padTypes(types: Uint32Array, slotCount: number): Uint32Array {
  const padded = new Uint32Array(slotCount);
  padded.set(types);
  return padded;
}

class KeyTable {
  readonly #indexes = new Map<string, number>();

  get count(): number {
    return this.#indexes.size;
  }

  indexOf(key: string): number {
    const known = this.#indexes.get(key);
    if (known !== undefined) return known;
    this.#indexes.set(key, this.#indexes.size);
    return this.#indexes.size - 1;
  }

  toBytes(): Uint8Array {
    const texts = [...this.#indexes.keys()].map((key) => TEXT.encode(key));
    const size = texts.reduce((sum, text) => sum + 4 + alignUp(text.length, 4), 0);
    const bytes = new Uint8Array(size);
    const view = new DataView(bytes.buffer);
    let at = 0;
    for (const text of texts) {
      view.setUint32(at, text.length, true);
      bytes.set(text, at + 4);
      at += 4 + alignUp(text.length, 4);
    }
    return bytes;
  }
}

/** The sections after the header, each 16-aligned. */
class Sections {
  readonly #parts: Uint8Array[] = [];
  size = PROGRAM_HEADER_SIZE;

  /** Adds a section; returns its offset from the blob's start. */
  add(bytes: Uint8Array): number {
    const offset = this.size;
    this.#parts.push(bytes);
    this.size += alignUp(bytes.length, 16);
    return offset;
  }

  join(header: Uint8Array): Uint8Array {
    const blob = new Uint8Array(this.size);
    blob.set(header);
    let at = PROGRAM_HEADER_SIZE;
    for (const part of this.#parts) {
      blob.set(part, at);
      at += alignUp(part.length, 16);
    }
    return blob;
  }
}

/** Adds a text behind its size; returns its offset, 0 for none. */
function placeText(text: Uint8Array | undefined, sections: Sections): number {
  if (text === undefined) return 0;
  const sized = new Uint8Array(text.length + 4);
  new DataView(sized.buffer).setUint32(0, text.length, true);
  sized.set(text, 4);
  return sections.add(sized);
}

/** The node records with the offsets of their texts. */
function placeNodeTexts({ nodes, faultTexts }: GraphTables, sections: Sections): Uint8Array {
  if (faultTexts === undefined) return nodes;
  const placed = nodes.slice();
  const view = new DataView(placed.buffer);
  faultTexts.nodes.forEach((text, node) => view.setUint32(node * NODE_RECORD_SIZE + 56, placeText(text, sections), true));
  return placed;
}

type Texts = FaultTexts["expressions"];

function placeExpressions(codes: readonly ExpressionCode[], images: readonly Uint8Array[], texts: Texts, sections: Sections): Uint8Array {
  const records = new Uint32Array((codes.length * EXPRESSION_RECORD_SIZE) / 4);
  codes.forEach(({ constants, constantCount, cost = 0, instructionCount, registerCount }, index) => {
    const at = (index * EXPRESSION_RECORD_SIZE) / 4;
    records[at] = sections.add(images[index] as Uint8Array);
    records[at + 1] = instructionCount;
    records[at + 2] = sections.add(constants);
    records[at + 3] = constantCount;
    records[at + 4] = registerCount;
    records[at + 5] = constants.length;
    records[at + 6] = placeText(texts[index], sections);
    records[at + 7] = cost;
  });
  return toBytes(records);
}

/** The code with the program's numbers of keys and custom functions in place of the expression's own. */
function renumber(expression: ExpressionCode, keys: KeyTable, functions: readonly CustomFunction[]): Uint8Array {
  const { code, keys: ownKeys, functions: ownFunctions = [] } = expression;
  if (ownKeys.length === 0 && ownFunctions.length === 0) return code;
  const keyNumbers = ownKeys.map((key) => keys.indexOf(key));
  const functionNumbers = ownFunctions.map((item) => functions.indexOf(item));
  const view = new DataView(code.buffer);
  for (let at = 0; at < code.length; at += INSTRUCTION_SIZE) {
    const op = view.getUint16(at, true);
    const isCustom = op === Op.CALL_CUSTOM && functionNumbers.length > 0;
    const numbers = op === Op.FIELD || op === Op.HAS_FIELD ? keyNumbers : isCustom ? functionNumbers : undefined;
    if (numbers === undefined) continue;
    const number = numbers[view.getInt32(at + 8, true)];
    if (number === undefined)
      throw new RangeError(`instruction ${at / INSTRUCTION_SIZE} names something that its expression does not have`);
    view.setInt32(at + 8, number, true);
  }
  return code;
}

function alignUp(size: number, alignment: number): number {
  return (size + alignment - 1) & -alignment;
}

function toBytes(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}
