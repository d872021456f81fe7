/** A measurement list taken apart for people and programs. Plain data; names are bytes, one character each. */
export interface ListTold {
  /** Does each entry have the digest that its fields give? `true` where that was not asked. */
  readonly intact: boolean;
  /** The answer for programs. */
  readonly report: object;
  /** The same for people: a table, and lines after it. */
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly notes: readonly string[];
  /** What registers of a TPM would hold, in hexadecimal: by bank, all that a TPM has. Empty where that was not asked. */
  readonly registers: Readonly<Record<string, readonly string[]>>;
}

/**
 * An entry of the list of measurements.
 * @public
 */
export interface Measurement {
  readonly pcr: number;
  /** `ima-ng`, ... */
  readonly template: string;
  /** In the list of the bank `sha1`. */
  readonly templateDigest: string;
  /** Of the content; with its algorithm except in the oldest template. */
  readonly digest: string;
  readonly path: string;
  /** By their ids, as the readable list shows them; empty for a template that is not known. */
  readonly fields: Readonly<Record<string, string>>;
  readonly violation: boolean;
}
