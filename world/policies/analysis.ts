/** Questions about a policy that this machine has, or that is a file. */
import type { WhyProblem } from '../../lsm/framework/inspection/why.ts';
import type { AnalysisTold, PolicyAnalysis } from '../../lsm/framework/policy-analysis.ts';
import { WorldError } from '../errors.ts';
import { readPolicy } from '../policy-file.ts';
import { policyImages, policyNamed } from './stores.ts';

/** @param name as of `showPolicy`. @throws WorldError */
export function askPolicy(
  name: string | undefined,
  ask: (policy: PolicyAnalysis) => AnalysisTold | WhyProblem,
): AnalysisTold {
  return answered(ask(read(name)));
}

function read(name: string | undefined): PolicyAnalysis {
  const file = policyNamed(name);
  return answered(policyImages().analyse(readPolicy(file), file));
}

function answered<T extends object>(answer: T | WhyProblem): T {
  if (!('problem' in answer)) return answer;
  throw new WorldError(answer.code ?? 'bad-policy', answer.problem, answer.fix);
}
