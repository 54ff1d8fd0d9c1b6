// Numbers names in the order in which they come: the fields, the variables of an expression. Most have a handful, so the
// list is searched from one end; a long one gets a map.

/** Names up to this many are searched one by one: a map costs more than the whole search. */
const SEARCHED_COUNT_MAX = 16;

export class NameList {
  readonly names: string[] = [];
  private indexes: Map<string, number> | undefined;

  /** The number of a name, which is added where it is new. */
  indexOf(name: string): number {
    const { names } = this;
    const known = this.indexes === undefined ? names.indexOf(name) : (this.indexes.get(name) ?? -1);
    if (known >= 0) return known;
    this.indexes?.set(name, names.length);
    names.push(name);
    if (names.length === SEARCHED_COUNT_MAX) this.indexes = new Map(names.map((each, index) => [each, index]));
    return names.length - 1;
  }
}
