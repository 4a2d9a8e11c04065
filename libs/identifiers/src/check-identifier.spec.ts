import { describe, expect, it } from '@jest/globals';
import { checkIdentifier, isBuiltInScheme } from './check-identifier.js';
import { generatedResidentId, generatedUscc } from './generated.js';
import { leiRemainder } from './international.js';
import { checkCharacterOf } from './resident-id.js';
import type { SchemeDeclaration } from './scheme.js';
import { bodyCheckCharacterOf, usccCheckCharacterOf } from './uscc.js';

/** Specimen printed in the standard itself. */
const STANDARD_SAMPLE = '11010519491231002X';

const LEAP_DAY = `99999920000229001${checkCharacterOf('99999920000229001')}`;

const ok = (normalised: string, ...flags: string[]) => ({ ok: true, normalised, flags });
const no = (reason: string, field = '/value') => ({ ok: false, reason, field });

describe('a resident identity number', () => {
  it.each([
    ['the sample of the standard', STANDARD_SAMPLE, STANDARD_SAMPLE],
    ['a small x', STANDARD_SAMPLE.toLowerCase(), STANDARD_SAMPLE],
    ['spaces between the segments', '110105 19491231 002X', STANDARD_SAMPLE],
    ['full-width characters', '１１０１０５１９４９１２３１００２Ｘ', STANDARD_SAMPLE],
    ['the 29th of February of a leap year', LEAP_DAY, LEAP_DAY],
  ])('is accepted with %s', (_, value, normalised) =>
    expect(checkIdentifier('cn.resident-id', value)).toEqual(ok(normalised)),
  );

  it('of 15 digits is the same as its 18-digit form', () =>
    expect(checkIdentifier('cn.resident-id', '110105491231002')).toEqual(
      ok(STANDARD_SAMPLE, 'legacy-15-digits'),
    ));

  it('of 15 digits with a sequence from 996 was born before 1900', () => {
    const checked = checkIdentifier('cn.resident-id', '999999981231996');
    expect(checked.ok && checked.normalised.slice(0, 17)).toBe('99999918981231996');
  });

  it.each([
    ['another check character', '110105194912310021', 'checksum_does_not_match'],
    ['two digits exchanged', '11010519491213002X', 'checksum_does_not_match'],
    ['the 30th of February', '999999199002300011', 'birth_date_does_not_exist'],
    ['the 29th of February of a common year', '999999190002290011', 'birth_date_does_not_exist'],
    ['month 13', '999999199013010011', 'birth_date_does_not_exist'],
    ['day 0', '999999199001000011', 'birth_date_does_not_exist'],
    ['15 digits and no such day', '999999900230001', 'birth_date_does_not_exist'],
    ['17 digits', '11010519491231002', 'identifier_is_malformed'],
    ['19 digits', '11010519491231002X1', 'identifier_is_malformed'],
    ['X within', '1101051949123100X2', 'identifier_is_malformed'],
    ['an area starting with 0', '01010519491231002X', 'identifier_is_malformed'],
    ['nothing', '', 'identifier_is_malformed'],
    ['hyphens only', '---', 'identifier_is_malformed'],
    ['a NUL behind', `${STANDARD_SAMPLE}\u0000`, 'identifier_is_malformed'],
    ['a very long value', '1'.repeat(100_000), 'identifier_is_malformed'],
  ])('is refused with %s', (_, value, reason) =>
    expect(checkIdentifier('cn.resident-id', value)).toEqual(no(reason)),
  );

  it('generated for tests is well formed and never given twice', () => {
    const numbers = Array.from({ length: 20_000 }, (_, n) => generatedResidentId(n));
    expect(new Set(numbers).size).toBe(numbers.length);
    for (const number of numbers.filter((_, n) => n % 97 === 0)) {
      expect(checkIdentifier('cn.resident-id', number)).toEqual(ok(number));
      expect(number.startsWith('99')).toBe(true);
    }
  });
});

