// What an evaluation reads of the object that it is given: a slot for each value at the end of a path, so that nothing else of
// the object has to be looked at. The compiler of expressions makes it, the kernel's door fills slots by it.

/** A field that is read, by itself or on the way to others. */
export interface PathReading {
  readonly key: string;
  /** Where the value goes; NO_SLOT where only `fields` of it are read. */
  readonly slot: number;
  /** Where it goes whether the field is there; NO_SLOT where nobody asks. */
  readonly presenceSlot: number;
  readonly fields: readonly PathReading[];
  /** Of a list's elements, the fields that are read where nothing else is; undefined: all of them. */
  readonly itemKeys: readonly string[] | undefined;
}

export const NO_SLOT = -1;

/** The variables, as fields of the context. */
export interface Reading {
  readonly fields: readonly PathReading[];
  /** By slot. */
  readonly slotNames: readonly string[];
}
