/**
 * RFC 8785 JSON Canonicalization Scheme. Pure: workflows may import it.
 *
 * ECMAScript's own number and string serialisation is what the RFC prescribes; what is left is
 * member order (UTF-16 code units), and refusing what JSON cannot carry.
 */
import { AssayError } from './errors.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** Canonical text of `value`. Members that are `undefined` are left out. @throws ASSAY_JSON_NOT_CANONICAL */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'boolean':
      return value ? 'true' : 'false';
    case 'number':
      if (!Number.isFinite(value)) throw new AssayError('ASSAY_JSON_NOT_CANONICAL', { reason: `the number ${value}` });
      return JSON.stringify(value);
    case 'string':
      if (!value.isWellFormed()) throw new AssayError('ASSAY_JSON_NOT_CANONICAL', { reason: 'a lone surrogate' });
      return JSON.stringify(value);
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? canonicalArray(value) : canonicalObject(value);
    default:
      throw new AssayError('ASSAY_JSON_NOT_CANONICAL', { reason: `a ${typeof value}` });
  }
}

function canonicalArray(values: readonly unknown[]): string {
  return `[${values.map(canonicalJson).join(',')}]`;
}

function canonicalObject(value: object): string {
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, member]) => `${canonicalJson(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
