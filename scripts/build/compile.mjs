import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { keepComments } from './comments.mjs'
import { localesWhenCalled, undiciInParts, withoutStartingCosts, withoutUnused } from './lean.mjs'
import { licencesOf } from './licences.mjs'
import { pricesWhenAsked } from './prices.mjs'
import { writeSchema } from './schema.mjs'

const POLYFILL = /^import 'reflect-metadata';\n/m

/** The types of the library, and the JSON schema of configs. @param {string} outdir */
export async function compileTypes(outdir) {
  const tsc = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', outdir]
  const [code] = await once(spawn(process.execPath, tsc, { stdio: 'inherit' }), 'exit')
  if (code !== 0) throw new Error(`tsc ended with ${code}`)
  await writeSchema(outdir)
  for (const name of readdirSync(outdir, { recursive: true, encoding: 'utf8' })) {
    const file = join(outdir, name)
    if (name.endsWith('.js'))
      rmSync(file) // what the schema was made of; the code itself comes bundled
    // The polyfill is in the bundle, and no package of the installation.
    else if (name.endsWith('.d.ts')) writeFileSync(file, readFileSync(file, 'utf8').replace(POLYFILL, ''))
  }
  keepComments(outdir)
}

/** tsyringe refuses to load before its polyfill, and between chunks there is no order but that of imports. */
const withReflection = {
  name: 'with-reflection',
  setup(build) {
    build.onResolve({ filter: /^tsyringe$/ }, ({ namespace }) =>
      namespace === 'reflected' ? undefined : { path: 'tsyringe', namespace: 'reflected' },
    )
    build.onLoad({ filter: /.*/, namespace: 'reflected' }, () => ({
      contents: "import 'reflect-metadata'\nexport * from 'tsyringe'",
      resolveDir: process.cwd(),
    }))
  },
}

/** The package's entry points, by their place in the build. */
const LIBRARY = {
  index: 'index.ts',
  testing: 'testing.ts',
  'core/kit': 'core/kit.ts',
  'plugins/index': 'plugins/index.ts',
  'presets/index': 'presets/index.ts',
}

/**
 * The command and, unless it is wanted alone, the library as one bundle, so that both are the same modules: a config's plugin and the
 * gateway that runs it share them, and an installation holds no package that is in the bundle already. Bundled it starts in 245 ms instead of 350 and holds 76 MB instead of 89 (Node 20, JSON config,
 * medians of 7): a thousand small files cost time to find.
 * @param {string} outdir
 */
export async function bundle(outdir, isCommandAlone = false) {
  const { metafile } = await build({
    entryPoints: { bin: 'bin.ts', ...(isCommandAlone ? {} : LIBRARY) },
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
    plugins: [
      withoutUnused,
      withReflection,
      withoutStartingCosts,
      undiciInParts,
      localesWhenCalled,
      pricesWhenAsked,
    ],
    logLevel: 'warning',
    // Loaded late, or not at all, and some of them find their own files beside them.
    external: ['cosmiconfig', 'ioredis', 'jiti', 'libsql', 'pg', 'zod/locales'],
    // CommonJS packages inside the bundle call `require`.
    banner: {
      js: "import { createRequire as createRequire_ } from 'node:module'; const require = createRequire_(import.meta.url);",
    },
  })
  writeFileSync(join(outdir, 'bin/THIRD-PARTY-LICENSES.txt'), licencesOf(Object.keys(metafile.inputs)))
}
