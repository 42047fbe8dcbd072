import { fileURLToPath } from 'node:url'
import { defineConfig, mergeConfig } from 'vitest/config'
import base from '../../vitest.config.js'

// Against a real Redis; one file at a time, since they stop and start servers and measure times.
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
      include: ['test/redis/**/*.test.ts'],
      globalSetup: ['./test/redis/global-setup.ts'],
      fileParallelism: false,
      testTimeout: 60_000,
      hookTimeout: 60_000,
    },
  }),
)
