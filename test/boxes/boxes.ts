/**
 * Boxes in which somebody may want a world: each is a shell command, as root of the test machine, in which `$RUN` is what runs in the box.
 * docs/reports/boxes.md says what came of each.
 */
import path from 'node:path';
import { ERRNO } from '../../linux/errno.ts';
import { type SyscallName, syscallNumbers } from '../../linux/syscall-numbers.ts';

export interface Box {
  readonly name: string;
  readonly command: string;
  /** Programs that Debian's packages have; absent: everywhere where tests run. */
  readonly needs?: readonly string[];
  /** Suite of Debian and packages of its root directory, which `$IMAGE` is then. */
  readonly image?: { readonly suite: string; readonly packages: readonly string[] };
  /** As a user without privileges, with a copy of the program that he can read. */
  readonly asUser?: true;
}

export interface Group {
  readonly title: string;
  readonly boxes: readonly Box[];
}

const ROOT = path.resolve(import.meta.dirname, '../..');
const NR = syscallNumbers(process.arch);
const REFUSE = `python3 ${path.join(ROOT, 'test/boxes/refuse.py')}`;

const refusing = (names: readonly SyscallName[], errno: keyof typeof ERRNO = 'EPERM', more = ''): string =>
  `${REFUSE} ${names.map((name) => `${NR[name]}=${ERRNO[errno]}`).join()}${more} $RUN`;

/** In mounts of its own. */
const apart = (text: string): string => `unshare -m --propagation private sh -c '${text}'`;
const without = (capability: string): string => `setpriv --bounding-set=-${capability} --inh-caps=-${capability} $RUN`;

const ONE_BY_ONE: readonly SyscallName[] = [
  ...(['pidfd_getfd', 'seccomp', 'fsopen', 'fsmount', 'unshare', 'process_vm_readv', 'setns', 'clone3'] as const),
];

/**
 * What Docker's default profile refuses of the calls that worlds, or programs in them, make: always; without CAP_SYS_PTRACE; without
 * CAP_SYS_ADMIN. Source: profiles/seccomp/default.json of moby.
 */
const DOCKER = {
  always: ['keyctl', 'add_key', 'request_key', 'userfaultfd'],
  tracing: ['pidfd_getfd', 'kcmp'],
  administration: [
    ...(['bpf', 'fanotify_init', 'fsconfig', 'fsmount', 'fsopen', 'fspick', 'mount', 'mount_setattr'] as const),
    ...(['move_mount', 'open_tree', 'perf_event_open', 'quotactl', 'setns', 'syslog', 'umount2', 'unshare'] as const),
  ],
} as const satisfies Record<string, readonly SyscallName[]>;
/** Without CAP_SYS_ADMIN it says of clone3(2) that there is none. */
const NO_CLONE3 = `,${NR.clone3}=${ERRNO.ENOSYS}`;

const NODE_ALONE = { suite: 'trixie', packages: ['nodejs'] } as const;
const MOUNTED = `mount --rbind /proc $IMAGE/proc; mount --rbind /sys $IMAGE/sys; mount --rbind /dev $IMAGE/dev; mkdir -p $IMAGE/lsmfs; mount --bind ${ROOT} $IMAGE/lsmfs`;
const IN_IMAGE = '/lsmfs/bin/lsmfs run -- cat /sys/fs/selinux/enforce';
/** Of a user: its process for the user namespace ends with it. */
const rootlessPodman = (options: string): Box => ({
  name: `\`podman run${options === '' ? '' : ` ${options}`}\` of a user`,
  command: `export PODMAN_IGNORE_CGROUPSV1_WARNING=1; podman --cgroup-manager=cgroupfs --runtime=runc --storage-driver=vfs run --rm --network=none ${options} -v /run/lsmfs-copy:/lsmfs:ro --rootfs $IMAGE ${IN_IMAGE}; status=$?; podman system migrate; exit $status`,
  image: NODE_ALONE,
  needs: ['podman', 'runc', 'mmdebstrap'],
  asUser: true,
});
const podman = (options: string): string =>
  `PODMAN_IGNORE_CGROUPSV1_WARNING=1 podman --cgroup-manager=cgroupfs --runtime=runc run --rm --network=none --ulimit nofile=9999:9999 --ulimit nproc=9999:9999 ${options} -v ${ROOT}:/lsmfs:ro --rootfs $IMAGE ${IN_IMAGE}`;
