import { defineConfig } from 'vitest/config';

/** The suite that asks Google: never part of the tests, skipped without a key. */
export default defineConfig({
  test: {
    include: ['test/live/**/*.drift.ts'],
    environment: 'node',
    watch: false,
    fileParallelism: false,
    testTimeout: 120_000,
    retry: 0,
    env: { NO_COLOR: '1', TZ: 'UTC' },
  },
});
