import { onTestFinished } from 'vitest'
import type { Account } from '../../core/index.js'
import type { CallOptions, StreamPart } from '../../plugins/ai-sdk/language-model.js'
import { aiSdk } from '../../plugins/index.js'
import { type Mounted, mount, type TestConfig } from '../../testing.js'

const USAGE = {
  inputTokens: { total: 3, noCache: 3, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 2, text: 2, reasoning: 0 },
}
export const SAID: StreamPart[] = [
  { type: 'text-delta', id: 't', delta: 'hi there' },
  { type: 'finish', finishReason: { unified: 'stop', raw: 'stop' }, usage: USAGE },
]

function streamOf(parts: readonly StreamPart[]): ReadableStream<StreamPart> {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part)
      controller.close()
    },
  })
}

/** A provider package's factory, and what it was called with. */
export function scripted(
  answer: (options: CallOptions) => readonly StreamPart[] | Error = () => SAID,
  version = 'v3',
) {
  const settings: Record<string, unknown>[] = []
  const models: string[] = []
  const factory = (given: Record<string, unknown>) => {
    settings.push(given)
    const languageModel = (modelId: string) => {
      models.push(modelId)
      return {
        specificationVersion: version,
        provider: 'scripted.chat',
        modelId,
        async doStream(options: CallOptions) {
          const said = answer(options)
          if (said instanceof Error) throw said
          return { stream: streamOf(said) }
        },
      }
    }
    return { languageModel, chat: languageModel }
  }
  return { factory, settings, models }
}

export async function mounted(
  options: Omit<Parameters<typeof aiSdk>[0], 'name'>,
  accounts?: Account[],
): Promise<Mounted> {
  const up = await mount(aiSdk({ name: 'some', ...options }), { accounts })
  onTestFinished(() => up.dispose())
  return up
}

export function gatewayTo(provider: object, url: string, accounts = 1): TestConfig {
  return {
    preset: 'claude-code',
    accounts: Array.from({ length: accounts }, (_, i) => ({
      id: `a${i}`,
      upstream: 'some',
      apiKey: `sk-of-account-${i}`,
    })),
    use: [aiSdk({ name: 'some', provider, baseURL: `${url}/v1`, models: { 'claude-*': 'm' } })],
  }
}
