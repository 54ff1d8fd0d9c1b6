// Random programs: a tree of forms over typed variables, its text in varied spelling, and smaller trees for when it fails.
import { seedAt } from "../../../src/base/prng.js";
import { Chance } from "../../fuzz/chance.js";
import type { ExactValue } from "./exact.js";
import { type Form, FORMS, TYPES } from "./forms.js";
import { makeValue, writeValue } from "./literals.js";
import type { PeerName } from "./peers.js";

export interface Tree {
  readonly type: string;
  readonly level: number;
  /** Texts, and what stands between them. */
  readonly parts: readonly (string | Tree)[];
  /** The template it comes from, or "" for a literal or a variable. */
  readonly template: string;
}

export interface Program {
  readonly seed: number;
  readonly tree: Tree;
  readonly context: Readonly<Record<string, ExactValue>>;
  readonly types: Readonly<Record<string, string>>;
  /** Who knows all of its forms. */
  readonly peers: readonly PeerName[];
  /** For the spelling. */
  readonly spelling: number;
}

const DEPTH_MAX = 5;
const NAMES = ["x", "y", "_z", "x1", "user", "long_name", "Q", "items", "k9", "e"];
const PLACEHOLDER = /(‹[^›]+›|«[^»]+»)/;

export function makeProgram(seed: number): Program {
  const chance = new Chance(seed);
  const mode = chance.below(5);
  const peers: PeerName[] = mode === 0 ? ["bufbuild"] : mode === 1 ? ["marcbachmann"] : ["bufbuild", "marcbachmann"];
  const grower = new Grower(chance, peers);
  const tree = grower.grow(chance.pick(TYPES), chance.between(2, DEPTH_MAX), 1);
  return { seed, tree, context: grower.context, types: grower.types, peers, spelling: chance.word() };
}

class Grower {
  readonly context: Record<string, ExactValue> = {};
  readonly types: Record<string, string> = {};
  readonly #chance: Chance;
  readonly #peers: readonly PeerName[];
  readonly #locals: { readonly name: string; readonly type: string }[] = [];
  #localCount = 0;

  constructor(chance: Chance, peers: readonly PeerName[]) {
    this.#chance = chance;
    this.#peers = peers;
  }

  /** A tree of a type that binds at least as tightly as `level`, in brackets where it does not. */
  grow(type: string, depth: number, level: number): Tree {
    const tree = this.#growFreely(type, depth);
    if (tree.level >= level && !this.#chance.oneIn(14)) return tree;
    return { ...tree, level: 8, parts: ["(", ...tree.parts, ")"] };
  }

  #growFreely(type: string, depth: number): Tree {
    const chance = this.#chance;
    if (chance.oneIn(90)) return this.#growWrong(type, depth);
    if (depth <= 0 || chance.oneIn(7)) return this.#growLeaf(type);
    const forms = (FORMS.get(type) ?? []).filter(({ peer }) => peer === undefined || (this.#peers.length === 1 && this.#peers[0] === peer));
    return forms.length === 0 ? this.#growLeaf(type) : this.#growForm(chance.pick(forms), depth);
  }

  /** A value of another type, of which the checker knows nothing. */
  #growWrong(type: string, depth: number): Tree {
    const other = this.grow(this.#chance.pick(TYPES), depth - 1, 1);
    return { type, level: 8, parts: ["dyn(", other, ")"], template: "dyn(wrong)" };
  }

  #growForm({ type, level, template }: Form, depth: number): Tree {
    const localCount = this.#locals.length;
    let later: { readonly name: string; readonly type: string } | undefined;
    const parts = template.split(PLACEHOLDER).map((part): string | Tree => {
      if (part.startsWith("«")) {
        const local = this.#makeLocal(part.slice(1, -1).replace(";", ""));
        if (part.endsWith(";»")) later = local;
        else this.#locals.push(local);
        return local.name;
      }
      if (!part.startsWith("‹")) return part;
      const tree = this.#growPlaceholder(part.slice(1, -1), depth);
      if (later !== undefined) this.#locals.push(later);
      later = undefined;
      return tree;
    });
    this.#locals.length = localCount;
    return { type, level, parts, template };
  }

  #makeLocal(type: string): { readonly name: string; readonly type: string } {
    this.#localCount += 1;
    return { name: `v${this.#localCount}`, type };
  }

