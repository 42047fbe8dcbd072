import { fileURLToPath } from 'node:url'
import { defineConfig, mergeConfig } from 'vitest/config'
import base from '../../vitest.config.js'

// The real clients: installed on first use, started as processes, two at a time: most of a test's time is waiting.
export default mergeConfig(
  {
    ...base,
    test: {
      setupFiles: base.test?.setupFiles,
      globalSetup: base.test?.globalSetup,
      expect: base.test?.expect,
    },
  },
  defineConfig({
    root: fileURLToPath(new URL('../..', import.meta.url)),
    test: {
      include: ['test/clients/**/*.test.ts'],
      globalSetup: ['./test/clients/setup.ts'],
      maxWorkers: 2,
      testTimeout: 120_000,
      hookTimeout: 320_000,
    },
  }),
)
