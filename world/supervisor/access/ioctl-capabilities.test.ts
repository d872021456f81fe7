import { expect, it } from 'vitest';
import { CAP } from '../../../linux/capability.ts';
import { FIBMAP } from '../../../linux/ioctl.ts';
import type { OpenFile } from '../../../lsm/framework/access/file-access.ts';
import type { WorkerContext } from '../context.ts';
import { ioctlCapabilities } from './ioctl-capabilities.ts';

const SIOCSIFFLAGS = 0x8914;
const SIOCGIFFLAGS = 0x8913;

it('blocks of files and changes of the network need a capability', () => {
  const asked = (command: number, inode: object, family = 'capabilities', capabilities = -1n) => {
    const context = {
      call: { tid: 7 },
      mediator: { families: new Set([family]), credentials: () => ({ capabilities }) },
    };
    const opened = { file: { inode } } as unknown as OpenFile;
    const checks = ioctlCapabilities(context as unknown as WorkerContext, command, opened);
    return checks.map(({ about }) => ('capability' in about ? about.capability : undefined));
  };
  const socket = { class: 'sock_file', socket: { family: 2, type: 2, protocol: 17 } };
  expect(asked(FIBMAP, { class: 'file' })).toEqual([CAP.SYS_RAWIO]);
  expect(asked(FIBMAP, { class: 'dir' })).toEqual([]);
  expect(asked(SIOCSIFFLAGS, socket)).toEqual([CAP.NET_ADMIN]);
  expect(asked(SIOCGIFFLAGS, socket)).toEqual([]);
  expect(asked(SIOCSIFFLAGS, { class: 'chr_file' })).toEqual([]);
  expect(asked(SIOCSIFFLAGS, socket, 'ioctl')).toEqual([]);
  expect(asked(SIOCSIFFLAGS, socket, 'capabilities', 0n)).toEqual([]);
});
