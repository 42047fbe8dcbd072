import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** @typedef {import('./types.mjs').Subject} Subject */

/**
 * `agproxy start` with its defaults, log lines included; more than 256 requests at a time have to be allowed.
 * @param {(upstream: string) => object} config @param {string[]} flags @returns {NonNullable<Subject['command']>}
 */
export const start =
  (config, ...flags) =>
  ({ folder, port, origin, dist, nodeArgs }) => {
    const file = join(folder, 'agproxy.config.json')
    const server = { port, maxConcurrent: 2048 }
    writeFileSync(file, JSON.stringify({ server, ...config(origin) }))
    return {
      command: process.execPath,
      args: [...nodeArgs, join(dist, 'bin.js'), 'start', '--config', file, ...flags],
      env: { XDG_STATE_HOME: folder }, // its ledger is the bench's, not the user's
    }
  }

export const anthropic = (/** @type {string} */ preset) => (/** @type {string} */ baseURL) => ({
  preset,
  accounts: [{ id: 'bench', upstream: 'anthropic', apiKey: 'sk-upstream' }],
  plugins: { anthropic: { baseURL } },
})

export const zai = (/** @type {string} */ baseURL) => ({
  preset: 'claude-code',
  accounts: [{ id: 'bench', upstream: 'zai', apiKey: 'sk-upstream' }],
  plugins: { zai: { baseURL } },
})

/** @type {Subject} */
export const passthrough = {
  name: 'passthrough',
  title: 'agproxy passthrough',
  node: true,
  rewrites: 'none',
  command: start(anthropic('passthrough')),
}

/** The whole preset at work: z.ai takes no `cache_control`, no neighbours of one role, no nonStreaming calls. @type {Subject} */
export const claudeCode = {
  name: 'claude-code',
  title: 'agproxy claude-code, z.ai',
  node: true,
  folds: true,
  rewrites: 'fixes',
  command: start(zai),
}

/** The same chain where Anthropic takes the body as it is. @type {Subject} */
export const claudeCodeAnthropic = {
  name: 'claude-code-anthropic',
  title: 'agproxy claude-code, Anthropic',
  node: true,
  rewrites: 'none',
  command: start(anthropic('claude-code')),
}

/** Only for the scenario `workers`. @type {Subject} */
export const workers = {
  name: 'workers',
  title: 'agproxy claude-code, --workers 2',
  node: true,
  folds: true,
  rewrites: 'fixes',
  command: start(zai, '--workers', '2'),
}
