/**
 * A JSON parser for what is signed or hashed: RFC 8259 grammar and the I-JSON limits (RFC 7493) that RFC 8785 needs.
 * Where `JSON.parse` keeps the last of two members of one name, lets lone surrogates pass and turns 1e400 into Infinity,
 * this one refuses, so that two readers can never see two meanings in one text. Pure: workflows may import it.
 */
import { canonicalJson, type Json } from './canonical-json.ts';
import { AssayError } from './errors.ts';

/** Deeper nesting than this is refused; nothing we sign comes near it. */
const maxDepth = 200;

/**
 * The value of a JSON text: no duplicate member names, no lone surrogates, no number outside double range.
 * @throws ASSAY_JSON_NOT_CANONICAL saying what and at which UTF-16 offset
 */
export function parseStrictJson(text: string): Json {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

/** The value of a text that already is canonical (RFC 8785): the only spelling of that value. @throws ASSAY_JSON_NOT_CANONICAL */
export function parseCanonicalJson(text: string): Json {
  const value = parseStrictJson(text);
  if (canonicalJson(value) !== text) throw refuse('a text that is not in canonical form');
  return value;
}

const numberToken = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** A quoted string; JSON.parse then judges its escapes and control characters. */
const stringToken = /"[^"\\]*(?:\\[^][^"\\]*)*"/y;
const blank = /[ \t\n\r]*/y;
const literals: readonly (readonly [string, Json])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): Json {
    if (depth > maxDepth) throw refuse(`nesting deeper than ${maxDepth}`);
    this.#token(blank);
    const next = this.#text[this.#at];
    if (next === '{') return this.#object(depth);
    if (next === '[') return this.#array(depth);
    if (next === '"') return this.#string();
    for (const [word, value] of literals) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    return this.#number();
  }

  end(): void {
    this.#token(blank);
    if (this.#at < this.#text.length) throw this.#unexpected();
  }

  #object(depth: number): Json {
    const members = new Map<string, Json>();
    this.#at += 1;
    if (this.#take('}')) return {};
    do {
      this.#token(blank);
      const key = this.#string();
      if (members.has(key)) throw refuse(`two members named ${JSON.stringify(key)}`);
      if (!this.#take(':')) throw this.#unexpected();
      members.set(key, this.value(depth + 1));
    } while (this.#take(','));
    if (!this.#take('}')) throw this.#unexpected();
    return Object.fromEntries(members); // defines own members, "__proto__" among them
  }

  #array(depth: number): Json {
    const elements: Json[] = [];
    this.#at += 1;
    if (this.#take(']')) return elements;
    do elements.push(this.value(depth + 1));
    while (this.#take(','));
    if (!this.#take(']')) throw this.#unexpected();
    return elements;
  }

  #string(): string {
    const start = this.#at;
    const token = this.#token(stringToken);
    if (!token) throw this.#unexpected();
    const value = unescaped(token);
    if (value === undefined) throw refuse(`a malformed string at offset ${start}`);
    if (!value.isWellFormed()) throw refuse('a lone surrogate');
    return value;
  }

  #number(): number {
    const token = this.#token(numberToken);
    if (!token) throw this.#unexpected();
    const value = Number(token);
    if (!Number.isFinite(value)) throw refuse(`the number ${token}, which no double holds`);
    return value;
  }

  #take(mark: string): boolean {
    this.#token(blank);
    if (this.#text[this.#at] !== mark) return false;
    this.#at += 1;
    return true;
  }

  #token(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const token = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += token.length;
    return token;
  }

  #unexpected(): AssayError {
    const found = this.#at < this.#text.length ? JSON.stringify(this.#text[this.#at]) : 'the end of the text';
    return refuse(`JSON with ${found} at offset ${this.#at}`);
  }
}

function unescaped(token: string): string | undefined {
  try {
    return JSON.parse(token) as string;
  } catch {
    return undefined;
  }
}

function refuse(reason: string): AssayError {
  return new AssayError('ASSAY_JSON_NOT_CANONICAL', { reason });
}
