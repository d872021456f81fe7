/** Events of other processes, which a daemon lets gather: it sees without reading them when there are many. */
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { ProcConnector } from '../../host/process/proc-connector.ts';

it('a queue that fills says so, until it is read', () => {
  const connector = ProcConnector.open();
  if (typeof connector === 'string') throw new Error(connector);
  try {
    expect(connector.isFilling()).toBe(false);
    execFileSync('sh', ['-c', 'i=0; while [ $i -lt 4000 ]; do (:); i=$((i + 1)); done']);
    expect(connector.isFilling()).toBe(true);
    while (connector.next() !== undefined);
    expect(connector.isFilling()).toBe(false);
  } finally {
    connector.close();
  }
});
