// The commands of one run that wait for their answer, by serial. Most runs wait for one at a time: it stands here without a map.

export class OpenCommands<C extends { readonly serial: number }> {
  #one: C | undefined;
  /** Instead of the one, as soon as there were two. */
  #all: Map<number, C> | undefined;

  get size(): number {
    if (this.#all !== undefined) return this.#all.size;
    return this.#one === undefined ? 0 : 1;
  }

  get(serial: number): C | undefined {
    if (this.#all !== undefined) return this.#all.get(serial);
    return this.#one?.serial === serial ? this.#one : undefined;
  }

  has(serial: number): boolean {
    return this.get(serial) !== undefined;
  }

  add(command: C): void {
    if (this.#all === undefined) {
      const one = this.#one;
      if (one === undefined || one.serial === command.serial) {
        this.#one = command;
        return;
      }
      this.#all = new Map([[one.serial, one]]);
      this.#one = undefined;
    }
    this.#all.set(command.serial, command);
  }

  delete(serial: number): void {
    if (this.#all !== undefined) this.#all.delete(serial);
    else if (this.#one?.serial === serial) this.#one = undefined;
  }

  /** In the order in which they were added. */
  *values(): Iterable<C> {
    if (this.#all !== undefined) yield* this.#all.values();
    else if (this.#one !== undefined) yield this.#one;
  }
}
