/** Whom a review waits for, in words; shown, never decided upon: the activity counts against the registry's policy. */
export function missingSignatures(given: number): string {
  const missing = Math.max(1, 2 - given);
  return `${missing} signature${missing === 1 ? '' : 's'} by validators outside the lineage`;
}
