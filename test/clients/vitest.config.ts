import { fileURLToPath } from 'node:url'
import { defineConfig, mergeConfig } from 'vitest/config'
import base from '../../vitest.config.js'

// The real clients: installed on first use, started as processes, one at a time so that their timings mean something.
export default mergeConfig(
  { ...base, test: { setupFiles: base.test?.setupFiles } },
  defineConfig({
    root: fileURLToPath(new URL('../..', import.meta.url)),
    test: {
      include: ['test/clients/**/*.test.ts'],
      fileParallelism: false,
      testTimeout: 120_000,
      hookTimeout: 320_000,
    },
  }),
)
