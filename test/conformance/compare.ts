/** The tolerance rule of `test/vectors/README.md`. */

const nonFinite: Readonly<Record<string, number>> = { NaN: Number.NaN, Infinity, '-Infinity': -Infinity };

/**
 * Differences between what was computed and what was expected, one line each, none when the vector passes.
 * Keys that `expect` does not name are ignored; everything that it names must be there.
 */
export function differences(got: unknown, want: unknown, { tolerance, at = 'expect' }: Rule): string[] {
  if (typeof want === 'number' || (typeof want === 'string' && want in nonFinite && typeof got === 'number')) {
    const number = typeof want === 'number' ? want : nonFinite[want];
    return typeof got === 'number' && isClose(got, number, tolerance) ? [] : [differs(at, got, want)];
  }
  if (Array.isArray(want)) return arrayDifferences(got, want, { tolerance, at });
  if (want !== null && typeof want === 'object') return objectDifferences(got, want, { tolerance, at });
  return got === want ? [] : [differs(at, got, want)];
}

interface Rule {
  readonly tolerance: number;
  /** Where in the result, for the message. */
  readonly at?: string;
}

function isClose(got: number, want: number, tolerance: number): boolean {
  if (!Number.isFinite(got) || !Number.isFinite(want)) return Object.is(got, want);
  return Math.abs(got - want) <= tolerance * Math.max(1, Math.abs(want));
}

function arrayDifferences(got: unknown, want: readonly unknown[], { tolerance, at }: Rule): string[] {
  const list = ArrayBuffer.isView(got) ? Array.from(got as unknown as ArrayLike<unknown>) : got;
  if (!Array.isArray(list)) return [differs(`${at}`, got, want)];
  if (list.length !== want.length) return [`${at}: ${list.length} elements, expected ${want.length}`];
  return want.flatMap((element, index) => differences(list[index], element, { tolerance, at: `${at}[${index}]` }));
}

function objectDifferences(got: unknown, want: object, { tolerance, at }: Rule): string[] {
  if (got === null || typeof got !== 'object') return [differs(`${at}`, got, want)];
  const members = got as Readonly<Record<string, unknown>>;
  return Object.entries(want).flatMap(([key, value]) => {
    const bound = /^(.+)(AtLeast|AtMost)$/.exec(key);
    if (bound) return boundDifference(members[bound[1]] ?? members[key], { side: bound[2], limit: value, at, key });
    return differences(members[key], value, { tolerance, at: `${at}.${key}` });
  });
}

function boundDifference(
  got: unknown,
  { side, limit, at, key }: { side: string; limit: unknown; at: string | undefined; key: string },
): string[] {
  const holds =
    typeof got === 'number' && typeof limit === 'number' && (side === 'AtLeast' ? got >= limit : got <= limit);
  return holds ? [] : [differs(`${at}.${key}`, got, limit)];
}

function differs(at: string, got: unknown, want: unknown): string {
  return `${at}: got ${show(got)}, expected ${show(want)}`;
}

function show(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}
