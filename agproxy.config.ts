import { defineConfig } from 'agproxy'

// The config that `npm start` runs with. It works as it is: set ZAI_API_KEY or AGPROXY_ANTHROPIC_API_KEY to reach a
// model, until then the offline upstream `echo` answers. `npx agproxy check` prints what is in force.
export default defineConfig({
  // The chain: auth, warmup, count-tokens, models, stream-guard → retry-rotate → errors, the fixes and the upstreams.
  preset: 'claude-code',

  // Left out here, so that AGPROXY_HOST, AGPROXY_PORT and the flags decide: http://127.0.0.1:8045 by default.
  // server: { host: '127.0.0.1', port: 8045 },

  // Upstream credentials, in order of preference. Left out, so that they come from the environment; those of one
  // variable are equal, and sessions are shared out among them.
  // accounts: [
  //   { id: 'glm', upstream: 'zai', apiKey: process.env.ZAI_API_KEY, email: 'me@example.com' },
  //   { id: 'own', upstream: 'anthropic', apiKey: process.env.AGPROXY_ANTHROPIC_API_KEY },
  // ],

  // By name: options, true, or false to leave a plugin out. Your editor completes names and options.
  plugins: {
    // No key on a loopback address; on any other every route but /healthz wants one of `keys` (AGPROXY_API_KEY).
    auth: { mode: 'auto' },

    // Up to three attempts, each on the next usable account.
    'retry-rotate': { maxAttempts: 3 },

    // Client models to GLM models; what the map leaves out goes by family (opus, sonnet, haiku).
    // zai: { models: { 'claude-opus-*': 'glm-5.3' } },
  },

  // Plugins of your own, see docs/writing-plugins.md.
  use: [],
})
