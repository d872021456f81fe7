/** Steps that name a path: listing, attributes, creation, extended attributes. */
import { bytesOf, textOf } from '../../linux/bytes.ts';
import { failed, type Result } from '../../linux/errno.ts';
import { S_IFCHR, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../../linux/stat.ts';
import type { Attributes, Node } from '../../vfs/tree/node.ts';
import * as operations from '../../vfs/tree/operations.ts';
import type { Session } from '../../vfs/user/session.ts';
import type { Actor } from './actor.ts';
import { readAll } from './descriptor-steps.ts';
import type { Outcome } from './player.ts';
import type { Step } from './scenario-step.ts';
import { dataOf, show } from './values.ts';

const TYPES: ReadonlyMap<number, string> = new Map([
  [S_IFREG, 'file'],
  [S_IFDIR, 'dir'],
  [S_IFLNK, 'link'],
  [S_IFCHR, 'chr'],
]);

/** The probe runs under glibc, which has one name for both. */
export function errorName(code: string): string {
  return code === 'EOPNOTSUPP' ? 'ENOTSUP' : code;
}

type Outcomes = (readonly [string, Outcome])[];

/** @returns key suffixes with outcomes; undefined = not a step of this kind. */
export function nodeStep(session: Session, step: Step, actor: Actor, folder: string): Outcomes | undefined {
  if (step.op === 'walk') return walk(session, step, actor, step.path ?? '', '', step.depth ?? 20);
  const result = one(session, step, actor, folder);
  if (result === undefined) return undefined;
  return [['', failed(result) ? { err: errorName(result.code) } : result]];
}

function one({ paths }: Session, step: Step, { caller }: Actor, folder: string): Result<Outcome> | undefined {
  const path = step.path ?? '';
  const name = step.name ?? '';
  const done = (result: Result<unknown>): Result<Outcome> => (failed(result) ? result : { ok: true });
  const onNode = (use: (node: Node) => Result<Outcome>): Result<Outcome> => {
    const place = paths.resolve(path, step.op !== 'stat', caller);
    return failed(place) ? place : use(place.node);
  };
  switch (step.op) {
    case 'list': {
      const entries = paths.readEntries(path, caller);
      if (failed(entries)) return entries;
      const names = entries.map((entry) => entry.name).sort();
      const shown = step.match === undefined ? names : names.filter((n) => new RegExp(step.match ?? '').test(n));
      return step.count === true ? { count: shown.length } : { names: shown };
    }
    case 'stat':
      return onNode((node) => attributesOutcome(node.attributes(caller), node.ino, step));
    case 'readlink': {
      const target = paths.readlink(path, caller);
      return failed(target) ? target : { link: normalLink(target) };
    }
    case 'statfs': {
      const place = paths.resolve(path, true, caller);
      if (failed(place)) return place;
      return { type: place.filesystem.magic.toString(16), bsize: 4096, blocks: 0, namelen: 255 };
    }
    case 'access': {
      const bits: Readonly<Record<string, number>> = { r: 4, w: 2, x: 1, f: 0 };
      const mask = [...(step.mode ?? '')].reduce((sum, letter) => sum | (bits[letter] ?? 0), 0);
      return { ok: paths.access(path, mask, caller) === undefined };
    }
    case 'mkdir':
      return done(paths.mkdir(path, Number.parseInt(step.mode ?? '755', 8), caller));
    case 'rmdir':
      return done(paths.rmdir(path, caller));
    case 'unlink':
      return done(paths.unlink(path, caller));
    case 'rename':
      return done(paths.rename(path, step.to ?? '', 0, caller));
    case 'link':
      return done(paths.link(path, step.to ?? '', caller));
    case 'symlink':
      return done(paths.symlink(step.target ?? '', path, caller));
    case 'mknod':
      return done(paths.mknod(path, 0o010644, 0, caller));
    case 'mkfile':
      return done(paths.open(path, 0o1101, 0o644, caller));
    case 'truncate':
      return done(paths.truncate(path, step.size ?? 0, caller));
    case 'chmod':
      return done(paths.setAttributes(path, true, { mode: Number.parseInt(step.mode ?? '', 8) }, caller));
    case 'chown':
      return done(paths.setAttributes(path, true, { uid: step.uid ?? 0, gid: step.gid ?? 0 }, caller));
    case 'utime':
      return done(paths.setAttributes(path, true, { atime: 10n ** 9n, mtime: 10n ** 9n }, caller));
    case 'getxattr':
      return onNode((node) => {
        const value = operations.getXattr(node, name, caller);
        return failed(value) ? value : { value: show(value) };
      });
    case 'listxattr':
      return onNode((node) => {
        const names = operations.listXattr(node, caller);
        return failed(names) ? names : { names: [...names].sort() };
      });
    case 'setxattr':
      return onNode((node) => done(operations.setXattr(node, name, dataOf(step.data, folder), 0, caller)));
    case 'removexattr':
      return onNode((node) => done(operations.removeXattr(node, name, caller)));
  }
  return undefined;
}

export function attributesOutcome(attributes: Attributes, ino: number, step: Pick<Step, 'ino' | 'nlink'>): Outcome {
  const type = TYPES.get(attributes.mode & S_IFMT) ?? '?';
  return {
    type,
    mode: (attributes.mode & 0o7777).toString(8).padStart(4, '0'),
    uid: attributes.uid,
    gid: attributes.gid,
    ...(type === 'dir' ? {} : { size: attributes.size }),
    ...(type === 'chr' ? { rdev: `${Math.floor(attributes.rdev / 256)}:${attributes.rdev % 256}` } : {}),
    ...(step.nlink === true ? { nlink: attributes.nlink } : {}),
    ...(step.ino === true ? { ino } : {}),
  };
}

/** The number is an inode's. */
function normalLink(target: string): string {
  return target.replace(/^apparmorfs:\[\d+\]$/, 'apparmorfs:[N]');
}

function walk(session: Session, step: Step, actor: Actor, path: string, rel: string, depth: number): Outcomes {
  const { caller } = actor;
  const place = session.paths.resolve(path, false, caller);
  const key = `:${rel || '.'}`;
  if (failed(place)) return [[key, { err: place.code, at: 'lstat' }]];
  const line = attributesOutcome(place.node.attributes(caller), place.node.ino, step);
  const outcomes: Outcomes = [[key, line]];
  if (line.type === 'file' && !(step.noread !== undefined && new RegExp(step.noread).test(rel))) {
    Object.assign(line, readAll(session, path, actor));
  }
  if (line.type === 'link') {
    const target = session.paths.readlink(path, caller);
    Object.assign(line, failed(target) ? { err: target.code, at: 'readlink' } : { link: normalLink(target) });
  }
  if (line.type !== 'dir' || depth <= 0) return outcomes;
  if (step.nodescend !== undefined && new RegExp(step.nodescend).test(rel)) return outcomes;
  const entries = session.paths.readEntries(path, caller);
  if (failed(entries)) return [[key, { ...line, err: entries.code, at: 'readdir' }]];
  const all = entries.map((entry) => textOf(bytesOf(entry.name))).sort();
  line.names = all.length <= 400 ? all : { count: all.length };
  const names = step.sample?.[rel] === undefined ? all : all.filter((name) => step.sample?.[rel]?.includes(name));
  for (const name of names) {
    const below = rel === '' ? name : `${rel}/${name}`;
    if (step.prune !== undefined && new RegExp(step.prune).test(below)) continue;
    outcomes.push(...walk(session, step, actor, `${path}/${name}`, below, depth - 1));
  }
  return outcomes;
}
