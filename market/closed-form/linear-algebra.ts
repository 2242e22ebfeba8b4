/** The little linear algebra that closed forms need: small, dense, double precision. */
import { AssayError } from '../../core/errors.ts';

export type Matrix = readonly (readonly number[])[];

/** Symmetric Toeplitz matrix from its first row. */
export function toeplitz(row: readonly number[]): number[][] {
  return row.map((_, i) => row.map((_, j) => row[Math.abs(i - j)]));
}

/** Solution of `matrix * x = right` by elimination with partial pivoting. @throws ASSAY_CONFIG_OUT_OF_BOUNDS when singular */
export function solve(matrix: Matrix, right: readonly number[]): number[] {
  const n = right.length;
  const rows = matrix.map((row, i) => [...row, right[i]]);
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(rows[i][k]) > Math.abs(rows[pivot][k])) pivot = i;
    [rows[k], rows[pivot]] = [rows[pivot], rows[k]];
    if (rows[k][k] === 0)
      throw new AssayError('ASSAY_CONFIG_OUT_OF_BOUNDS', { where: 'linear system', reason: 'the matrix is singular' });
    for (let i = k + 1; i < n; i++) {
      const factor = rows[i][k] / rows[k][k];
      if (factor !== 0) for (let j = k; j <= n; j++) rows[i][j] -= factor * rows[k][j];
    }
  }
  const x = Array.from({ length: n }, () => 0);
  for (let i = n - 1; i >= 0; i--) {
    let sum = rows[i][n];
    for (let j = i + 1; j < n; j++) sum -= rows[i][j] * x[j];
    x[i] = sum / rows[i][i];
  }
  return x;
}

/** Eigenvalues of a symmetric matrix, ascending, by Jacobi rotations. */
export function symmetricEigenvalues(matrix: Matrix): number[] {
  const a = matrix.map((row) => [...row]);
  const n = a.length;
  for (let sweep = 0; sweep < 100; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) off += a[p][q] ** 2;
    if (off < 1e-30) break;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(a, p, q);
  }
  return a.map((row, i) => row[i]).sort((x, y) => x - y);
}

function rotate(a: number[][], p: number, q: number): void {
  if (a[p][q] === 0) return;
  const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < a.length; k++) {
    const [x, y] = [a[k][p], a[k][q]];
    [a[k][p], a[k][q]] = [c * x - s * y, s * x + c * y];
  }
  for (let k = 0; k < a.length; k++) {
    const [x, y] = [a[p][k], a[q][k]];
    [a[p][k], a[q][k]] = [c * x - s * y, s * x + c * y];
  }
}

/** exp(matrix) * vector by scaling the matrix down, a Taylor series, and applying it as often as it was scaled. */
export function expTimes(matrix: Matrix, vector: readonly number[]): number[] {
  const norm = Math.max(...matrix.map((row) => row.reduce((sum, value) => sum + Math.abs(value), 0)));
  const times = Math.max(1, Math.ceil(norm));
  let x = [...vector];
  for (let s = 0; s < times; s++) {
    let term = x;
    for (let k = 1; k <= 24; k++) {
      term = matrix.map((row) => row.reduce((sum, value, j) => sum + value * term[j], 0) / (k * times));
      x = x.map((value, i) => value + term[i]);
    }
  }
  return x;
}
