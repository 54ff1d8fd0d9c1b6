// Numbers names in the order in which they come: the fields, the variables of an expression. Most have a handful, so the
// list is searched from one end; a long one gets a map.

/** Names up to this many are searched one by one: a map costs more than the whole search. */
const SEARCHED_COUNT_MAX = 16;

const NO_NAMES: readonly string[] = [];

export class NameList {
  private names: string[] | undefined;
  private indexes: Map<string, number> | undefined;

  /** The number of a name, which is added where it is new. */
  indexOf(name: string): number {
    const { names, indexes } = this;
    if (names === undefined) {
      this.names = [name];
      return 0;
    }
    const { length } = names;
    if (indexes === undefined) {
      for (let index = 0; index < length; index += 1) if (names[index] === name) return index;
      if (length === SEARCHED_COUNT_MAX) this.indexes = new Map([...names, name].map((each, index) => [each, index]));
    } else {
      const known = indexes.get(name);
      if (known !== undefined) return known;
      indexes.set(name, length);
    }
    names.push(name);
    return length;
  }

  /** The names so far; the list begins anew. */
  take(): readonly string[] {
    const { names } = this;
    if (names === undefined) return NO_NAMES;
    this.names = undefined;
    this.indexes = undefined;
    return names;
  }
}
