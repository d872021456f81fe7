/** Longest wait for one answer of a daemon that boots, policy included. */
export const PATIENCE_MS = 60_000;