/** It says, when it ends, that its directory is none that it may remove. */
const nspawn = (options: string): string =>
  `{ systemd-nspawn -q --pipe --register=no --keep-unit ${options} -D $IMAGE --bind-ro=${ROOT}:/lsmfs --as-pid2 ${IN_IMAGE} 2>&1 >&3 | sed '/^Attempted to remove/d' >&2; } 3>&1`;

const inDocker = (options: string) => ({
  name: `\`docker run${options === '' ? '' : ` ${options}`}\``,
  command: `${path.join(ROOT, 'test/boxes/docker.sh')} $IMAGE ${options} -v ${ROOT}:/lsmfs:ro -- ${IN_IMAGE}`,
  image: NODE_ALONE,
  needs: ['dockerd', 'docker', 'mmdebstrap'],
});
/** A root directory with busybox and the loader of musl alone. */
const inMusl = (more: string): string =>
  apart(
    `R=$(mktemp -d); mount -t tmpfs none $R; mkdir -p $R/bin $R/lib $R/lsmfs $R/proc $R/dev $R/sys; cp /usr/lib/*-linux-musl/libc.so $R/lib/ld-musl-x86_64.so.1; cp "$(command -v busybox)" $R/bin/; for name in sh readlink stat sed cat; do ln -s busybox $R/bin/$name; done; for name in proc dev sys; do mount --rbind /$name $R/$name; done; mount --bind ${ROOT} $R/lsmfs; ${more}chroot $R /bin/busybox env PATH=/bin ${IN_IMAGE}; status=$?; umount -l $R; rmdir $R; exit $status`,
  );

const inPodman = (options: string) => ({
  name: `\`podman run ${options}\``,
  command: podman(options),
  image: NODE_ALONE,
  needs: ['podman', 'runc', 'mmdebstrap'],
});

