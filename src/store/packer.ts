// Packs bytes before they are stored: with zstd once it is loaded, which the first bytes worth packing bring about; with the platform's gzip where
// zstd cannot be had and there is time. What gains little stays as it is.
import { loadPackCodec } from "#pack-codec";
import { WorkflowError } from "../model/errors.js";
import { Form, type PackCodec } from "./disk.js";

/** Bytes below this size stay as they are. */
export const PACK_SIZE_MIN = 512;
/** What is packed has to be smaller by this factor. */
const GAIN_MIN = 0.9;

export interface Packed {
  readonly form: Form;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export class Packer {
  readonly #url: string | URL | undefined;
  #codec: PackCodec | undefined;
  #loading: Promise<PackCodec | undefined> | undefined;

  /** `url`: of the file with zstd. */
  constructor(url?: string | URL) {
    this.#url = url;
  }

  /** At once; as they are while the codec is not loaded. */
  pack(bytes: Uint8Array<ArrayBuffer>, isThorough = false): Packed {
    if (bytes.length < PACK_SIZE_MIN) return { form: Form.PLAIN, bytes };
    if (this.#codec !== undefined) return choose(bytes, this.#codec.form, this.#codec.compress(bytes, isThorough));
    void this.#load();
    return { form: Form.PLAIN, bytes };
  }

  /** Never as they are for want of a codec. `isThorough`: as small as can be, however long it takes. */
  async packWell(bytes: Uint8Array<ArrayBuffer>, isThorough = false): Promise<Packed> {
    if (bytes.length < PACK_SIZE_MIN || (await this.#load()) !== undefined) return this.pack(bytes, isThorough);
    return choose(bytes, Form.GZIP, await pipe(bytes, new CompressionStream("gzip")));
  }

  /** Rejects with `store/codec-unavailable`, and with anything where the bytes are damaged. */
  async unpack({ form, bytes }: Packed): Promise<Uint8Array> {
    if (form === Form.PLAIN) return bytes;
    const codec = await this.#load();
    if (codec?.form === form) return codec.decompress(bytes);
    if (form === Form.GZIP) return pipe(bytes, new DecompressionStream("gzip"));
    throw new WorkflowError("store/codec-unavailable", `What is stored is packed with ${Form[form] ?? form}, which could not be loaded`, {
      details: { form: Form[form] ?? form },
      isRetryable: true,
    });
  }

  /** Undefined: it cannot be had. Asked for again only by another store. */
  #load(): Promise<PackCodec | undefined> {
    this.#loading ??= loadPackCodec(this.#url).then(
      (codec) => (this.#codec = codec),
      () => undefined,
    );
    return this.#loading;
  }
}

/** The bytes that were sealed. Rejects with `store/damaged` where they do not unpack, and `store/codec-unavailable`. */
export async function unpack(packer: Packer, stored: Packed): Promise<Uint8Array> {
  try {
    return await packer.unpack(stored);
  } catch (error) {
    if (error instanceof WorkflowError) throw error;
    throw new WorkflowError("store/damaged", `Bytes that are packed with ${Form[stored.form] ?? stored.form} do not unpack: ${String(error)}`, { cause: error });
  }
}

function choose(plain: Uint8Array<ArrayBuffer>, form: Form, packed: Uint8Array): Packed {
  if (packed.length > plain.length * GAIN_MIN) return { form: Form.PLAIN, bytes: plain };
  return { form, bytes: packed as Uint8Array<ArrayBuffer> };
}

async function pipe(bytes: Uint8Array<ArrayBuffer>, through: CompressionStream | DecompressionStream): Promise<Uint8Array> {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(through)).arrayBuffer());
}
