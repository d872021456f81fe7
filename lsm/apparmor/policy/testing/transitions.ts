/** What the tests of transitions have in common. */
import type { ExecCall } from '../../../framework/events.ts';
import { execCall, inodeFacts } from '../../../framework/testing/files.ts';
import type { TaskLabels } from '../../decide/task-labels.ts';
import type { Transition } from '../../decide/transition.ts';
import { formatLabel } from '../label-text.ts';
import type { Policy } from '../policy.ts';
import type { FileRecord } from '../records.ts';

export const CHANGE = 0x80000000;
export const ONEXEC = 0x40000000;
export const NOW = { onexec: false, stack: false, test: false };
export const AT_EXEC = { ...NOW, onexec: true };
/** Exec for owner and others, with the transition in both sets. */
export const x = (set: number) => (0x1 | set | ((0x1 | set) << 14)) >>> 0;
export const PX = 0x800;
export const IX = 0x200;
export const UX = 0x400;
export const UNSAFE = 0x100;

export function run(labels: TaskLabels, policy: Policy) {
  const records: FileRecord[] = [];
  const env = { noNewPrivs: false, audit: (record: FileRecord) => void records.push(record) };
  const shown = (result: Transition) => ({
    error: result.error?.code,
    label: formatLabel(policy.root, result.labels.label, { mode: false }),
    kill: result.kill ?? false,
  });
  return { env, records, shown, labels };
}

export const subject = (path: string, fsuid = 0, more: Partial<ExecCall> = {}) => ({
  path,
  inode: inodeFacts(),
  call: execCall({ filename: path, fsuid, ...more }),
});
