/**
 * Limits from rows that were copied from AI Studio's page or written down beside it. However the cells are set apart (tabs, bars, commas,
 * wide gaps, a line each, single blanks) they are read; what is not understood is named by its line, and then nothing is taken.
 *
 * The page shows `Model | Category | RPM | TPM | RPD`, a cell being `peak / limit`. Sources: copies of 2025-11 (a repository's
 * README) and 2026-02 (discuss.ai.google.dev/t/125968, help.apiyi.com).
 */

import type { ModelId, Tier } from '../model/names.ts';
import { nearest } from '../model/nearest.ts';
import type { StatedLimit, StatedLimits } from '../model/stated-limit.ts';
import { type Bucket, bucketNamed, isOtherModel, limitCell, MODEL_NAMES, modelNamed, tierNamed } from './limit-words.ts';

/** In AI Studio's order. It has no column of images per minute. */
const STUDIO_COLUMNS: readonly Bucket[] = ['rpm', 'tpm', 'rpd'];
const CATEGORY =
  /^(?:text-out models|multi-?modal(?: generat(?:ive|ion))? models?|live api|other models|embeddings?(?: models)?|agents?|images?|text|video|audio|music)$/i;
/** What stands around the table and says nothing about a limit. */
const AROUND =
  /^(?:models?|model name|name|category|type|(?:usage )?tier|rate limits?(?: by model)?|usage|peak usage\b.*|all models|project:?.*|billing|learn more.*|view (?:in )?charts?|set up billing|upgrade|filter.*|search.*|see all|show (?:all|more)|rows per page.*|\d+\s*[–-]\s*\d+ of \d+|insert_chart|bar_chart|open_in_new|arrow_\w+|expand_\w+|keyboard_\w+|info|help(?:_outline)?)$/i;

interface Piece {
  readonly line: number;
  readonly text: string;
}

/** @returns as a text everything that was not understood, a line each */
export function pastedLimits(text: string, tier: Tier): StatedLimits | string {
  const reader = new Reader(tier);
  const lines = joined(
    text
      .replace(/^\ufeff/, '')
      .split(/\r?\n/)
      .map((line, index) => ({ line: index + 1, text: line })),
  );
  for (const { line, text: row } of lines) reader.row(line, cellsOf(row));
  return reader.end();
}

/** A limit that was broken at its slash is one again. */
function joined(lines: readonly Piece[]): Piece[] {
  const whole: Piece[] = [];
  for (const { line, text } of lines) {
    if (text.trim() === '') continue;
    const last = whole.at(-1);
    const belongs = last !== undefined && (/^\s*\/\s*(?:\S.*)?$/.test(text) || /^[^|\t]*\d[^|\t]*\/\s*$/.test(last.text));
    if (belongs) whole[whole.length - 1] = { line: last.line, text: `${last.text.trimEnd()} ${text.trim()}` };
    else whole.push({ line, text });
  }
  return whole;
}

/** What stands in one line; empty: it only draws a line. */
function cellsOf(row: string): string[] {
  if (/^[\s|:+=_-]{3,}$/.test(row)) return [];
  const text = row.replace(/^\s*(?:[-*•]|\d+\.)\s+(?=\S)/, '').trim();
  if (/\t/.test(row))
    return row
      .replace(/^\n+|\n+$/g, '')
      .split('\t')
      .map((cell) => cell.trim());
  if (text.includes('|'))
    return text
      .replace(/^\||\|$/g, '')
      .split('|')
      .map((cell) => cell.trim());
  if (/\S\s{2,}\S/.test(text)) return text.split(/\s{2,}/);
  const commas = separated(text, ',');
  if (
    commas.length > 1 &&
    (commas.some((cell) => modelNamed(cell) !== null) || isTitle(commas) || (isOtherModel(commas[0]!) && limitCell(text) === null))
  )
    return commas;
  const semicolons = separated(text, ';');
  return semicolons.length > 1 ? semicolons : blanks(text);
}

const isTitle = (cells: readonly string[]): boolean => cells.some((cell) => bucketNamed(cell) !== null);

/** Cells of a line of CSV. */
function separated(text: string, by: ',' | ';'): string[] {
  const cells = [...text.matchAll(by === ',' ? /("(?:[^"]|"")*"|[^,]*)(?:,|$)/g : /("(?:[^"]|"")*"|[^;]*)(?:;|$)/g)].map(
    ([, cell = '']) => cell,
  );
  if (cells.at(-1) === '' && !text.endsWith(by)) cells.pop();
  return cells.map((cell) =>
    cell
      .trim()
      .replace(/^"(.*)"$/s, '$1')
      .replaceAll('""', '"')
      .trim(),
  );
}

