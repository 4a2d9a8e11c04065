import { describe, expect, it } from '@jest/globals';
import { parseLaunch } from './launch-arguments.js';

describe('arguments of a launcher', () => {
  it('have defaults: port 3000 on loopback, with the demonstration', () =>
    expect(parseLaunch([], {})).toEqual({
      port: 3000,
      host: '127.0.0.1',
      insecureBind: false,
      demonstration: true,
      sandbox: false,
      clock: false,
    }));

  it('come before the environment', () =>
    expect(
      parseLaunch(['--data', '/a', '--port', '1'], { PORT: '2', WRIT_DATA: '/b' }),
    ).toMatchObject({ port: 1, dataFolder: '/a' }));

  it('must allow another address than loopback', () => {
    const env = { WRIT_HOST: '0.0.0.0' };
    expect(parseLaunch([], env)).toHaveProperty('problem');
    expect(parseLaunch(['--insecure-bind'], env)).toMatchObject({ host: '0.0.0.0' });
  });

  it.each([[['--dta', '/a']], [['--port', 'x']], [['--port', '70000']], [['extra']]])(
    'are refused: %j',
    (argv) => expect(parseLaunch(argv, {})).toHaveProperty('problem'),
  );
});