  #growPlaceholder(text: string, depth: number): Tree {
    if (text.endsWith(" variable")) return this.#growVariable(text.slice(0, -" variable".length));
    const [, type = "int", level = "1"] = /^(.*?)(?::(\d))?$/.exec(text) ?? [];
    if (type === "type") return { type, level: 8, parts: [this.#chance.pick(["int", "uint", "double", "string", "bool", "bytes", "list", "map", "null_type"])], template: "" };
    return this.grow(type === "any" ? this.#chance.pick(TYPES) : type, depth - 1, Number(level));
  }

  #growLeaf(type: string): Tree {
    const chance = this.#chance;
    const locals = this.#locals.filter((local) => local.type === type);
    if (locals.length > 0 && !chance.oneIn(4)) return leaf(type, chance.pick(locals).name);
    const isVariable = chance.oneIn(2) || (/^map\((int|bool)/.test(type) && this.#peers.includes("marcbachmann"));
    const text = isVariable ? "" : writeValue(this.#makeValue(type), chance);
    return text === "" ? this.#growVariable(type) : leaf(type, text);
  }

  #growVariable(type: string): Tree {
    const known = Object.keys(this.types).filter((name) => this.types[name] === type);
    if (known.length > 0 && !this.#chance.oneIn(3)) return leaf(type, this.#chance.pick(known));
    const free = NAMES.filter((name) => !Object.hasOwn(this.types, name));
    const name = free.length > 0 ? this.#chance.pick(free) : this.#chance.pick(known.length > 0 ? known : [`w${Object.keys(this.types).length}`]);
    if (!Object.hasOwn(this.types, name)) {
      this.types[name] = type;
      this.context[name] = this.#makeValue(type);
    }
    return leaf(type, name);
  }

  #makeValue(type: string): ExactValue {
    return makeValue(type, this.#chance, this.#peers.includes("marcbachmann"));
  }
}

function leaf(type: string, text: string): Tree {
  return { type, level: 8, parts: [text], template: "" };
}

// --- text ------------------------------------------------------------------------------------------------------------

const SPACES = [" ", " ", " ", " ", "  ", "\n", "\t", "\r\n"];

/** The program's text; spaces between tokens vary with the spelling, not with what is left of the tree. */
export function printProgram({ tree, spelling }: Program): string {
  let place = 0;
  const print = ({ parts, template }: Tree): string =>
    parts
      .map((part) => {
        if (typeof part !== "string") return print(part);
        place += 1;
        return template === "" || /['"]/.test(part) ? part : part.replaceAll(" ", () => new Chance(seedAt(spelling, place)).pick(SPACES));
      })
      .join("");
  return print(tree);
}

/** All templates of a tree. */
export function templatesOf(tree: Tree): readonly string[] {
  return [tree.template, ...tree.parts.flatMap((part) => (typeof part === "string" ? [] : templatesOf(part)))];
}

// --- shrinking -------------------------------------------------------------------------------------------------------

const SMALL: Readonly<Record<string, string>> = { bool: "true", int: "0", uint: "0u", double: "0.0", string: "''", bytes: "b''", null: "null" };

/** Programs that are a little smaller: a part in place of the whole, a small literal in place of a part. */
export function* shrinkProgram(program: Program): Generator<Program> {
  for (const tree of shrinkTree(program.tree)) yield { ...program, tree };
}

function* shrinkTree(tree: Tree): Generator<Tree> {
  for (const part of tree.parts) if (typeof part !== "string" && part.type === tree.type) yield bracket(part, tree.level);
  const small = SMALL[tree.type];
  if (small !== undefined && tree.template !== "") yield leaf(tree.type, small);
  for (let index = 0; index < tree.parts.length; index += 1) {
    const part = tree.parts[index];
    if (part === undefined || typeof part === "string") continue;
    for (const smaller of shrinkTree(part)) yield { ...tree, parts: tree.parts.with(index, smaller) };
  }
}

function bracket(tree: Tree, level: number): Tree {
  return tree.level >= level ? tree : { ...tree, level: 8, parts: ["(", ...tree.parts, ")"] };
}

