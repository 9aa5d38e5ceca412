/**
 * Expected visits to each state of an absorbing chain: the row vector x = start · (I − Q)⁻¹ (Kemeny, Snell 1960: the
 * fundamental matrix). `moves[i][j]` is the probability to go from i to j; what a row lacks to 1 leaves the chain.
 */
export function expectedVisits(moves: readonly (readonly number[])[], start: readonly number[]): number[] {
  const n = start.length;
  const transposed = Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (_, j) => (i === j ? 1 : 0) - ((moves[j] as readonly number[])[i] as number)),
  );
  return solved(transposed, start);
}

/** The value of each state where leaving from it gives `gains[i]`: v = (I − Q)⁻¹ · gains. */
export function expectedGains(moves: readonly (readonly number[])[], gains: readonly number[]): number[] {
  const own = moves.map((row, i) => row.map((move, j) => (i === j ? 1 : 0) - move));
  return solved(own, gains);
}

/** Gaussian elimination with partial pivoting; small systems, so nothing is shared between two of them. */
function solved(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const n = right.length;
  const rows = matrix.map((row, i) => [...row, right[i] as number]);
  for (let column = 0; column < n; column++) {
    const pivot = greatest(rows, column);
    if (Math.abs(rows[pivot]?.[column] as number) < 1e-12) throw new Error("the chain has states that nobody leaves");
    [rows[column], rows[pivot]] = [rows[pivot] as number[], rows[column] as number[]];
    const top = rows[column] as number[];
    for (let i = 0; i < n; i++) {
      const row = rows[i] as number[];
      const factor = (row[column] as number) / (top[column] as number);
      if (i === column || factor === 0) continue;
      for (let j = column; j <= n; j++) row[j] = (row[j] as number) - factor * (top[j] as number);
    }
  }
  return rows.map((row, i) => (row[n] as number) / (row[i] as number));
}

function greatest(rows: readonly (readonly number[])[], column: number): number {
  let at = column;
  for (let i = column + 1; i < rows.length; i++) {
    if (Math.abs(rows[i]?.[column] as number) > Math.abs(rows[at]?.[column] as number)) at = i;
  }
  return at;
}
