/** Data of the kernel on which its integrity depends, told to whoever measures it: ima_measure_critical_data(). */
export interface CriticalData {
  /** Who has it; rules choose by this. */
  readonly label: string;
  readonly event: string;
  /** Called where a rule wants it measured; empty = there is nothing. */
  data(): Uint8Array;
  /** Only its digest is to be kept. */
  readonly hashed?: boolean;
}
