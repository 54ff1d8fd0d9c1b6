// Bytes as text: base64 of RFC 4648, padded.

/** Bytes spelled at a time: as many arguments as a call may surely have. */
const CHUNK_SIZE = 4_096;

export function spellBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += CHUNK_SIZE) binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK_SIZE));
  return btoa(binary);
}

/** @throws DOMException where the text is no base64 */
export function readBase64(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index);
  return bytes;
}
