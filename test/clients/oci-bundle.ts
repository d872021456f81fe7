/**
 * An OCI bundle whose container has the host's programs in a root of its own: empty directories over which the host's
 * are bind-mounted, /sys with all that is mounted below it. It needs no image and shares network and cgroups with the
 * host. The host has a merged /usr, as Debian has.
 */
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface ContainerProcess {
  readonly args: readonly string[];
  readonly apparmorProfile?: string;
  readonly selinuxLabel?: string;
}

const FROM_HOST = ['/usr', '/etc', '/sys'];
const LINKS = ['bin', 'sbin', 'lib', 'lib64'];
const CAPABILITIES = ['CAP_SYS_ADMIN', 'CAP_MAC_ADMIN', 'CAP_DAC_OVERRIDE', 'CAP_SETUID', 'CAP_SETGID', 'CAP_KILL'];

interface Mount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options?: readonly string[];
}

export interface BundleOptions {
  /** Of what the runtime mounts itself. */
  readonly mountLabel?: string;
  /** In place of the host's /sys; then the container has a network of its own. */
  readonly sys?: readonly Mount[];
}

/** @returns its directory. */
export function makeBundle(process: ContainerProcess, { mountLabel, sys }: BundleOptions = {}): string {
  const bundle = mkdtempSync(path.join(tmpdir(), 'lsmfs-oci-'));
  for (const directory of [...FROM_HOST, '/proc', '/dev', '/tmp']) {
    mkdirSync(path.join(bundle, 'rootfs', directory), { recursive: true });
  }
  for (const name of LINKS) symlinkSync(`usr/${name}`, path.join(bundle, 'rootfs', name));
  const capabilities = Object.fromEntries(
    ['bounding', 'effective', 'permitted', 'inheritable'].map((set) => [set, CAPABILITIES]),
  );
  const config = {
    ociVersion: '1.0.2',
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C'],
      cwd: '/',
      capabilities,
      noNewPrivileges: false,
      ...process,
    },
    root: { path: 'rootfs', readonly: false },
    hostname: 'container',
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755'] },
      { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid'] },
      { destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'nodev'] },
      ...FROM_HOST.filter((directory) => sys === undefined || directory !== '/sys').map((directory) => ({
        destination: directory,
        type: 'bind',
        source: directory,
        options: ['rbind', directory === '/sys' ? 'rw' : 'ro'],
      })),
      ...(sys ?? []),
    ],
    linux: {
      namespaces: ['pid', 'ipc', 'uts', 'mount', ...(sys ? ['network'] : [])].map((type) => ({ type })),
      ...(mountLabel && { mountLabel }),
    },
  };
  writeFileSync(path.join(bundle, 'config.json'), JSON.stringify(config));
  return bundle;
}

/** Shell commands that run the bundle; crun refuses the cgroups of some hosts; in an empty tmpfs it does not look for any. */
export const RUNTIMES = {
  runc: 'runc run --bundle $BUNDLE c-$$',
  crun: "unshare -m sh -c 'umount -lR /sys/fs/cgroup; mount -t tmpfs none /sys/fs/cgroup; crun --cgroup-manager=disabled run --bundle $BUNDLE c-$$'",
};
