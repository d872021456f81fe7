/** Questions about policies that this machine has, or that are files. */
import type { WhyProblem } from '../../lsm/framework/inspection/why.ts';
import type {
  AnalysisTold,
  DifferenceQuestion,
  DifferenceTold,
  NamedImage,
  PolicyAnalysis,
} from '../../lsm/framework/policy-analysis.ts';
import { WorldError } from '../errors.ts';
import { readPolicy } from '../policy-file.ts';
import { policyImages, policyNamed } from './stores.ts';

/** @param name as of `showPolicy`. @throws WorldError */
export function askPolicy(
  name: string | undefined,
  ask: (policy: PolicyAnalysis) => AnalysisTold | WhyProblem,
): AnalysisTold {
  const { image, name: file } = imageOf(name);
  return answered(ask(answered(policyImages().analyse(image, file))));
}

/** @param left of a name as above, as `right` is. @throws WorldError */
export function comparePolicies(left: string, right: string, question: DifferenceQuestion): DifferenceTold {
  return answered(policyImages().compare(imageOf(left), imageOf(right), question));
}

function imageOf(name: string | undefined): NamedImage {
  const file = policyNamed(name);
  return { image: readPolicy(file), name: file };
}

function answered<T extends object>(answer: T | WhyProblem): T {
  if (!('problem' in answer)) return answer;
  throw new WorldError(answer.code ?? 'bad-policy', answer.problem, answer.fix);
}
