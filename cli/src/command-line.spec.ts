import { describe, expect, it } from '@jest/globals';
import { parseCommandLine } from './command-line.js';

const at = (line: string, url?: string) => parseCommandLine(line.split(' ').filter(Boolean), url);
const url = 'http://127.0.0.1:3000';

describe('the command line', () => {
  it.each([
    [
      'feed import feed.json --from /data --report out.ndjson',
      { name: 'feed import', description: 'feed.json', from: '/data', report: 'out.ndjson' },
    ],
    [
      'status xx.number 42 --measure travel.air --measure travel.rail',
      {
        name: 'status',
        scheme: 'xx.number',
        value: '42',
        measures: ['travel.air', 'travel.rail'],
        purpose: 'command-line',
      },
    ],
    [
      'record xx.number - --as-of 2026-01-02 --known-at 2026-01-03T00:00:00Z --purpose audit',
      {
        name: 'record',
        scheme: 'xx.number',
        value: '-',
        times: { asOf: '2026-01-02', knownAt: '2026-01-03T00:00:00Z' },
        purpose: 'audit',
      },
    ],
    ['active xx.list --count', { name: 'active', list: 'xx.list', times: {}, count: true }],
    [
      'active xx.list --as-of 2026-01-02 --zone Asia/Shanghai',
      {
        name: 'active',
        list: 'xx.list',
        times: { asOf: '2026-01-02', zone: 'Asia/Shanghai' },
        count: false,
      },
    ],
    [
      'feed import feed.json --from /data --observed-at 2026-01-02T03:04:05Z',
      { name: 'feed import', observedAt: '2026-01-02T03:04:05Z' },
    ],
    ['timeliness', { name: 'timeliness', olderThanMs: 0, quick: false }],
    ['timeliness --older-than P1D --quick', { olderThanMs: 86_400_000, quick: true }],
    ['quarantine list', { name: 'quarantine list', services: ['projection', 'enforcement'] }],
    ['quarantine list --service enforcement', { services: ['enforcement'] }],
    [
      'quarantine retry court 5f',
      {
        name: 'quarantine retry',
        what: { ledger: 'court', subject: '5f' },
        services: ['projection', 'enforcement'],
      },
    ],
    ['quarantine retry regulatory -', { what: { ledger: 'regulatory', subject: '' } }],
    ['quarantine retry list xx.list', { what: { list: 'xx.list' }, services: ['enforcement'] }],
    [
      'facts --after 7 --follow --ledger court',
      { name: 'facts', after: 7, follow: true, ledgers: ['court'] },
    ],
    [
      'replay --to court:12,enforcement:-1 --subject 5f',
      { name: 'replay', to: { court: 12, enforcement: -1 }, subject: '5f' },
    ],
    ['replay', { name: 'replay', to: {}, subject: undefined }],
    ['backup /b --keys /k --data /d', { name: 'backup', folder: '/b', keys: '/k', data: '/d' }],
    ['backup /b', { name: 'backup', folder: '/b' }],
    [
      'restore /b --only court,identity --replace',
      { name: 'restore', folder: '/b', only: ['court', 'identity'], replace: true },
    ],
    [
      'reread enforcement court',
      { name: 'reread', asked: { service: 'enforcement', what: 'court' } },
    ],
    ['restore /b', { name: 'restore', only: undefined, replace: false }],
    ['epoch court --reason restored', { name: 'epoch', ledger: 'court', reason: 'restored' }],
    ['clock', { name: 'clock' }],
    ['clock advance P3D', { name: 'clock advance', duration: 'P3D' }],
    ['explain 5f', { name: 'explain', answerId: '5f' }],
    ['diff court:1 court:9', { name: 'diff', from: { court: 1 }, to: { court: 9 } }],
    [
      'facts --after=-1',
      { name: 'facts', after: -1, follow: false, ledgers: ['court', 'regulatory', 'enforcement'] },
    ],
    ['rebuild', { name: 'rebuild' }],
    ['root', { name: 'root' }],
    ['verify --ledger enforcement', { name: 'verify', ledgers: ['enforcement'] }],
    ['', { name: 'help' }],
    ['status --help', { name: 'help' }],
  ])('%s', (line, command) => expect(at(line)).toMatchObject({ command }));

  it.each([
    ['obey', 'there is no command "obey"'],
    ['feed', 'there is no command "feed"'],
    ['feed import a.json', 'feed import needs --from <data folder>'],
    ['status xx.number', 'usage: writ status SCHEME VALUE'],
    ['root --count', 'writ root has no --count'],
    ['root --unknown', "Unknown option '--unknown'"],
    ['facts --after 1.5', '--after must be a position: a whole number, or -1 for the start'],
    ['facts --after=', '--after must be a position: a whole number, or -1 for the start'],
    ['facts --after 0x10', '--after must be a position: a whole number, or -1 for the start'],
    ['facts --after 1e3', '--after must be a position: a whole number, or -1 for the start'],
    ['clock advance', 'usage: writ clock advance DURATION'],
    ['replay --to 7', 'positions are written court:12,regulatory:7,enforcement:3'],
    ['replay --to court:x', 'positions are written court:12,regulatory:7,enforcement:3'],
    ['diff court:1', 'usage: writ diff P1 P2'],
    ['diff court:1 identity:2', 'positions are written court:12,regulatory:7,enforcement:3'],
    ['quarantine', 'there is no command "quarantine"'],
    [
      'quarantine retry identity 5f',
      'LEDGER must be one of court, regulatory, enforcement, or list',
    ],
    ['quarantine list --service court', '--service must be one of projection, enforcement'],
    ['verify --ledger identity', '--ledger must be one of court, regulatory, enforcement'],
    ['root --embedded --url http://a', '--url and --embedded exclude each other'],
    ['root --data /x', '--data goes with --embedded'],
    ['root --url ftp://a', '--url must be an http(s) origin'],
    ['root --url http://a/path', '--url must be an http(s) origin'],
  ])('refuses "%s"', (line, problem) => expect(at(line)).toEqual({ problem }));

  it('asks where --url says, else WRIT_URL, else this machine', () => {
    expect(at('root --url http://a:1/', 'http://b')).toMatchObject({
      target: { url: 'http://a:1' },
    });
    expect(at('root', 'http://b')).toMatchObject({ target: { url: 'http://b' } });
    expect(at('root')).toMatchObject({ target: { kind: 'url', url }, json: false });
    expect(at('root --embedded --data /x --json')).toMatchObject({
      target: { kind: 'embedded', data: '/x' },
      json: true,
    });
  });
});
