import { expect, it } from 'vitest';
import { E, type Errno } from '../../../../linux/errno.ts';
import { tgidOf, tidOf } from '../../../../linux/ids.ts';
import { AwaitedAnswer } from '../../../../lsm/framework/waiting-decision.ts';
import type { SupervisorBackend } from '../backend.ts';
import { answerQuestion, type Question } from './index.ts';
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

it('answers that cannot be for all say because of which calls of execve(2), those that can do not', async () => {
  const { calls: _, ...answerer } = fake();
  const inDoubt = [{ tid: tidOf(8), number: 2 }];
  const doubts = async (lasts: boolean) => {
    const { access, files } = answerer.backend;
    const backend: SupervisorBackend = {
      ...answerer.backend,
      execsInDoubt: () => inDoubt,
      execution: () => undefined,
      files: { ...files, execMayChangeLabel: () => false },
      repeatable: () => (lasts ? 40 : undefined),
      access: {
        ...access,
        subject: () => ({ number: 1, scope: undefined, noted: [], ...(lasts && { alike: true as const }) }),
        object: () => ({ number: 1, ...(lasts && { lasts: true as const }) }),
      },
    };
    const ask = (question: Question<'access-object' | 'access-subject' | 'exec'>) =>
      answerQuestion({ ...answerer, backend }, question);
    const answers = await Promise.all([
      ask({ kind: 'access-subject', tid: TID }),
      ask({ kind: 'access-object', target: TID }),
      ask({ ...QUESTION, id: 5n }),
    ]);
    return answers.map((answer) => ('inDoubt' in answer ? answer.inDoubt : undefined));
  };
  expect(await doubts(false)).toEqual([inDoubt, inDoubt, inDoubt]);
  expect(await doubts(true)).toEqual([undefined, undefined, undefined]);
  answerer.waiting.close();
});

it('a program that does not run yet has nothing to be taken from', () => {
  const { calls: _, ...answerer } = fake();
  const backend = { ...answerer.backend, takeRefused: () => 'pending' as const };
  const answer = answerQuestion({ ...answerer, backend }, { kind: 'refused-descriptors', tgid: tgidOf(TID) });
  expect(answer).toEqual({ errno: 0, pending: true });
});

it('a program that changes a label is never one to be announced; another one may be, by its number', async () => {
  const { calls, ...answerer } = fake();
  const exec = (changes: boolean, secure = false) => {
    const files = { ...answerer.backend.files, execMayChangeLabel: () => changes, execIsSecure: () => secure };
    const repeatable: SupervisorBackend['repeatable'] = (_file, _caller, changing) => (changing ? undefined : 40);
    const backend = { ...answerer.backend, files, repeatable, execution: () => undefined };
    return answerQuestion({ ...answerer, backend }, { ...QUESTION, id: 5n });
  };
  expect(await exec(true)).toEqual({ errno: 0, changes: true });
  expect(await exec(false)).toEqual({ errno: 0, repeatable: 40 });
  // Nor is one that must not trust its environment, which each exec has to be told.
  expect(await exec(false, true)).toEqual({ errno: 0, secure: true });
  answerer.waiting.close();
});

it('a program that is to be decided about later: its call waits if it can, and is handled once more', async () => {
  class Asked extends AwaitedAnswer<Errno | undefined> {
    protected follow = (answer: Errno | undefined) => answer;
    protected settled(): void {}
  }
  const { calls: _, ...answerer } = fake();
  const asked: Asked[] = [];
  const execution: SupervisorBackend['execution'] = (_file, _caller, waited) => {
    if (waited !== undefined) return waited.resume();
    asked.push(new Asked({ patience: 1, silence: undefined, withdrawn: E.EACCES }));
    return asked.at(-1);
  };
  const exec = (more: object) =>
    answerQuestion({ ...answerer, backend: { ...answerer.backend, execution } }, { ...QUESTION, id: 5n, ...more });
  expect(await exec({})).toEqual({ errno: E.EACCES.number });
  const request = new Uint8Array([1]);
  expect(await exec({ request })).toEqual({ errno: 0, later: true });
  const settled = () => answerQuestion(answerer, { kind: 'settled-call' });
  expect(settled()).toEqual({ errno: 0 });
  asked.at(-1)?.settle(undefined);
  expect([settled(), settled()]).toEqual([{ errno: 0, request }, { errno: 0 }]);
  expect(await exec({ request })).toEqual({ errno: 0, changes: true });
  expect(asked).toHaveLength(2);
  answerer.waiting.close();
});
