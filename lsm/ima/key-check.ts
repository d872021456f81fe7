/**
 * Keys that are added, in the measurement list: ima_post_key_create_or_update() and process_buffer_measurement().
 */
import type { Digests } from '../framework/facts.ts';
import type { AddedKey } from '../framework/keys/key-event.ts';
import type { Measurements } from './list/measurements.ts';
import type { Templates } from './list/template.ts';
import type { Policy } from './policy/policy.ts';

export interface KeyCheckHost {
  readonly policy: Policy;
  readonly measurements: Measurements;
  readonly templates: Templates;
  readonly digests: Digests;
  /** The kernel's own (ima_hash=). */
  readonly algorithm: string;
}

/** @param who ids in the initial user namespace. */
export function measureKey(
  { policy, measurements, templates, digests, algorithm }: KeyCheckHost,
  { ring, type, payload }: AddedKey,
  { uid, gid }: { readonly uid: number; readonly gid: number },
): void {
  if (type !== 'asymmetric' || payload.length === 0 || policy.isIdle) return;
  const credentials = { uid, euid: uid, suid: uid, gid, egid: gid, sgid: gid, maySetuid: false, maySetgid: false };
  const { actions, pcr, template } = policy.match({ func: 'KEY_CHECK', mask: 0, credentials, data: ring });
  if (!actions.has('measure')) return;
  const bytes = digests.compute(algorithm, [payload]);
  const digest = bytes && { algorithm, bytes };
  measurements.add(template ?? templates.buffer, pcr, {
    name: ring,
    algorithm,
    ...(digest && { digest }),
    buffer: payload,
  });
}
