/** Nodes of securityfs that who has CAP_MAC_ADMIN writes: EPERM for others, EINVAL for what is no value. */
import { textOf } from '../../../linux/bytes.ts';
import { CAP } from '../../../linux/capability.ts';
import { E } from '../../../linux/errno.ts';
import { PAGE_SIZE } from '../../../linux/fs.ts';
import { type InodeInit, PseudoFile, readWhole } from '../../../vfs/pseudo/index.ts';
import { capable } from '../../../vfs/tree/caller.ts';

/** A text that is shown as it was written last. @param valid is such a value one, without a newline at its end? */
export class AdminText extends PseudoFile {
  value: string;

  constructor(init: InodeInit, value: string, valid: (text: string) => boolean) {
    super(init, () => ({
      writeMovesPosition: false,
      read: readWhole(() => (this.value === '' ? '' : `${this.value}\n`)),
      write: (data, at, caller) => {
        if (!capable(caller, CAP.MAC_ADMIN)) return E.EPERM;
        const text = textOf(data).replace(/\n$/, '');
        if (at.offset !== 0 || data.length > PAGE_SIZE || !valid(text)) return E.EINVAL;
        this.value = text;
        return data.length;
      },
    }));
    this.value = value;
  }
}

/** `0` or `1`. */
export class AdminFlag extends AdminText {
  constructor(init: InodeInit) {
    super(init, '0', (text) => text === '0' || text === '1');
  }

  get isSet(): boolean {
    return this.value === '1';
  }
}
