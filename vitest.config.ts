import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/*.drift.ts'],
    setupFiles: ['test/support/one-seed.ts'],
    environment: 'node',
    pool: 'threads',
    maxWorkers: '100%',
    watch: false,
    typecheck: { enabled: false },
    // Against hanging alone: however busy the machine is, what moves at all comes to its end.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
    // Processes that tests start read TypeScript; what they compiled once serves the next.
    env: { NO_COLOR: '1', TZ: 'UTC', NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compiled') },
  },
});
