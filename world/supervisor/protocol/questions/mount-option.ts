import type { Tid } from '../../../../linux/ids.ts';
import type { MountLabels } from '../../../../lsm/framework/files/inode.ts';
import { errnoAnswer, ofCaller } from './question.ts';

interface MountOption {
  readonly tid: Tid;
  readonly before: MountLabels;
  readonly name: string;
  readonly value: string;
}

/** May this label option be given to a mount that has those `before`? */
export const mountOption = ofCaller(({ backend }, { before, name, value }: MountOption, caller) =>
  errnoAnswer(backend.files.mountOption(before, name, value, caller)),
);
