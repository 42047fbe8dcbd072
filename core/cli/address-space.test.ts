import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startUpstream } from '../../test/support/bad-upstream.js'
import { builtCli, emptyFolder } from '../../test/support/cli.js'
import { message } from '../../test/support/messages.js'
import { json } from '../../test/support/script.js'

const cli = builtCli()

describe.skipIf(process.platform !== 'linux')('a limited address space', () => {
  /** A gateway whose process may have so many kB (`ulimit -v`), and what it answers. */
  async function answer(kB: number): Promise<{ status: number; text: string }> {
    const up = await startUpstream(() => json(message()))
    const cwd = emptyFolder()
    const node = join(cwd, 'node')
    writeFileSync(node, `#!/bin/sh\nulimit -v ${kB}\nexec '${process.execPath}' "$@"\n`)
    chmodSync(node, 0o755)
    const accounts = [{ upstream: 'anthropic', apiKey: 'sk-test-0123456789' }]
    const config = { accounts, plugins: { anthropic: { baseURL: up.url } } }
    writeFileSync(join(cwd, '.agproxyrc.json'), JSON.stringify(config))
    const running = cli.start(['start', '--port', '0'], { cwd, node })
    const [, url] = /listening on (\S+)/.exec(await running.printed('listening on', 20_000))!
    const body = JSON.stringify({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'hi' }] })
    const res = await fetch(`${url}/v1/messages`, { method: 'POST', body })
    const found = { status: res.status, text: await res.text() }
    running.child.kill()
    await running.finished
    await up.close()
    return found
  }

  // Each WebAssembly memory takes 10 GB of it: the third one failed, and the connections to the upstreams with it.
  it('with room for the connections alone is enough', async () => {
    expect(await answer(14_000_000)).toMatchObject({ status: 200 })
  })

  // Node 24 reserves less.
  it.skipIf(Number.parseInt(process.versions.node, 10) >= 24)(
    'without any room says what to do',
    async () => {
      const { status, text } = await answer(8_000_000)
      expect(status).toBe(500)
      expect(text).toContain('start it with NODE_OPTIONS=--disable-wasm-trap-handler')
    },
  )
})
