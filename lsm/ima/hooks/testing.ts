/** Files of the host that are used in a world with a policy of IMA, for tests. */
import { bytesOf, hex } from '../../../linux/bytes.ts';
import { softwareDigests } from '../../framework/digests/digests.ts';
import type { FileUse, UsedFile, UseHook } from '../../framework/files/file-use.ts';
import { createWorld, type WorldOptions } from '../../library/index.ts';

export const DIRECTORY = '/sys/kernel/security/integrity/ima';
export const IDS = { uid: 0, euid: 0, suid: 0, fsuid: 0, gid: 0, egid: 0, sgid: 0, fsgid: 0 };

/** A file of the host as its uses tell of it; `write` changes content and times. */
export class TestFile {
  facts: UsedFile;
  #clock = 1000;

  constructor(path: string, content: string) {
    this.facts = {
      path,
      device: '0:30',
      mode: 0o100644,
      inode: { class: 'file', filesystem: { type: 'tmpfs', id: 'tmpfs' }, path, ino: 7, uid: 5, gid: 6, xattrs: {} },
      superblock: { magic: 0x01021994 },
      content: {
        key: path,
        size: content.length,
        mtime: '1000',
        ctime: '1000',
        writers: false,
        openers: false,
        digests: digestsOf(content),
      },
    };
  }

  has(content: Partial<UsedFile['content']>): void {
    this.facts = { ...this.facts, content: { ...this.facts.content, ...content } };
  }

  /** Its attributes are these from now on. */
  setXattrs(xattrs: Readonly<Record<string, string>>): void {
    this.facts = { ...this.facts, inode: { ...this.facts.inode, xattrs } };
  }

  write(content: string): void {
    const time = String(++this.#clock);
    this.has({ mtime: time, ctime: time, size: content.length, digests: digestsOf(content) });
  }
}

export function digestsOf(content: string): Record<string, string> {
  return Object.fromEntries(
    ['sha1', 'sha256'].map((name) => [
      name,
      hex(softwareDigests.compute(name, [bytesOf(content)]) ?? new Uint8Array()),
    ]),
  );
}

/** @param policy lines of it. */
export function setUp(policy: string, options: WorldOptions = {}) {
  const world = createWorld({ lsm: '', ...options });
  const task = world.spawn();
  const fd = world.fs.openSync(`${DIRECTORY}/policy`, 'w');
  for (const line of policy.split('\n')) world.fs.writeSync(fd, `${line}\n`);
  world.fs.closeSync(fd);
  const context = { caller: task.caller, task: { ids: IDS, ppid: 1, tty: '(none)', exe: '/bin/cat' } };
  const use = (file: TestFile, hook: UseHook, mask: number, more: Partial<FileUse> = {}): FileUse => ({
    hook,
    mask,
    file: file.facts,
    ...more,
  });
  return {
    world,
    needs: (file: TestFile, hook: UseHook, mask: number) => world.stack.uses.needs(use(file, hook, mask), context),
    settled: (file: TestFile, hook: UseHook, mask: number, more?: Partial<FileUse>) =>
      world.stack.uses.settled(use(file, hook, mask, more), context),
    apply: (file: TestFile, hook: UseHook, mask: number, more?: Partial<FileUse>) =>
      world.stack.apply({ kind: 'file-use', context, uses: [use(file, hook, mask, more)] }),
    list: () => world.fs.readFileSync(`${DIRECTORY}/ascii_runtime_measurements`, 'latin1').split('\n').slice(1, -1),
    violations: () => world.fs.readFileSync(`${DIRECTORY}/violations`, 'latin1'),
  };
}

/** `security.ima` of a file with this content: IMA_XATTR_DIGEST_NG, sha256. */
export function digestAttribute(content: string): string {
  return `\x04\x04${Buffer.from(digestsOf(content).sha256 ?? '', 'hex').toString('latin1')}`;
}