export const GROUPS: readonly Group[] = [
  {
    title: 'Nothing around it',
    boxes: [
      { name: 'root', command: '$RUN' },
      { name: 'a user without privileges', command: '$RUN', asUser: true },
      {
        name: '`su` to a user: no XDG_RUNTIME_DIR',
        command: 'env -i PATH=$PATH HOME=/ LSMFS_STANDBY=off $RUN',
        asUser: true,
      },
      {
        name: 'cron: no terminal, a short PATH',
        command: 'env -i PATH=/run/bin:/usr/bin:/bin LSMFS_STANDBY=off setsid -w $RUN',
        asUser: true,
      },
      {
        name: 'a chroot of root with Node alone',
        command: apart(`${MOUNTED}; chroot $IMAGE ${IN_IMAGE}`),
        image: NODE_ALONE,
        needs: ['mmdebstrap'],
      },
      {
        name: 'a chroot without /proc',
        command: apart(`mount --bind ${ROOT} $IMAGE/lsmfs; chroot $IMAGE ${IN_IMAGE}`),
        image: NODE_ALONE,
        needs: ['mmdebstrap'],
      },
      {
        name: 'Node 18, of Debian 12',
        command: apart(`${MOUNTED}; chroot $IMAGE ${IN_IMAGE}`),
        image: { suite: 'bookworm', packages: ['nodejs'] },
        needs: ['mmdebstrap'],
      },
      {
        name: 'musl and busybox (Alpine), no Node.js',
        command: inMusl(''),
        needs: ['busybox', 'ld-musl-config'],
      },
      {
        name: "musl and busybox (Alpine), Node.js for GNU's C library",
        command: inMusl('cp "$(readlink -f "$(command -v node)")" $R/bin/node; '),
        needs: ['busybox', 'ld-musl-config'],
      },
      {
        name: 'busybox for all that the start script calls',
        command: apart(
          'mount -t tmpfs none /mnt; for name in sh readlink stat sed cat unshare; do ln -s "$(command -v busybox)" /mnt/$name; done; ln -s "$(command -v node)" /mnt/node; PATH=/mnt exec /mnt/sh $RUN',
        ),
        needs: ['busybox'],
      },
    ],
  },
  {
    title: 'One thing hidden',
    boxes: [
      { name: 'no /dev/fuse', command: apart('mount -t tmpfs none /dev; mknod -m 666 /dev/null c 1 3; exec $RUN') },
      { name: 'another file as /dev/fuse', command: apart('mount --bind /dev/null /dev/fuse; exec $RUN') },
      { name: '/proc is not mounted', command: apart('umount -l /proc; exec $RUN') },
      {
        name: 'root without CAP_SYS_ADMIN, which may not make user namespaces',
        command: `${REFUSE} ${NR.unshare}=${ERRNO.EPERM} ${without('sys_admin')}`,
      },
      { name: 'root without CAP_SYS_PTRACE', command: without('sys_ptrace') },
      {
        name: 'a user who may not make user namespaces',
        command: refusing(['unshare']).replace(REFUSE, 'python3 /run/home/refuse.py'),
        asUser: true,
      },
      ...ONE_BY_ONE.map((name): Box => ({ name: `${name}(2) answers EPERM`, command: refusing([name]) })),
      { name: 'clone3(2) answers ENOSYS', command: refusing(['clone3'], 'ENOSYS') },
      { name: 'mount(2) and umount2(2) answer EPERM', command: refusing(['mount', 'umount2']) },
    ],
  },
  {
    title: 'Containers',
    boxes: [
      {
        name: "Docker's default profile, no capabilities added",
        command: `${refusing([...DOCKER.always, ...DOCKER.tracing, ...DOCKER.administration], 'EPERM', NO_CLONE3).replace('$RUN', without('sys_admin,-sys_ptrace'))}`,
      },
      {
        name: "Docker's default profile with CAP_SYS_ADMIN",
        command: refusing([...DOCKER.always, ...DOCKER.tracing]).replace('$RUN', without('sys_ptrace')),
      },
      { name: "Docker's default profile with CAP_SYS_ADMIN and CAP_SYS_PTRACE", command: refusing(DOCKER.always) },
      inDocker(''),
      inDocker('--device /dev/fuse'),
      inDocker('--device /dev/fuse --cap-add SYS_ADMIN'),
      inDocker('--device /dev/fuse --cap-add SYS_ADMIN --cap-add SYS_PTRACE'),
      inDocker('--privileged'),
      { name: '`podman run`, root', command: podman(''), image: NODE_ALONE, needs: ['podman', 'runc', 'mmdebstrap'] },
      inPodman('--device /dev/fuse'),
      inPodman('--device /dev/fuse --cap-add SYS_ADMIN'),
      inPodman('--device /dev/fuse --cap-add SYS_ADMIN --cap-add SYS_PTRACE'),
      inPodman('--privileged'),
      {
        ...inPodman('--pids-limit=30 --device /dev/fuse --cap-add SYS_ADMIN --cap-add SYS_PTRACE'),
        name: '`podman run --pids-limit=30`, and what is needed',
      },
      rootlessPodman(''),
      rootlessPodman('--device /dev/fuse'),
      rootlessPodman('--privileged'),
      { name: '`systemd-nspawn`', command: nspawn(''), image: NODE_ALONE, needs: ['systemd-nspawn', 'mmdebstrap'] },
      {
        name: '`systemd-nspawn --system-call-filter=pidfd_getfd`',
        command: nspawn('--system-call-filter=pidfd_getfd'),
        image: NODE_ALONE,
        needs: ['systemd-nspawn', 'mmdebstrap'],
      },
      { name: '`bwrap --bind / /`', command: 'bwrap --bind / / $RUN', needs: ['bwrap'] },
      { name: '`bwrap --bind / / --dev /dev`', command: 'bwrap --bind / / --dev /dev $RUN', needs: ['bwrap'] },
      {
        name: '`bwrap --bind / / --dev /dev --dev-bind /dev/fuse /dev/fuse`',
        command: 'bwrap --bind / / --dev /dev --dev-bind /dev/fuse /dev/fuse $RUN',
        needs: ['bwrap'],
      },
      {
        name: '`bwrap --dev-bind / / --unshare-all`',
        command: 'bwrap --dev-bind / / --unshare-all $RUN',
        needs: ['bwrap'],
      },
      {
        name: '`bwrap --dev-bind / / --unshare-all` of a user',
        command: 'bwrap --dev-bind / / --unshare-all $RUN',
        needs: ['bwrap'],
        asUser: true,
      },
    ],
  },
];

/** Boxes that were not made, each with the reason. */
export const NOT_TRIED: readonly (readonly [string, string])[] = [
  ['Node.js for musl', 'Debian has none; koffi has a library for it'],
  [
    'arm64',
    'below qemu-user `run` says that seccomp(2) is not there, which is so, and that an emulator does that; tried by hand',
  ],
  ['WSL2', 'its kernel boots below Hyper-V only'],
];
