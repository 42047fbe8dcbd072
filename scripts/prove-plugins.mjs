// Copies each built-in plugin's and upstream's folder out of the repository, changes its import specifiers to the package's
// doors, compiles it against the packed tarball and runs its tests there: whatever we can write, anyone can write. A config
// and a plugin that `agproxy init` writes go through the same, and through `agproxy check`.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'agproxy-plugins-'))
/** The two doors, and what tests are written with. */
const DOORS = {
  'core/index.js': 'agproxy',
  'core/kit.js': 'agproxy/kit',
  'testing.js': 'agproxy/testing',
  'plugins/index.js': 'agproxy/plugins',
  'core/contract/http.js': 'agproxy',
}

/** Imports that a plugin's folder, or what the tests share, would miss outside. */
const OWN = /from '(?:\.\.\/)+((?:core|presets|plugins)\/[^']+)'/g
const SHARED = /from '(?:\.\.\/)+((?:core|presets)\/[^']+)'/g

/** An installed package: the tarball's files, beside this repository's dependencies. */
function install() {
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, 'agproxy'), { recursive: true })
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  )
  execFileSync('tar', [
    '-xzf',
    join(folder, filename),
    '-C',
    join(modules, 'agproxy'),
    '--strip-components=1',
  ])
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== 'agproxy') symlinkSync(join(root, 'node_modules', name), join(modules, name))
  }
}

/** A folder's sources with their imports of the repository turned into those of the package. */
function copy(path) {
  // pool.ts serves the tests of core alone.
  cpSync(join(root, path), join(folder, path), {
    recursive: true,
    filter: (file) =>
      !file.endsWith('support/pool.ts') && !(path === 'test/providers' && file.endsWith('.test.ts')),
  })
  for (const name of readdirSync(join(folder, path), { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue
    const file = join(folder, path, name)
    const text = readFileSync(file, 'utf8').replace(
      /(from |import\()'((?:\.\.\/)+)([^']+)'/g,
      (all, keyword, _up, to) => (DOORS[to] ? `${keyword}'${DOORS[to]}'` : all),
    )
    // What the tests share may know the plugins that were copied; a plugin knows no other.
    const outside = path.startsWith('test') ? SHARED : OWN
    const left = [...text.matchAll(outside)].map((match) => match[1])
    assert.deepEqual(left, [], `${path}/${name} imports what no outsider can`)
    writeFileSync(file, text)
  }
}

/** The config and the plugin that a new author begins with; the config uses the second door as well. */
function begin() {
  const agproxy = (...args) =>
    execFileSync(process.execPath, [join(folder, 'node_modules/agproxy/dist/bin.js'), ...args], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder },
    })
  agproxy('init')
  agproxy('init', '--plugin', 'greet')
  const config = join(folder, 'agproxy.config.ts')
  const kit =
    "import { mapText } from 'agproxy/kit'\n\nif (typeof mapText !== 'function') throw new Error('no kit')\n"
  writeFileSync(config, kit + readFileSync(config, 'utf8'))
  return () => assert.match(agproxy('check'), /\bgreet\b/, '`agproxy check` does not know the new plugin')
}

try {
  install()
  const plugins = readdirSync(join(root, 'plugins'), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  )
  for (const { name } of plugins) copy(join('plugins', name))
  copy('test/support')
  copy('test/providers')
  for (const path of ['test/fixtures', 'docs'])
    cpSync(join(root, path), join(folder, path), { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  const check = begin()
  const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'))
  const options = { ...compilerOptions, paths: {}, declaration: false }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, include: ['plugins', 'test/support', 'agproxy.config.ts'] }),
  )
  const run = (...args) => spawnSync(process.execPath, args, { cwd: folder, stdio: 'inherit' }).status
  assert.equal(run(join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'), 0, 'the copies do not compile')
  // As vitest.config.ts has it: a worker loads the package once for all its files.
  writeFileSync(
    join(folder, 'vitest.config.mjs'),
    `export default { test: { include: ['plugins/**/*.test.ts'], setupFiles: ['./test/support/setup.ts'], testTimeout: 20_000, isolate: false } }\n`,
  )
  assert.equal(
    run(join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--reporter=dot'),
    0,
    'tests of the copies fail',
  )
  // A new author has no set-up file, which would load for a door what it must load itself.
  for (const door of ['agproxy', 'agproxy/kit', 'agproxy/testing', 'agproxy/plugins', 'agproxy/presets'])
    assert.equal(
      run('--input-type=module', '-e', `await import('${door}')`),
      0,
      `${door} can't be imported alone`,
    )
  writeFileSync(join(folder, 'vitest.config.mjs'), 'export default {}\n')
  assert.equal(
    run(join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--reporter=dot', 'plugins/greet.test.ts'),
    0,
    'the test that `agproxy init --plugin` writes fails',
  )
  check()
  console.log(
    `${plugins.length} folders of plugins compile and pass their tests with nothing but the package`,
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
