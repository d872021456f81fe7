/**
 * Mutating vfs operations as plain values: caller, operation, data. Applying the same events to a fresh tree gives the same state.
 *
 * Paths are canonical, inside the named filesystem, without a leading slash (`''` is its root). Opens are events only when they may
 * write: a handle that is only read changes nothing, and reads are not events. Data are base64.
 */
import type { Caller } from '../tree/caller.ts';
import type { AttributeChange } from '../tree/node.ts';

interface On {
  /** Name under which the filesystem was wrapped. */
  readonly filesystem: string;
  readonly path: string;
  readonly caller: Caller;
}

interface Named extends On {
  /** Entry in the directory `path`. */
  readonly name: string;
}

export type VfsEvent =
  | (On & { readonly kind: 'open'; readonly handle: number; readonly flags: number })
  | (Named & { readonly kind: 'create'; readonly handle: number; readonly flags: number; readonly mode: number })
  | {
      readonly kind: 'write';
      readonly handle: number;
      readonly offset: number;
      readonly mayContinue?: boolean;
      readonly data: string;
      readonly caller: Caller;
    }
  | { readonly kind: 'release'; readonly handle: number }
  | (On & { readonly kind: 'set_attributes'; readonly change: AttributeChange })
  | (On & { readonly kind: 'setxattr'; readonly name: string; readonly value: string; readonly flags: number })
  | (On & { readonly kind: 'removexattr'; readonly name: string })
  | (Named & { readonly kind: 'mkdir'; readonly mode: number })
  | (Named & { readonly kind: 'mknod'; readonly mode: number; readonly rdev: number })
  | (Named & { readonly kind: 'symlink'; readonly target: string })
  | (Named & { readonly kind: 'link'; readonly existing: string })
  | (Named & { readonly kind: 'unlink' })
  | (Named & { readonly kind: 'rmdir' })
  | (Named & { readonly kind: 'rename'; readonly to: string; readonly newName: string; readonly flags: number });

/** One line of JSON; 64-bit numbers (capabilities, times) are kept exactly. */
export function eventToJson(event: unknown): string {
  return JSON.stringify(event, (_key, value: unknown) =>
    typeof value === 'bigint' ? { $bigint: value.toString() } : value,
  );
}

/** The inverse of {@link eventToJson}. Throws what JSON.parse throws on text that it did not write. */
export function eventFromJson(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) => {
    const digits = typeof value === 'object' && value !== null && '$bigint' in value ? value.$bigint : undefined;
    return typeof digits === 'string' ? BigInt(digits) : value;
  });
}
