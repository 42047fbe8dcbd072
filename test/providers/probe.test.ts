import { expect, it } from 'vitest'
import { tryOut } from '../../core/cli/probe.js'
import { resolveConfig } from '../../core/config/resolve.js'
import type { StreamPart } from '../../plugins/ai-sdk/language-model.js'
import { aiSdk } from '../../plugins/index.js'
import { presets } from '../../presets/index.js'
import { SAID, scripted } from '../support/scripted-provider.js'

it('is probed by `check --probe` with its own words, and never with a key', async () => {
  const probe = async (answer: readonly StreamPart[] | Error) => {
    const config = {
      accounts: [{ id: 'a', upstream: 'some', apiKey: 'sk-of-account' }],
      use: [aiSdk({ name: 'some', provider: scripted(() => answer).factory })],
    }
    return (await tryOut(resolveConfig(config, { env: {}, presets }), true)).results[0]
  }
  expect(await probe(SAID)).toMatchObject({ ok: true })
  const refused = Object.assign(new Error('bad key sk-of-account'), {
    name: 'AI_APICallError',
    statusCode: 401,
  })
  expect(await probe(refused)).toMatchObject({ ok: false, text: expect.stringContaining('bad key [key]') })
})
