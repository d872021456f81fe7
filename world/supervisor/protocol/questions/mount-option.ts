import type { Tid } from '../../../../linux/ids.ts';
import type { MountLabels } from '../../../../lsm/framework/files/inode.ts';
import { errnoAnswer, ofCaller } from './question.ts';

interface MountOption {
  readonly tid: Tid;
  readonly before: MountLabels;
  readonly name: string;
  readonly value: string;
}

/** The modules' decision about one label option of a mount that has the options `before` already. */
export const mountOption = ofCaller(({ backend }, { before, name, value }: MountOption, caller) =>
  errnoAnswer(backend.files.mountOption(before, name, value, caller)),
);
