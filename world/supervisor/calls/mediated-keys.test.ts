import { expect, it } from 'vitest';
import { CAP } from '../../../linux/capability.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { tidOf } from '../../../linux/ids.ts';
import { KEYCTL } from '../../../linux/keyctl.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { WorkerContext } from '../context.ts';
import { calls } from './mediated-keys.ts';

const SERIAL = 77;
const ROOT = 1n << BigInt(CAP.SYS_ADMIN);

/** KEYCTL_INVALIDATE of a key that the host describes with this errno. @returns the hooks that are asked, in order. */
function invalidate(errno: number, capabilities: bigint, refused: readonly string[] = []): string[] {
  const asked: string[] = [];
  const args = [KEYCTL.INVALIDATE, SERIAL];
  const context = {
    ask: () => undefined,
    call: {
      tid: tidOf(7),
      int: (index: number) => args[index] ?? 0,
      fail: () => {
        throw new Error('the kernel says itself that the key is over');
      },
    },
    view: { credentials: () => ({ fsuid: 0 }), asUser: () => -errno },
    mediator: {
      credentials: () => ({ capabilities }),
      decide: (_tid: number, checks: readonly AccessCheck[]) => {
        asked.push(...checks.map(({ hook }) => hook));
        return checks.some(({ hook }) => refused.includes(hook)) ? ERRNO.EACCES : 0;
      },
    },
  };
  calls.find(({ name }) => name === 'keyctl')?.handle?.(context as unknown as WorkerContext);
  return asked;
}

it('a key that is over is searched for again for root, which may invalidate some', () => {
  for (const errno of [ERRNO.EKEYREVOKED, ERRNO.EKEYEXPIRED]) {
    expect(invalidate(errno, ROOT)).toEqual(['keySearch', 'capable', 'keySearch']);
    expect(invalidate(errno, ROOT, ['keySearch'])).toEqual(['keySearch', 'capable', 'keySearch']);
  }
});

it('once for who is not root, or may not use what root may', () => {
  expect(invalidate(ERRNO.EKEYREVOKED, 0n, ['keySearch'])).toEqual(['keySearch']);
  expect(invalidate(ERRNO.EKEYREVOKED, ROOT, ['capable'])).toEqual(['keySearch', 'capable']);
});

it('nobody is asked about a key that is not there', () => expect(invalidate(ERRNO.ENOKEY, ROOT)).toEqual([]));
