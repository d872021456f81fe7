import { expect, it } from 'vitest';
import { E, type Errno } from '../../../../linux/errno.ts';
import { tidOf } from '../../../../linux/ids.ts';
import { AwaitedAnswer } from '../../../../lsm/framework/waiting-decision.ts';
import type { SupervisorBackend } from '../backend.ts';
import { answerQuestion } from './index.ts';
import { CALLER, COMPLETE, FILE, fake, TID } from './testing/fake-backend.ts';

class Endless extends AwaitedAnswer<Errno> {
  protected follow = (answer: Errno) => answer;
  protected settled(): void {}
}

const QUESTION = {
  kind: 'exec',
  ...{ tid: TID, file: { ...FILE, inode: COMPLETE }, path: '/f', filename: 'f' },
  ...{ deleted: false, disconnected: false, nosuid: false, interpreters: [], noNewPrivs: false, tracer: tidOf(0) },
} as const;

it('calls that wait are counted for whom the backend names, whatever ids he has', async () => {
  const { calls: _, ...answerer } = fake();
  const execution = () => new Endless({ patience: 9, silence: E.EACCES, withdrawn: E.EACCES });
  const asked = (uid: number, userFor: SupervisorBackend['userFor']) => {
    const identify = () => ({ ...CALLER, uid });
    const backend = { ...answerer.backend, identify, execution, userFor };
    return answerQuestion({ ...answerer, backend }, { ...QUESTION, id: BigInt(uid), request: new Uint8Array([1]) });
  };
  for (let uid = 0; uid < 64; uid++) expect(await asked(uid, () => 'maker')).toEqual({ errno: 0, later: true });
  expect(await asked(64, () => 'maker')).toEqual({ errno: E.EACCES.number });
  expect(await asked(65, () => 'other')).toEqual({ errno: 0, later: true });
  answerer.waiting.close();
});
