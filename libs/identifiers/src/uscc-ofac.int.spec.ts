import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { publicData } from '@writ/testkit';
import { checkIdentifier } from './check-identifier.js';

const folder = publicData('uscc-ofac');
/** Counted as skipped where the data is not there; the loud line says how to get it. */
const judged = folder === undefined ? describe['skip'] : describe;

judged('the codes found in a sanctions list', () => {
  it('pass or fail the checksum as the list says; those that fail are flagged', () => {
    const file = path.join(folder ?? '', 'uscc_from_ofac_sdn.csv');
    const rows = readFileSync(file, 'utf8').trim().split('\n').slice(1);
    const wrong = rows.filter((row) => {
      const [code = '', stated] = row.split(',');
      const checked = checkIdentifier('cn.uscc', code);
      const passes = checked.ok && !checked.flags.includes('checksum-exception');
      return !checked.ok || passes !== (stated === 'True');
    });
    expect({ rows: rows.length, wrong: wrong.length }).toEqual({ rows: 96, wrong: 0 });
  });
});
