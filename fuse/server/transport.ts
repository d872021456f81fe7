/** What every transport looks like from outside. */
export interface Transport {
  /** Resolves with the reason once nothing is served any more and everything is given back. */
  readonly ended: Promise<string>;
  /** Stops serving. */
  close(): void;
}
