/** What is measured, as one line of a table. */
export interface BenchLine {
  readonly area: string;
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** What `ratio` compares with; absent = no yardstick. */
  readonly against?: string;
  readonly ratio?: number;
  /** Smallest and largest ratio of the rounds. */
  readonly spread?: readonly [number, number];
}

export function figure(value: number): string {
  return value >= 1000 ? value.toFixed(0) : value.toPrecision(3);
}
