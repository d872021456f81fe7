/** Policy files, read for questions about what they say. */
import type { WhyProblem } from '../../framework/inspection/why.ts';
import type {
  AccessQuestion,
  AnalysisTold,
  DifferenceQuestion,
  DifferenceTold,
  NamedImage,
  PolicyAnalysis,
} from '../../framework/policy-analysis.ts';
import { readImage } from '../decide/description.ts';
import { grantsOf, parseAccess, rulesMet } from './access.ts';
import { AnalysedPolicy } from './policy.ts';
import { tellDifferences } from './tell-differences.ts';
import { tellTransitions } from './tell-transitions.ts';
import { grantLine, ruleLine, Teller } from './told.ts';

export function analysePolicy(image: Uint8Array, name: string): PolicyAnalysis | WhyProblem {
  const db = readImage(image, name);
  if ('problem' in db) return db;
  const policy = new AnalysedPolicy(db);
  const teller = new Teller(policy);
  return {
    access: (question) => tellAccess(policy, teller, question),
    transitions: (question) => tellTransitions(policy, teller, question),
  };
}

export function comparePolicies(
  left: NamedImage,
  right: NamedImage,
  question: DifferenceQuestion,
): DifferenceTold | WhyProblem {
  const before = readImage(left.image, left.name);
  if ('problem' in before) return before;
  const now = readImage(right.image, right.name);
  if ('problem' in now) return now;
  return tellDifferences(new AnalysedPolicy(before), new AnalysedPolicy(now), question);
}

function tellAccess(policy: AnalysedPolicy, teller: Teller, question: AccessQuestion): AnalysisTold | WhyProblem {
  const wanted = parseAccess(policy, question);
  if ('problem' in wanted) return wanted;
  const met = rulesMet(policy, wanted);
  if (question.asWritten) {
    const rules = met.map((rule) => teller.rule(rule));
    return { report: { rules }, text: rules.map(ruleLine).join('') };
  }
  const access = teller.grants(grantsOf(policy, met, wanted));
  return { report: { access }, text: access.map(grantLine).join('') };
}
