import type { AuditName } from './names.ts';

/** What became of a call that the host's kernel went on with. */
export interface EndedCall {
  /** Absent = it is not known. */
  readonly exit?: number;
  /** It does not return: exit(2), exit_group(2). Rules are asked when it begins (audit_free()). */
  readonly leaves?: true;
  /** A record of it could not be made. */
  readonly lost?: true;
  readonly names: readonly AuditName[];
  /** Path of the working directory; absent = no path was looked up. */
  readonly pwd?: string;
  readonly openFlags?: number;
  /** Records that it has left before it returned. */
  readonly before?: readonly { readonly type: number; readonly body: string }[];
  /** Records of its kind (show_special()), and those of tasks that it is about. */
  readonly more?: readonly { readonly type: number; readonly body: string }[];
}
