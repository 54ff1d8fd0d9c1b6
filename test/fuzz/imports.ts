// Target `import`: files of runs that were damaged, cut, put together wrongly or made up, also under checksums that fit, into an engine. What is thrown
// must be a WorkflowError with a code of its own; what was taken must be there to be read and exported; and the engine must go on.
import { fingerprintBytes } from "../../src/base/fingerprint.js";
import { joinEngine } from "../../src/create-engine.js";
import type { Engine } from "../../src/model/engine.js";
import { WorkflowError } from "../../src/model/errors.js";
import { seedOf } from "../../src/portable/section-codec.js";
import { createMemoryStore } from "../../src/store/memory-store.js";
import type { Chance } from "./chance.js";
import { WORKFLOW_TEXTS } from "./corpus.js";
import type { FuzzSession, FuzzTarget } from "./fuzzer.js";

/** Before the first section of a plain file: magic, version, form, checksum. */
const HEAD_SIZE = 14;
const CANARY_STRIDE = 64;
const REFUSED = /^portable\/(damaged|not-portable|version-unsupported|too-large|passphrase-needed|wrong-passphrase)$/;
const RUN_REFUSED = /^(portable\/(damaged|too-large)|run\/version-unsupported|parse\/invalid)$/;

export const importTarget: FuzzTarget = {
  name: "import",
  open: () => ImportSession.open(),
};

interface Section {
  readonly kind: number;
  readonly content: Uint8Array;
}

let corpus: Promise<readonly Uint8Array[]> | undefined;

/** Files of real runs: in both forms, alone and many together. */
async function makeCorpus(): Promise<readonly Uint8Array[]> {
  const engine = await openEngine();
  const files: Uint8Array[] = [];
  for (const [index, text] of WORKFLOW_TEXTS.entries()) {
    const workflow = await engine.load(text).catch(() => undefined);
    const run = workflow && (await engine.start(workflow, {}, { runId: `run-${index}`, tags: ["tag"] }).catch(() => undefined));
    for (const name of workflow?.definition.events.slice(0, 4) ?? []) if (run !== undefined) await engine.send(run.id, name.name, { n: 1, by: "x" }).catch(() => undefined);
    if (run !== undefined && index % 2 === 0) await engine.cancel(run.id);
    if (run !== undefined) files.push(await collect(engine.export({ runIds: [run.id] })));
  }
  files.push(await collect(engine.export()), await collect(engine.export({}, { compress: true })));
  await engine.close();
  return files;
}

function openEngine(): Promise<Engine> {
  return joinEngine({ storePort: createMemoryStore(), durability: "relaxed" });
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return new Uint8Array(Buffer.concat(parts));
}

class ImportSession implements FuzzSession {
  readonly memorySize = 0;
  readonly #engine: Engine;
  readonly #files: readonly Uint8Array[];
  #input: Uint8Array = new Uint8Array(0);
  #count = 0;

  private constructor(engine: Engine, files: readonly Uint8Array[]) {
    this.#engine = engine;
    this.#files = files;
  }

  static async open(): Promise<FuzzSession> {
    corpus ??= makeCorpus();
    return new ImportSession(await openEngine(), await corpus);
  }

  describe(): string {
    return `  file (base64): ${Buffer.from(this.#input).toString("base64")}`;
  }

