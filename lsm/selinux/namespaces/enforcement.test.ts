import { describe, expect, it } from 'vitest';
import { textOf } from '../../../linux/bytes.ts';
import { failed } from '../../../linux/errno.ts';
import {
  APP,
  BIN,
  confined,
  DATA,
  file,
  get,
  KERNEL,
  NAME,
  records,
  set,
  TMP,
  UNLABELED,
} from '../../../test/selinux/confined-namespace.ts';
import { NamespaceBox, type NamespaceTask } from '../../../test/selinux/namespace-box.ts';
import { policyImage } from '../../../test/selinux-golden/selinux-box.ts';

const BOUNDED = ['talk', '2025'] as const;

describe('who sees which label of whom', () => {
  it('the host sees what a task was when it left; the task sees itself, and outsiders as unlabeled', () => {
    const { host, child } = confined();
    host.write('enforce', '0');
    const hostPath = `/${host.caller.tid}/attr`;
    const childPath = `/${child.caller.tid}/attr`;
    expect(child.read('/attr/current')).toBe(`${KERNEL}\0`);
    child.write('/attr/current', 'msys_u:msys_r:mperm_t:s0');
    child.write('/attr/exec', APP);
    child.exec();
    child.write('/attr/fscreate', DATA);
    expect(child.read('/attr/current')).toBe(`${APP}\0`);
    expect(child.read('/attr/prev')).toBe('msys_u:msys_r:mperm_t:s0\0');
    expect(host.read(`${childPath}/current`)).toBe(`${APP}\0`);
    expect(host.read(`${childPath}/prev`)).toBe(`${KERNEL}\0`);
    expect(host.read(`${childPath}/fscreate`)).toBe('');
    expect(child.read(`${hostPath}/current`)).toBe(`${UNLABELED}\0`);
    expect(child.read(`${hostPath}/prev`)).toBe(`${UNLABELED}\0`);
    expect(child.read(`${hostPath}/exec`)).toBe('');
    expect(child.fork().read(`${childPath}/current`)).toBe(`${APP}\0`);
  });

  it('what was set for the next program stays behind, and is what the host goes on seeing', () => {
    const box = new NamespaceBox({ profile: 'talk', policy: 'mini.33' });
    const host = box.spawn();
    const child = host.fork();
    child.write('/attr/exec', APP);
    child.descend();
    expect(child.read('/attr/exec')).toBe('');
    child.exec();
    expect(host.read(`/${child.caller.tid}/attr/exec`)).toBe(`${APP}\0`);
  });

  it('SO_PEERSEC too', () => {
    const { box, host, child } = confined();
    const peer = (of: NamespaceTask, reader: NamespaceTask) => {
      const label = box.stack.peers.label({ socket: 1, peer: 2, connector: of.caller.tgid }, reader.caller);
      return failed(label) ? label.code : textOf(label);
    };
    expect(peer(child, host)).toBe(`${APP}\0`);
    expect(peer(host, child)).toBe(`${UNLABELED}\0`);
    expect(peer(child, child)).toBe(`${KERNEL}\0`);
  });

  it('so do the labels of processes in /proc', () => {
    const { box, host, child } = confined();
    host.write('enforce', '0');
    const entry = (task: NamespaceTask) =>
      file({}, { filesystem: { type: 'proc', id: 'proc' }, path: `/${task.caller.tid}`, process: task.caller.tid });
    expect(get(box, host, entry(child))).toBe(`${APP}\0`);
    expect(get(box, child, entry(host))).toBe(`${UNLABELED}\0`);
    expect(get(box, child, entry(child))).toBe(`${KERNEL}\0`);
  });

  it('across siblings and generations', () => {
    const box = new NamespaceBox({ profile: 'talk', policy: 'mini.33' });
    const root = box.spawn();
    const chain = [root];
    for (let depth = 1; depth <= 8; depth++) {
      const parent = chain.at(-1) ?? root;
      const task = parent.fork();
      task.write('/attr/current', depth % 2 === 0 ? KERNEL : APP);
      expect(task.descend(`d${depth}`)).toBe(2);
      task.write('load', policyImage('mini.33'));
      chain.push(task);
    }
    const deepest = chain[8] ?? root;
    // Each sees of the deepest what that was when it left the viewer's namespace.
    chain.slice(0, 8).forEach((viewer, depth) => {
      expect(viewer.read(`/${deepest.caller.tid}/attr/current`), String(depth)).toMatch(/mkern_t|mapp_t/);
      expect(deepest.read(`/${viewer.caller.tid}/attr/current`), String(depth)).toBe(`${UNLABELED}\0`);
    });
    expect(root.read(`/${deepest.caller.tid}/attr/current`)).toBe(`${APP}\0`);
    const cousin = root.fork();
    cousin.descend();
    expect(cousin.read(`/${deepest.caller.tid}/attr/current`)).toBe('unlabeled\0');
  });
});

