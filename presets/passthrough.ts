import { definePreset } from '../core/config/define.js'
import { anthropic } from '../plugins/anthropic/index.js'
import { auth } from '../plugins/auth/index.js'
import { retryRotate } from '../plugins/retry-rotate/index.js'

/** Anthropic with the client's bytes untouched: keys, rotation and nothing else. */
export const passthrough = definePreset({
  name: 'passthrough',
  accountsFromEnv: { AGPROXY_ANTHROPIC_API_KEY: 'anthropic' },
  plugins: [auth, retryRotate, anthropic],
})
