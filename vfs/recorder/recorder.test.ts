import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { everybodysFilesystem } from '../labelled/testing.ts';
import { NumberFile, StaticDirectory, TextFile } from '../pseudo/index.ts';
import { Changes } from '../tree/changes.ts';
import type { Filesystem } from '../tree/filesystem.ts';
import { FileSystemFacade } from '../user/facade.ts';
import { FileSystemError } from '../user/facade-error.ts';
import { USER } from '../user/testing.ts';
import { eventFromJson, eventToJson, type VfsEvent } from './events.ts';
import { Recorder } from './recorder.ts';
import { Replayer } from './replay.ts';

/** Everything one can see of a tree. */
function describeTree(fs: FileSystemFacade, path = '/'): unknown {
  const stats = fs.lstatSync(path);
  const labels = stats.isSymbolicLink() ? [] : fs.listxattrSync(path).map((n) => [n, String(fs.getxattrSync(path, n))]);
  const common = [path, stats.mode, stats.uid, stats.gid, labels];
  if (stats.isFile()) return [...common, fs.readFileSync(path, 'latin1')];
  if (stats.isSymbolicLink()) return [...common, fs.readlinkSync(path)];
  const names = fs.readdirSync(path).sort();
  return [...common, names.map((name) => describeTree(fs, path === '/' ? `/${name}` : `${path}/${name}`))];
}

function replayed(events: readonly VfsEvent[], fresh: Filesystem): FileSystemFacade {
  const replayer = new Replayer((name) => (name === 'tree' ? fresh : undefined));
  for (const event of events) replayer.apply(eventFromJson(eventToJson(event)) as VfsEvent);
  return new FileSystemFacade(fresh);
}

const name = fc.constantFrom('a', 'b', 'c');
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => `/${names.join('/')}`);
const text = fc.string({ maxLength: 5 });
type Action = (fs: FileSystemFacade) => void;

function acting<T>(input: fc.Arbitrary<T>, act: (fs: FileSystemFacade, input: T) => void): fc.Arbitrary<Action> {
  return input.map((value) => (fs) => act(fs, value));
}

const action: fc.Arbitrary<Action> = fc.oneof(
  acting(fc.tuple(path, text), (fs, [at, data]) => fs.writeFileSync(at, data)),
  acting(fc.tuple(path, text), (fs, [at, data]) => fs.appendFileSync(at, data)),
  acting(path, (fs, at) => fs.mkdirSync(at)),
  acting(path, (fs, at) => fs.rmdirSync(at)),
  acting(path, (fs, at) => fs.unlinkSync(at)),
  acting(fc.tuple(path, path), (fs, [from, to]) => fs.renameSync(from, to)),
  acting(fc.tuple(path, path), (fs, [from, to]) => fs.linkSync(from, to)),
  acting(fc.tuple(path, path), (fs, [target, at]) => fs.symlinkSync(target, at)),
  acting(fc.tuple(path, fc.nat(0o7777)), (fs, [at, mode]) => fs.chmodSync(at, mode)),
  acting(fc.tuple(path, text), (fs, [at, value]) => fs.setxattrSync(at, 'security.test', value)),
  acting(path, (fs, at) => fs.removexattrSync(at, 'security.test')),
  acting(fc.tuple(path, fc.nat(9)), (fs, [at, size]) => fs.truncateSync(at, size)),
);

function tryTo(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof FileSystemError)) throw error;
  }
}

describe('recording and replaying', () => {
  it('gives the same tree again, whatever was done by whom', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(action, fc.boolean()), { maxLength: 30 }), (actions) => {
        const events: VfsEvent[] = [];
        const recorder = new Recorder((event) => events.push(event));
        const fs = new FileSystemFacade(recorder.wrap('tree', everybodysFilesystem()));
        for (const [act, asUser] of actions) tryTo(() => act(asUser ? fs.as(USER) : fs));
        expect(describeTree(replayed(events, everybodysFilesystem()))).toEqual(describeTree(fs));
      }),
    );
  });

  function pseudo() {
    const state = { value: 0, changes: new Changes() };
    const store = (value: number) => {
      state.value = value;
      return undefined;
    };
    const entries = [
      { name: 'n', node: new NumberFile({ ino: 2, mode: 0o666 }, { store }) },
      { name: 't', node: new TextFile({ ino: 3, mode: 0o444 }, () => 'x') },
    ];
    const root = new StaticDirectory({ ino: 1, mode: 0o755, entries, changes: state.changes });
    return { state, root, filesystem: { type: 'x', magic: 1, root, changes: state.changes } };
  }

  it('reports before it acts, and only what may change something', () => {
    const { state, filesystem } = pseudo();
    const seen: unknown[] = [];
    const recorder = new Recorder((event) => seen.push([event.kind, state.value]));
    const fs = new FileSystemFacade(recorder.wrap('tree', filesystem));
    fs.readFileSync('/t');
    fs.readdirSync('/');
    expect(seen).toEqual([]);
    const fd = fs.openSync('/n', 'r+');
    fs.writeSync(fd, '5');
    fs.closeSync(fd);
    expect(seen).toEqual([
      ['open', 0],
      ['write', 0],
      ['release', 5],
    ]);
  });

  it('keeps the identity of filesystems and nodes, and lacks what the node lacks', () => {
    const { filesystem } = pseudo();
    const recorder = new Recorder(() => undefined);
    const twin = recorder.wrap('tree', filesystem);
    expect(recorder.wrap('tree', filesystem)).toBe(twin);
    expect(twin.root.lookup('n', USER)).toBe(twin.root.lookup('n', USER));
    expect(twin.root.create).toBeUndefined();
    expect(new FileSystemFacade(twin).statSync('/n').ino).toBe(2);
  });

  it('passes change announcements on, in terms of its own nodes', () => {
    const { root, filesystem } = pseudo();
    const twin = new Recorder(() => undefined).wrap('tree', filesystem);
    const seen: unknown[] = [];
    twin.changes.subscribe({
      entry: (directory, changed) => seen.push([directory, changed]),
      content: () => undefined,
    });
    root.delete('t');
    expect(seen).toEqual([[twin.root, 't']]);
  });

  it('keeps 64-bit numbers exactly in JSON', () => {
    const event = { kind: 'release', handle: 1, big: (1n << 64n) - 1n, nested: [{ time: 5n }] };
    expect(eventFromJson(eventToJson(event))).toEqual(event);
  });

  it('refuses events about what is not there', () => {
    const replayer = new Replayer(() => undefined);
    const on = { filesystem: 'none', path: '', caller: USER };
    expect(replayer.apply({ kind: 'unlink', ...on, name: 'x' })).toMatchObject({ code: 'ENODEV' });
    expect(replayer.apply({ kind: 'release', handle: 7 })).toMatchObject({ code: 'EBADF' });
    expect(replayer.apply({ kind: 'write', handle: 7, offset: 0, data: '', caller: USER })).toMatchObject({
      code: 'EBADF',
    });
  });
});
