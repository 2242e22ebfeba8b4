/**
 * One loop over closures, again and again with garbage collections between: a compiler that is right gives the same text.
 * Exit code 1 when it did not. Run by `trial.ts`, with `--expose-gc`.
 */
const classes = [
  { name: 'to 1', holds: (gap: number) => gap <= 1 },
  { name: '2 to 10', holds: (gap: number) => gap > 1 && gap <= 10 },
  { name: 'over 10', holds: (gap: number) => gap > 10 },
];

const length = 17_000;
const gaps = Int32Array.from({ length }, (_, k) => {
  if (k === 0 || k % 500 === 11) return 30;
  return k % 300 === 7 ? 5 : 1;
});
const book = { length, gaps, bids: new Int32Array(length).fill(7), asks: new Int32Array(length).fill(9) };
const bought = new Float64Array(length).fill(1);

function counts(of: typeof book) {
  return classes.map(({ name, holds }) => {
    let steps = 0;
    let lots = 0;
    let traded = 0;
    for (let k = 0; k < of.length; k++) {
      if (!holds(of.gaps[k])) continue;
      steps++;
      lots += (of.bids[k] + of.asks[k]) / 2;
      traded += bought[k];
    }
    return { name, share: steps / of.length, lots: steps > 0 ? lots / steps : 0, rate: traded / steps };
  });
}

const first = JSON.stringify(counts(book));
for (let again = 0; again < 3; again++) {
  for (let collection = 0; collection < 8; collection++) {
    globalThis.gc?.();
    const start = performance.now();
    while (performance.now() - start < 10);
  }
  const text = JSON.stringify(counts(book));
  if (text !== first) {
    console.log(`${first}\n${text}`);
    process.exitCode = 1;
  }
}
