import { describe, expect, it } from '@jest/globals';
import { allSteps, readTable, type SourceRow } from './source-table.js';

function read(text: string, table: object = {}, format: 'csv' | 'tsv' | 'ndjson' = 'csv') {
  const rows: SourceRow[] = [];
  const steps = readTable(text, { format, table }, ['id'], (row) => rows.push(row));
  let count = 0;
  for (const _ of steps) count += 1;
  const result = allSteps(readTable(text, { format, table }, ['id'], () => undefined));
  return { rows, result, steps: count };
}

describe('a table’s head', () => {
  it.each([
    ['a byte order mark is the decoder’s; comments', '# a\n# b\nid,v\n1,x\n', { comment: '#' }, 4],
    ['title lines', 'List of all\n\nid,v\n1,x\n', { headerStartsWith: 'id,' }, 4],
    ['no header', '1,x\n', { columns: ['id', 'v'] }, 1],
    ['empty lines', '\n\nid,v\n1,x\n', {}, 4],
    ['Windows line ends', 'id,v\r\n1,x\r\n', {}, 2],
    ['quotes that are letters', 'id,v\n1,x\n', { quote: 'none' }, 2],
  ])('may have %s; a row is named by its line', (_, text, table, row) =>
    expect(read(text, table).rows).toEqual([{ row, fields: { id: '1', v: 'x' } }]),
  );

  it('may be a tab-separated one’s', () =>
    expect(read('id\tv\n1\tx, y\n', {}, 'tsv').rows).toEqual([
      { row: 2, fields: { id: '1', v: 'x, y' } },
    ]));
});

describe('a table’s footer', () => {
  const total = { footerStartsWith: 'Total:' };

  it.each([
    ['with fewer columns', 'id,v\n1,x\nTotal: 1\n'],
    ['of Windows', 'id,v\r\n1,x\r\nTotal: 1\r\n'],
    ['of several lines', 'id,v\n1,x\nTotal: 1\nprinted, on paper, "today\n'],
    ['without an end', 'id,v\n1,x\nTotal: 1'],
  ])('%s is no row', (_, text) => {
    const { rows, result } = read(text, total);
    expect(rows).toEqual([{ row: 2, fields: { id: '1', v: 'x' } }]);
    expect(result).toEqual({ ok: true, rows: 1, unreadable: [] });
  });

  it('is the last of what may look like it', () =>
    expect(read('id,v\n1,x\nTotal: Oil,y\n2,z\nTotal: 3\n', total).rows).toHaveLength(3));

  it.each([
    ['is not there', 'id,v\n1,x\n2,y\n'],
    ['stands before the header', 'Total: 1\nid,v\n1,x\n'],
  ])('that %s shows a file cut off', (_, text) =>
    expect(read(text, { ...total, headerStartsWith: 'id' }).result).toEqual({
      ok: false,
      reason: 'file_is_cut_off',
    }),
  );

  it('that nobody described is a row that was cut off', () =>
    expect(read('id,v\n1,x\nTotal: 1\n').result).toMatchObject({ reason: 'file_is_cut_off' }));
});

describe('a large table', () => {
  const line = (id: number, text: string) => `${id},"${text}"\n`;

  it('is read in steps, quoted line breaks and all', () => {
    const text = Array.from({ length: 3_000 }, (_, id) => line(id, `one\ntwo ""${id}""\nthree`));
    const { rows, result, steps } = read(`id,v\n${text.join('')}`);
    expect(result).toEqual({ ok: true, rows: 3_000, unreadable: [] });
    expect(steps).toBeGreaterThan(3);
    expect(rows.map(({ fields }) => Number(fields['id']))).toEqual([...Array(3_000).keys()]);
    expect(rows[2_999]).toEqual({
      row: 9_001,
      fields: { id: '2999', v: 'one\ntwo "2999"\nthree' },
    });
  });

  it('may have a cell longer than a step', () => {
    const long = 'line\n'.repeat(9_000);
    const { rows, result } = read(`id,v\n${line(1, 'x')}${line(2, long)}${line(3, 'y')}`);
    expect(result).toMatchObject({ ok: true, rows: 3 });
    expect(rows.map(({ row }) => row)).toEqual([2, 9_003, 9_004]);
  });

  it('with a broken quote loses that row and none behind it', () => {
    const good = Array.from({ length: 5_000 }, (_, id) => line(id, 'x'));
    const { rows, result } = read(`id,v\n${good.toSpliced(2_500, 1, '2500,"x"y\n').join('')}`);
    expect(result).toEqual({
      ok: true,
      rows: 4_999,
      unreadable: [{ row: 2_502, reason: 'row_cannot_be_parsed' }],
    });
    expect(rows.at(-1)).toEqual({ row: 5_001, fields: { id: '4999', v: 'x' } });
  });

  it('with a quote that is never closed is cut off', () => {
    const rest = Array.from({ length: 5_000 }, (_, id) => `${id},x\n`).join('');
    expect(read(`id,v\n1,"x\n${rest}`).result).toEqual({ ok: false, reason: 'file_is_cut_off' });
  });
});