const AMOUNT = String.raw`(?:\d[\d.,]*[KMGB]?|N\/A|Unlimited|No limit|∞|[–—-])`;
const LAST_LIMIT = new RegExp(String.raw`^(.*?\S)\s+(${AMOUNT}(?:\s?\/\s?${AMOUNT})?)$`, 'i');

/** `Imagen 4 Generate Multi-modal generative models N/A N/A 0 / 25`: limits are taken off the end, then the category. */
function blanks(text: string): string[] {
  const limits: string[] = [];
  let rest = text;
  for (
    let found = LAST_LIMIT.exec(rest);
    found !== null && modelNamed(rest) === null && !isWholeName(rest);
    found = LAST_LIMIT.exec(rest)
  ) {
    rest = found[1]!;
    limits.unshift(found[2]!);
  }
  if (limits.length < 2) return [text];
  const words = rest.split(' ');
  for (let from = 1; from < words.length; from++)
    if (CATEGORY.test(words.slice(from).join(' '))) return [words.slice(0, from).join(' '), words.slice(from).join(' '), ...limits];
  return [rest, ...limits];
}

/** A column's title or a labelled limit is no row. */
const isWholeName = (text: string): boolean => bucketNamed(text) !== null || LABELLED.test(text);
const LABELLED = /^([A-Za-z][A-Za-z ()/]*?)\s*[:=]\s*(\S.*)$/;

class Reader {
  private tier: Tier;
  private columns: readonly Bucket[] = STUDIO_COLUMNS;
  /** By position in the line, where a line had the titles; '' is what limits have no use for. */
  private titles: readonly (Bucket | 'model' | 'tier' | '')[] | null = null;
  /** Titles that came one a line. */
  private titlesSoFar: Bucket[] = [];
  private open: {
    readonly line: number;
    readonly name: string;
    readonly model: ModelId | null;
    hasCategory: boolean;
    labelled: number;
    values: Piece[];
  } | null = null;
  private readonly limits: StatedLimit[] = [];
  private readonly problems: string[] = [];
  private readonly others = new Set<string>();

  constructor(tier: Tier) {
    this.tier = tier;
  }

  row(line: number, cells: readonly string[]): void {
    if (cells.length > 1 && cells.filter((cell) => bucketNamed(cell) !== null).length >= (cells.some(isModelTitle) ? 1 : 2))
      this.titleRow(line, cells);
    else if (cells.length > 1 && this.titles !== null) this.tableRow(line, cells);
    else for (const text of cells) if (text !== '') this.piece({ line, text });
  }

  end(): StatedLimits | string {
    this.close();
    if (this.problems.length > 0) return this.problems.join('\n');
    const notes = this.others.size === 0 ? [] : [`Left out, as no image models: ${[...this.others].join(', ')}.`];
    return { limits: this.limits, notes };
  }

  private titleRow(line: number, cells: readonly string[]): void {
    this.close();
    this.titles = cells.map((cell) => {
      const bucket = bucketNamed(cell);
      if (bucket !== null) return bucket;
      if (isModelTitle(cell)) return 'model';
      if (/^(?:paid |usage )?tier$/i.test(cell)) return 'tier';
      if (cell !== '' && !/^(?:category|type|provider|project)$/i.test(cell)) this.problem(line, `"${cell}" is no column that is known`);
      return '';
    });
    this.columns = this.titles.flatMap((title) => (title === 'model' || title === 'tier' || title === '' ? [] : [title]));
    if (!this.titles.includes('model')) this.titles = null;
  }

  private tableRow(line: number, cells: readonly string[]): void {
    this.close();
    const titles = this.titles!; // the caller has looked
    const filled = cells.findLastIndex((cell) => cell !== '') + 1;
    if (filled > titles.length) return this.problem(line, `${filled} cells under ${titles.length} titles`);
    const name = cells[titles.indexOf('model')] ?? '';
    const model = this.modelOf(line, name);
    const own = cells[titles.indexOf('tier')];
    const tier = own ? tierNamed(own) : this.tier;
    if (tier === null) return this.problem(line, `"${own}" is no tier; expected free, 1, 2, 3`);
    for (const [index, title] of titles.entries()) {
      const cell = cells[index] ?? '';
      if (model !== null && title !== '' && title !== 'model' && title !== 'tier' && cell !== '')
        this.limit({ line, text: cell }, model, title, tier);
    }
  }

