import { resolve } from 'node:path'

/**
 * What listhen and its logger load only on request, and agproxy never requests: a tunnel that downloads a program and runs it
 * (cloudflared), prompts, the opening of a browser, the clipboard, a file watcher, WebSockets.
 */
const UNUSED =
  /^(untun|tinyclip|@parcel\/watcher(-wasm)?|crossws\/adapters\/node|\.\/chunks\/prompt\.mjs|\.\.\/chunks\/xdg-open\.mjs)$/
export const withoutUnused = {
  name: 'without-unused',
  setup(build) {
    build.onResolve({ filter: UNUSED }, () => ({ path: 'unused', namespace: 'unused' }))
    build.onLoad({ filter: /.*/, namespace: 'unused' }, () => ({
      contents: "throw new Error('not part of agproxy')",
    }))
  },
}

/**
 * What would be loaded with every start and serves no one here: the certificates that listhen makes (`server.https` makes its own, with the
 * same library, when it is asked to), and the fetch that ofetch brings along for Node before 18.
 */
export const withoutStartingCosts = {
  name: 'without-starting-costs',
  setup(build) {
    build.onResolve({ filter: /^node-forge$/ }, ({ importer }) =>
      /[\\/]listhen[\\/]/.test(importer) ? { path: 'node-forge', namespace: 'absent' } : undefined,
    )
    build.onLoad({ filter: /.*/, namespace: 'absent' }, () => ({ contents: 'export default {}' }))
    build.onResolve({ filter: /^ofetch$/ }, () => ({ path: resolve('node_modules/ofetch/dist/index.mjs') }))
  },
}

/** What the gateway takes of undici, by its place in the package. */
const OF_UNDICI = {
  Agent: 'dispatcher/agent.js',
  Client: 'dispatcher/client.js',
  DecoratorHandler: 'handler/decorator-handler.js',
  Dispatcher: 'dispatcher/dispatcher.js',
  Pool: 'dispatcher/pool.js',
  ProxyAgent: 'dispatcher/proxy-agent.js',
  buildConnector: 'core/connect.js',
  errors: 'core/errors.js',
}

/**
 * undici's index loads fetch, WebSockets, caches and mocks with its first line, 400 kB that the conversation has no use for. Who imports it
 * when it is needed (`await import('undici')`) gets all of it, with the same modules. HTTP/2, which no upstream is asked for, loads `node:http2`.
 */
export const undiciInParts = {
  name: 'undici-in-parts',
  setup(build) {
    build.onResolve({ filter: /^undici$/ }, ({ kind }) =>
      kind === 'import-statement' ? { path: 'undici', namespace: 'in-parts' } : undefined,
    )
    const parts = Object.entries(OF_UNDICI).map(
      ([name, file]) => `export { default as ${name} } from 'undici/lib/${file}'`,
    )
    build.onLoad({ filter: /^undici$/, namespace: 'in-parts' }, () => ({
      contents: parts.join('\n'),
      resolveDir: process.cwd(),
    }))
    const http2 = resolve('node_modules/undici/lib/dispatcher/client-h2.js')
    build.onResolve({ filter: /\/client-h2\.js$/ }, ({ importer }) =>
      importer === '' ? undefined : { path: http2, namespace: 'when-called' },
    )
    build.onLoad({ filter: /.*/, namespace: 'when-called' }, ({ path }) => ({
      contents: `module.exports = (...args) => require(${JSON.stringify(path)})(...args)`,
      resolveDir: process.cwd(),
    }))
  },
}

/**
 * zod's words in 50 languages, 290 kB of which none is asked for: `z.locales.de()` loads them from the package, which every installation
 * has for its types.
 */
export const localesWhenCalled = {
  name: 'locales-when-called',
  setup(build) {
    build.onResolve({ filter: /\/locales\/index\.js$/ }, ({ importer }) =>
      /[\\/]zod[\\/]/.test(importer) ? { path: 'zod/locales', namespace: 'locales' } : undefined,
    )
    build.onLoad({ filter: /.*/, namespace: 'locales' }, async () => {
      const names = Object.keys(await import('zod/locales'))
      const lines = names.map((name) => `export const ${name} = (...args) => all().${name}(...args)`)
      return { contents: ["const all = () => require('zod/locales')", ...lines].join('\n') }
    })
  },
}
