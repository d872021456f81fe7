/** `lsmfs why` for AppArmor: asked of compiled profiles in a file, or of a world's policy. */
import { failed } from '../../../linux/errno.ts';
import type { WhyProblem, WhyRequest, WhyTold } from '../../framework/inspection/why.ts';
import { Policy } from '../policy/index.ts';
import { formatApparmorWhy } from './text.ts';
import { why } from './why.ts';

export function tellOfPolicy(policy: Policy, { words, notOwner }: WhyRequest): WhyTold | WhyProblem {
  const [label = '', ...access] = words;
  const report = why(policy, { label, words: access, owner: notOwner !== true });
  return 'problem' in report ? report : { report, allowed: report.allowed, text: formatApparmorWhy(report) };
}

/** @param name the file's, for people. */
export function tellOfFile(image: Uint8Array, name: string, request: WhyRequest): WhyTold | WhyProblem {
  const policy = new Policy();
  let reason = '';
  const loaded = policy.load(policy.root, image, { replace: true }, ({ info }) => {
    reason ||= info ?? '';
  });
  if (!failed(loaded)) return tellOfPolicy(policy, request);
  return {
    code: 'bad-policy',
    problem: `${name} is not compiled AppArmor policy: ${reason || loaded.code}.`,
    fix: 'Compile profiles in a world: lsmfs run --lsm=apparmor -- apparmor_parser -QKS PROFILE > FILE.',
  };
}
