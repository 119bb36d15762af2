/** A text as it was before a page, a form, a spreadsheet, an encoder or a language's own printer wrote it down. */

/** Undoes what carried an answer; a text that nothing carried comes back as it is. Nothing is thrown. */
export function withoutTransport(text: string): string {
  return asData(plainQuotes(withoutPercents(withoutEntities(withoutBase64(text)))));
}

/** How base64 of `{"`, `{ "`, line ends after a bracket, `[{` and of pages begins. */
const BASE64 =
  /(^|[^A-Za-z0-9+/=._-])((?:eyJ|eyA|ewo|ewk|ew0K|W3s|Wwo|PCFE|PCFk|PGh0)(?:[A-Za-z0-9+/_-]|\r?\n(?=[A-Za-z0-9+/])){20,}={0,2})(?![.\w])/g;
const ANSWERS = /["'](?:error|candidates|promptFeedback|predictions|steps|message)["']|<html|<!doctype/i;

function withoutBase64(text: string): string {
  return text.replace(BASE64, (whole, before: string, run: string) => {
    const read = bytesAsText(run.replace(/\s/g, ''));
    if (read === null || !ANSWERS.test(read)) return whole;
    return before + (before === '"' ? JSON.stringify(read).slice(1, -1) : read);
  });
}

function bytesAsText(base64: string): string | null {
  try {
    // Cut off in the middle of four characters, it is read as far as it goes.
    const whole = base64.replaceAll('-', '+').replaceAll('_', '/').replaceAll('=', '');
    const bytes = atob(whole.slice(0, whole.length - (whole.length % 4 === 1 ? 1 : 0)));
    return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
  } catch {
    return null; // no base64 after all
  }
}

const ENTITIES: Readonly<Record<string, string>> = { quot: '"', apos: "'", lt: '<', gt: '>', amp: '&', nbsp: ' ' };

/** Quotes as a page carries them, by name or by number. */
function withoutEntities(text: string): string {
  if (!/&(?:quot|#34|#x22);/i.test(text)) return text;
  return text.replace(
    /&(?:(quot|apos|lt|gt|amp|nbsp)|#(\d{2,3})|#x([0-9a-f]{2}));/gi,
    (_, name?: string, decimal?: string, hex?: string) => {
      if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? name;
      return String.fromCharCode(decimal === undefined ? Number.parseInt(hex ?? '20', 16) : Number(decimal));
    },
  );
}

/** As a form or an address carries it: words joined by `+`. */
function withoutPercents(text: string): string {
  if (!/%7B(?:%0A|%20|\+){0,20}%22/i.test(text)) return text;
  return text.replace(/%7B[^\s&]{1,200000}/gi, (encoded) =>
    encoded.replaceAll('+', ' ').replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => {
      try {
        return decodeURIComponent(bytes);
      } catch {
        return bytes; // cut in the middle of a letter
      }
    }),
  );
}

/** Quotes doubled by a table's cell, and those that a word processor made round. */
function plainQuotes(text: string): string {
  const single = /[{,]\s*""[\w@]/.test(text) ? text.replaceAll('""', '"') : text;
  return /[{,]\s*[“”]/.test(single) ? single.replace(/[“”]/g, '"') : single;
}

/** Values that a language prints with their types. */
function asData(text: string): string {
  if (/\bString\("|\b(?:Object|Array) [{[].{0,200}\bNumber\(/.test(text)) return ofRust(text);
  if (/\]=>\s/.test(text)) return ofVarDump(text);
  return /\[\w+\] => /.test(text) ? ofPrintR(text) : text;
}

/** `Object {"code": Number(429), "status": String("UNAVAILABLE")}`. */
function ofRust(text: string): string {
  return text
    .replace(/\bString\(("(?:[^"\\]|\\.){0,20000}")\)/g, '$1')
    .replace(/\b(?:Number|Bool)\(([\w.-]{1,40})\)/g, '$1')
    .replace(/\b(?:Object|Array) (?=[{[])/g, '');
}

/** PHP: `["code"]=> int(429)`. */
function ofVarDump(text: string): string {
  return text
    .replace(/\["?([^"\]\n]{1,80})"?\]=>\s*/g, '"$1": ')
    .replace(/(?:array|object)\([^)\n]{1,80}\)(?:#\d+ \(\d+\))? \{/g, '{')
    .replace(/string\(\d+\) "/g, '"')
    .replace(/(?:int|float|bool)\(([\w.-]{1,40})\)/g, '$1');
}

/** PHP: `[code] => 429`. */
function ofPrintR(text: string): string {
  return text
    .replace(/(?:Array|\w{1,80} Object)[ \t]{0,20}\r?\n[ \t]{0,200}\([ \t]{0,20}\r?\n/g, '{\n')
    .replace(/^[ \t]*\)[ \t]*$/gm, '}')
    .replace(/^[ \t]*\[([^\]\n]{1,80})\] => (\{?)([^\n]*)$/gm, (_, key: string, open: string, rest: string) =>
      open === '' ? `"${key}": ${JSON.stringify(rest)},` : `"${key}": {`,
    );
}
