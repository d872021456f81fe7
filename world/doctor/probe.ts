/**
 * The checks of `lsmfs doctor`. Each looks at one property of the host without changing anything.
 *
 * Checks that need system calls are loaded only when the native library is there, so that its absence is a line of the
 * report and not a crash.
 */
import type { HostCheck } from '../../lsm/framework/host-side.ts';
import type { HostReport } from '../options.ts';
import { fileChecks } from './file-checks.ts';

export async function probeHost(): Promise<HostReport> {
  const checks: HostCheck[] = [];
  try {
    const { systemCallChecks } = await import('./system-call-checks.ts');
    checks.push({ id: 'koffi', status: 'ok', detail: `the native library works with Node ${process.versions.node}` });
    checks.push(...systemCallChecks());
  } catch (error) {
    checks.push({
      id: 'koffi',
      status: 'fail',
      detail: `the native library cannot be loaded: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`,
      fix: 'Run `npm install` in the directory of lsmfs, on x86-64 or arm64.',
    });
  }
  checks.push(...fileChecks());
  return { checks, usable: checks.every(({ status }) => status !== 'fail') };
}
