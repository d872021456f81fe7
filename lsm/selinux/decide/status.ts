/**
 * The status page: what user space maps to notice policy and mode changes without a system call.
 *
 * Format (security/selinux/include/security.h, struct selinux_kernel_status): five little-endian u32 - version 1, sequence, enforcing,
 * policyload, deny_unknown. The sequence is a seqlock counter: odd while the other fields change, so it rises by two per change. A reader
 * of this emulation never sees the odd value, because a change and its publication are one step.
 */
const VERSION = 1;
export const STATUS_SIZE = 20;

export interface StatusFields {
  readonly enforcing: boolean;
  /** Number of the last policy change; 0 before the first load. */
  readonly policyload: number;
  readonly denyUnknown: boolean;
}

export class StatusPage {
  #sequence = 0;
  #fields: StatusFields;
  /** Called with the new content after each change. */
  onChange: ((content: Uint8Array) => void) | undefined;

  constructor(fields: StatusFields) {
    this.#fields = fields;
  }

  update(change: Partial<StatusFields>): void {
    this.#fields = { ...this.#fields, ...change };
    this.#sequence = (this.#sequence + 2) >>> 0;
    this.onChange?.(this.content());
  }

  content(): Uint8Array {
    const data = new Uint8Array(STATUS_SIZE);
    const view = new DataView(data.buffer);
    const { enforcing, policyload, denyUnknown } = this.#fields;
    [VERSION, this.#sequence, Number(enforcing), policyload, Number(denyUnknown)].forEach((value, index) => {
      view.setUint32(index * 4, value, true);
    });
    return data;
  }
}
