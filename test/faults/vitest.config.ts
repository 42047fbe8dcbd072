import { fileURLToPath } from 'node:url'
import { defineConfig, mergeConfig } from 'vitest/config'
import base from '../../vitest.config.js'

// Each file in a process of its own with the collector at hand, so that memory and handles can be counted.
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
      include: ['test/faults/**/*.test.ts'],
      globalSetup: ['./test/faults/build.ts'],
      pool: 'forks',
      maxWorkers: 2,
      execArgv: ['--expose-gc'],
      testTimeout: 30_000,
      hookTimeout: 60_000,
    },
  }),
)
