/** HTML by tagged templates: whatever is put in is escaped, unless it is HTML already. */

export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | string | number | boolean | null | undefined | readonly Part[];

/** Escapes every interpolated value; lists are joined, and null, undefined and false leave nothing. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.reduce((text, string, i) => text + show(parts[i - 1]) + string));
}

function show(part: Part): string {
  if (part instanceof Html) return part.text;
  if (isList(part)) return part.map(show).join('');
  if (part === null || part === undefined || part === false) return '';
  return escapeHtml(String(part));
}

function isList(part: Part): part is readonly Part[] {
  return Array.isArray(part);
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A number with a true minus sign, never in exponents: 1,234.50. */
export function fixed(value: number, digits = 2): string {
  const text = Math.abs(value).toFixed(digits);
  const [whole, fraction] = text.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  const sign = value < 0 && Number(text) !== 0 ? '−' : '';
  return `${sign}${grouped}${fraction === undefined ? '' : `.${fraction}`}`;
}

/** As `fixed`, with a plus sign for what is above 0: for differences. */
export function signed(value: number, digits = 2): string {
  const text = fixed(value, digits);
  return value > 0 && Number(value.toFixed(digits)) !== 0 ? `+${text}` : text;
}

/** Three significant digits or so, for figures of unknown size. */
export function significant(value: number): string {
  const size = Math.abs(value);
  if (Number.isSafeInteger(value)) return fixed(value, 0);
  if (size >= 1e-4 && size < 1e6) return fixed(value, Math.max(0, Math.min(6, 2 - magnitude(size))));
  return value.toExponential(2).replace('-', '−');
}

function magnitude(size: number): number {
  return Math.floor(Math.log10(size));
}
