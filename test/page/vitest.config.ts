import { fileURLToPath } from 'node:url'
import { defineConfig, mergeConfig } from 'vitest/config'
import base from '../../vitest.config.js'

// The page in the system's Chromium, against a gateway in this process. `npm run test:page` builds the page first.
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
      include: ['test/page/**/*.test.ts'],
      fileParallelism: false,
      testTimeout: 60_000,
      hookTimeout: 120_000,
    },
  }),
)
