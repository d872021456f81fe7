import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failed } from '../../../linux/errno.ts';
import { StaticDirectory } from '../../../vfs/pseudo/index.ts';
import { Changes } from '../../../vfs/tree/changes.ts';
import type { Filesystem } from '../../../vfs/tree/filesystem.ts';
import type { SelinuxNamespace } from './namespace.ts';
import { Namespaces } from './namespaces.ts';
import { NAMESPACE_RULES } from './rules.ts';

describe('holding and letting go', () => {
  const root = new StaticDirectory({ ino: 1, mode: 0o555, entries: [] });
  type Step =
    | { readonly kind: 'fork' | 'unshare' | 'exit' | 'mount'; readonly task: number }
    | { readonly kind: 'released'; readonly instance: number };

  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ kind: fc.constantFrom('fork', 'unshare', 'exit', 'mount'), task: fc.nat(20) }) as fc.Arbitrary<Step>,
    fc.record({ kind: fc.constant('released' as const), instance: fc.nat(10) }),
  );

  it('agrees with a count of who can be reached, whatever the order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const told: number[] = [];
        const namespaces = new Namespaces({
          rules: NAMESPACE_RULES.talk,
          enforcing: false,
          log: { print: () => {}, audit: () => {} },
          makeFilesystem: ({ number }) => ({
            type: 'selinuxfs',
            magic: 0,
            root,
            changes: new Changes(),
            instance: number,
          }),
          onUnused: ({ instance = 0 }) => void told.push(instance),
        });
        /** The model: where each task is, which instances are out, who is inside whom. */
        const tasks: SelinuxNamespace[] = [namespaces.initial];
        namespaces.enter(namespaces.initial);
        const made: SelinuxNamespace[] = [namespaces.initial];
        const out = new Map<number, Filesystem>();
        const isHeld = (one: SelinuxNamespace): boolean =>
          one.isInitial ||
          tasks.includes(one) ||
          out.has(one.number) ||
          made.some((two) => two.parent === one && isHeld(two));
        for (const { kind, ...which } of steps) {
          if ('instance' in which) {
            const filesystem = out.get(which.instance);
            if (filesystem === undefined) continue;
            out.delete(which.instance);
            namespaces.released(filesystem);
          } else {
            const index = which.task % Math.max(1, tasks.length);
            const here = tasks[index];
            if (here === undefined) continue;
            if (kind === 'fork') {
              namespaces.enter(here);
              tasks.push(here);
            } else if (kind === 'unshare') {
              const namespace = namespaces.create(here);
              if (failed(namespace)) throw new Error('a limit');
              made.push(namespace);
              namespaces.enter(namespace);
              tasks[index] = namespace;
              namespaces.leave(here);
            } else if (kind === 'mount') {
              const filesystem = namespaces.mount(here);
              if (!here.isInitial) out.set(here.number, filesystem);
            } else {
              tasks.splice(index, 1);
              namespaces.leave(here);
            }
          }
          const held = made.filter(isHeld);
          expect(namespaces.count).toBe(held.length);
          for (const one of held) {
            const onlyMounted =
              !one.isInitial && !tasks.includes(one) && !made.some((two) => two.parent === one && isHeld(two));
            if (onlyMounted) expect(told).toContain(one.number);
          }
        }
      }),
    );
  });
});
