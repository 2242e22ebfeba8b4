/** Base64 (RFC 4648) with one spelling a value: padded, no white space, no stray bits behind the last byte. */

/** The bytes of canonical standard base64; undefined for any other text. */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/**
 * The bytes of canonical base64 in the standard or the URL-safe alphabet (sections 4 and 5; never both in one text), padded:
 * DSSE asks verifiers of foreign envelopes to accept either. Undefined for any other text.
 */
export function decodeEitherBase64(text: string): Buffer | undefined {
  const isUrlSafe = /[-_]/.test(text);
  if (isUrlSafe && /[+/]/.test(text)) return undefined;
  return decodeBase64(isUrlSafe ? text.replaceAll('-', '+').replaceAll('_', '/') : text);
}

export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