  private piece(piece: Piece): void {
    const { line, text } = piece;
    const model = modelNamed(text);
    const bucket = bucketNamed(text);
    if (model !== null) this.begin(line, text, model);
    else if (bucket !== null) this.title(bucket);
    else if (limitCell(text) !== null) this.value(piece);
    else if (this.labelled(piece)) return;
    else if (CATEGORY.test(text)) this.category(piece);
    else if (/tier/i.test(text) && tierNamed(text) !== null) this.tierFollows(tierNamed(text)!);
    else if (isOtherModel(text)) this.begin(line, text, null);
    else if (!AROUND.test(text)) this.unknown(piece);
  }

  private begin(line: number, name: string, model: ModelId | null): void {
    // A name, and below it the id.
    if (this.open !== null && this.open.values.length + this.open.labelled === 0 && this.open.model === model) return;
    this.close();
    this.titlesSoFar = [];
    if (model === null) this.others.add(name.trim().replace(/:$/, ''));
    this.open = { line, name, model, hasCategory: false, labelled: 0, values: [] };
  }

  private tierFollows(tier: Tier): void {
    this.close();
    this.tier = tier;
  }

  private title(bucket: Bucket): void {
    this.close();
    this.titlesSoFar.push(bucket);
    this.columns = this.titlesSoFar;
    this.titles = null;
  }

  private value(piece: Piece): void {
    if (this.open === null) this.problem(piece.line, `"${piece.text}" is a limit without a model before it`);
    else this.open.values.push(piece);
  }

  /** `RPM: 6 / 20`. */
  private labelled({ line, text }: Piece): boolean {
    const [, label, rest] = LABELLED.exec(text) ?? [];
    const bucket = label === undefined ? null : bucketNamed(label);
    if (bucket === null || limitCell(rest!) === null) return false;
    if (this.open === null) this.problem(line, `"${text}" is a limit without a model before it`);
    else {
      this.open.labelled += 1;
      if (this.open.model !== null) this.limit({ line, text: rest! }, this.open.model, bucket, this.tier);
    }
    return true;
  }

  private category({ line, text }: Piece): void {
    if (this.open !== null && !this.open.hasCategory && this.open.values.length === 0) this.open.hasCategory = true;
    else if (this.open !== null && this.open.values.length < this.columns.length)
      this.problem(line, `"${text}" is where a limit should be`);
  }

  private unknown({ line, text }: Piece): void {
    this.open ??= { line, name: text, model: null, hasCategory: false, labelled: 0, values: [] }; // what follows is its, and not worth a word
    const meant = nearest(text, MODEL_NAMES);
    this.problem(line, `"${text}" is no model, column or limit that is known${meant === null ? '' : `; did you mean ${meant}?`}`);
  }

  /** The end of a row: as many limits as there are columns, or it would be a guess which is which. */
  private close(): void {
    const row = this.open;
    this.open = null;
    if (row === null || row.model === null || (row.labelled > 0 && row.values.length === 0)) return;
    const { columns } = this;
    const units = row.values.map(({ text }) => limitCell(text)).map((cell) => (cell?.kind === 'limit' ? cell.buckets : null));
    const named = units.length > 0 && units.every((buckets) => buckets?.length === 1) ? units.map((buckets) => buckets![0]!) : null;
    if (named === null && row.values.length !== columns.length)
      return this.problem(
        row.line,
        `"${row.name.trim()}" has ${row.values.length} limits and there are ${columns.length} columns (${columns.map((bucket) => bucket.toUpperCase()).join(', ')}): write N/A where there is none, or a header`,
      );
    for (const [index, value] of row.values.entries()) this.limit(value, row.model, (named ?? columns)[index]!, this.tier);
  }

  private modelOf(line: number, name: string): ModelId | null {
    const model = modelNamed(name);
    if (model !== null) return model;
    if (isOtherModel(name)) this.others.add(name);
    else this.unknown({ line, text: name });
    return null;
  }

  private limit({ line, text }: Piece, model: ModelId, bucket: Bucket, tier: Tier): void {
    const cell = limitCell(text);
    if (cell === null) this.problem(line, `${bucket} is "${text}"; expected a limit such as 20, 7 / 20, 100K or Unlimited`);
    else if (cell.kind === 'unclear') this.problem(line, cell.why);
    else if (cell.buckets !== null && !cell.buckets.includes(bucket))
      this.problem(line, `"${text}" stands where ${bucket.toUpperCase()} should be`);
    else if (cell.value !== null) this.limits.push({ tier, model, bucket, value: cell.value, from: bucket.toUpperCase() });
  }

  private problem(line: number, says: string): void {
    this.problems.push(`line ${line}: ${says}`);
  }
}

function isModelTitle(cell: string): boolean {
  return /^(?:models?|model name|name)$/i.test(cell.trim());
}
