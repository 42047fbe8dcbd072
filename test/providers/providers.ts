import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock'
import { createAzure } from '@ai-sdk/azure'
import { createGoogleGenerativeAI } from '@ai-sdk/google'
import { createMistral } from '@ai-sdk/mistral'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { createXai } from '@ai-sdk/xai'
import { aiSdk } from '../../plugins/index.js'
import { type Script, streamed } from '../support/script.js'
import type { Answer } from './answer.js'
import { chatFrames, compatible, mistral, xai } from './wires/chat.js'
import { converseFrames } from './wires/converse.js'
import { geminiFrames } from './wires/gemini.js'
import { responsesFrames } from './wires/responses.js'

type Options = Omit<Parameters<typeof aiSdk>[0], 'name' | 'models' | 'baseURL'>

/** A provider package as it is configured, and the stream that its service sends. */
export interface TestedProvider {
  /** As the docs call it. */
  readonly title: string
  /** Of the upstream. */
  readonly name: string
  readonly options: Options
  /** What follows the server's address in the base URL. */
  readonly path: string
  readonly model: string
  /** It signs its thinking, and wants the signature back. */
  readonly signs?: boolean
  /** The answer as its service streams it. */
  frames(answer: Answer): Buffer[]
  /** Of that stream. Default: server-sent events. */
  readonly contentType?: string
  /** An error body in the provider's own shape. */
  error(message: string, code: string, status: number): object
}

/** The answer as a whole response. */
export function streamOf(
  { frames, contentType = 'text/event-stream' }: TestedProvider,
  answer: Answer,
): Script {
  const { ending } = answer
  return streamed(frames(answer), { headers: { 'content-type': contentType }, ...(ending && { ending }) })
}

const openaiError = (message: string, code: string) => ({
  error: { message, type: 'error', param: null, code },
})

export const PROVIDERS: readonly TestedProvider[] = [
  {
    title: 'OpenAI (Responses)',
    name: 'openai',
    options: { provider: createOpenAI },
    path: '/v1',
    model: 'gpt-5.6',
    signs: true,
    frames: responsesFrames,
    error: openaiError,
  },
  {
    title: 'OpenAI (chat)',
    name: 'openai-chat',
    options: { provider: createOpenAI, api: 'chat' },
    path: '/v1',
    model: 'gpt-5.6',
    frames: (answer) => chatFrames(answer),
    error: openaiError,
  },
  {
    title: 'Azure OpenAI',
    name: 'azure',
    options: { provider: createAzure },
    path: '/openai',
    model: 'gpt-5.6',
    signs: true,
    frames: responsesFrames,
    error: openaiError,
  },
  {
    title: 'Gemini',
    name: 'gemini',
    options: { provider: createGoogleGenerativeAI },
    path: '/v1beta',
    model: 'gemini-3-pro',
    signs: true,
    frames: geminiFrames,
    error: (message, code, status) => ({ error: { code: status, message, status: code } }),
  },
  {
    title: 'OpenAI-compatible',
    name: 'compatible',
    options: { provider: createOpenAICompatible, settings: { supportsStructuredOutputs: true } },
    path: '/v1',
    model: 'some-model',
    frames: (answer) => chatFrames(answer, compatible),
    error: openaiError,
  },
  {
    title: 'Mistral',
    name: 'mistral',
    options: { provider: createMistral },
    path: '/v1',
    model: 'mistral-medium-3.5',
    frames: (answer) => chatFrames(answer, mistral),
    error: (message, code) => ({ object: 'error', message, type: code, param: null, code: null }),
  },
  {
    title: 'xAI',
    name: 'xai',
    options: { provider: createXai },
    path: '/v1',
    model: 'grok-4.5',
    frames: (answer) => chatFrames(answer, xai),
    error: openaiError,
  },
  {
    title: 'Bedrock (Converse)',
    name: 'bedrock-converse',
    options: { provider: createAmazonBedrock, settings: { region: 'us-east-1' } },
    path: '',
    model: 'us.amazon.nova-pro-v1:0',
    signs: true,
    frames: converseFrames,
    contentType: 'application/vnd.amazon.eventstream',
    error: (message) => ({ message }),
  },
]
