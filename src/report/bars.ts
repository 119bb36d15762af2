/** Charts of one line: a column of eighths for each value. */

const EIGHTHS = ' ▁▂▃▄▅▆▇█';

/** A level in eighths; a value above 0 is never drawn as nothing. @param full what the highest block stands for */
export function column(value: number, full: number): string {
  if (value <= 0 || full <= 0) return ' ';
  return EIGHTHS[Math.min(8, Math.max(1, Math.round((value / full) * 8)))]!;
}

/** A horizontal bar of at most `width` characters, in eighths. */
export function bar(value: number, full: number, width: number): string {
  if (value <= 0 || full <= 0) return '';
  const eighths = Math.max(1, Math.round((value / full) * width * 8));
  const rest = eighths % 8;
  return '█'.repeat(Math.floor(eighths / 8)) + (rest === 0 ? '' : '▏▎▍▌▋▊▉'[rest - 1]!);
}

/** As many bins as fit, each of the same whole number of values. */
export function binned(
  values: readonly number[],
  binsMax: number,
  join: (values: readonly number[]) => number,
): { bins: number[]; each: number } {
  const each = Math.max(1, Math.ceil(values.length / binsMax));
  const bins = Array.from({ length: Math.ceil(values.length / each) }, (_, bin) => join(values.slice(bin * each, (bin + 1) * each)));
  return { bins, each };
}
