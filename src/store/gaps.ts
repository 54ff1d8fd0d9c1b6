// Groups of which no row tells. Groups are numbered without gaps and a merged row says which it stands for, so a row that is lost is missed.

/** Groups `from` to `to`. */
export interface GroupRange {
  readonly from: number;
  readonly to: number;
}

export class GapList {
  #gaps: GroupRange[] = [];

  /** A row that stands for the groups `from` to `to`; `last`: where the row read before ends. A merged row may stand for what seemed to be missing. */
  note(from: number, to: number, last: number): void {
    if (this.#gaps.length > 0) this.#gaps = this.#gaps.filter((gap) => gap.from < from).map((gap) => (gap.to < from ? gap : { from: gap.from, to: from - 1 }));
    const first = Math.max(from, 1);
    if (first > last + 1 && to > last) this.#gaps.push({ from: last + 1, to: first - 1 });
  }

  /** What is still missing, once everything is read; it stays here until it is dealt with. */
  async settle(lose: (gap: GroupRange) => Promise<void>): Promise<void> {
    for (let [gap] = this.#gaps; gap !== undefined; [gap] = this.#gaps) {
      await lose(gap);
      this.#gaps.shift();
    }
  }

  clear(): void {
    this.#gaps = [];
  }
}
