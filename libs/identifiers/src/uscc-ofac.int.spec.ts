import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { checkIdentifier } from './check-identifier.js';

/** Public data about organisations, kept beside the clone; never copied into it. */
const DATA =
  process.env['WRIT_DATA'] ?? path.resolve(import.meta.dirname, '../../../../shared/data');
const FILE = path.join(DATA, 'uscc-ofac/uscc_from_ofac_sdn.csv');

describe('the codes found in a sanctions list', () => {
  it('pass or fail the checksum as the list says; those that fail are flagged', () => {
    if (!existsSync(FILE)) {
      console.warn('SKIPPED: uscc-ofac is not there; set WRIT_DATA to the folder with public data');
      return;
    }
    const rows = readFileSync(FILE, 'utf8').trim().split('\n').slice(1);
    const wrong = rows.filter((row) => {
      const [code = '', stated] = row.split(',');
      const checked = checkIdentifier('cn.uscc', code);
      const passes = checked.ok && !checked.flags.includes('checksum-exception');
      return !checked.ok || passes !== (stated === 'True');
    });
    expect({ rows: rows.length, wrong: wrong.length }).toEqual({ rows: 96, wrong: 0 });
  });
});
