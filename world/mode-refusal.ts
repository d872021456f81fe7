/** A file that its owner and mode keep from a program: the kernel looks at those first, so no module is asked and nothing is recorded. */
export interface ModeRefusal {
  readonly pid: number;
  readonly comm: string;
  /** By module: the label of the process. Bytes as characters, as `path`. */
  readonly labels: Readonly<Record<string, string>>;
  readonly path: string;
  /** What it was opened for. */
  readonly wanted: readonly ('read' | 'write')[];
  /** Seconds since 1970. */
  readonly time: number;
}
