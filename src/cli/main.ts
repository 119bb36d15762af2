#!/usr/bin/env node
/** The process around the command line. */
import { enableCompileCache } from 'node:module';
import { hideBin } from 'yargs/helpers';

// Compiled code is kept between calls: half of a short run would be spent compiling. NODE_DISABLE_COMPILE_CACHE=1 switches it off.
enableCompileCache();

// Imported now, not above: what is compiled before the cache is on is not kept.
const [{ commandLine, fault }, { SetupError }] = await Promise.all([import('./command-line.ts'), import('../model/errors.ts')]);
// A reader that has seen enough (`rundry … | head -1`) is no fault; what is to be written to files still is.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') fault(new SetupError(`cannot write what is to be said: ${error.message}`, { cause: error }));
  });
process.on('uncaughtException', (error) => {
  fault(error);
  process.exit();
});
await commandLine(hideBin(process.argv));
