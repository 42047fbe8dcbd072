// Packs the package, installs the tarball in an empty folder, starts it there with a config that imports it, and sends one
// request: what a user gets, not what the checkout has. Then it is installed globally by a user without rights, in a folder with
// spaces, and run on each supported Node.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'agproxy-package-'))
const npm = (args, cwd) =>
  execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })

const config = `
import { defineConfig, definePlugin } from 'agproxy'

const stamp = definePlugin({
  name: 'stamp',
  phase: 'request',
  create: () => ({ onReply: (reply) => reply.with({ headers: { 'x-stamp': 'packed' } }) }),
})

export default defineConfig({ preset: 'claude-code', server: { port: 0 }, log: { level: 'silent' }, use: [stamp] })
`

/** The URL that the gateway prints once it accepts requests. */
function listening(child) {
  return new Promise((resolve, reject) => {
    let out = ''
    const timer = setTimeout(() => reject(new Error(`no URL in 20 s; printed: ${out}`)), 20_000)
    child.stdout.on('data', (chunk) => {
      out += chunk
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(out)?.[0]
      if (!url) return
      clearTimeout(timer)
      resolve(url)
    })
    child.on('exit', (code) => reject(new Error(`ended with ${code}; printed: ${out}`)))
  })
}

const MESSAGE = JSON.stringify({
  model: 'claude-sonnet-5',
  max_tokens: 10,
  messages: [{ role: 'user', content: 'are you there?' }],
})
const ask = (url) =>
  fetch(`${url}/v1/messages`, {
    method: 'POST',
    body: MESSAGE,
    headers: { 'content-type': 'application/json' },
  })

/** Bytes that an installation may take. */
const LARGEST = 30_000_000
const NOBODY = 65534

/** The folder of a Node of that major version; the npm package `node` brings its binary. */
function nodeOf(major) {
  if (process.versions.node.startsWith(`${major}.`)) return dirname(process.execPath)
  const dir = join(root, '.cache', `node-${major}`)
  const bin = join(dir, 'node_modules', '.bin')
  if (!existsSync(join(bin, 'node')))
    npm(['install', '--silent', '--no-save', '--prefix', dir, `node@${major}`], root)
  return join(dir, 'node_modules', 'node', 'bin')
}

function sizeOf(path) {
  const stat = lstatSync(path)
  if (!stat.isDirectory()) return stat.size
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0)
}

/** `npm install -g` of the tarball as README says, as a user who may write no folder but a home with a space in its name. */
async function globally(tarball) {
  const home = join(folder, 'a home')
  const prefix = join(home, 'npm global')
  mkdirSync(prefix, { recursive: true })
  writeFileSync(join(home, 'package.json'), '{}') // ends the project here: the config above is another's
  chmodSync(folder, 0o755)
  chmodSync(tarball, 0o644)
  const user = process.getuid() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  if (user.uid) for (const path of [home, prefix]) chownSync(path, NOBODY, NOBODY)
  const PATH = `${join(prefix, 'bin')}:${process.env.PATH}`
  const env = { PATH, HOME: home, npm_config_prefix: prefix, npm_config_cache: join(home, '.npm') }
  const run = (command, args, nodes = dirname(process.execPath)) =>
    execFileSync(command, args, {
      ...user,
      cwd: home,
      env: { ...env, ...passed(), PATH: `${nodes}:${PATH}` },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 300_000,
    })
  run('npm', ['install', '-g', '--no-audit', '--no-fund', tarball])
  const bytes = sizeOf(prefix)
  assert.ok(bytes < LARGEST, `an installation takes ${bytes} bytes`)
  for (const major of [20, 22, 24]) {
    const nodes = nodeOf(major)
    assert.match(run('node', ['--version'], nodes), new RegExp(`^v${major}\\.`))
    const started = performance.now()
    assert.match(run('agproxy', ['--version'], nodes), /^\d+\.\d+\.\d+/)
    const took = Math.round(performance.now() - started)
    const out = run('agproxy', ['start', '-d', '-p', '0'], nodes)
    try {
      const reply = await ask(/http:\/\/127\.0\.0\.1:\d+/.exec(out)[0])
      assert.match((await reply.json()).content[0].text, /are you there\?/)
      assert.match(run('agproxy', ['check'], nodes), /\nok/)
    } finally {
      assert.match(run('agproxy', ['stop'], nodes), /has stopped/)
    }
    assert.match(run('agproxy', ['logs'], nodes), /claude-sonnet-5/)
    console.log(
      `Node ${major}: installed globally without rights, started, answered, stopped; --version ${took} ms`,
    )
  }
  run('npm', ['uninstall', '-g', 'agproxy'])
  assert.equal(existsSync(join(prefix, 'bin', 'agproxy')), false)
  return bytes
}

/** Where packages come from here, and how that is trusted. */
const passed = () =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => /^(npm_config_registry|NODE_EXTRA_CA_CERTS)$/i.test(name)),
  )

try {
  const [{ filename, files, size, unpackedSize }] = JSON.parse(
    npm(['pack', '--json', '--pack-destination', folder], root),
  )
  const unwanted = files
    .map((f) => f.path)
    .filter((path) => /\.test\.|^(test|bench|scripts|core|plugins|presets)\//.test(path))
  assert.deepEqual(unwanted, [], 'the tarball holds what no user needs')
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  npm(['install', '--no-audit', '--no-fund', join(folder, filename)], folder)
  writeFileSync(join(folder, 'agproxy.config.ts'), config)
  const schema = JSON.parse(
    readFileSync(join(folder, 'node_modules/agproxy/dist/agproxy.schema.json'), 'utf8'),
  )
  assert.equal(schema.properties.server.properties.port.default, 8045)
  assert.match(
    schema.properties.plugins.properties.zai.anyOf[0].properties.baseURL.description,
    /ZAI_BASE_URL/,
  )

  const child = spawn(join(folder, 'node_modules/.bin/agproxy'), ['start'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const url = await listening(child)
    const reply = await ask(url)
    assert.equal(reply.status, 200)
    assert.equal(reply.headers.get('x-stamp'), 'packed')
    assert.match((await reply.json()).content[0].text, /are you there\?/)
  } finally {
    child.removeAllListeners('exit')
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    assert.equal(await gone, 0, 'exit code after SIGTERM')
  }
  const bytes = await globally(join(folder, filename))
  console.log(
    `${filename}: ${files.length} files, ${Math.round(size / 1024)} kB packed, ${Math.round(unpackedSize / 1024)} kB unpacked, ${(bytes / 1e6).toFixed(1)} MB installed; started and answered`,
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
