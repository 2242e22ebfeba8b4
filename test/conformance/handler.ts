/**
 * What a topic file exports: `export const problems = { ... } satisfies Problems`, one function a `given.problem`.
 *
 * A function takes the vector's `given` and returns an object with (at least) the keys of `expect`, computed by the
 * project's public functions; it never computes the answer itself. A problem that no function covers, and a function
 * that returns `notImplemented`, are counted apart and never as passed.
 */
export type Problems = Readonly<Record<string, (given: never) => unknown>>;

/** Returned for a case of a known problem that the project does not cover. */
export const notImplemented: unique symbol = Symbol('not implemented');

/** One case of `test/vectors/README.md`. */
export interface Vector {
  readonly id: string;
  readonly given: { readonly problem: string } & Readonly<Record<string, unknown>>;
  readonly expect: unknown;
  readonly tolerance: number;
}
