/** What stands before each line of one report: marks of comments and quotations, or the instant and the name that a collector of logs wrote there. */

const LINES_MIN = 3;
const LINES_MAX = 2000;
const MARK = /^\s*(?:\/\/|#|>|\+|\*|;|--)\s?$/;
const INSTANT = /00:00:00/;

/**
 * One answer of several lines without what stands before each; any other text as it is, a log of whole records above all.
 * The prefix is what all lines have in common when every digit is taken for the same.
 */
export function withoutPrefixes(text: string): string {
  const lines = text.trim().split(/\r?\n/);
  if (lines.length < LINES_MIN || lines.length > LINES_MAX) return text;
  const length = commonLength(lines.filter((line) => line.trim() !== ''));
  const prefix = (lines[0] ?? '').slice(0, length).replace(/\d/g, '0');
  if (!MARK.test(prefix) && !INSTANT.test(prefix)) return text;
  const rest = lines.map((line) => line.slice(length));
  return isOneBody(rest) ? rest.join('\n') : text;
}

/** How many characters these lines begin with alike, whatever the digits. */
export function commonLength(lines: readonly string[]): number {
  const first = lines[0] ?? '';
  let length = first.length;
  for (const line of lines) {
    let at = 0;
    while (at < length && at < line.length && isAlike(first.charCodeAt(at), line.charCodeAt(at))) at++;
    length = at;
  }
  return length;
}

function isAlike(one: number, other: number): boolean {
  return one === other || (isDigit(one) && isDigit(other));
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** A bracket opens at the end of a line, and what follows stands beneath it. */
function isOneBody(lines: readonly string[]): boolean {
  const opening = lines.findIndex((line) => /[{[]\s*$/.test(line));
  return opening >= 0 && opening <= 5 && lines.slice(opening + 1).every((line) => /^(?:\s|[\]}]|$|")/.test(line));
}