describe.each(BOUNDED)('bounded enforcement: %s', (profile) => {
  it('looking at another task needs the permission in every namespace, with what the task is there', () => {
    const { box, host, child } = confined(profile);
    const other = host.fork();
    child.read(`/${other.caller.tid}/attr/current`); // the child itself records once, as it is permissive
    records(box);
    expect(child.read(`/${other.caller.tid}/attr/current`)).toBe('EACCES');
    expect(records(box)).toEqual([
      expect.stringContaining(`scontext=${APP} tcontext=${KERNEL} tclass=process permissive=0`),
    ]);
    host.write('enforce', '0');
    expect(child.read(`/${other.caller.tid}/attr/current`)).toBe(`${UNLABELED}\0`);
    expect(records(box)).toEqual([
      expect.stringContaining(`scontext=${APP} tcontext=${KERNEL} tclass=process permissive=1`),
    ]);
  });

  it('each namespace decides and records by its own mode', () => {
    const { box, host, child } = confined(profile);
    host.write('enforce', '0');
    child.write('/attr/current', APP);
    const other = child.fork();
    other.write('/attr/current', 'msys_u:msys_r:mkid_t:s0');
    child.write('enforce', '1');
    records(box);
    expect(child.read(`/${other.caller.tid}/attr/current`)).toBe('EACCES');
    expect(records(box).map((line) => line.slice(-12))).toEqual(['permissive=0']);
    child.fork();
  });

  it('what the child allows itself does not count outside', () => {
    const { box, host, child } = confined(profile);
    const relabelled = file({ [NAME]: DATA, [`${NAME}.c`]: DATA });
    expect(set(box, child, relabelled, TMP)).toBe('EACCES');
    expect(records(box)).toEqual([
      expect.stringContaining(profile === 'talk' ? 'denied  { setattr }' : 'denied  { relabelfrom }'),
    ]);
    host.write('enforce', '0');
    expect(set(box, child, relabelled, TMP)).toBeUndefined();
    expect(records(box).map((line) => /\{ (.*) \}/.exec(line)?.[1])).toEqual(
      profile === 'talk' ? ['setattr'] : expect.arrayContaining(['relabelfrom']),
    );
  });

  it('programs run without transition in the namespaces around', () => {
    const { box, host, child } = confined(profile);
    const program = file({ [NAME]: BIN, [`${NAME}.c`]: BIN }, { path: '/bin/x' });
    const run = (task: NamespaceTask) => box.stack.files.mayExec({ path: '/bin/x', inode: program }, task.caller)?.code;
    expect(run(child)).toBe('EACCES');
    expect(records(box).at(-1)).toMatch(
      /denied {2}\{ execute_no_trans \}.*scontext=msys_u:msys_r:mapp_t:s0 .*permissive=0$/,
    );
    host.write('enforce', '0');
    expect(run(child)).toBeUndefined();
    child.write('enforce', '1');
    expect(run(child)).toBeUndefined(); // mkern_t may do anything there
  });

  it('an exec changes only what the task is in its own namespace', () => {
    const { box, host, child } = confined(profile);
    host.write('enforce', '0');
    child.write('/attr/current', 'msys_u:mapp_r:mapp_t:s0');
    const inode = file({ [NAME]: BIN, [`${NAME}.c`]: 'msys_u:object_r:mexec_t:s0' }, { path: '/bin/x' });
    const shared = file({ [NAME]: 'msys_u:object_r:mexec_t:s0' }, { path: '/bin/x' });
    child.exec({ path: '/bin/x', inode: profile === 'talk' ? inode : shared });
    expect(child.read('/attr/current')).toMatch(/^msys_u:mapp_r:mapp2_t:/);
    expect(host.read(`/${child.caller.tid}/attr/current`)).toBe(`${APP}\0`);
    expect(box.stack.tasks.size).toBe(2);
  });

  it('operations of selinuxfs and on the own attributes are the business of the own namespace', () => {
    const { box, child } = confined(profile);
    expect(child.write('/attr/exec', APP)).toBe(APP.length);
    expect(child.write('/attr/keycreate', APP)).toBe(APP.length);
    expect(child.write('/attr/current', 'msys_u:msys_r:mperm_t:s0')).toBe(24);
    expect(child.ask('context', APP)).toBe(`${APP}\0`);
    expect(child.write('enforce', '1')).toBe(1);
    expect(records(box).filter((line) => line.includes('scontext=msys_u:msys_r:mapp_t'))).toEqual([]);
  });

  it('a node of selinuxfs is a file like others', () => {
    const { box, host, child } = confined(profile);
    child.write('enforce', '1');
    host.write('enforce', '0');
    records(box);
    child.write('/attr/current', 'msys_u:msys_r:mperm_t:s0');
    host.write('enforce', '1');
    records(box);
    // mapp_t may read security nodes in the host, mperm_t is permissive in the child.
    expect(child.read('enforce')).toBe('1');
  });

  it('a namespace without a policy allows everything, the ones around do not', () => {
    const { box, child } = confined(profile, '');
    expect(child.write('/attr/current', 'unlabeled')).toBe(9);
    expect(child.read('/100/attr/current')).toBe('EACCES');
    expect(set(box, child, file({ [NAME]: DATA }), TMP)).toBe('EACCES'); // the label is the host's
    expect(box.stack.files.removeXattr(file(), NAME, child.caller)?.code).toBe('EACCES');
    expect(get(box, child, file({ [NAME]: DATA }, { class: 'sock_file' }))).toBe('EACCES');
    expect(get(box, child, file({ [NAME]: DATA }))).toBe('EOPNOTSUPP'); // as it is stored
  });

  it('contexts that a policy does not know count as unlabeled there', () => {
    const { box, host, child } = confined(profile);
    const image = Buffer.from(policyImage('mini.33')).toString('latin1').replaceAll('mdata_t', 'mdota_t');
    child.write('load', Buffer.from(image, 'latin1'));
    host.write('enforce', '0');
    const foreign = 'msys_u:object_r:mdota_t:s0';
    const inode = file({ [NAME]: foreign, [`${NAME}.c`]: foreign });
    expect(get(box, child, inode)).toBe(`${foreign}\0`);
    const plain = { ...host.caller, capabilities: 0n };
    const seen = box.stack.files.getXattr(inode, NAME, plain);
    expect(failed(seen) ? seen.code : textOf(seen)).toBe(`${UNLABELED}\0`);
    expect(get(box, host, inode)).toBe(`${foreign}\0`); // raw for the administrator of labels
  });

  it('label options of a mount are judged everywhere', () => {
    const { box, host, child } = confined(profile);
    const may = () => box.stack.files.mayMount('tmpfs', { context: DATA }, child.caller)?.code;
    expect(may()).toBe('EACCES');
    host.write('enforce', '0');
    expect(may()).toBeUndefined();
  });
});

describe('the prototypes of 2018', () => {
  it('judge by the own namespace alone', () => {
    const { box, child } = confined('2018');
    expect(child.read('/100/attr/current')).toBe(`${UNLABELED}\0`);
    records(box);
    expect(set(box, child, file({ [`${NAME}.c`]: DATA }), TMP)).toBeUndefined();
    const program = file({ [NAME]: BIN, [`${NAME}.c`]: BIN }, { path: '/bin/x' });
    expect(box.stack.files.mayExec({ path: '/bin/x', inode: program }, child.caller)).toBeUndefined();
    expect(records(box).filter((line) => line.includes('permissive=0'))).toEqual([]);
    child.write('/attr/current', APP);
    child.write('enforce', '1');
    expect(child.read('/100/attr/current')).toBe('EACCES');
  });
});
