import { callerFd, tidOf } from '../../../../linux/ids.ts';
import { PROC_SUPER_MAGIC, TMPFS_MAGIC } from '../../../../linux/magic.ts';
import { directory, file, ImaginedFiles, ImaginedThread, leading, link } from './imagined-files.ts';
import { ImaginedHazards, ImaginedView, statusText } from './imagined-view.ts';

export const TID = tidOf(100);
export const FD = callerFd(3);
export const OUTSIDE_FD = callerFd(4);
export const ROOT = { device: '8:1', id: 1, magic: 0xef53 };
const PROC = { device: '0:5', id: 2, magic: PROC_SUPER_MAGIC };
export const SLOW = { device: '0:77', id: 3, magic: 0x65735546, served: true, uncached: true };
const TMP = { device: '0:9', id: 4, magic: TMPFS_MAGIC };

/** A caller whose root is /jail, where it is in /home. @param uncached its files are in no cache. */
export function jailedCaller({ uid = 1000, capabilities = '0', rootText = '/jail', uncached = false } = {}) {
  const passwd = file('jail');
  const note = file('note');
  const secret = file('secret');
  const far = file('far');
  const outside = directory({ etc: directory({}) });
  const status = file('the caller');
  const srv = directory({ note });
  const slow = directory({ far }, { mount: SLOW });
  const home = directory({
    note,
    absolute: link('/etc/passwd'),
    up: link('../../../etc/passwd'),
    loop: link('loop'),
    private: directory({ secret }, { mode: 0o700 }),
    mine: directory({ note }, { mode: 0o700, uid: 1000 }),
    root: link('/proc/100/root/etc'),
  });
  const self = link(String(process.pid));
  const theirProc = directory(
    {
      self,
      100: directory({ status, root: leading(outside, '/jail') }),
      [process.pid]: directory({ status: file('we') }),
    },
    { mount: { ...PROC, device: '0:6', id: 12 } },
  );
  const stdin = file('typed');
  const dev = directory({ stdin: link('/proc/self/fd/0'), fd: link('/proc/self/fd') });
  const jail = directory(
    { etc: directory({ passwd }), home, srv, slow, dev, proc: theirProc, quick: directory({ note }, { mount: TMP }) },
    { mount: { ...ROOT, id: 11, uncached } },
  );
  const open = {
    0: leading(stdin, '/dev/pts/0'),
    [FD]: leading(srv, '/jail/srv'),
    [OUTSIDE_FD]: leading(slow, '/jail/slow'),
  };
  const fd = directory(open);
  const caller = directory({
    root: leading(jail, rootText),
    cwd: leading(home, '/jail/home'),
    fd,
    ns: directory({ user: link('user:[1]') }),
    status: file(statusText({ tid: TID, uid, groups: '7', capabilities })),
  });
  const proc = directory(
    { [TID]: caller, self: directory({ ns: directory({ user: link('user:[1]') }) }) },
    { mount: PROC },
  );
  const root = directory({ proc, jail, etc: directory({ passwd: file('host') }), outside, stdin }, { mount: ROOT });
  const thread = new ImaginedThread();
  const files = new ImaginedFiles(root, thread);
  const hazards = new ImaginedHazards();
  const view = new ImaginedView(files, hazards, thread);
  return {
    view,
    files,
    hazards,
    thread,
    passwd,
    note,
    secret,
    far,
    srv,
    slow,
    self,
    status,
    stdin,
    theirProc,
    dev,
    jail,
    outside,
  };
}
