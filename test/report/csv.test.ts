import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rowsToCsv } from '../../src/report/csv.ts';

const csv = rowsToCsv(['text', 'number']);

describe('CSV', () => {
  test('schema_version comes first and lines end as RFC 4180 says', () => {
    expect(csv.header()).toBe('schema_version,text,number\r\n');
    expect(csv.row(['a', 1])).toBe('1,a,1\r\n');
  });

  test.each([
    ['=1+1', "'=1+1"],
    ['=A1', "'=A1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', "'\t=1"],
    ['\r=1', "'\r=1"],
    ['=HYPERLINK("http://x","y")', '\'=HYPERLINK("http://x","y")'],
  ])('a spreadsheet runs nothing of %j', (text, safe) => {
    expect(parse(csv.row([text, 0]), { record_delimiter: '\r\n' })).toEqual([['1', safe, '0']]);
  });

  test('a negative number stays a number', () => {
    expect(csv.row(['a', -0.25])).toBe('1,a,-0.25\r\n');
  });

  test('unknown is empty, whether null or not finite', () => {
    expect(csv.row([null, null])).toBe('1,,\r\n');
    expect(csv.row([null, Number.NaN])).toBe('1,,\r\n');
    expect(csv.row(['=', Number.POSITIVE_INFINITY])).toBe("1,'=,\r\n");
  });

  test('whatever is written is read back', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer()),
        (text, number) => {
          const [cells] = parse(csv.row([text, number]), { record_delimiter: '\r\n' }) as string[][];
          expect(cells![1]!.replace(/^'(?=[=+\-@\t\r＝＋－＠])/u, '')).toBe(text);
          expect(Number(cells![2])).toBe(number === 0 ? 0 : number);
        },
      ),
    );
  });

  test('the short way for plain rows writes what csv-stringify writes', () => {
    const cell = fc.oneof(
      fc.string(),
      fc.stringMatching(/^[ A-Za-z0-9,.:_"-]*$/),
      fc.double(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    );
    fc.assert(
      fc.property(cell, cell, (a, b) => {
        const cast = { boolean: String, number: (value: number) => (Number.isFinite(value) ? String(value) : '') };
        expect(csv.row([a, b])).toBe(stringify([[1, a, b]], { record_delimiter: '\r\n', escape_formulas: true, cast }));
      }),
    );
  });

  test('a row with a cell too many is a mistake of ours', () => {
    expect(() => csv.row(['a', 1, 2])).toThrow('invariant broken');
  });
});
