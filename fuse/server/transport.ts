/** The interface of all transports. */
export interface Transport {
  /** Resolves with the reason when serving has ended and all resources are freed. */
  readonly ended: Promise<string>;
  /** Stops serving. */
  close(): void;
}