describe('a unified social credit code', () => {
  it('is accepted when both checks hold', () => {
    for (let n = 0; n < 2_000; n++) {
      const code = generatedUscc(n);
      expect(checkIdentifier('cn.uscc', code)).toEqual(ok(code));
    }
  });

  it('may end in 0: a sum divisible by 31 is check value 0, not 31', () => {
    const zero = Array.from({ length: 200 }, (_, n) => generatedUscc(n)).filter((code) =>
      code.endsWith('0'),
    );
    expect(zero.length).toBeGreaterThan(0);
    for (const code of zero) expect(checkIdentifier('cn.uscc', code)).toEqual(ok(code));
  });

  it('of a pilot before the standard is flagged, not refused', () => {
    const body = `M0001TGQ${bodyCheckCharacterOf('M0001TGQ')}`;
    const regular = usccCheckCharacterOf(`91999999${body}`);
    const pilot = `91999999${body}${regular === 'M' ? 'N' : 'M'}`;
    expect(checkIdentifier('cn.uscc', pilot)).toEqual(ok(pilot, 'checksum-exception'));
  });

  it('whose body fails its own check is flagged', () => {
    const code = `91999999${'0'.repeat(8)}${bodyCheckCharacterOf('00000000') === '1' ? '2' : '1'}`;
    const whole = `${code}${usccCheckCharacterOf(code)}`;
    expect(checkIdentifier('cn.uscc', whole)).toEqual(ok(whole, 'body-checksum-exception'));
  });

  it('that fails both checks is a slip', () => {
    const good = generatedUscc(4711);
    const slip = `${good.slice(0, 10)}${good[10] === '9' ? '8' : '9'}${good.slice(11)}`;
    expect(checkIdentifier('cn.uscc', slip)).toEqual(no('checksum_does_not_match'));
  });

  it.each(['I', 'O', 'S', 'V', 'Z'])('never holds the letter %s', (letter) => {
    const code = generatedUscc(1);
    expect(checkIdentifier('cn.uscc', `${code.slice(0, 17)}${letter}`)).toEqual(
      no('identifier_is_malformed'),
    );
  });

  it('has digits for its region', () =>
    expect(checkIdentifier('cn.uscc', `91A${generatedUscc(1).slice(3)}`)).toEqual(
      no('identifier_is_malformed'),
    ));
});

describe('other schemes', () => {
  const lei = '00000000000000GENR';
  const digits = String(98 - leiRemainder(`${lei}00`)).padStart(2, '0');

  it.each([
    ['lei', `${lei}${digits}`.toLowerCase(), `${lei}${digits}`],
    ['imo', 'IMO 0000000', '0000000'],
    ['us.ofac-ent', '0012345', '12345'],
    ['us.ofac-ent', '0', '0'],
    ['passport.FR', '99zz 00001', '99ZZ00001'],
    ['xx.made-up.record', ' Row/ä 7 ', 'Row/ä 7'],
  ])('%s %j is written %j', (scheme, value, normalised) =>
    expect(checkIdentifier(scheme, value)).toEqual(ok(normalised)),
  );

  it.each([
    ['lei', `${lei}${digits === '11' ? '12' : '11'}`, 'checksum_does_not_match'],
    ['lei', 'TOO-SHORT', 'identifier_is_malformed'],
    ['imo', '0000001', 'checksum_does_not_match'],
    ['us.ofac-ent', '12a', 'identifier_is_malformed'],
    ['passport.FR', '!', 'identifier_is_malformed'],
    ['xx.made-up.record', '   ', 'identifier_is_malformed'],
    ['xx.made-up.record', 'a\ud800b', 'identifier_is_malformed'],
  ])('%s %j is refused: %s', (scheme, value, reason) =>
    expect(checkIdentifier(scheme, value)).toEqual(no(reason)),
  );

  it.each(['passport.fr', 'passport.FRA', 'cn.passport', 'toString', '', '.record'])(
    'scheme %j is unknown',
    (scheme) => {
      expect(checkIdentifier(scheme, '1')).toEqual(no('scheme_is_unknown', '/scheme'));
      expect(isBuiltInScheme(scheme)).toBe(false);
    },
  );
});

describe('a scheme declared as data', () => {
  const declared = new Map<string, SchemeDeclaration>([
    [
      'zz.company-number',
      { scheme: 'zz.company-number', pattern: '^[0-9]{8}$', normalise: ['width', 'no-dots'] },
    ],
    ['cn.uscc', { scheme: 'cn.uscc', pattern: '^.$', normalise: [] }],
  ]);

  it('is checked by its pattern after its steps', () => {
    expect(checkIdentifier('zz.company-number', '12.345.678', declared)).toEqual(ok('12345678'));
    expect(checkIdentifier('zz.company-number', '1234567', declared)).toEqual(
      no('identifier_is_malformed'),
    );
  });

  it('never replaces one of ours', () =>
    expect(checkIdentifier('cn.uscc', 'x', declared)).toEqual(no('identifier_is_malformed')));
});
