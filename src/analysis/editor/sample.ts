// Types from an example: declares the variables of a sample context as far as its values say. Knows nothing of expressions.
import type { TypeDeclaration } from "../../expression/checker/declaration.js";

/** Levels of a sample that are looked at; what is deeper is `any`. */
export const SAMPLE_DEPTH_MAX = 16;
/** Values of one sample that are looked at; the rest is `any`. */
export const SAMPLE_PART_COUNT_MAX = 10_000;
/** Elements of one list of a sample that are looked at. */
export const SAMPLE_ELEMENT_COUNT_MAX = 100;

export type SampleContext = Readonly<Record<string, unknown>>;

/**
 * The declarations of a sample's variables: objects with their fields (others may come), lists by what their elements have in
 * common, JSON numbers, texts. A value that cannot be read, or is null, is `any`. Cost: the values looked at.
 */
export function declareSample(sample: SampleContext): Readonly<Record<string, TypeDeclaration>> {
  const reader = new SampleReader();
  const declared: Record<string, TypeDeclaration> = Object.create(null) as Record<string, TypeDeclaration>;
  for (const name of Object.keys(sample)) declared[name] = reader.readField(sample, name, 0);
  return declared;
}

type Fields = Readonly<Record<string, TypeDeclaration>>;

class SampleReader {
  private partCount = 0;

  readField(holder: object, name: string, depth: number): TypeDeclaration {
    try {
      return this.read((holder as Record<string, unknown>)[name], depth);
    } catch {
      // A getter of the caller's object that throws: nothing is known of its value.
      return "any";
    }
  }

  private read(value: unknown, depth: number): TypeDeclaration {
    this.partCount += 1;
    if (depth >= SAMPLE_DEPTH_MAX || this.partCount > SAMPLE_PART_COUNT_MAX) return "any";
    switch (typeof value) {
      case "boolean":
        return "bool";
      case "number":
        return "number";
      case "bigint":
        return "int";
      case "string":
        return "string";
      case "object":
        return value === null ? "any" : this.readObject(value, depth);
      default:
        return "any";
    }
  }

  private readObject(value: object, depth: number): TypeDeclaration {
    if (Array.isArray(value)) return { list: this.readElements(value, depth + 1) };
    if (value instanceof Date) return "timestamp";
    if (ArrayBuffer.isView(value)) return "bytes";
    const fields: Record<string, TypeDeclaration> = Object.create(null) as Record<string, TypeDeclaration>;
    for (const name of Object.keys(value)) {
      if (this.partCount >= SAMPLE_PART_COUNT_MAX) break;
      fields[name] = this.readField(value, name, depth + 1);
    }
    return { fields };
  }

  private readElements(list: readonly unknown[], depth: number): TypeDeclaration {
    let type: TypeDeclaration | undefined;
    for (let index = 0; index < list.length && index < SAMPLE_ELEMENT_COUNT_MAX && type !== "any"; index += 1) {
      const element = this.readField(list, String(index), depth);
      type = type === undefined ? element : uniteSamples(type, element);
    }
    return type ?? "any";
  }
}

/** What two values of one list have in common: objects with the fields of both. */
function uniteSamples(left: TypeDeclaration, right: TypeDeclaration): TypeDeclaration {
  if (left === right) return left;
  if (typeof left === "string" || typeof right === "string") return "any";
  if ("list" in left && "list" in right) return { list: uniteSamples(left.list, right.list) };
  if (!("fields" in left) || !("fields" in right)) return "any";
  const fields: Record<string, TypeDeclaration> = Object.assign(Object.create(null) as object, left.fields);
  for (const [name, type] of Object.entries(right.fields)) {
    fields[name] = Object.hasOwn(left.fields as Fields, name) ? uniteSamples(fields[name] as TypeDeclaration, type) : type;
  }
  return { fields };
}
