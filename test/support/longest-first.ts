/**
 * The files that take minutes begin first, so that the last to end are short ones and no processor is idle. vitest alone begins with the
 * largest file, and the files of recorded scenarios are a few lines each.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const LONGEST = [
  'conformance/recorded/',
  'security/stuck',
  'world/labelled-mount.',
  'world/run.',
  'fuzz/',
  'integrations/go',
];

function place({ moduleId }: TestSpecification): number {
  const index = LONGEST.findIndex((part) => moduleId.includes(`/test/${part}`));
  return index === -1 ? LONGEST.length : index;
}

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((one, other) => place(one) - place(other));
  }
}
