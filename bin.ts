#!/usr/bin/env node
import module from 'node:module'
import { holdYoungGeneration } from './core/server/young-generation.js'

// Node 22 and later keep compiled code between starts; it has to be said before anything is imported.
;(module as { enableCompileCache?: () => void }).enableCompileCache?.()
holdYoungGeneration()
const { takeRoom } = await import('./core/cli/address-space.js')
await takeRoom()
const { endWithReader } = await import('./core/cli/broken-pipe.js')
const { runCli } = await import('./core/cli/main.js')

const argv = process.argv.slice(2)
for (const stream of [process.stdout, process.stderr]) endWithReader(stream, argv)

const code = await runCli(argv, {
  cwd: process.cwd(),
  env: process.env,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  presets: async () => (await import('./presets/index.js')).presets,
  upstreamOf: async () => (await import('./presets/upstreams.js')).upstreamOf,
  modules: async () => ({
    agproxy: await import('./index.js'),
    'agproxy/kit': await import('./core/kit.js'),
    'agproxy/plugins': await import('./plugins/index.js'),
    'agproxy/presets': await import('./presets/index.js'),
    'agproxy/testing': await import('./testing.js'),
  }),
})
// Not `process.exit`, which cuts off what a pipe has not taken yet; but no handle that a plugin left keeps the process.
process.exitCode = code
setTimeout(() => process.exit(code), 1000).unref()
