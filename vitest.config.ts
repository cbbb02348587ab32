import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'quick', include: ['test/quick/**/*.test.ts'], testTimeout: 20_000 } },
      {
        test: {
          name: 'real', include: ['test/real/**/*.test.ts'], testTimeout: 600_000, hookTimeout: 600_000,
          fileParallelism: false, maxConcurrency: 3, globalSetup: ['test/real/setup.ts'],
        },
      },
    ],
  },
});
