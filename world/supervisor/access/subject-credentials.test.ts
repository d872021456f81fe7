/** access(2) is judged by the real ids: access_override_creds() of fs/open.c. */
import { expect, it } from 'vitest';
import { CAP } from '../../../linux/capability.ts';
import { tidOf } from '../../../linux/ids.ts';
import { CallCredentials } from '../caller/call-credentials.ts';
import { parseStatus } from '../caller/process-status.ts';
import { SubjectCredentials } from './subject-credentials.ts';
import type { Subject } from './subjects.ts';

const TID = tidOf(100);
const OVERRIDE = 1n << BigInt(CAP.DAC_OVERRIDE);

interface Ids {
  readonly uid?: number;
  readonly fsuid?: number;
  readonly permitted?: bigint;
  readonly effective?: bigint;
}

function caller({ uid = 0, fsuid = uid, permitted = 0n, effective = permitted }: Ids, subject?: Subject) {
  const set = (name: string, value: bigint) => `${name}:\t${value.toString(16).padStart(16, '0')}\n`;
  const state = { reads: 0 };
  const callCredentials = new CallCredentials({
    status: () => {
      state.reads++;
      return parseStatus(
        `Name:\tcat\nTgid:\t100\nPid:\t100\nTracerPid:\t0\nUid:\t${uid}\t${fsuid}\t${fsuid}\t${fsuid}\nGid:\t7\t8\t8\t8\nGroups:\t9\n` +
          `${set('CapInh', 0n)}${set('CapPrm', permitted)}${set('CapEff', effective)}NoNewPrivs:\t0\n`,
      );
    },
    readFile: () => undefined,
    isInOurUserNamespace: () => true,
  });
  const credentials = new SubjectCredentials({ callCredentials }, () => subject);
  const seen: unknown[] = [];
  credentials.byRealIds(TID, (others) => seen.push(others, credentials.of(TID), callCredentials.of(TID)));
  return { callCredentials, credentials, seen, state };
}

it('a user who keeps a capability has none for it', () => {
  const { credentials, seen, callCredentials } = caller({ uid: 1000, permitted: OVERRIDE });
  const real = { fsuid: 1000, fsgid: 7, groups: [9], capabilities: 0n };
  expect(seen).toEqual([true, real, real]);
  const own = { fsuid: 1000, fsgid: 8, capabilities: OVERRIDE };
  expect([credentials.of(TID), callCredentials.of(TID)]).toMatchObject([own, own]);
});

it('root in the clothes of a user has all that it may have', () => {
  const { seen } = caller({ uid: 0, fsuid: 1000, permitted: OVERRIDE, effective: 0n });
  expect(seen[1]).toMatchObject({ fsuid: 0, capabilities: OVERRIDE });
});

it('is judged by its own again when something is thrown', () => {
  const { credentials } = caller({ uid: 1000, permitted: OVERRIDE });
  const fails = (): void => {
    throw new RangeError('in between');
  };
  expect(() => credentials.byRealIds(TID, fails)).toThrow('in between');
  expect(credentials.of(TID)).toMatchObject({ capabilities: OVERRIDE });
});

it('is read once for a program whose credentials cannot change unseen', () => {
  const { callCredentials, credentials, state } = caller({ uid: 1000, permitted: OVERRIDE }, { number: 1 } as Subject);
  const { reads } = state;
  callCredentials.forget();
  credentials.byRealIds(TID, () => {});
  expect([credentials.of(TID)?.fsuid, state.reads]).toEqual([1000, reads]);
});
