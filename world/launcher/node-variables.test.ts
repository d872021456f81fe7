import { expect, test } from 'vitest';
import { hideVariables, isNodeVariable, restoreVariables } from './node-variables.ts';

test('variables travel under other names', () => {
  const environment: NodeJS.ProcessEnv = { PERL5OPT: '-w', HOME: '/' };
  hideVariables(environment, ['PERL5OPT', 'PERL5LIB']);
  expect(environment).toEqual({ LSMFS_VARIABLE_PERL5OPT: '-w', HOME: '/' });
});

test('variables get their names back', () => {
  const environment: NodeJS.ProcessEnv = {
    LSMFS_VARIABLE_NODE_OPTIONS: '--require x',
    LSMFS_VARIABLE_OPENSSL_CONF: '',
    HOME: '/',
  };
  restoreVariables(environment);
  expect(environment).toEqual({ NODE_OPTIONS: '--require x', OPENSSL_CONF: '', HOME: '/' });
});

test.each([
  ['NODE_OPTIONS', true],
  ['UV_THREADPOOL_SIZE', true],
  ['OPENSSL_CONF', true],
  ['NODE', false],
  ['LSMFS_STATE_DIR', false],
])('%s: %s', (name, expected) => {
  expect(isNodeVariable(name)).toBe(expected);
});
