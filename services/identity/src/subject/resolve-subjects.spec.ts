import { describe, expect, it } from '@jest/globals';
import { aliasKeyFrom, generatedResidentId, generatedUscc } from '@writ/identifiers';
import { seededIds } from '@writ/testkit';
import fc from 'fast-check';
import {
  checkSubject,
  resolveSubjects,
  type CheckedSubject,
  type KnownAlias,
  type RefusedSubject,
} from './resolve-subjects.js';

const key = aliasKeyFrom(Buffer.alloc(32, 0x0f));
const record = (value: string) => ({ scheme: 'zz.list.record', value });

function asked(create: boolean, ...values: string[]): CheckedSubject | RefusedSubject {
  return checkSubject({ create, identifiers: values.map(record) }, key, new Map());
}

/** A table in memory that each call extends, as the real one is. */
function table() {
  const known = new Map<string, KnownAlias>();
  const ids = seededIds();
  return {
    resolve(...subjects: (CheckedSubject | RefusedSubject)[]) {
      const { results, links } = resolveSubjects(subjects, known, known.size, () => ids.next());
      for (const { alias, subject, sequence } of links) known.set(alias, { subject, sequence });
      return results;
    },
    sequences: () => [...known.values()].map(({ sequence }) => sequence),
  };
}

describe('resolving subjects', () => {
  it('creates where asked, once', () => {
    const { resolve } = table();
    const [first] = resolve(asked(true, 'a'));
    const [again] = resolve(asked(true, 'a'));
    expect(first).toMatchObject({ outcome: 'resolved', created: true, aliasSequence: 1 });
    expect(again).toEqual({ ...first, created: false });
  });

  it('never creates where not asked', () => {
    const { resolve, sequences } = table();
    expect(resolve(asked(false, 'a'))).toEqual([{ outcome: 'unknown' }]);
    expect(sequences()).toEqual([]);
  });

  it('links all identifiers given together', () => {
    const { resolve, sequences } = table();
    const [both] = resolve(asked(true, 'a', 'b'));
    const [second] = resolve(asked(false, 'b'));
    expect(both).toMatchObject({ aliasSequence: 2 });
    expect(second).toMatchObject({ subject: (both as { subject: string }).subject });
    expect(sequences()).toEqual([1, 2]);
  });

  it('links a new identifier to a known subject only where creating is asked', () => {
    const { resolve, sequences } = table();
    const [first] = resolve(asked(true, 'a'));
    expect(resolve(asked(false, 'a', 'b'))).toEqual([{ ...first, created: false }]);
    expect(sequences()).toEqual([1]);
    const [linked] = resolve(asked(true, 'a', 'b'));
    expect(linked).toEqual({ ...first, created: false, aliasSequence: 2 });
  });

  it.each([true, false])('refuses identifiers of two subjects (create: %s)', (create) => {
    const { resolve, sequences } = table();
    resolve(asked(true, 'a'), asked(true, 'b'));
    expect(resolve(asked(create, 'new', 'a', 'b'))).toEqual([
      {
        outcome: 'refused',
        reason: 'identifiers_belong_to_different_subjects',
        field: '/identifiers/2',
      },
    ]);
    expect(sequences()).toEqual([1, 2]);
  });

  it('answers a batch as it would its requests one by one', () => {
    const requests = [asked(true, 'a'), asked(true, 'a', 'b'), asked(false, 'b'), asked(true, 'c')];
    const batch = table();
    const single = table();
    expect(batch.resolve(...requests)).toEqual(requests.flatMap((one) => single.resolve(one)));
    expect(batch.sequences()).toEqual([1, 2, 3]);
  });

  it('lets one refused subject stop nobody else', () => {
    const { resolve } = table();
    const results = resolve(asked(true, ' '), asked(true, 'a'));
    expect(results.map(({ outcome }) => outcome)).toEqual(['refused', 'resolved']);
  });
});

describe('checking the identifiers of a subject', () => {
  it('names the field at fault', () => {
    const identifiers = [
      { scheme: 'cn.uscc', value: generatedUscc(1) },
      { scheme: 'cn.resident-id', value: '999999199002300011' },
    ];
    expect(checkSubject({ create: true, identifiers }, key, new Map())).toEqual({
      outcome: 'refused',
      reason: 'birth_date_does_not_exist',
      field: '/identifiers/1/value',
    });
  });

  it('names an unknown scheme', () =>
    expect(
      checkSubject({ create: false, identifiers: [{ scheme: 'xx', value: '1' }] }, key, new Map()),
    ).toEqual({ outcome: 'refused', reason: 'scheme_is_unknown', field: '/identifiers/0/scheme' }));

  it('gives one alias to every way of writing an identifier', () => {
    const value = generatedResidentId(5);
    const aliasesOf = (written: string) => {
      const identifiers = [{ scheme: 'cn.resident-id', value: written }];
      const checked = checkSubject({ create: true, identifiers }, key, new Map());
      return checked.outcome === 'checked' && checked.aliases[0]?.alias;
    };
    expect(aliasesOf(value.toLowerCase().split('').join(' '))).toBe(aliasesOf(value));
  });
});

describe('whatever is asked in whatever order', () => {
  const asking = fc.record({
    create: fc.boolean(),
    values: fc.uniqueArray(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 4 }),
  });

  it('an identifier never changes its subject, and sequences are dense', () =>
    fc.assert(
      fc.property(fc.array(asking, { maxLength: 20 }), (askings) => {
        const { resolve, sequences } = table();
        const owner = new Map<number, string>();
        for (const { create, values } of askings) {
          const [result] = resolve(asked(create, ...values.map(String)));
          const owners = new Set(values.flatMap((value) => owner.get(value) ?? []));
          if (owners.size > 1) {
            expect(result).toMatchObject({ outcome: 'refused' });
          } else if (owners.size === 0 && !create) {
            expect(result).toEqual({ outcome: 'unknown' });
          } else {
            const [known] = owners;
            if (result?.outcome !== 'resolved') throw new Error('should be resolved');
            expect(result.subject).toBe(known ?? result.subject);
            expect(result.created).toBe(known === undefined);
            for (const value of create ? values : []) owner.set(value, result.subject);
          }
        }
        expect(sequences()).toEqual(Array.from(owner, (_, index) => index + 1));
      }),
    ));
});
