import { canonicalJson } from '../../../core/canonical-json.ts';
import { sha256 } from '../../../core/digest.ts';
import { isAssayError } from '../../../core/errors.ts';
import { parseStrictJson } from '../../../core/strict-json.ts';
import type { Problems } from '../handler.ts';

export const problems = {
  canonicalise: ({ json }: { json: string }) => {
    const canonical = canonicalJson(parseStrictJson(json));
    return { canonical, sha256Hex: sha256(canonical) };
  },

  number: ({ ieee754Hex }: { ieee754Hex: string }) => {
    const value = Buffer.from(ieee754Hex, 'hex').readDoubleBE();
    try {
      return { text: canonicalJson(value), accepted: true };
    } catch (error) {
      if (isAssayError(error, 'ASSAY_JSON_NOT_CANONICAL')) return { text: null, accepted: false };
      throw error;
    }
  },

  reject: ({ json }: { json: string }) => {
    try {
      parseStrictJson(json);
      return { accepted: true };
    } catch (error) {
      if (isAssayError(error, 'ASSAY_JSON_NOT_CANONICAL')) return { accepted: false };
      throw error;
    }
  },
} satisfies Problems;
