import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { builtCli } from '../support/cli.js'

const cli = builtCli()

/** What is wrong with a package, by the code of its only file. */
const PACKAGES: Readonly<Record<string, readonly [code: string | undefined, words: RegExp]>> = {
  'is not installed': [undefined, /the package provider is not installed: npm install provider\n/],
  'exports nothing of use': ['export const some = 1', /the package provider exports no create… function\n/],
  'lacks a package of its own': [
    "import 'of-no-one'; export const createSome = 1",
    /the package provider can't be loaded: Cannot find package 'of-no-one'/,
  ],
  'is too old': [
    "export const createSome = () => ({ languageModel: () => ({ specificationVersion: 'v2', doStream() {} }) })",
    /its provider made a model of specification v2; agproxy takes v3 and v4/,
  ],
  'makes something else': ['export const createSome = () => ({})', /what its factory made is no provider/],
}

function project(code: string | undefined): string {
  const cwd = mkdtempSync(join(tmpdir(), 'agproxy-provider-'))
  onTestFinished(() => rmSync(cwd, { recursive: true }))
  const config = {
    server: { port: 0 },
    upstreams: [{ name: 'some', provider: 'provider', models: { 'claude-*': 'm' } }],
    accounts: [{ id: 'a', upstream: 'some', apiKey: 'sk-0123456789abcdef' }],
  }
  writeFileSync(join(cwd, 'agproxy.config.json'), JSON.stringify(config))
  if (code === undefined) return cwd
  const folder = join(cwd, 'node_modules/provider')
  mkdirSync(folder, { recursive: true })
  const manifest = { name: 'provider', type: 'module', exports: './index.js' }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  writeFileSync(join(folder, 'index.js'), code)
  return cwd
}

describe('a provider package that', () => {
  it.each(Object.entries(PACKAGES))('%s is told by check and at the start', async (_, [code, words]) => {
    const cwd = project(code)
    for (const command of ['check', 'start']) {
      const { code, err } = await cli.run([command], { cwd })
      expect([command, code, err]).toEqual([command, 1, expect.stringMatching(words)])
      expect(err).toContain("upstream 'some' could not be set up: ")
      expect(err).not.toMatch(/\n +at /)
    }
  })
})
