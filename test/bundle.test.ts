import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { calcPrice, waitForUpdate } from '@pydantic/genai-prices'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { SELLERS } from '../core/prices/overlay.js'

const root = fileURLToPath(new URL('..', import.meta.url))
mkdirSync(join(root, '.cache'), { recursive: true })
const out = mkdtempSync(join(root, '.cache/bundle-'))

beforeAll(() => {
  execFileSync(process.execPath, ['scripts/build.mjs', '--command', '--outdir', out], { cwd: root })
}, 60_000)
afterAll(() => rmSync(out, { recursive: true, force: true }))

const files = () =>
  readdirSync(out, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.js'))
    .map((file) => ({ file, text: readFileSync(join(out, file), 'utf8') }))

it('holds nothing that downloads and runs a program, asks on the terminal, or opens a browser by a script of its own', () => {
  expect(files().length).toBeGreaterThan(20)
  for (const { file, text } of files()) {
    expect(file).not.toMatch(/cloudflared|untun|prompt|xdg-open|tinyclip|watcher/)
    expect(text).not.toMatch(
      /cloudflared|Do you agree with the license|xdg-utils|releases\/latest\/download/i,
    )
  }
})

it('names the licences of the packages in it, and of no other', () => {
  const licences = readFileSync(join(out, 'bin/THIRD-PARTY-LICENSES.txt'), 'utf8')
  expect(licences).toMatch(/^listhen \d/m)
  expect(licences).not.toMatch(/^(untun|tinyclip|@parcel\/watcher\S*) \d/m)
})

/** The chunks that are loaded with these, by imports that wait for nothing. */
function loadedWith(names: readonly RegExp[]): string[] {
  const texts = new Map(files().map(({ file, text }) => [file, text]))
  const found = new Set([...texts.keys()].filter((file) => names.some((name) => name.test(file))))
  for (const file of found)
    for (const [, path] of texts.get(file)!.matchAll(/(?:\bfrom|\bimport)\s*"(\.[^"]+\.js)"/g))
      found.add(join(file, '..', path!))
  return [...found].map((file) => texts.get(file)!)
}

it('loads for a start what the conversation needs, and no more than 1.6 MB', () => {
  const loaded = loadedWith([/^bin\.js$/, /^bin\/(main|start|presets)-/])
  expect(loaded.join('').length).toBeLessThan(1_600_000)
  expect(loaded.join('').length).toBeGreaterThan(1_000_000) // it was found
  for (const text of loaded) {
    expect(text).not.toMatch(/class (WebSocketStream|EventSource|MockAgent)\b/) // of undici's
    expect(text).not.toMatch(/from\s*"node:http2"/) // of h3's adapter
    expect(text).not.toContain('Ungültige Eingabe') // of zod's
  }
})

/** Packages of CommonJS have no names in the bundle beside `default`: undici's `fetch` and `request` were undefined there. */
it('has every name that an import takes from a chunk when it is needed', async () => {
  const taken = files().flatMap(({ file, text }) =>
    [...text.matchAll(/\{([\w$,:]+)\}\s*=\s*await import\("(\.[^"]+\.js)"\)/g)].map(([, names, path]) => ({
      chunk: join(out, file, '..', path!),
      names: names!.split(',').map((name) => name.split(':')[0]!),
    })),
  )
  expect(taken.length).toBeGreaterThan(20)
  for (const { chunk, names } of taken.filter((one) => !/[\\/]unused-/.test(one.chunk))) {
    const exports = [...readFileSync(chunk, 'utf8').matchAll(/export\s*\{([^}]*)\}/g)]
    const exported = exports.flatMap(([, list]) => list!.split(',').map(nameOf))
    if (/export default/.test(readFileSync(chunk, 'utf8'))) exported.push('default')
    expect(exported, `${chunk} has ${names}`).toEqual(expect.arrayContaining(names))
  }
})
const nameOf = (part: string) =>
  part
    .trim()
    .split(/\sas\s/)
    .at(-1)!

it('has the words of zod in other languages for who asks for them', async () => {
  const chunk = files().find(({ text }) => text.includes('zod/locales'))!.file
  const zod = Object.values(await import(join(out, chunk))).find(isZod)!
  expect(zod.locales.de().localeError({ code: 'unrecognized_keys', keys: ['a'] })).toContain('Unbekannt')
})

interface Zod {
  readonly locales: { readonly de: () => { readonly localeError: (issue: unknown) => string } }
}
const isZod = (value: unknown): value is Zod =>
  typeof value === 'object' && value !== null && 'locales' in value

it('has a price list that reads a seller when it is asked for, and gives the prices of the whole one', async () => {
  const { file, text } = files().find((each) => each.text.includes('withModels'))!
  expect(text.length).toBeLessThan(300_000)
  const lean: { readonly calcPrice: typeof calcPrice } = await import(join(out, file))
  const named = new Set(Object.values(SELLERS))
  const usage = { input_tokens: 300_000, output_tokens: 1000, cache_read_tokens: 500, cache_write_tokens: 70 }
  let found = 0
  for (const { id, models } of (await waitForUpdate())!)
    for (const { id: model } of models)
      for (const options of named.has(id) ? [{}, { providerId: id }] : [{}]) {
        const priced = calcPrice(usage, model, options)
        const [is, was] = [lean.calcPrice(usage, model, options), priced].map(
          (price) => price && [price.total_price, price.model_price],
        )
        expect([model, is]).toEqual([model, was])
        if (priced) found++
      }
  expect(found).toBeGreaterThan(900)
})

/** Answers each message with MB of V8's room for young objects, when many of them have stayed. */
const REPORTS = `import { getHeapSpaceStatistics } from 'node:v8'
process.on('message', async () => {
  const kept = []
  for (let i = 0; i < 400_000; i++) {
    kept.push({ i })
    if (i % 10_000 === 0) await new Promise(setImmediate)
  }
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
  process.send(young.space_size / 1024 / 1024)
})
process.channel.unref()`

it('has little room for young objects until requests come', async () => {
  const holder = createServer().listen(0, '127.0.0.1')
  await once(holder, 'listening')
  const { port } = holder.address() as { port: number }
  holder.close()
  await once(holder, 'close')
  const gateway = fork(join(out, 'bin.js'), ['start', '--port', String(port)], {
    cwd: out,
    env: { PATH: process.env.PATH, HOME: out, XDG_STATE_HOME: out, XDG_CONFIG_HOME: out },
    execArgv: ['--import', `data:text/javascript,${encodeURIComponent(REPORTS)}`],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  try {
    const ask = () => fetch(`http://127.0.0.1:${port}/healthz`).then((res) => res.status)
    await expect.poll(() => ask().catch(() => 0), { timeout: 20_000 }).toBe(200)
    const young = async () => {
      gateway.send('')
      return Number((await once(gateway, 'message'))[0])
    }
    expect(await young()).toBeLessThan(3)
    for (let i = 0; i < 20; i++) expect(await ask()).toBe(200)
    expect(await young()).toBeGreaterThan(3)
  } finally {
    gateway.kill()
    await once(gateway, 'exit')
  }
}, 60_000)
