// The runs that a query finds, by their number: pages are read from the nearest place that is known, be it the first run or the last, and
// forgotten again when there are many. The rows stay where they are while runs come and go: whoever wants the newest asks anew. Pure but for `ask`.
import type { RunPage, RunQuery, RunRecord } from "../millrace.js";

/** Runs that are read and forgotten together. */
export const BLOCK_SIZE = 200;
/** Blocks that are kept, besides the first. */
export const BLOCK_COUNT_MAX = 20;
/** What a query gives at most. */
const PAGE_SIZE_MAX = 1_000;

export interface RunPagesOptions {
  readonly ask: (query: RunQuery) => Promise<RunPage>;
  readonly query: RunQuery;
  /** How many runs it finds. */
  readonly count: number;
  /** Its first page, of BLOCK_SIZE. */
  readonly first: RunPage;
  /** Other rows are known than before. */
  readonly onChange: () => void;
  readonly onProblem: (error: unknown) => void;
}

/** Blocks from one end on. */
class Chain {
  readonly query: RunQuery;
  readonly isFromEnd: boolean;
  /** Where blocks begin, as far as it is known. */
  readonly cursors = new Map<number, string | undefined>([[0, undefined]]);
  readonly blocks = new Map<number, readonly RunRecord[]>();
  /** Runs in it, once its end was reached. */
  length = Number.POSITIVE_INFINITY;

  constructor(query: RunQuery, isFromEnd: boolean) {
    this.query = query;
    this.isFromEnd = isFromEnd;
  }

  at(index: number): RunRecord | undefined {
    const block = Math.floor(index / BLOCK_SIZE);
    return this.blocks.get(block)?.[index - block * BLOCK_SIZE];
  }

  /** The last known beginning up to a block. */
  nearest(block: number): number {
    for (let at = block; at > 0; at -= 1) if (this.cursors.has(at)) return at;
    return 0;
  }

  take(block: number, { records, cursor }: RunPage): void {
    for (let from = 0; from < records.length; from += BLOCK_SIZE) this.#keep(block + from / BLOCK_SIZE, records.slice(from, from + BLOCK_SIZE));
    if (cursor === undefined) this.length = block * BLOCK_SIZE + records.length;
    else this.cursors.set(block + records.length / BLOCK_SIZE, cursor);
  }

  #keep(block: number, records: readonly RunRecord[]): void {
    this.blocks.delete(block);
    this.blocks.set(block, records);
    for (const oldest of this.blocks.keys()) {
      if (this.blocks.size <= BLOCK_COUNT_MAX + 1) break;
      if (oldest !== 0) this.blocks.delete(oldest);
    }
  }
}

/** One read: from the beginning of a block on. */
interface Read {
  readonly chain: Chain;
  readonly block: number;
  readonly limit: number;
}

export class RunPages {
  readonly #options: RunPagesOptions;
  readonly #head: Chain;
  /** Undefined where the order cannot be turned: runs that have not ended stand last in either. */
  readonly #tail: Chain | undefined;
  #wanted = { from: 0, to: 0 };
  #isReading = false;
  #isClosed = false;

  constructor(options: RunPagesOptions) {
    this.#options = options;
    const { query, first } = options;
    this.#head = new Chain(query, false);
    this.#head.take(0, first);
    const { sort = "started", order = "newest" } = query;
    if (sort === "started" || sort === "updated") this.#tail = new Chain({ ...query, order: order === "newest" ? "oldest" : "newest" }, true);
  }

  /** The same for every list of one search. */
  get queryKey(): string {
    return JSON.stringify(this.#options.query);
  }

  get count(): number {
    return Math.min(this.#options.count, this.#head.length);
  }

  /** The run with that number, from 0; undefined where it is not known (yet). */
  at(index: number): RunRecord | undefined {
    return this.#head.at(index) ?? (index < this.count ? this.#tail?.at(this.count - 1 - index) : undefined);
  }

  /** Reads what is missing of these rows; what was wanted before, and is not read yet, is left. */
  show(from: number, to: number): void {
    this.#wanted = { from, to: Math.min(to, this.count) };
    if (!this.#isReading && !this.#isClosed) void this.#work();
  }

  /** Nothing is read any more. */
  close(): void {
    this.#isClosed = true;
  }

  async #work(): Promise<void> {
    this.#isReading = true;
    try {
      for (let read = this.#findRead(); read !== undefined && !this.#isClosed; read = this.#findRead()) {
        const { chain, block, limit } = read;
        const cursor = chain.cursors.get(block);
        const page = await this.#options.ask({ ...chain.query, limit, ...(cursor !== undefined && { cursor }) });
        if (this.#isClosed) return;
        chain.take(block, page);
        this.#options.onChange();
      }
    } catch (error) {
      if (!this.#isClosed) this.#options.onProblem(error);
    } finally {
      this.#isReading = false;
    }
  }

  #findRead(): Read | undefined {
    const { from, to } = this.#wanted;
    for (let index = from; index < Math.min(to, this.count); index += 1) {
      if (this.at(index) !== undefined) continue;
      const reads = [this.#readToward(this.#head, index), this.#tail && this.#readToward(this.#tail, this.count - 1 - index)].filter((read) => read !== undefined);
      const [best] = reads.sort((a, b) => a.steps - b.steps);
      if (best !== undefined) return best;
    }
    return undefined;
  }

  #readToward(chain: Chain, index: number): (Read & { readonly steps: number }) | undefined {
    // Runs went away since they were counted.
    if (index >= chain.length) return undefined;
    const wanted = Math.floor(index / BLOCK_SIZE);
    const block = chain.nearest(wanted);
    const limit = Math.max(BLOCK_SIZE, Math.min(PAGE_SIZE_MAX, (wanted - block) * BLOCK_SIZE));
    return { chain, block, limit, steps: wanted - block };
  }
}
