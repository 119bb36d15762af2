/** Tables and text in GitHub's Markdown, where names of the user's own may hold anything. */
import { markdownTable } from 'markdown-table';

/** The text as it stands: nothing in it is markup, and it stays in one line and one cell. */
export function markdownText(text: string): string {
  return text
    .replaceAll(/[\\`*[\]<>|#~]|\b_|_\b/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll(/\s*[\r\n]+\s*/g, ' ');
}

export interface MarkdownColumn {
  readonly title: string;
  /** `left` */
  readonly align?: 'left' | 'right';
}

/** Cells are text, not markup. Ends with a line end. */
export function markdownRows(columns: readonly MarkdownColumn[], rows: readonly (readonly string[])[]): string {
  const cells = [columns.map(({ title }) => title), ...rows].map((row) => row.map(markdownText));
  return `${markdownTable(cells, { align: columns.map(({ align = 'left' }) => align), alignDelimiters: false })}\n`;
}

/** Ends with a line end; nothing where there is no item. */
export function markdownList(items: readonly string[]): string {
  return items.map((item) => `- ${markdownText(item)}\n`).join('');
}
