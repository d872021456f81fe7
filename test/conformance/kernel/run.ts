/** What booting a kernel for one scenario gives, whichever kernel it is. */
export interface KernelRun {
  /** `uname -r` of the guest. */
  readonly kernel: string;
  /** The probe's lines. */
  readonly outcomes: string;
}

/** The kernel did not boot, or the probe did not come to its end in it. */
export class KernelError extends Error {
  override readonly name = 'KernelError';
}

/** True when the last line is the probe's `end`. */
export function reachedEnd(outcomes: string): boolean {
  const last = outcomes.trimEnd().split('\n').at(-1) ?? '';
  return last.startsWith('{"k": "end"');
}

export function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
