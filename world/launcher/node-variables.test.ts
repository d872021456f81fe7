import { expect, test } from 'vitest';
import { isNodeVariable, restoreVariables } from './node-variables.ts';

test('variables get their names back', () => {
  const environment: NodeJS.ProcessEnv = {
    LSMFS_VARIABLE_NODE_OPTIONS: '--require x',
    LSMFS_VARIABLE_OPENSSL_CONF: '',
    HOME: '/',
  };
  restoreVariables(environment);
  expect(environment).toEqual({ NODE_OPTIONS: '--require x', OPENSSL_CONF: '', HOME: '/' });
});

test.each(['LD_PRELOAD', 'PERL5OPT', 'PATH', ''])(
  'a name that the start script never gives restores nothing: %s',
  (name) => {
    const environment: NodeJS.ProcessEnv = { [`LSMFS_VARIABLE_${name}`]: '/tmp/evil.so', HOME: '/' };
    restoreVariables(environment);
    expect(environment).toEqual({ HOME: '/' });
  },
);

test.each([
  ['NODE_OPTIONS', true],
  ['UV_THREADPOOL_SIZE', true],
  ['OPENSSL_CONF', true],
  ['NODE', false],
  ['LSMFS_STATE_DIR', false],
])('%s: %s', (name, expected) => {
  expect(isNodeVariable(name)).toBe(expected);
});
