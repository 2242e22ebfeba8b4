import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../core/canonical-json.ts';
import { parseCanonicalJson, parseStrictJson } from '../../core/strict-json.ts';

describe('strict JSON', () => {
  it.each([
    ['two members of one name', '{"a":1,"a":2}'],
    ['two spellings of one name', '{"a":1,"\\u0061":2}'],
    ['two members of one name, nested', '[{"b":{"c":1,"c":1}}]'],
    ['a lone high surrogate', '"\\ud800"'],
    ['a lone low surrogate in a name', '{"\\udc00":1}'],
    ['a raw lone surrogate', '"\ud800"'],
    ['a number out of range', '[1e400]'],
    ['NaN', 'NaN'],
    ['a leading zero', '01'],
    ['a bare point', '1.'],
    ['a plus sign', '+1'],
    ['a trailing comma in a list', '[1,]'],
    ['a trailing comma in an object', '{"a":1,}'],
    ['a comment', '{}//'],
    ['a raw control character', '"\n"'],
    ['an unknown escape', '"\\x41"'],
    ['a byte order mark', '\ufeff{}'],
    ['a no-break space', '\u00a0{}'],
    ['nothing', ''],
    ['two values', '{} {}'],
    ['a half', '{"a":'],
    ['a name that is no string', '{a:1}'],
    ['endless nesting', '['.repeat(100_000)],
  ])('refuses %s', (_name, text) => {
    expect(() => parseStrictJson(text)).toThrow(expect.objectContaining({ code: 'ASSAY_JSON_NOT_CANONICAL' }));
  });

  it('reads whatever JSON.parse reads and canonical JSON can hold', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(canonicalJson(parseStrictJson(text))).toBe(canonicalJson(JSON.parse(text)));
      }),
    );
  });

  it('keeps a member called __proto__ a member', () => {
    expect(canonicalJson(parseStrictJson('{"__proto__":{"a":1}}'))).toBe('{"__proto__":{"a":1}}');
  });

  it('accepts one spelling of a value only', () => {
    expect(parseCanonicalJson('{"a":1,"b":[1e+21]}')).toEqual({ a: 1, b: [1e21] });
    for (const text of ['{"b":1,"a":1}', '{"a": 1}', '{"a":1.0}', '"\\u0061"', '{"a":1}\n', '[-0]'])
      expect(() => parseCanonicalJson(text)).toThrow('not in canonical form');
  });
});
