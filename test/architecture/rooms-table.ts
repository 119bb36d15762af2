/** node test/architecture/rooms-table.ts [--write]: prints README's table of rooms, or writes it between its markers. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { roomsTable, root, tableIn, withTable } from './rooms.ts';

const readme = path.join(root, 'README.md');
if (process.argv.includes('--write')) {
  const text = readFileSync(readme, 'utf8');
  if (tableIn(text) === null) throw new Error('README.md has no <!-- rooms --> … <!-- /rooms --> to write between');
  writeFileSync(readme, withTable(text));
} else {
  console.log(roomsTable());
}
