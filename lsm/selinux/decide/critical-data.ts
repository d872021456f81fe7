/** The state that is measured each time it may have changed: selinux_ima_measure_state_locked() of security/selinux/ima.c. */
import { bytesOf } from '../../../linux/bytes.ts';
import { failed } from '../../../linux/errno.ts';
import type { CriticalData } from '../../framework/critical-data.ts';
import { POLICY_CAPABILITIES } from './index.ts';
import type { SelinuxState } from './state.ts';

const LABEL = 'selinux';

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
  const policy = state.dump();
  return [
    { label: LABEL, event: 'selinux-state', data: bytesOf(text) },
    ...(failed(policy) ? [] : [{ label: LABEL, event: 'selinux-policy-hash', data: policy, hashed: true } as const]),
  ];
}
