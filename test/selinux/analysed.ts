import type { PolicyAnalysis } from '../../lsm/framework/policy-analysis.ts';
import { analysePolicy } from '../../lsm/selinux/analysis/index.ts';

/** A policy that can be asked. */
export function analysed(image: Uint8Array): PolicyAnalysis {
  const policy = analysePolicy(image, 'the image');
  if ('problem' in policy) throw new Error(policy.problem);
  return policy;
}
