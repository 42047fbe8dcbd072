// Packs the package, installs the tarball in an empty folder, starts it there with a config that imports it, and sends one
// request: what a user gets, not what the checkout has.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
    const body = JSON.stringify({
      model: 'claude-sonnet-5',
      max_tokens: 10,
      messages: [{ role: 'user', content: 'are you there?' }],
    })
    const reply = await fetch(`${url}/v1/messages`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    })
    assert.equal(reply.status, 200)
    assert.equal(reply.headers.get('x-stamp'), 'packed')
    assert.match((await reply.json()).content[0].text, /are you there\?/)
  } finally {
    child.removeAllListeners('exit')
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    assert.equal(await gone, 0, 'exit code after SIGTERM')
  }
  console.log(
    `${filename}: ${files.length} files, ${Math.round(size / 1024)} kB packed, ${Math.round(unpackedSize / 1024)} kB unpacked; started and answered`,
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
