import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { licencesOf } from './licences.mjs'
import { writeSchema } from './schema.mjs'

/** The library as modules with types, and the JSON schema of configs. @param {string} outdir */
export async function compileLibrary(outdir) {
  const tsc = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', outdir]
  const [code] = await once(spawn(process.execPath, tsc, { stdio: 'inherit' }), 'exit')
  if (code !== 0) throw new Error(`tsc ended with ${code}`)
  await writeSchema(outdir)
}

/**
 * What listhen and its logger load only on request, and agproxy never requests: a tunnel that downloads a program and runs it
 * (cloudflared), prompts, the opening of a browser, the clipboard, a file watcher, WebSockets.
 */
const UNUSED =
  /^(untun|tinyclip|@parcel\/watcher(-wasm)?|crossws\/adapters\/node|\.\/chunks\/prompt\.mjs|\.\.\/chunks\/xdg-open\.mjs)$/
const withoutUnused = {
  name: 'without-unused',
  setup(build) {
    build.onResolve({ filter: UNUSED }, () => ({ path: 'unused', namespace: 'unused' }))
    build.onLoad({ filter: /.*/, namespace: 'unused' }, () => ({
      contents: "throw new Error('not part of agproxy')",
    }))
  },
}

/**
 * The command as one bundle. Bundled it starts in 245 ms instead of 350 and holds 76 MB instead of 89 (Node 20, JSON config,
 * medians of 7): a thousand small files cost time to find.
 * @param {string} outdir
 */
export async function bundleCommand(outdir) {
  const { metafile } = await build({
    entryPoints: ['bin.ts'],
    outdir,
    chunkNames: 'bin/[name]-[hash]',
    bundle: true,
    splitting: true, // what a configuration doesn't use is not loaded
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    minifyWhitespace: true,
    minifySyntax: true,
    metafile: true,
    plugins: [withoutUnused],
    logLevel: 'warning',
    // Loaded late, or not at all, and some of them find their own files beside them.
    external: ['ai-tokenizer', 'cosmiconfig', 'ioredis', 'jiti', 'libsql', 'pg', 'pino-pretty'],
    // CommonJS packages inside the bundle call `require`.
    banner: {
      js: "import { createRequire as createRequire_ } from 'node:module'; const require = createRequire_(import.meta.url);",
    },
  })
  writeFileSync(join(outdir, 'bin/THIRD-PARTY-LICENSES.txt'), licencesOf(Object.keys(metafile.inputs)))
}
