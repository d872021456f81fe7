/** The state that is measured each time it may have changed: selinux_ima_measure_state_locked() of security/selinux/ima.c. */
import { bytesOf } from '../../../linux/bytes.ts';
import { failed } from '../../../linux/errno.ts';
import type { CriticalData } from '../../framework/critical-data.ts';
import { POLICY_CAPABILITIES } from './index.ts';
import type { SelinuxState } from './state.ts';

const LABEL = 'selinux';

const NOTHING = new Uint8Array(0);

/** @returns in the order in which it is measured; without a policy the state alone. */
export function criticalData(state: SelinuxState): readonly CriticalData[] {
  const { loaded, enforcing } = state;
  const capabilities = loaded?.state.db.capabilities;
  const values: readonly (readonly [string, boolean])[] = [
    ['initialized', loaded !== undefined],
    ['enforcing', enforcing],
    ['checkreqprot', false],
    ...POLICY_CAPABILITIES.map((name, id) => [name, capabilities?.has(id) === true] as const),
  ];
  const text = values.map(([name, value]) => `${name}=${Number(value)};`).join('');
  return [
    { label: LABEL, event: 'selinux-state', data: () => bytesOf(text) },
    { label: LABEL, event: 'selinux-policy-hash', data: () => dumped(state), hashed: true },
  ];
}

/** The whole policy is written anew: it takes as long as parsing it. */
function dumped(state: SelinuxState): Uint8Array {
  const policy = state.dump();
  return failed(policy) ? NOTHING : policy;
}
