// Checked by `tsc -p .`: every `@ts-expect-error` must be an error, everything else must not.
import { type Config, defineConfig, definePreset } from 'agproxy'
import { anthropicCompatible, liteLLM, ollama } from 'agproxy/plugins'

const box = anthropicCompatible({ name: 'box', baseURL: 'http://box', accepts: { cacheControl: true } })
const flag = Boolean(process.env.FLAG)

// Its name is a key of `plugins`, and what it was made with need not be repeated there.
defineConfig({ use: [box], plugins: { box: { models: { '*': 'x' } }, zai: { dispatch: 'off' } } })
defineConfig({ use: [flag && box, ollama], plugins: { box: false, ollama: { needsKey: true } } })
defineConfig({ use: [box], accounts: [{ upstream: 'box' }, { upstream: 'box', apiKey: 'x' }] })
// @ts-expect-error another name
defineConfig({ use: [box], plugins: { bok: false } })
// @ts-expect-error unknown option
defineConfig({ use: [box], plugins: { box: { model: {} } } })
// @ts-expect-error the name is given where it is made
defineConfig({ use: [box], plugins: { box: { name: 'other' } } })

// @ts-expect-error no name
anthropicCompatible({ baseURL: 'http://box' })
// @ts-expect-error no base URL
anthropicCompatible({ name: 'box' })
// @ts-expect-error unknown option
anthropicCompatible({ name: 'box', baseURL: 'http://box', url: '' })
// @ts-expect-error unknown capability
anthropicCompatible({ name: 'box', baseURL: 'http://box', accepts: { cache: true } })
// @ts-expect-error a header that may be unset
anthropicCompatible({ name: 'box', baseURL: 'http://box', headers: { 'x-org': process.env.ORG } })

// Ready-made entries: as they are, with options, under another name.
defineConfig({ use: [liteLLM({ baseURL: 'http://gateway' })], plugins: { litellm: { needsKey: false } } })
defineConfig({
  use: [ollama, ollama({ name: 'gpu-box', baseURL: 'http://gpu-box:11434' })],
  plugins: { ollama: false, 'gpu-box': { models: {} } },
})
// @ts-expect-error only `gpu-box` is there
defineConfig({ use: [ollama({ name: 'gpu-box' })], plugins: { ollama: false } })
// @ts-expect-error unknown option
ollama({ modles: {} })

// In a preset.
const local = definePreset({ name: 'local', plugins: [ollama({ models: { '*': 'qwen3-coder' } }), box] })
defineConfig({ preset: ['claude-code', local], plugins: { ollama: { models: {} }, box: true } })

const config: Config = defineConfig({ use: [box, ollama] })
export default config
