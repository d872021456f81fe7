/** `rules`: what `auditctl -l` prints, and lines of auditctl(8) that change it. */
import { AUDIT, PREPEND } from '../../../../linux/audit.ts';
import { E, type Errno, failed, type Result } from '../../../../linux/errno.ts';
import { readWhole } from '../../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../../vfs/tree/caller.ts';
import { Pending } from '../../../../vfs/tree/node.ts';
import type { AuditInstance } from '../instance.ts';
import { type LookUp, lookedUp } from '../paths.ts';
import { type AuditRule, ruleData, rulePaths } from '../rule.ts';
import { formatRule } from '../rule-text/format.ts';
import { parseRuleLine, type RuleCommand } from '../rule-text/parse.ts';
import { KEY_SEPARATOR } from '../rule-text/words.ts';
import type { NodeRequest } from './access.ts';
import { AuditNode, firstLine, lineWriter, type NodeContext } from './node.ts';

/** Four times the longest path: no rule needs more. */
const LINE_MAX = 16_384;

/** @param machine AUDIT_ARCH_* of the kernel. */
export function rulesNode(context: NodeContext, machine: number): AuditNode {
  const { access, names } = context;
  const parse = (line: string): Result<RuleCommand | undefined> =>
    line.length > LINE_MAX ? E.EINVAL : parseRuleLine(line, { names, machine });
  const text = ({ rules }: AuditInstance): string => {
    const lines = rules.all().map((rule) => `${formatRule(rule, names, machine)}\n`);
    return lines.length === 0 ? 'No rules\n' : lines.join('');
  };
  return new AuditNode(context, {
    mode: 0o600,
    open: (_flags, opener, instance) => {
      const sender = access.sender(opener, instance, 'control');
      if (failed(sender)) return sender;
      const change = (command: RuleCommand, caller: Caller, looks?: readonly LookUp[]): Errno | undefined => {
        const requests = requestsOf(command, instance, looks);
        return access.ask(caller, instance, requests, 'control', looks && lookedUp(looks));
      };
      return {
        writeMovesPosition: true,
        read: readWhole(() => text(instance)),
        write: lineWriter((line, caller) => {
          const command = parse(line);
          return failed(command) || command === undefined ? command : change(command, caller);
        }),
        writeLater: (data, _at, caller) => {
          const { line, length } = firstLine(data);
          const command = parse(line);
          if (failed(command) || command === undefined) return undefined;
          const paths = pathsOf(command);
          const lookUp = access.lookUp(caller);
          // Only for those who may change rules.
          if (paths.length === 0 || lookUp === undefined || failed(access.sender(caller, instance, 'control')))
            return undefined;
          return new Pending((settle) => {
            lookUp(paths, (looks) => settle(change(command, caller, looks) ?? length));
            return { cancel: () => undefined };
          }, false);
        },
      };
    },
  });
}

function pathsOf(command: RuleCommand): string[] {
  if (command.kind === 'clear') return [];
  return 'path' in command ? [command.path] : rulePaths(ruleData(command.rule));
}

function requestsOf(command: RuleCommand, { rules }: AuditInstance, looks: readonly LookUp[] = []): NodeRequest[] {
  const request = (type: number, rule: AuditRule): NodeRequest => {
    const data = ruleData(rule);
    if (rule.prepend) data[0] = (data[0] ?? 0) | PREPEND;
    return { type, data };
  };
  if (command.kind === 'clear') {
    const { key } = command;
    const some = rules.all().filter((rule) => key === undefined || rule.key?.split(KEY_SEPARATOR).includes(key));
    return some.map((rule) => request(AUDIT.DEL_RULE, rule));
  }
  const type = command.kind === 'add' ? AUDIT.ADD_RULE : AUDIT.DEL_RULE;
  if ('rule' in command) return [request(type, command.rule)];
  return [request(type, command.watch(looks.find(({ path }) => path === command.path)?.isDirectory === true))];
}