  async feed(chance: Chance): Promise<void> {
    this.#input = this.#make(chance);
    await this.#import(chance);
    this.#count += 1;
    if (this.#count % CANARY_STRIDE === 0) await this.#checkEngine();
  }

  check(): void {
    if (({} as { polluted?: unknown }).polluted !== undefined) throw new Error("a prototype was changed");
  }

  async #import(chance: Chance): Promise<void> {
    const engine = this.#engine;
    const open = chance.pick(["pause", "keep", "cancel"] as const);
    try {
      const { refused, imported } = await engine.import(cut(this.#input, chance), { open, ...(chance.oneIn(8) && { onConflict: "rename" as const }) });
      for (const { code, message } of refused) if (!RUN_REFUSED.test(code)) throw new Error(`a run was refused with ${code}: ${message}`);
      if (imported > 0 && chance.oneIn(4)) await collect(engine.export());
    } catch (error) {
      if (!(error instanceof WorkflowError) || !REFUSED.test(error.code)) throw error;
    }
    const { records } = await engine.runs.query({ limit: 1_000 });
    for (const { runId, status } of records) {
      if (status === "succeeded" || status === "failed" || status === "canceled" || status === "timedOut") await engine.runs.delete(runId);
      else {
        await engine.cancel(runId).catch(() => undefined);
        await engine.runs.delete(runId).catch(() => undefined);
      }
    }
  }

  #make(chance: Chance): Uint8Array {
    const file = chance.pick(this.#files);
    const kind = chance.below(6);
    if (kind === 0) return chance.oneIn(2) ? chance.bytes(chance.below(200)) : join([file.subarray(0, HEAD_SIZE), chance.bytes(chance.below(200))]);
    if (kind === 1) return file.slice(0, chance.below(file.length));
    if (kind === 2) return damage(file, chance);
    const [plain = file] = [chance.pick(this.#files.slice(0, -1))];
    return seal(plain.subarray(0, HEAD_SIZE), rearrange(readSections(plain), this.#files, chance));
  }

  /** The engine is as it was: a sound file is taken, and is the same when it is exported. */
  async #checkEngine(): Promise<void> {
    const [file = new Uint8Array(0)] = this.#files;
    const engine = await openEngine();
    await engine.import(file, { open: "keep" });
    if (Buffer.compare(await collect(engine.export()), file) !== 0) throw new Error("a sound file is not exported as it was");
    await engine.close();
  }
}

function cut(file: Uint8Array, chance: Chance): Uint8Array | AsyncIterable<Uint8Array> {
  if (chance.oneIn(2)) return file;
  const size = chance.between(1, 50);
  return (async function* () {
    for (let at = 0; at < file.length; at += size) yield file.subarray(at, at + size);
  })();
}

function damage(bytes: Uint8Array, chance: Chance): Uint8Array {
  const damaged = bytes.slice();
  for (let changes = chance.between(1, 4); changes > 0 && damaged.length > 0; changes -= 1) {
    const at = chance.below(damaged.length);
    damaged[at] = chance.oneIn(2) ? chance.below(256) : (damaged[at] ?? 0) + chance.between(-2, 2);
  }
  return damaged;
}

function readSections(file: Uint8Array): Section[] {
  const sections: Section[] = [];
  for (let at = HEAD_SIZE; at < file.length; ) {
    const kind = file[at++] ?? 0;
    let size = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = file[at++] ?? 0;
      size += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
    }
    sections.push({ kind, content: file.slice(at, at + size) });
    at += size + 4;
  }
  return sections;
}

/** Sections left out, doubled, swapped, changed within, or from another file. */
function rearrange(sections: readonly Section[], files: readonly Uint8Array[], chance: Chance): readonly Section[] {
  const changed = [...sections];
  for (let changes = chance.between(1, 3); changes > 0 && changed.length > 0; changes -= 1) {
    const at = chance.below(changed.length);
    const section = changed[at] as Section;
    const kind = chance.below(8);
    if (kind === 0) changed.splice(at, 1);
    else if (kind === 1) changed.splice(chance.below(changed.length), 0, section);
    else if (kind === 2) changed.splice(at, 0, ...readSections(chance.pick(files.slice(0, -2))).slice(0, chance.between(1, 3)));
    else if (kind === 3) changed[at] = { kind: chance.between(0, 6), content: section.content };
    else if (kind === 4) changed[at] = { kind: section.kind, content: chance.bytes(chance.below(40)) };
    else changed[at] = { kind: section.kind, content: damage(section.content, chance) };
  }
  return changed;
}

/** With lengths and checksums that fit. */
function seal(head: Uint8Array, sections: readonly Section[]): Uint8Array {
  const parts: Uint8Array[] = [head];
  sections.forEach(({ kind, content }, number) => {
    const size: number[] = [];
    let rest = content.length;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) size.push((rest % 0x80) | 0x80);
    parts.push(Uint8Array.of(kind, ...size, rest), content, new Uint8Array(Uint32Array.of(fingerprintBytes(content, seedOf(number, kind))).buffer));
  });
  return join(parts);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
