/** A world for people: the stack as a tree, then its tasks and, where there are any, its compound labels as tables. */
import type { WorldTree } from '../world/index.ts';
import { formatTable } from './table.ts';

type Module = WorldTree['modules'][number];
type Namespace = NonNullable<Module['namespaces']>[number];
type Task = WorldTree['tasks'][number];

export function formatTree(tree: WorldTree): string {
  const modules = tree.modules.map((module, index) => formatModule(module, tree, index === tree.modules.length - 1));
  const parts = [`${tree.name} (${tree.profile})\n${modules.join('')}${mediationLine(tree)}`, taskTable(tree)];
  if (tree.secids.length > 0) parts.push(secidTable(tree));
  return parts.join('\n');
}

function mediationLine({ mediation }: WorldTree): string {
  if (mediation === undefined) return '';
  const { families, logOnly, unseenCalls } = mediation;
  const unseen = unseenCalls === 0 ? '' : `; ${count(unseenCalls, 'call')} not shown to the modules`;
  return `mediated${logOnly ? ', and not refused' : ''}: ${families.join(', ')}${unseen}\n`;
}

function formatModule(
  { name, proposed, supposed, namespaces = [] }: Module,
  { claims }: WorldTree,
  last: boolean,
): string {
  const owned = Object.entries(claims).flatMap(([claim, owner]) => (owner === name ? [claim] : []));
  const notes = [...(proposed ? ['proposed'] : []), ...(supposed ? ['interface supposed'] : []), ...owned];
  const note = notes.length === 0 ? '' : `  (${notes.join(', ')})`;
  const below = namespaces.map((namespace, index) => {
    const rails = Array.from({ length: namespace.depth }, (_, depth) => rail(hasSibling(namespaces, index, depth)));
    const head = `${rail(!last)}${rails.join('')}${fork(hasSibling(namespaces, index, namespace.depth))}`;
    return `${head}${formatNamespace(namespace)}\n`;
  });
  return `${fork(!last)}${name}${note}\n${below.join('')}`;
}

/** Does another namespace follow at this depth, below the same parent? */
function hasSibling(namespaces: readonly Namespace[], index: number, depth: number): boolean {
  const next = namespaces.slice(index + 1).find((namespace) => namespace.depth <= depth);
  return next?.depth === depth;
}

const rail = (goesOn: boolean): string => (goesOn ? '│  ' : '   ');
const fork = (goesOn: boolean): string => (goesOn ? '├─ ' : '└─ ');

function formatNamespace(namespace: Namespace): string {
  const { name, mode, policyLoaded, profiles, rules, labels, measurements, tasks } = namespace;
  const facts = [
    mode,
    policyLoaded === undefined ? undefined : policyLoaded ? 'policy loaded' : 'no policy',
    profiles === undefined ? undefined : count(profiles, 'profile'),
    rules === undefined ? undefined : count(rules, 'rule'),
    labels === undefined ? undefined : count(labels, 'label'),
    measurements === undefined ? undefined : count(measurements, 'measurement'),
    count(tasks, 'task'),
  ];
  return `${name}: ${facts.filter((fact) => fact !== undefined).join(', ')}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** A row for each process, and one for each of its threads that differs from its leader. */
function taskTable({ tasks }: WorldTree): string {
  const leaders = new Map(tasks.filter(({ tid, tgid }) => tid === tgid).map((task) => [task.tgid, task]));
  const shown = tasks.filter((task) => {
    const leader = leaders.get(task.tgid);
    return leader === undefined || leader === task || !sameLabels(leader, task);
  });
  const names = labellingModules(tasks);
  const rows = [...shown]
    .sort((a, b) => a.tgid - b.tgid || a.tid - b.tid)
    .map((task) => [
      String(task.tid),
      task.comm,
      task.defaultModule ?? '-',
      hexadecimal(task.secid),
      ...names.map((name) => task.labels[name] ?? '-'),
    ]);
  return formatTable(['TID', 'COMMAND', 'DEFAULT', 'SECID', ...names.map((name) => name.toUpperCase())], rows);
}

function secidTable({ secids }: WorldTree): string {
  const names = labellingModules(secids);
  return formatTable(
    ['SECID', ...names.map((name) => name.toUpperCase())],
    secids.map(({ secid, labels }) => [hexadecimal(secid), ...names.map((name) => labels[name] ?? '-')]),
  );
}

function labellingModules(labelled: readonly Pick<Task, 'labels'>[]): string[] {
  return [...new Set(labelled.flatMap(({ labels }) => Object.keys(labels)))];
}

function sameLabels(a: Task, b: Task): boolean {
  return a.secid === b.secid && a.defaultModule === b.defaultModule;
}

function hexadecimal(number: number): string {
  return `0x${number.toString(16)}`;
}
