import { expect, it } from 'vitest';
import { CAP } from '../../../linux/capability.ts';
import { tidOf } from '../../../linux/ids.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { WorkerContext } from '../context.ts';
import { scoreChecks } from './mediated-content.ts';

/** Is the capability asked about when a holder writes this to the file? */
function isAsked(
  text: string,
  { name = 'oom_score_adj', families = ['capabilities'], capabilities = ~0n } = {},
): boolean {
  const bytes = Buffer.from(text);
  const context = {
    call: { tid: tidOf(7), low: () => 0, high: () => 0 },
    mediator: { families: new Set(families), credentials: () => ({ capabilities }) },
    memory: {
      bytes: new Uint8Array(100),
      read(_tid: number, _low: number, _high: number, size: number) {
        this.bytes.set(bytes.subarray(0, size));
        return Math.min(size, bytes.length);
      },
    },
  };
  context.call.low = (argument?: number) => (argument === 2 ? bytes.length : 0);
  const inode = { filesystem: { type: 'proc' }, path: `/8/${name}` };
  const checks = scoreChecks(context as unknown as WorkerContext, { inode } as FileFacts);
  if (checks.length > 0) {
    const about = { capability: CAP.SYS_RESOURCE, silent: true };
    expect(checks).toEqual([{ hook: 'capable', about, refusal: 'ignored' }]);
  }
  return checks.length > 0;
}

it('the score of a process that the kernel takes asks silently for the capability to lower it later', () => {
  const taken = ['5', '-1000', '+7', ' 10 \n', '0', '-0x3e8', '0X1f', '01750'];
  expect(taken.filter((text) => !isAsked(text))).toEqual([]);
  const refused = ['', 'x', '5x', '1001', '-1001', '1 2', '0x3e9', '0x', '01751', '08', '- 5'];
  expect(refused.filter((text) => isAsked(text))).toEqual([]);
  // What is behind the twelfth byte does not count.
  expect(isAsked(`7${' '.repeat(11)}x`)).toBe(true);
});

it('nobody is asked about other files, for whom does not have it, or where capabilities are not mediated', () => {
  expect(isAsked('5', { name: 'comm' })).toBe(false);
  expect(isAsked('5', { capabilities: 0n })).toBe(false);
  expect(isAsked('5', { families: ['content'] })).toBe(false);
});
