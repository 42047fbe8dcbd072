import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  resolve: {
    alias: [
      { find: /^agproxy$/, replacement: here('./index.ts') },
      { find: /^agproxy\/kit$/, replacement: here('./core/kit.ts') },
      { find: /^agproxy\/(plugins|presets)$/, replacement: here('./$1/index.ts') },
      { find: /^agproxy\/testing$/, replacement: here('./testing.ts') },
    ],
  },
  test: {
    include: ['{core,page,plugins,presets,test}/**/*.test.ts'],
    exclude: ['test/clients/**', 'test/faults/**', 'test/redis/**', 'test/page/**', '**/node_modules/**'],
    setupFiles: ['./test/support/setup.ts'],
    globalSetup: ['./test/support/removed-builds.ts'],
    testTimeout: 20_000,
    // Vitest's own second is too short where a worker shares two cores with others; what comes late is no fault, what never comes is one.
    expect: { poll: { timeout: 15_000 } },
    // A worker loads each module once for all its files: a third of the time. So no test mocks a module, and none leaves state behind.
    isolate: false,
  },
})
