/** The rules of .dependency-cruiser.cjs as data, and README's table made from them. */
import { createRequire } from 'node:module';
import path from 'node:path';

interface Room {
  readonly name: string;
  readonly decides: string;
  readonly mayImport: readonly string[];
}

export const root = path.resolve(import.meta.dirname, '../..');

const rules: { readonly rooms: readonly Room[]; readonly packages: Readonly<Record<string, readonly string[]>> } = createRequire(
  import.meta.url,
)('../../.dependency-cruiser.cjs');

export const { rooms, packages } = rules;

const OPEN = '<!-- rooms -->';
const CLOSE = '<!-- /rooms -->';

export function roomsTable(): string {
  const lines = rooms.map(
    (room, index) => `| \`${room.name}/\` | ${room.decides} | ${importsInWords(room, index)} | ${packagesOf(room)} |`,
  );
  return ['| room | decides | may import | packages |', '| --- | --- | --- | --- |', ...lines].join('\n');
}

/** The part between the markers, or null where README has none. */
export function tableIn(readme: string): string | null {
  const [from, to] = [readme.indexOf(OPEN), readme.indexOf(CLOSE)];
  return from < 0 || to < from ? null : readme.slice(from + OPEN.length, to).trim();
}

export function withTable(readme: string): string {
  const [from, to] = [readme.indexOf(OPEN), readme.indexOf(CLOSE)];
  return `${readme.slice(0, from + OPEN.length)}\n${roomsTable()}\n${readme.slice(to)}`;
}

function importsInWords(room: Room, index: number): string {
  if (room.mayImport.length === 0) return 'nothing';
  const above = rooms.slice(0, index);
  const everything = above.length > 3 && above.every(({ name }) => room.mayImport.includes(name));
  return everything ? 'everything above' : room.mayImport.join(', ');
}

function packagesOf(room: Room): string {
  return Object.keys(packages)
    .filter((name) => packages[name]?.includes(room.name))
    .join(', ');
}
