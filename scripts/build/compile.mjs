import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { writeSchema } from './schema.mjs'

/** The library as modules with types, and the JSON schema of configs. @param {string} outdir */
export async function compileLibrary(outdir) {
  const tsc = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', outdir]
  execFileSync(process.execPath, tsc, { stdio: 'inherit' })
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

/** The packages whose code the bundle holds, with their licences, as those demand. @param {string[]} inputs */
function licencesOf(inputs) {
  const packages = new Set(
    inputs.flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []),
  )
  const licences = [...packages].sort().map((name) => {
    const folder = join('node_modules', name)
    if (!existsSync(folder)) return name
    const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const file = readdirSync(folder).find((f) => /^licen[cs]e/i.test(f))
    return `${name} ${version} (${license})\n\n${file ? readFileSync(join(folder, file), 'utf8').trim() : ''}`
  })
  return `${licences.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`
}
